package faults_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/tests/internal/doctest"
	"github.com/becketflags/becket/tests/internal/faults"
)

// hostingBlock returns nginx's lines of docs/hosting.md, with folder in place of /srv.
func hostingBlock(t *testing.T, folder string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/hosting.md")
	require.NoError(t, err)
	for _, block := range doctest.Blocks(string(page)) {
		if block.Language == "nginx" {
			require.Contains(t, block.Text, "root /srv;")
			return strings.ReplaceAll(block.Text, "/srv;", filepath.Join(folder, "srv")+";")
		}
	}
	require.Fail(t, "the page has no lines for nginx")
	return ""
}

// host writes a document as a file of docs/hosting.md, with a time of change.
func (n *nginx) host(t *testing.T, document string, changed time.Time) {
	t.Helper()
	n.write(t, "flags.json", []byte(document), changed)
}

func (n *nginx) write(t *testing.T, name string, content []byte, changed time.Time) {
	t.Helper()
	path := filepath.Join(n.folder, "srv", "flags", name)
	require.NoError(t, os.WriteFile(path+".new", content, 0o644))
	require.NoError(t, os.Chtimes(path+".new", changed, changed))
	require.NoError(t, os.Rename(path+".new", path))
}

// get asks without a condition and for gzip. It returns the answer's header.
func (n *nginx) get(t *testing.T, path string) http.Header {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+n.port+path,
		http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	return response.Header
}

// client returns a client of a path, and a function that reads its flag.
func (n *nginx) client(t *testing.T, path string) (*becket.Client, func() string) {
	t.Helper()
	client, err := becket.New(becket.HTTP("http://127.0.0.1:"+n.port+path), becket.WithPollInterval(time.Hour))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	require.NoError(t, client.Wait(t.Context()))
	return client, func() string { return client.For(becket.NewSubject("u")).String("state", "") }
}

func zipped(t *testing.T, document string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(document))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestTheNginxLinesOfTheHostingPageWork(t *testing.T) {
	server := newNginx(t)
	server.host(t, faults.Document(12, "first"), time.Now().Add(-2*time.Hour))
	header := server.get(t, "/flags/flags.json")
	assert.Equal(t, "gzip", header.Get("Content-Encoding"))
	assert.Equal(t, "no-cache", header.Get("Cache-Control"))
	assert.Equal(t, "Accept-Encoding", header.Get("Vary"))

	client, state := server.client(t, "/flags/flags.json")
	assert.Equal(t, "first", state())
	require.NoError(t, client.Refresh(t.Context()))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, []string{"200", "200", "304"}, server.codes(t, "/flags/flags.json"))
	}, 10*time.Second, 10*time.Millisecond)
	server.host(t, faults.Document(13, "other"), time.Now().Add(-time.Hour))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, "other", state())
}

// A .gz file that nobody renewed hides the new file if nginx has gzip_static. With the lines of the
// page, it hides nothing.
func TestAStaleGzipFileHidesNothing(t *testing.T) {
	server := newNginx(t)
	server.write(t, "flags.json.gz", zipped(t, faults.Document(12, "first")), time.Now().Add(-2*time.Hour))
	server.host(t, faults.Document(13, "other"), time.Now().Add(-time.Hour))
	_, state := server.client(t, "/flags/flags.json")
	assert.Equal(t, "other", state())
	_, state = server.client(t, "/static/flags.json")
	assert.Equal(t, "first", state(), "the page warns of gzip_static")
}

// nginx gives two files of one size and one second the same ETag.
func TestTwoPublicationsOfOneSizeWithinOneSecondAreBothSeen(t *testing.T) {
	server := newNginx(t)
	now := time.Now()
	server.host(t, faults.Document(12, "first"), now)
	etag := server.get(t, "/flags/flags.json").Get("Etag")
	client, state := server.client(t, "/flags/flags.json")
	assert.Equal(t, "first", state())
	server.host(t, faults.Document(13, "other"), now)
	require.Equal(t, etag, server.get(t, "/flags/flags.json").Get("Etag"), "else the test shows nothing")
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, "other", state())
}

// A CDN with the header of the page asks the origin once for many clients. A change arrives with
// one of the next polls.
func TestACacheInFrontOfTheServerBringsChanges(t *testing.T) {
	server := newNginx(t)
	server.host(t, faults.Document(12, "first"), time.Now().Add(-2*time.Hour))
	client, state := server.client(t, "/edge/flags.json")
	assert.Equal(t, "first", state())
	for range 20 {
		require.NoError(t, client.Refresh(t.Context()))
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		codes := server.codes(t, "/edge/flags.json")
		assert.Len(c, codes, 21)
		assert.NotContains(c, codes[min(1, len(codes)):], "200", "the edge answers by the ETag")
	}, 10*time.Second, 10*time.Millisecond)
	server.host(t, faults.Document(13, "other"), time.Now().Add(-time.Hour))
	require.Eventually(t, func() bool {
		return client.Refresh(t.Context()) == nil && state() == "other"
	}, 30*time.Second, 50*time.Millisecond)
	asked := len(server.codes(t, "/origin/flags.json"))
	assert.Positive(t, asked)
	assert.Less(t, asked, len(server.codes(t, "/edge/flags.json")))
}

// Kubernetes mounts a ConfigMap as links through ..data, and publishes by renaming another link
// over ..data.
func TestAFileOfAConfigMapIsFollowed(t *testing.T) {
	folder := t.TempDir()
	publish := func(version string, document string) {
		require.NoError(t, os.Mkdir(filepath.Join(folder, version), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, version, "flags.json"), []byte(document), 0o644))
		require.NoError(t, os.Symlink(version, filepath.Join(folder, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")))
	}
	publish("..2026_11_26_10_00_00.1", faults.Document(12, "first"))
	require.NoError(t, os.Symlink(filepath.Join("..data", "flags.json"), filepath.Join(folder, "flags.json")))
	client, err := becket.New(becket.File(filepath.Join(folder, "flags.json")), becket.WithPollInterval(time.Second))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))
	state := func() string { return client.For(becket.NewSubject("u")).String("state", "") }
	assert.Equal(t, "first", state())
	publish("..2026_11_26_10_00_10.2", faults.Document(13, "other"))
	require.NoError(t, os.RemoveAll(filepath.Join(folder, "..2026_11_26_10_00_00.1")))
	require.Eventually(t, func() bool { return state() == "other" }, 30*time.Second, 20*time.Millisecond)
	assert.Zero(t, client.Status().Failures)
}
