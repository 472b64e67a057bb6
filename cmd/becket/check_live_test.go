package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// checkAgainst checks a document against another one that a server sends.
func checkAgainst(t *testing.T, next, present string, args ...string) (int, []report.Finding, string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if present == "" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(present))
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(path, []byte(next), 0o600))
	args = append([]string{"check", path, "--live", server.URL + "/flags.json?token=hidden", "--json"}, args...)
	code, stdout, stderr := command(t, nil, args...)
	var found []report.Finding
	if stdout != "" {
		require.NoError(t, json.Unmarshal([]byte(stdout), &found), stdout)
	}
	assert.NotContains(t, stdout+stderr, "hidden", "a URL's query often holds keys")
	return code, found, stderr
}

func TestTheRevisionIsGuardedAgainstTheLiveOne(t *testing.T) {
	flag := func(head, owner string) string {
		return `{"schema": 1, ` + head + `"flags": {"f": {"owner": "` + owner +
			`", "description": "d", "enabled": false}}}`
	}
	for name, row := range map[string]struct {
		present, next string
		code          int
		want          string // "severity name"; "" for nothing
		column        int    // of the finding on the document's only line
	}{
		"a higher one": {flag(`"revision": 7, `, "a"), flag(`"revision": 8, `, "b"), exitGood, "", 0},
		"a lower one": {
			flag(`"revision": 8, `, "a"), flag(`"revision": 7, `, "b"), exitFinding, "error lower-revision", 27,
		},
		"none any longer": {
			flag(`"revision": 8, `, "a"), flag("", "b"), exitFinding, "error missing-revision", 1,
		},
		"the same, another owner": {
			flag(`"revision": 8, `, "a"), flag(`"revision": 8, `, "b"), exitFinding, "error same-revision", 27,
		},
		"the same": {
			flag(`"revision": 8, `, "a"), flag(`"revision": 8, `, "a"), exitGood, "note unchanged", 27,
		},
		"the same, another layout": {
			flag(`"revision": 8, `, "a"), flag(`  "revision":   8  ,   `, "a"), exitGood, "note unchanged", 31,
		},
		"the same, a segment more": {
			flag(`"revision": 8, `, "a"), flag(`"revision": 8, "segments": {"f": {}}, `, "a"), exitFinding,
			"error same-revision", 27,
		},
		"far above": {
			flag(`"revision": 8, `, "a"), flag(`"revision": 80000000, `, "b"), exitGood, "warning revision-leap", 27,
		},
		"none in either": {flag("", "a"), flag("", "b"), exitGood, "warning no-revision", 1},
		"another environment": {
			flag(`"environment": "a", `, "a"), flag(`"revision": 1, "environment": "b", `, "a"), exitFinding,
			"error other-environment", 45,
		},
		"a live one with a mistake": {
			`{"schema": 1`, flag(`"revision": 1, `, "a"), exitGood, "warning live-refused", 1,
		},
		"a live one with a comment": {
			flag(`"revision": 8, /* why */ `, "a"), flag(`"revision": 1, `, "a"), exitGood, "warning live-refused", 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			silence := "unused-segment"
			code, found, stderr := checkAgainst(t, row.next, row.present, "--silence", silence)
			assert.Empty(t, stderr)
			assert.Equal(t, row.code, code, found)
			if row.want == "" {
				assert.Empty(t, found)
				return
			}
			if assert.Len(t, found, 1) {
				assert.Equal(t, row.want, found[0].Severity.String()+" "+found[0].Name)
				assert.Equal(t, []int{1, row.column}, []int{found[0].Line, found[0].Column})
			}
			silence += "," + found[0].Name
			code, found, _ = checkAgainst(t, row.next, row.present, "--silence", silence)
			assert.Equal(t, exitGood, code)
			assert.Empty(t, found)
		})
	}
}

func TestALiveRulesetThatCannotBeFetchedIsAnError(t *testing.T) {
	const document = `{"schema": 1, "revision": 1, "flags": {}}`
	code, found, stderr := checkAgainst(t, document, "")
	assert.Equal(t, exitUsage, code, "a wrong address must not look like a first publication")
	assert.Empty(t, found)
	assert.Contains(t, stderr, `{"error":"--live: `)
	assert.Contains(t, stderr, "404")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	code, _, _ = command(t, func(e *env) { e.ctx = ctx }, "check", path, "--live", "http://127.0.0.1:1/flags.json")
	assert.Equal(t, exitInterrupted, code)
}

func TestAPublishedDocumentHasARevision(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"schema": 1, "flags": {}}`))
	}))
	defer server.Close()
	code, stdout, _ := command(t, nil, "check", server.URL+"/flags.json")
	assert.Equal(t, exitGood, code)
	assert.Contains(t, stdout, "/flags.json:1:1: warning: it has no revision, so a stale cache can bring back an "+
		"older document [no-revision]")
}

func TestBuildWarnsOfARevisionThatFalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"schema": 1, "revision": 42, "flags": {}}`), 0o600))
	for revision, want := range map[string]string{
		"41": "flags.json:1:27: warning: the revision falls from 42 to 41: clients refuse the document [lower-revision]\n",
		"0":  "warning: it has no revision, and the present one has 42: clients refuse the document [missing-revision]\n",
		"42": "", "43": "",
		"99000000": "[revision-leap]\n",
	} {
		code, stdout, stderr := command(t, nil, "build", path, "--compact", "--revision", revision)
		assert.Equal(t, exitGood, code)
		assert.Contains(t, stdout, `"revision":`+revision)
		assert.Contains(t, stderr, want)
		assert.Equal(t, want == "", stderr == "", stderr)
	}
}
