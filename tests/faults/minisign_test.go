package faults_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/tests/internal/faults"
)

// TestTheMinisignProgramsSignatures checks both kinds of signatures that the minisign program
// makes.
func TestTheMinisignProgramsSignatures(t *testing.T) {
	program, err := exec.LookPath("minisign")
	if err != nil {
		t.Skip("the minisign program is not installed")
	}
	run := func(arguments ...string) {
		output, err := exec.Command(program, arguments...).CombinedOutput()
		require.NoError(t, err, "minisign %v: %s", arguments, output)
	}
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	for _, name := range []string{"now", "next", "foreign"} {
		run("-G", "-f", "-W", "-p", in(name+".pub"), "-s", in(name+".key"))
	}
	key := func(name string) string {
		text, err := os.ReadFile(in(name + ".pub"))
		require.NoError(t, err)
		return string(text)
	}
	document := in("flags.json")
	publish := func(revision int, state string) {
		require.NoError(t, os.WriteFile(document, []byte(faults.Document(revision, state)), 0o600))
	}
	sign := func(key string, more ...string) {
		run(append([]string{"-S", "-s", in(key + ".key"), "-m", document, "-t", "for the test"}, more...)...)
	}
	publish(1, "first")
	sign("now")
	client, err := becket.New(becket.File(document), becket.WithPublicKey(key("now"), key("next")),
		becket.WithDiskCache(in("cache")))
	require.NoError(t, err)
	defer client.Close()
	state := func() string { return client.For(becket.NewSubject("u")).String("state", "") }
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, "first", state())
	signer := client.Status().SignedBy
	assert.Contains(t, key("now"), signer, "the key's ID as the program writes it")

	publish(2, "legacy")
	sign("now", "-l")
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, "legacy", state())

	publish(3, "rotated")
	sign("next")
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, "rotated", state())
	assert.NotEqual(t, signer, client.Status().SignedBy)

	publish(4, "foreign")
	sign("foreign")
	require.ErrorIs(t, client.Refresh(t.Context()), becket.ErrSignature)
	publish(5, "tampered")
	require.ErrorIs(t, client.Refresh(t.Context()), becket.ErrSignature)
	require.NoError(t, os.Remove(document+".minisig"))
	require.ErrorIs(t, client.Refresh(t.Context()), becket.ErrSignature)
	publish(2, "replayed")
	sign("now")
	require.ErrorIs(t, client.Refresh(t.Context()), becket.ErrLowerRevision)
	assert.Equal(t, "rotated", state())
	require.NoError(t, client.Close())

	require.NoError(t, os.Remove(document))
	again, err := becket.New(becket.File(document), becket.WithPublicKey(key("next")),
		becket.WithDiskCache(in("cache")))
	require.NoError(t, err)
	defer again.Close()
	assert.Equal(t, becket.TierDisk, again.Status().Tier, "the disk copy's signature holds")
	require.NoError(t, again.Close())
	retired, err := becket.New(becket.File(document), becket.WithPublicKey(key("now")),
		becket.WithDiskCache(in("cache")))
	require.NoError(t, err)
	defer retired.Close()
	assert.Equal(t, becket.TierDefaults, retired.Status().Tier, "unless its key is no longer trusted")
	assert.ErrorIs(t, retired.Status().DiskError, becket.ErrSignature)
}
