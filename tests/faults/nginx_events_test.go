package faults_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/publish"
	"github.com/becketflags/becket/tests/internal/doctest"
	"github.com/becketflags/becket/tests/internal/faults"
)

// pushBlock returns nginx's lines of docs/push.md, with the address of an origin.
func pushBlock(t *testing.T, origin string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/push.md")
	require.NoError(t, err)
	for _, block := range doctest.Blocks(string(page)) {
		if block.Language == "nginx" {
			require.Contains(t, block.Text, "proxy_pass http://127.0.0.1:8000;")
			require.Contains(t, block.Text, "proxy_buffering off;")
			return strings.ReplaceAll(block.Text, "http://127.0.0.1:8000", origin)
		}
	}
	require.Fail(t, "the page has no lines for nginx")
	return ""
}

// newEventsNginx starts an nginx in front of an origin. Below /page/ it has the lines of the page.
// Below /lines/ it has them too, but ignores the header X-Accel-Buffering and speaks HTTP/1.0 with
// the origin, as old ones do, so that only the lines keep it from buffering. Below /header/ it has
// no lines, and obeys the header.
func newEventsNginx(t *testing.T, origin string) *nginx {
	t.Helper()
	program := findNginx(t)
	n := &nginx{folder: t.TempDir(), port: freePort(t)}
	require.NoError(t, os.Chmod(filepath.Dir(n.folder), 0o755))
	block := pushBlock(t, origin+"/flags.json/events")
	page := strings.Replace(block, "location /", "location /page/", 1)
	lines := strings.NewReplacer("location /", "location /lines/", "proxy_http_version 1.1;",
		"proxy_http_version 1.0; proxy_ignore_headers X-Accel-Buffering;").Replace(block)
	template, err := os.ReadFile("testdata/nginx_events.conf")
	require.NoError(t, err)
	config := strings.NewReplacer("# PUSH", page+lines, "ORIGIN", origin, "PREFIX", n.folder, "PORT", n.port).
		Replace(string(template))
	require.NoError(t, os.WriteFile(filepath.Join(n.folder, "nginx.conf"), []byte(config), 0o644))
	n.start(t, program)
	return n
}

func TestEventsPassThroughNginx(t *testing.T) {
	origin, err := publish.NewHandler()
	require.NoError(t, err)
	server := httptest.NewServer(origin)
	t.Cleanup(func() { origin.Close(); server.Close() })
	n := newEventsNginx(t, server.URL)
	address := "http://127.0.0.1:" + n.port
	revision := 0
	next := func(t *testing.T, state string) {
		t.Helper()
		revision++
		require.NoError(t, origin.Publish([]byte(faults.Document(revision, state)), nil))
	}
	next(t, "first")
	for _, way := range []string{"page", "lines", "header"} {
		t.Run(way, func(t *testing.T) {
			events := newEventReader(t, address+"/"+way+"/flags.json/events", "")
			assert.Contains(t, events.line(t, "data: "), `"etag":`)
			for range 5 {
				next(t, "again")
				assert.Contains(t, events.line(t, "data: "), origin.ETag()[1:20])
			}
			id := strings.Trim(origin.ETag(), `"`)
			again := newEventReader(t, address+"/"+way+"/flags.json/events", id)
			assert.Equal(t, ":", again.line(t, ""), "nginx passes Last-Event-ID on, and then nothing is new")
			assert.Equal(t, 2, origin.Streams())
			events.close()
			again.close()
			require.Eventually(t, func() bool { return origin.Streams() == 0 }, 20*time.Second, 10*time.Millisecond,
				"nginx closes the stream of a client that has left")

			stream := becket.WithEvents("/" + way + "/flags.json/events")
			client, err := becket.New(becket.HTTP(address+"/flags.json", stream),
				becket.WithPollInterval(time.Hour), becket.WithSignalSpread(0))
			require.NoError(t, err)
			defer client.Close()
			require.Eventually(t, func() bool { return origin.Streams() == 1 }, 20*time.Second, 10*time.Millisecond)
			next(t, "for the client")
			require.Eventually(t, func() bool { return client.Status().Revision == int64(revision) }, 20*time.Second,
				10*time.Millisecond)
		})
	}
}

// eventReader reads a stream of events.
type eventReader struct {
	lines *bufio.Scanner
	close func()
}

func newEventReader(t *testing.T, address, lastID string) *eventReader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	transport := &http.Transport{}
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	require.Equal(t, http.StatusOK, response.StatusCode)
	return &eventReader{bufio.NewScanner(response.Body), func() { response.Body.Close() }}
}

// line returns the next line that begins with a prefix.
func (r *eventReader) line(t *testing.T, prefix string) string {
	t.Helper()
	for r.lines.Scan() {
		if text := r.lines.Text(); strings.HasPrefix(text, prefix) {
			return text
		}
	}
	require.NoError(t, r.lines.Err())
	require.Fail(t, "the stream has ended")
	return ""
}
