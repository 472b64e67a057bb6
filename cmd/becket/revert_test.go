package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOldDocumentComesBackAboveTheLiveRevision(t *testing.T) {
	live := http.FileServer(http.Dir(copyOf(t, "testdata/rules")))
	server := httptest.NewServer(live)
	t.Cleanup(server.Close)
	url := server.URL + "/next.json" // of revision 43
	for name, row := range map[string]struct {
		args    []string
		file    string // the file that is written
		want    string // the file whose content it gets
		written string // its revision there
	}{
		"in the live file":  {[]string{"flags.json", "next.json"}, "next.json", "flags.json", "42"},
		"beside a live URL": {[]string{"launch.jsonc", url}, "launch.jsonc", "launch.jsonc", "7"},
		"of a folder":       {[]string{"launch", url}, "launch/ruleset.yaml", "launch/ruleset.yaml", "7"},
		"of YAML":           {[]string{"launch.yaml", url}, "launch.yaml", "launch.yaml", "7"},
		"in a file of its own": {[]string{"flags.json", "next.json", "-o", "new.json"}, "new.json", "flags.json",
			"42"},
		"from standard input": {[]string{"-", "next.json"}, "next.json", "flags.json", "42"},
		"from one URL over another": {[]string{server.URL + "/flags.json", url, "-o", "new.json"}, "new.json",
			"flags.json", "42"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(copyOf(t, "testdata/rules"))
			want := strings.Replace(launchText(t, row.want), row.written, "44", 1)
			stdin := launchText(t, "flags.json")
			code, stdout, stderr := command(t, func(e *env) { e.stdin = strings.NewReader(stdin) },
				append([]string{"revert", "-y"}, row.args...)...)
			require.Equal(t, exitGood, code, stderr)
			assert.Equal(t, want, launchText(t, row.file))
			assert.Contains(t, stdout, "wrote "+row.file)
		})
	}
}

func TestARevertToStandardOutput(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(copyOf(t, "testdata/rules"))))
	t.Cleanup(server.Close)
	old := []byte(launchText(t, rulesFile("launch.yaml")))
	code, stdout, stderr := command(
		t,
		func(e *env) { e.stdin = bytes.NewReader(old) },
		"revert",
		"-",
		server.URL+"/flags.json",
	)
	require.Equal(t, exitGood, code, stderr)
	assert.Equal(t, strings.Replace(string(old), "revision: 7", "revision: 43", 1), stdout)
	assert.Contains(t, stderr, "+revision: 43 # raised by hand")
}

func TestARevertThatIsNoneIsRefusedOrSaysSo(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(copyOf(t, "testdata/rules"))))
	t.Cleanup(server.Close)
	for name, row := range map[string]struct {
		args []string
		code int
		want string
	}{
		"the same content": {[]string{"flags.json", "flags.json"}, exitGood,
			"flags.json and flags.json hold the same: nothing changes"},
		"another notation": {[]string{"flags.json", "launch.yaml"}, exitUsage,
			"are of different notations, JSON and YAML"},
		"a folder elsewhere": {[]string{"launch", "flags.json"}, exitUsage,
			"a folder can only be brought back in its place"},
		"two URLs": {
			[]string{server.URL + "/flags.json", server.URL + "/next.json"}, exitUsage,
			"name the file to write with --output",
		},
		"another format": {[]string{"flagd.json", "flags.json"}, exitUsage,
			"only native documents can be edited"},
		"an old file that is broken": {[]string{"not-json.json", "flags.json"}, exitFinding,
			"not-json.json:3:18: error: not valid JSON"},
		"a live file that is broken": {[]string{"flags.json", "not-json.json"}, exitFinding,
			"name the new revision with --revision"},
		"mistakes that live has not": {[]string{"broken.yaml", "launch.yaml"}, exitFinding,
			"the flag has no variant \"nope\""},
		"a live file of other values": {[]string{"flags.json", "not-json.json", "--revision", "50"}, exitGood,
			"cannot be read, so nobody knows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(copyOf(t, "testdata/rules"))
			code, stdout, stderr := command(t, nil, append([]string{"revert", "-y"}, row.args...)...)
			assert.Equal(t, row.code, code)
			assert.Contains(t, stdout+stderr, row.want)
			if row.code == exitGood && len(row.args) > 2 {
				assert.InDelta(t, 50, launchDocument(t, "not-json.json", nil)["revision"], 0)
			}
		})
	}
}

func TestARevertRefusesAFileThatChangedMeanwhile(t *testing.T) {
	t.Chdir(copyOf(t, "testdata/rules"))
	require.NoError(t, os.Chmod("next.json", 0o444))
	code, _, stderr := command(t, nil, "revert", "-y", "flags.json", "next.json")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "next.json is read-only")
}
