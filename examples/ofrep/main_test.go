package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
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

// Unwrap lets the handler of event streams send each event at once.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

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

// pageTold is a line of page.mjs.
type pageTold struct {
	Changed  []string
	Stale    bool
	Checkout bool
	Theme    string
}

// openPage runs page.mjs. The function that it returns reads the next line, without lines that say
// that the stream was interrupted.
func openPage(ctx context.Context, t *testing.T, folder string, arguments ...string) (next func() pageTold) {
	t.Helper()
	node := exec.CommandContext(ctx, "node", append([]string{"page.mjs"}, arguments...)...)
	node.Dir, node.Stderr = folder, os.Stderr
	in, err := node.StdinPipe()
	require.NoError(t, err)
	out, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start())
	t.Cleanup(func() {
		assert.NoError(t, in.Close())
		assert.NoError(t, node.Wait(), "it ends by itself")
	})
	lines := bufio.NewScanner(out)
	return func() pageTold {
		t.Helper()
		for {
			require.True(t, lines.Scan(), "Node says no more: %v", lines.Err())
			var told pageTold
			require.NoError(t, json.Unmarshal(lines.Bytes(), &told), lines.Text())
			if !told.Stale {
				return told
			}
		}
	}
}

// startService starts a service on an address of this machine; "" chooses one. It returns the
// address and a function that stops the service as the end of its process would.
func startService(t *testing.T, h http.Handler, address string) (at string, stop func()) {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	var listener net.Listener
	require.Eventually(t, func() (ok bool) {
		var err error
		listener, err = net.Listen("tcp", address)
		return err == nil
	}, 30*time.Second, 50*time.Millisecond)
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	stop = func() { _ = server.Close() }
	t.Cleanup(stop)
	return listener.Addr().String(), stop
}

// serverSDK returns the line of client.mjs about the SDK for servers.
func serverSDK(ctx context.Context, t *testing.T, folder string, client *becket.Client) string {
	t.Helper()
	address, _ := startService(t, newHandler(client, ""), "")
	node := exec.CommandContext(ctx, "node", "client.mjs", "http://"+address)
	node.Dir, node.Stderr = folder, os.Stderr
	out, err := node.Output()
	require.NoError(t, err)
	_, line, _ := strings.Cut(string(out), "\n")
	return line
}

// A page with OpenFeature's SDK and the settings of its provider learns of changes without polling.
func TestAPageLearnsOfAKillSwitchAndOfASchedule(t *testing.T) {
	needNode(t)
	text, err := os.ReadFile("flags.json")
	require.NoError(t, err)
	source := &ruleset{}
	publish := func(client *becket.Client, old, replacement string) {
		require.Contains(t, string(text), old)
		document := strings.Replace(string(text), old, replacement, 1)
		source.text.Store(&document)
		require.NoError(t, client.Refresh(t.Context()))
	}
	const killed = `"new-checkout": {"enabled": false,`
	newClient := func() *becket.Client {
		client, err := becket.New(source)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, client.Close()) })
		require.NoError(t, client.Wait(t.Context()))
		return client
	}
	document := string(text)
	source.text.Store(&document)
	client := newClient()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 3*time.Minute)
	t.Cleanup(cancel)
	folder := installNode(ctx, t)
	seen := &statuses{}
	address, stop := startService(t, seen.count(newHandler(client, "secret")), "")
	next := openPage(ctx, t, folder, "http://"+address, "secret")
	assert.Equal(t, pageTold{Checkout: true, Theme: "#000"}, next())
	require.Eventually(t, func() bool { return seen[http.StatusNotModified].Load() == 1 }, time.Minute,
		10*time.Millisecond, "the first event tells the page to ask again")

	published := time.Now()
	publish(client, `"new-checkout": {`, killed)
	assert.Equal(t, pageTold{Changed: []string{"new-checkout"}, Theme: "#000"}, next())
	t.Logf("the page knew of the kill switch after %v", time.Since(published))
	assert.Less(t, time.Since(published), 20*time.Second)
	assert.Contains(t, serverSDK(ctx, t, folder, client),
		`"checkout":{"value":false,"variant":"off","reason":"DISABLED"}`)

	begin := time.Now().Add(10 * time.Second).UTC()
	publish(client, `"off": "light",`,
		`"off": "light", "rules": [{"from": "`+begin.Format(time.RFC3339Nano)+`", "serve": "light"}],`)
	assert.Equal(t, pageTold{Changed: []string{"new-checkout", "theme"}, Checkout: true, Theme: "#000"}, next())
	assert.Equal(t, pageTold{Changed: []string{"theme"}, Checkout: true, Theme: "#fff"}, next())
	t.Logf("the page knew of the schedule after %v", time.Since(begin))
	assert.Positive(t, time.Since(begin))
	assert.Less(t, time.Since(begin), 20*time.Second)

	stop()
	publish(client, `"new-checkout": {`, killed)
	restarted := time.Now()
	_, _ = startService(t, seen.count(newHandler(newClient(), "secret")), address)
	assert.Equal(t, pageTold{Changed: []string{"new-checkout", "theme"}, Theme: "#000"}, next())
	t.Logf("the page knew of the change during a restart after %v", time.Since(restarted))
	asked := seen[http.StatusOK].Load() + seen[http.StatusNotModified].Load()
	time.Sleep(3 * time.Second)
	assert.Equal(t, asked, seen[http.StatusOK].Load()+seen[http.StatusNotModified].Load(), "it does not poll")
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
