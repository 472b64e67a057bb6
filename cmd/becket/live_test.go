package main

import (
	"encoding/json"
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

// published returns the URL of a server that answers every request with handler.
func published(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL + "/flags.json"
}

// plain answers with a body and headers.
func plain(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		_, _ = w.Write([]byte(body))
	}
}

func document(t *testing.T) []byte {
	t.Helper()
	body, err := os.ReadFile(rulesFile("flags.json"))
	require.NoError(t, err)
	return body
}

func TestLiveDescribesAGoodServer(t *testing.T) {
	server := newDocuments(t, document(t), nil)
	address := published(t, server.ServeHTTP)
	response, err := http.Head(address)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	etag := response.Header.Get("Etag")
	code, stdout, stderr := command(t, nil, "live", address+"?key=hidden", "--current", rulesFile("flags.json"))
	require.Equal(t, exitGood, code, stdout+stderr)
	assert.Empty(t, stderr)
	for _, line := range []string{
		address + ": clients use it\n", "  status         200 OK\n", "  ruleset        3 flags, revision 42\n",
		"  encoding       gzip\n", "  ETag           " + strings.TrimSuffix(etag, `"`) + "-gzip\"\n",
		"  asked again    304 Not Modified\n",
	} {
		assert.Contains(t, stdout, line)
	}
	assert.NotContains(t, stdout, "note:")
	assert.NotContains(t, stdout, "hidden")
}

func TestLiveWritesJSON(t *testing.T) {
	server := newDocuments(t, document(t), nil)
	code, stdout, _ := command(t, nil, "live", published(t, server.ServeHTTP), "--json")
	require.Equal(t, exitGood, code)
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	for name, want := range map[string]any{
		"accepted": true, "status": 200.0, "encoding": "gzip", "revision": 42.0, "flags": 3.0, "not_modified": true,
		"again": 304.0, "bytes": float64(len(document(t))),
	} {
		assert.Equal(t, want, got[name], name)
	}
	code, stdout, _ = command(t, nil, "live", published(t, plain(`{"schema": 1, "flags": {"a": {"rulez": []}}}`)),
		"--json")
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stdout, `"accepted": false`)
	assert.Contains(t, stdout, `"path": "flags.a"`)
}

func TestLiveSaysWhyClientsRefuseADocument(t *testing.T) {
	higher := strings.Replace(string(document(t)), `"revision": 42`, `"revision": 43`, 1)
	current := filepath.Join(t.TempDir(), "current.json")
	require.NoError(t, os.WriteFile(current, []byte(higher), 0o600))
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		args   []string
		want   string
	}{
		"a lower revision": {
			plain(string(document(t))), []string{"--current", current},
			"its revision is 42, and that of " + current + " is 43",
		},
		"a page of HTML": {
			plain("<!doctype html><html>sign in</html>", "Content-Type", "text/html"), nil,
			"it is not a valid document: this is a web page, not a ruleset",
		},
		"gzip without header": {plain("\x1f\x8b\x08\x00\x00\x00\x00\x00"), nil, "is not labelled so"},
		"an error":            {http.NotFound, nil, "404 Not Found"},
		"an invalid flag": {
			plain(`{"schema": 1, "flags": {"a": {}, "b": {"rulez": []}}}`), nil, `flags.b: unknown field "rulez"`,
		},
		"another environment": {
			plain(`{"schema": 1, "environment": "test", "flags": {"a": {}}}`), []string{"--environment", "production"},
			`"test", and "production" is expected`,
		},
		"no signature": {
			plain(string(document(t))), []string{"-p", rulesFile("becket.pub")}, "signature",
		},
		"no flags": {
			plain(`{"schema": 1, "revision": 44, "environment": "production", "flags": {}}`),
			[]string{"--current", current}, "no flags",
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, nil,
				append([]string{"live", published(t, test.answer)}, test.args...)...)
			assert.Equal(t, exitFinding, code, stderr)
			assert.Contains(t, stdout, ": clients refuse it: ")
			assert.Contains(t, stdout, test.want)
			assert.Empty(t, stderr)
		})
	}
}

func TestLiveNamesTheFormatThatAProgramMustChoose(t *testing.T) {
	other := plain(`{"flags": {"a": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}}}`)
	code, stdout, _ := command(t, nil, "live", published(t, other))
	assert.Equal(t, exitGood, code)
	assert.Regexp(t, `(?m)^  format         flagd`, stdout)
	_, stdout, _ = command(t, nil, "live", published(t, other), "--json")
	assert.Contains(t, stdout, `"format": "flagd`)
	_, stdout, _ = command(t, nil, "live", published(t, plain(string(document(t)))))
	assert.NotContains(t, stdout, "format")
}

func TestLiveChecksTheSignature(t *testing.T) {
	signing(t)
	good(t, "sign", "flags.json")
	body, err := os.ReadFile("flags.json")
	require.NoError(t, err)
	signature, err := os.ReadFile("flags.json.minisig")
	require.NoError(t, err)
	server := newDocuments(t, body, signature)
	assert.Regexp(t, `(?m)^  signed by      [0-9A-F]+$`,
		good(t, "live", published(t, server.ServeHTTP), "-p", "becket.pub"))
}

// A server may answer, and nevertheless bring changes late or send everything at each poll.
func TestLiveNotesCausesOfDelayAndOfCost(t *testing.T) {
	body := string(document(t))
	hour := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	second := time.Now().UTC().Format(http.TimeFormat)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a stale cache": {plain(body, "ETag", `"a"`, "Age", "600"), "note: a cache has held this answer for 10m0s"},
		"a patient one": {
			plain(body, "ETag", `"a"`, "Cache-Control", "public, max-age=3600"),
			"note: caches may answer with the old document for 1h0m0s: max-age=3600",
		},
		"no validator":            {plain(body), "neither ETag nor Last-Modified"},
		"a young date":            {plain(body, "Last-Modified", second), "until the file is a minute old"},
		"an ETag that is ignored": {plain(body, "ETag", `"a"`), "answers 200 to the ETag or date"},
		"a date that is ignored":  {plain(body, "Last-Modified", hour), "answers 200 to the ETag or date"},
		"an ETag by time and size": {
			plain(body, "Last-Modified", "Sun, 22 Nov 2026 11:00:00 GMT", "ETag", `"6b02cb30-1a2"`),
			"second and the size",
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, nil, "live", published(t, test.answer))
			assert.Equal(t, exitGood, code, stderr)
			assert.Contains(t, stdout, test.want)
		})
	}
}

func TestLiveNeedsAServerThatAnswers(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	for _, address := range []string{server.URL, "flags.json", "https://"} {
		code, stdout, stderr := command(t, nil, "live", address)
		assert.Equal(t, exitUsage, code, address)
		assert.Empty(t, stdout)
		assert.NotEmpty(t, stderr)
	}
}

// A redirect is followed with the headers that the user gave, and the last answer is described.
func TestLiveSendsHeadersAndFollowsRedirects(t *testing.T) {
	address := published(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/flags.json":
			http.Redirect(w, r, "/there.json", http.StatusFound)
		default:
			plain(string(document(t)), "ETag", `"there"`)(w, r)
		}
	})
	assert.Contains(t, good(t, "live", address, "-H", "Authorization: Bearer secret"), `"there"`)
	code, stdout, _ := command(t, nil, "live", address)
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stdout, "401 Unauthorized")
}
