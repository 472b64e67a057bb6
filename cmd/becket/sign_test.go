package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// signing creates a folder with a ruleset and an unencrypted key pair, and makes it the current
// folder.
func signing(t *testing.T) {
	t.Helper()
	document, err := os.ReadFile(rulesFile("flags.json"))
	require.NoError(t, err)
	comments, err := os.ReadFile(rulesFile("commented.jsonc"))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("flags.json", document, 0o600))
	require.NoError(t, os.WriteFile("commented.jsonc", comments, 0o600))
	code, stdout, stderr := command(t, nil, "keygen", "-W")
	require.Equal(t, exitGood, code, stderr)
	require.Regexp(t, `^wrote the secret key to becket\.key and the public key to becket\.pub:\nRW[A-Za-z0-9+/]{54}\n$`,
		stdout)
}

func good(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := command(t, nil, args...)
	require.Equal(t, exitGood, code, stderr)
	return stdout
}

// program runs minisign.
func program(t *testing.T, input string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("minisign"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the minisign program is missing; .ci/packages installs it")
		}
		t.Skip("the minisign program is not installed: interchange with it is not tested")
	}
	run := exec.Command("minisign", args...)
	run.Stdin = strings.NewReader(input)
	output, err := run.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return string(output)
}

func TestTheLibraryAndMinisignAcceptBecketsSignatures(t *testing.T) {
	signing(t)
	assert.Regexp(t, `^flags\.json\.minisig: signed by the key [0-9A-F]+\n$`, good(t, "sign", "flags.json"))
	assert.Regexp(t, `^signed by the key [0-9A-F]+: "timestamp:1795348800\\tfile:flags\.json\\thashed"\n$`,
		good(t, "verify", "flags.json"))

	public, err := os.ReadFile("becket.pub")
	require.NoError(t, err)
	client, err := becket.New(becket.File("flags.json"), becket.WithPublicKey(string(public)))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))

	assert.Contains(t, program(t, "", "-Vm", "flags.json", "-p", "becket.pub"), "timestamp:1795348800")
	assert.Contains(t, program(t, "", "-VHm", "flags.json", "-p", "becket.pub"), "verified",
		"the signature is over the hash")
	program(t, "", "-S", "-W", "-s", "becket.key", "-m", "flags.json", "-t", "by the program")
	assert.Contains(t, good(t, "verify", "flags.json"), `"by the program"`)
}

func TestBecketReadsKeysAndSignaturesOfMinisign(t *testing.T) {
	signing(t)
	program(t, "", "-G", "-W", "-p", "its.pub", "-s", "its.key")
	program(t, "", "-S", "-l", "-s", "its.key", "-m", "flags.json", "-t", "over the document")
	assert.Contains(t, good(t, "verify", "flags.json", "-p", "becket.pub", "-p", "its.pub"), `"over the document"`)
	good(t, "sign", "flags.json", "-s", "its.key", "-t", "by becket")
	assert.Contains(t, program(t, "", "-Vm", "flags.json", "-p", "its.pub"), "by becket")
}

func TestEncryptedKeysWorkInBecketAndMinisign(t *testing.T) {
	if testing.Short() {
		t.Skip("each password costs a gigabyte of memory and seconds, as minisign's do")
	}
	signing(t)
	require.NoError(t, os.WriteFile("password", []byte("open sesame\r\n"), 0o600))
	good(t, "keygen", "-s", "locked.key", "-p", "locked.pub", "--password-file", "password")
	program(t, "open sesame\n", "-S", "-s", "locked.key", "-m", "flags.json", "-t", "unlocked")
	assert.Contains(t, good(t, "verify", "flags.json", "-p", "locked.pub"), `"unlocked"`)

	asked := ""
	code, _, stderr := command(t, func(e *env) {
		e.password = func(_ context.Context, prompt string) (string, error) {
			asked = prompt
			return "wrong", nil
		}
	}, "sign", "flags.json", "-s", "locked.key")
	assert.Equal(t, exitUsage, code)
	assert.Equal(t, "Password of locked.key: ", asked)
	assert.Equal(t, "becket: \"locked.key\" cannot be decrypted: the password is wrong\n", stderr)
}

func TestTheSecretKeyIsPrivateAndNeverReplacedUnasked(t *testing.T) {
	signing(t)
	if runtime.GOOS != "windows" {
		info, err := os.Stat("becket.key")
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	before, err := os.ReadFile("becket.key")
	require.NoError(t, err)
	code, _, stderr := command(t, nil, "keygen", "-W")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, `"becket.key" already exists; --force replaces it`)
	good(t, "keygen", "-W", "--force")
	after, err := os.ReadFile("becket.key")
	require.NoError(t, err)
	assert.NotEqual(t, before, after)

	code, _, stderr = command(t, nil, "keygen", "-W", "-s", "new.key", "-p", filepath.Join("nowhere", "new.pub"))
	assert.Equal(t, exitUsage, code, stderr)
	assert.NoFileExists(t, "new.key", "both or none")

	answers := []string{"one", "two"}
	for name, test := range map[string]struct {
		password func(context.Context, string) (string, error)
		want     string
	}{
		"no terminal": {nil, "there is no terminal to ask for the password"},
		"two passwords": {func(context.Context, string) (a string, err error) {
			a, answers = answers[0], answers[1:]
			return a, nil
		}, "the two passwords differ"},
		"no password": {func(context.Context, string) (string, error) { return "", nil }, "the password is empty"},
		"a broken prompt": {
			func(context.Context, string) (string, error) { return "", errors.New("hung up") }, "hung up",
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := command(t, func(e *env) { e.password = test.password }, "keygen", "-s", "x.key", "-p",
				"x.pub")
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, stderr, test.want)
			assert.NoFileExists(t, "x.key")
		})
	}
}

func TestUntrustedSignaturesAreFindings(t *testing.T) {
	signing(t)
	refused := func(want string, args ...string) {
		t.Helper()
		code, stdout, stderr := command(t, nil, append([]string{"verify"}, args...)...)
		assert.Equal(t, exitFinding, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, want)
	}
	refused("it is not signed", "flags.json")
	good(t, "sign", "flags.json")
	good(t, "keygen", "-W", "-s", "other.key", "-p", "other.pub")
	refused("which is not trusted", "flags.json", "-p", "other.pub")
	document, err := os.ReadFile("flags.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("flags.json", append(document, ' '), 0o600))
	refused("did not sign it", "flags.json")
	require.NoError(t, os.WriteFile("flags.json", document, 0o600))
	good(t, "verify", "flags.json")
	signature, err := os.ReadFile("flags.json.minisig")
	require.NoError(t, err)
	forged := strings.Replace(string(signature), "timestamp:1", "timestamp:2", 1)
	require.NoError(t, os.WriteFile("flags.json.minisig", []byte(forged), 0o600))
	refused("did not sign it", "flags.json")
	require.NoError(t, os.WriteFile("flags.json.minisig", []byte("nonsense"), 0o600))
	refused("its signature cannot be read", "flags.json")
}

func TestSignRefusesDocumentsThatTheLibraryRefuses(t *testing.T) {
	signing(t)
	require.NoError(t, os.WriteFile("bad.json", []byte(`{"schema": 1, "flags": {"a": {"on": true}}}`), 0o600))
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"a bad ruleset": {[]string{"bad.json"}, exitFinding, "bad.json:1:31: error: flags.a: unknown field"},
		"comments": {
			[]string{"commented.jsonc"}, exitUsage, "is not plain JSON: sign what becket build writes",
		},
		"no file": {[]string{"nowhere.json"}, exitUsage, `there is no file "nowhere.json"`},
		"no key":  {[]string{"flags.json", "-s", "nowhere.key"}, exitUsage, "becket keygen makes one"},
		"a key that is none": {
			[]string{"flags.json", "-s", "flags.json"}, exitUsage, "is not a secret key of minisign",
		},
		"a comment of 2 lines": {[]string{"flags.json", "-t", "a\nb"}, exitUsage, "a trusted comment is one line"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := command(t, nil, append([]string{"sign"}, test.args...)...)
			assert.Equal(t, test.code, code)
			assert.Contains(t, stderr, test.want)
			assert.NoFileExists(t, test.args[0]+".minisig")
		})
	}
	good(t, "sign", "bad.json", "--unchecked")
	good(t, "verify", "bad.json")
}

func TestALiveRulesetIsVerified(t *testing.T) {
	signing(t)
	good(t, "sign", "flags.json")
	server := httptest.NewServer(http.FileServer(http.Dir(".")))
	defer server.Close()
	public, err := os.ReadFile("becket.pub")
	require.NoError(t, err)
	key := strings.Split(string(public), "\n")[1]
	assert.Contains(t, good(t, "verify", server.URL+"/flags.json?token=secret", "-P", key, "--json"),
		`"comment": "timestamp:1795348800\tfile:flags.json\thashed"`)
	assert.Equal(t, "https://x/a%2Fb.json.minisig?q=1", signatureOf("https://x/a%2Fb.json?q=1"))
}
