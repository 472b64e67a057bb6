package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// command runs the command and returns its exit code and outputs.
func command(t *testing.T, change func(*env), args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	e := &env{
		ctx: t.Context(), stdin: strings.NewReader(""), stdout: &out, stderr: &errs,
		now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
	}
	if change != nil {
		change(e)
	}
	code = run(e, args)
	return code, out.String(), errs.String()
}

func rulesFile(name string) string { return filepath.Join("testdata", "rules", name) }

func TestColoursAppearOnTerminalsOnly(t *testing.T) {
	for name, args := range map[string][]string{
		"explain":  {"explain", "new-checkout", "-r", rulesFile("flags.json"), "--key", "user-42"},
		"simulate": {"simulate", "banner", "-r", rulesFile("flags.json"), "--subjects", "100"},
		"diff":     {"diff", rulesFile("flags.json"), rulesFile("next.json"), "--subjects", "100"},
	} {
		t.Run(name, func(t *testing.T) {
			_, plain, _ := command(t, nil, args...)
			assert.NotContains(t, plain, "\x1b")
			_, coloured, _ := command(t, func(e *env) { e.coloured = true }, args...)
			assert.Contains(t, coloured, "\x1b[")
			assert.Equal(t, plain, escapes.Replace(coloured), "colours change nothing else")
		})
	}
}

var escapes = strings.NewReplacer("\x1b[0m", "", "\x1b[22m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[31m", "",
	"\x1b[32m", "", "\x1b[33m", "")

func TestTheProgressBarAppearsForLongWorkOnTerminals(t *testing.T) {
	onTerminal := func(e *env) { e.progress = true }
	simulation := func(subjects string) []string {
		return []string{"simulate", "upload-limit-mb", "-r", rulesFile("flags.json"), "--subjects", subjects}
	}
	_, stdout, bar := command(t, onTerminal, simulation("500000")...)
	assert.Contains(t, bar, "/500000)")
	assert.NotContains(t, stdout, "/500000)")
	_, _, short := command(t, onTerminal, simulation("1000")...)
	assert.Empty(t, short)
	_, _, piped := command(t, nil, simulation("500000")...)
	assert.Empty(t, piped)
}

func TestARulesetIsReadFromAURLWithHeaders(t *testing.T) {
	document, err := os.ReadFile(rulesFile("smells.json"))
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(document)
	}))
	t.Cleanup(server.Close)
	address := server.URL + "/flags.json?token=hidden"

	code, stdout, _ := command(t, nil, "check", address, "--header", "Authorization: Bearer secret")
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stdout, server.URL+"/flags.json:6:59: warning: flags.checkout.expires")
	assert.NotContains(t, stdout, "hidden", "a URL's query often holds keys")

	code, _, stderr := command(t, nil, "check", address)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "the server answered 401")
	assert.NotContains(t, stderr, "hidden")

	code, _, stderr = command(t, nil, "check", address, "--header", "Authorization")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "--header takes NAME:VALUE")
}

func TestHelpAndVersionExitWithZero(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"check", "--help"}, {"--version"}} {
		code, stdout, stderr := command(t, nil, args...)
		assert.Equal(t, exitGood, code, args)
		assert.NotEmpty(t, stdout)
		assert.Empty(t, stderr)
	}
	code, _, stderr := command(t, nil, "frobnicate")
	assert.Equal(t, exitUsage, code)
	assert.Equal(t, "becket: there is no verb frobnicate; becket --help lists the verbs\n", stderr)
	_, _, stderr = command(t, nil, "chec")
	assert.Equal(t, "becket: there is no verb chec, did you mean \"check\"?\n", stderr)
}

func TestTheConfigurationNamesTheRuleset(t *testing.T) {
	folder := t.TempDir()
	document, err := os.ReadFile(rulesFile("flags.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "live.json"), document, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, ".becket.toml"), []byte(`rules = "live.json"`), 0o600))
	t.Chdir(folder)
	for _, args := range [][]string{
		{"check"}, {"build", "--compact"}, {"eval", "banner", "--key", "u"}, {"explain", "banner", "--key", "u"},
		{"simulate", "banner", "--subjects", "10"}, {"fmt"},
	} {
		code, stdout, stderr := command(t, nil, args...)
		assert.Equal(t, exitGood, code, stderr)
		assert.NotEmpty(t, stdout, args)
	}
	code, _, stderr := command(t, nil, "check", "--config", "other.toml")
	assert.Equal(t, exitUsage, code)
	assert.Equal(t, "becket: there is no file \"other.toml\"\n", stderr)
}

func TestBuildReplacesItsFileOnlyWithoutErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "built.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o640))
	code, _, _ := command(t, nil, "build", rulesFile("bad-folder"), "-o", path)
	assert.Equal(t, exitFinding, code)
	left, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(left), "a bad document replaces nothing")

	code, stdout, _ := command(t, nil, "build", rulesFile("folder"), "-o", path)
	assert.Equal(t, exitGood, code)
	assert.Empty(t, stdout)
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, files, 1, "nothing is left behind")
	code, _, _ = command(t, nil, "check", path, "--silence", "missing-owner,missing-description")
	assert.Equal(t, exitGood, code)
}
