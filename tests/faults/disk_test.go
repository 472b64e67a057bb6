package faults_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/tests/internal/faults"
)

// childFolder names the environment variable of a child process, which only writes disk copies into
// that folder until it is killed.
const childFolder = "BECKET_FAULTS_FOLDER"

// writer is a source with a new document at every fetch. Its documents are large, so that a write
// takes some time, and have different lengths.
type writer struct{ revision atomic.Int64 }

func (w *writer) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	revision := w.revision.Add(1)
	document := faults.Document(int(revision), strconv.FormatInt(revision, 10))
	padding := strings.Repeat(" ", 200_000+int(revision%7)*10_000)
	return becket.Document{Body: []byte(document + padding), Validator: becket.Validator{ETag: "v"}}, nil
}

func (w *writer) Identity() string { return "writer" }

// silent has the same identity as writer, but is down.
type silent struct{}

var errSilent = errors.New("the source is down")

func (silent) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	return becket.Document{}, errSilent
}

func (silent) Identity() string { return "writer" }

// TestChild is the code of the child process, not a test.
func TestChild(t *testing.T) {
	folder := os.Getenv(childFolder)
	if folder == "" {
		t.Skip("only child processes run this")
	}
	client, err := becket.New(&writer{}, becket.WithDiskCache(folder), becket.WithLowerRevisionAllowed())
	require.NoError(t, err)
	defer client.Close()
	for i := 0; ; i++ {
		require.NoError(t, client.Refresh(t.Context()))
		if i == 0 {
			_, _ = io.WriteString(os.Stdout, "ready\n")
		}
	}
}

// startChild starts a child, waits for its first write, and returns the function that kills it.
func startChild(t *testing.T, folder string) (kill func()) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v=false")
	child.Env = append(os.Environ(), childFolder+"="+folder)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	return func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}
}

// requireGoodStart starts a client whose source is down and checks that it serves a complete
// document from the folder.
func requireGoodStart(t *testing.T, folder string) {
	t.Helper()
	require.NoError(t, diskErrorOfStart(t, folder))
}

// diskErrorOfStart does the same and returns the client's DiskError: a folder that nothing can be
// written to is reported, and its document is served.
func diskErrorOfStart(t *testing.T, folder string) error {
	t.Helper()
	client, err := becket.New(silent{}, becket.WithDiskCache(folder))
	require.NoError(t, err)
	defer client.Close()
	status := client.Status()
	require.Equal(t, becket.TierDisk, status.Tier)
	state := client.For(becket.NewSubject("u")).String("state", "")
	require.Equal(t, strconv.FormatInt(status.Revision, 10), state)
	return status.DiskError
}

func TestAStartAfterSIGKILLServesAGoodRuleset(t *testing.T) {
	t.Parallel()
	rounds := 500
	if testing.Short() {
		rounds = 50
	}
	folder := t.TempDir()
	torn := 0
	for range rounds {
		kill := startChild(t, folder)
		time.Sleep(time.Duration(rand.IntN(12_000)) * time.Microsecond)
		kill()
		leftovers, err := filepath.Glob(filepath.Join(folder, "*.tmp-*"))
		require.NoError(t, err)
		torn += len(leftovers)
		for _, leftover := range leftovers {
			require.NoError(t, os.Remove(leftover))
		}
		requireGoodStart(t, folder)
	}
	t.Logf("%d of %d kills hit a write", torn, rounds)
	assert.Positive(t, torn, "the kills must hit writes, or this proves nothing")
}

func TestTwoProcessesShareAFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows refuses to replace a file while another process reads it: that write is reported and tried again")
	}
	t.Parallel()
	length := time.Minute
	if testing.Short() {
		length = 2 * time.Second
	}
	folder := t.TempDir()
	for range 2 {
		t.Cleanup(startChild(t, folder))
	}
	starts := 0
	for end := time.Now().Add(length); time.Now().Before(end); starts++ {
		requireGoodStart(t, folder)
	}
	t.Logf("%d starts", starts)
	files, err := filepath.Glob(filepath.Join(folder, "*.bad"))
	require.NoError(t, err)
	assert.Empty(t, files)
}

// TestADiskCopyDamagedAtAnyByteOrCutAtAnyLengthIsRefused damages the copy at every position and
// starts a client with it.
func TestADiskCopyDamagedAtAnyByteOrCutAtAnyLengthIsRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	client, err := becket.New(becket.Bytes([]byte(faults.Document(1, "good"))), becket.WithDiskCache(folder))
	require.NoError(t, err)
	require.NoError(t, client.Refresh(t.Context()))
	require.NoError(t, client.Close())
	files, err := filepath.Glob(filepath.Join(folder, "*.becket"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	whole, err := os.ReadFile(files[0])
	require.NoError(t, err)
	identity := becket.Bytes([]byte(faults.Document(1, "good"))).Identity()

	start := func(copied []byte) becket.Status {
		require.NoError(t, os.WriteFile(files[0], copied, 0o600))
		client, err := becket.New(named{identity}, becket.WithDiskCache(folder))
		require.NoError(t, err)
		defer client.Close()
		return client.Status()
	}
	require.Equal(t, becket.TierDisk, start(whole).Tier)
	for i := range whole {
		for _, flip := range []byte{0x01, 0x20, 0x80} {
			damaged := bytes.Clone(whole)
			damaged[i] ^= flip
			status := start(damaged)
			require.Equal(t, becket.TierDefaults, status.Tier, "byte %d", i)
			require.Error(t, status.DiskError, "byte %d", i)
		}
		status := start(whole[:i])
		require.Equal(t, becket.TierDefaults, status.Tier, "cut at %d", i)
		require.Error(t, status.DiskError, "cut at %d", i)
	}
}

// named is a source that is down.
type named struct{ identity string }

func (named) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	return becket.Document{}, errSilent
}

func (n named) Identity() string { return n.identity }

// mount mounts a small file system, or skips the test if that is not allowed.
func mount(t *testing.T, folder string, options string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("mounting a small disk takes root on Linux; TestAFullDiskKeepsTheOldCopy writes to a file that fills up instead")
	}
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs",
		folder).CombinedOutput(); err != nil {
		t.Skipf("mounting is not allowed here (%s); TestAFullDiskKeepsTheOldCopy writes to a file that fills up instead", bytes.TrimSpace(
			output,
		))
	}
	t.Cleanup(func() { assert.NoError(t, exec.Command("umount", "-l", folder).Run()) })
}

func TestADiskThatFillsUpOrTurnsReadOnly(t *testing.T) {
	folder := t.TempDir()
	mount(t, folder, "size=256k,mode=0700")
	source := &sized{}
	client, err := becket.New(source, becket.WithDiskCache(folder))
	require.NoError(t, err)
	defer client.Close()
	source.set(1, 50_000)
	require.NoError(t, client.Refresh(t.Context()))
	require.NoError(t, client.Status().LastError)

	source.set(2, 500_000)
	require.NoError(t, client.Refresh(t.Context()), "the ruleset in use does not depend on the disk")
	assert.Equal(t, int64(2), client.Status().Revision)
	require.ErrorContains(t, client.Status().LastError, "no space left on device")
	requireGoodStart(t, folder)

	source.set(3, 60_000)
	require.NoError(t, client.Refresh(t.Context()))
	require.NoError(t, client.Status().LastError, "there is room again")

	require.NoError(t, exec.Command("mount", "-o", "remount,ro", folder).Run())
	source.set(4, 60_000)
	require.NoError(t, client.Refresh(t.Context()))
	require.ErrorContains(t, client.Status().LastError, "read-only file system")
	require.ErrorContains(t, diskErrorOfStart(t, folder), "read-only file system")
}

// sized is a source with documents of a given size.
type sized struct {
	mutex sync.Mutex
	body  []byte
}

func (s *sized) set(revision, size int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	document := faults.Document(revision, strconv.Itoa(revision))
	s.body = fmt.Appendf(nil, "%s%s", document, strings.Repeat(" ", size))
}

func (s *sized) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return becket.Document{Body: s.body}, nil
}

func (s *sized) Identity() string { return "writer" }
