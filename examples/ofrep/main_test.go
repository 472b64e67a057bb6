package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// ruleset is a source whose document a test can replace.
type ruleset struct{ text atomic.Pointer[string] }

func (r *ruleset) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	return becket.Document{Body: []byte(*r.text.Load())}, nil
}

func (r *ruleset) Identity() string { return "test" }

// statuses counts the answers of a handler by status.
type statuses [600]atomic.Int64

func (s *statuses) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&countingWriter{w, s}, r)
	})
}

type countingWriter struct {
	http.ResponseWriter
	statuses *statuses
}

func (w *countingWriter) WriteHeader(status int) {
	w.statuses[status].Add(1)
	w.ResponseWriter.WriteHeader(status)
}

// needNode skips the test if Node with npm is not installed. In continuous integration, the test
// fails instead.
func needNode(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("fetches packages with npm: left out under -short")
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not here, and must be in continuous integration", program)
			}
			t.Skipf("%s is not here: OpenFeature's JavaScript SDKs were not tried", program)
		}
	}
}

// installNode copies the client into a new folder and installs its dependencies there.
func installNode(ctx context.Context, t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("node")))
	require.NoError(t, os.RemoveAll(filepath.Join(folder, "node_modules")))
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = folder
	out, err := npm.CombinedOutput()
	require.NoError(t, err, string(out))
	return folder
}

const webSays = `{"sdk": "web",
	"checkout": {"value": true, "variant": "on", "reason": "TARGETING_MATCH"},
	"theme": {"value": "#000", "variant": "dark", "reason": "STATIC"},
	"limit": {"value": 25, "variant": "small", "reason": "STATIC"},
	"limits": {"value": {"rps": 10}, "variant": "standard", "reason": "STATIC"},
	"disabled": {"value": "mine", "reason": "DISABLED"},
	"mistyped": {"value": "mine", "reason": "ERROR", "errorCode": "TYPE_MISMATCH"},
	"internal": {"value": true, "reason": "ERROR", "errorCode": "FLAG_NOT_FOUND"}}`

const serverSays = `{"sdk": "server",
	"checkout": {"value": true, "variant": "on", "reason": "TARGETING_MATCH"},
	"elsewhere": {"value": false, "variant": "off", "reason": "DEFAULT"},
	"theme": {"value": "#000", "variant": "dark", "reason": "STATIC"},
	"limit": {"value": 25, "variant": "small", "reason": "STATIC"},
	"limits": {"value": {"rps": 10}, "variant": "standard", "reason": "STATIC"},
	"anonymous": {"value": "mine", "reason": "ERROR", "errorCode": "TARGETING_KEY_MISSING"},
	"internal": {"value": true, "reason": "ERROR", "errorCode": "FLAG_NOT_FOUND"}}`

// OpenFeature's own SDKs for browsers and for Node get the flags' values through their OFREP
// providers.
func TestOpenFeaturesJavaScriptSDKsGetTheRightValues(t *testing.T) {
	needNode(t)
	text, err := os.ReadFile("flags.json")
	require.NoError(t, err)
	source := &ruleset{}
	set := func(document string) { source.text.Store(&document) }
	set(string(text))
	client, err := becket.New(source)
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	seen := &statuses{}
	server := httptest.NewServer(seen.count(newHandler(client, "")))
	defer server.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	folder := installNode(ctx, t)
	once := exec.CommandContext(ctx, "node", "client.mjs", server.URL)
	once.Dir, once.Stderr = folder, os.Stderr
	all, err := once.Output()
	require.NoError(t, err, "it ends by itself")
	assert.Equal(t, 2, strings.Count(string(all), "\n"), "%s", all)

	node := exec.CommandContext(ctx, "node", "client.mjs", server.URL, "--watch")
	node.Dir, node.Stderr = folder, os.Stderr
	out, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start())
	lines := bufio.NewScanner(out)
	next := func() string {
		require.True(t, lines.Scan(), "Node says no more: %v", lines.Err())
		return lines.Text()
	}
	assert.JSONEq(t, webSays, next())
	assert.JSONEq(t, serverSays, next())

	unchanged := seen[http.StatusNotModified].Load()
	require.Eventually(t, func() bool { return seen[http.StatusNotModified].Load() >= unchanged+3 }, time.Minute,
		10*time.Millisecond,
		"the web SDK polls with the ETag")
	set(strings.Replace(string(text), `"default": "dark"`, `"default": "light"`, 1))
	require.NoError(t, client.Refresh(ctx))
	var change struct {
		Changed []string
		Theme   string
	}
	require.NoError(t, json.Unmarshal([]byte(next()), &change))
	assert.Equal(t, []string{"theme"}, change.Changed)
	assert.Equal(t, "#fff", change.Theme)
	require.NoError(t, node.Wait())
}

func TestCallersNeedTheToken(t *testing.T) {
	client, err := becket.New(becket.File("flags.json"))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	h := newHandler(client, "secret")
	for token, status := range map[string]int{
		"Bearer secret": http.StatusOK, "Bearer wrong": http.StatusUnauthorized, "": http.StatusUnauthorized,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/ofrep/v1/evaluate/flags",
			strings.NewReader("{}"))
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, status, w.Code, token)
	}
}
