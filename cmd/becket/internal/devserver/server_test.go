package devserver

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func get(s *Server, method, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(text)
}

func TestPathsAndMethods(t *testing.T) {
	s := New("flags.json")
	assert.Equal(t, http.StatusServiceUnavailable, get(s, "GET", "/").StatusCode)
	s.Publish([]byte("{}"), nil)
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/", 200, "{}"},
		{"GET", "/flags.json", 200, "{}"},
		{"HEAD", "/flags.json", 200, ""},
		{"GET", "/other.json", 404, "404 page not found\n"},
		{"GET", "/flags.json.minisig", 404, "404 page not found\n"},
		{"POST", "/flags.json", 405, "only GET and HEAD are allowed\n"},
	} {
		r := get(s, test.method, test.path)
		assert.Equal(t, test.status, r.StatusCode, test)
		assert.Equal(t, test.body, body(t, r), test)
	}
	s.Publish([]byte("{}"), []byte("signed"))
	assert.Equal(t, "signed", body(t, get(s, "GET", "/flags.json.minisig")))
}

func TestAKnownDocumentIsAnsweredWith304(t *testing.T) {
	s := New("flags.json")
	etag := s.Publish([]byte("{}"), nil)
	for _, known := range []string{
		etag, "W/" + etag, `"other", ` + etag, "*", get(s, "GET", "/", "Accept-Encoding", "gzip").Header.Get("Etag"),
	} {
		r := get(s, "GET", "/", "If-None-Match", known)
		assert.Equal(t, http.StatusNotModified, r.StatusCode, known)
		assert.Equal(t, etag, r.Header.Get("Etag"))
		assert.Empty(t, body(t, r))
	}
	again := s.Publish([]byte("{ }"), nil)
	assert.NotEqual(t, etag, again)
	assert.Equal(t, http.StatusOK, get(s, "GET", "/", "If-None-Match", etag).StatusCode)
	assert.Equal(t, etag, s.Publish([]byte("{}"), nil), "the same bytes have the same tag")
}

func TestGzipIsSentOnlyIfAccepted(t *testing.T) {
	s := New("flags.json")
	plain := s.Publish([]byte("{}"), nil)
	for accepted, want := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "*": true, "gzip; q=0": false, "gzip;q=0, *": false, "br": false,
		"": false, "identity": false,
	} {
		r := get(s, "GET", "/", "Accept-Encoding", accepted)
		assert.Equal(t, want, r.Header.Get("Content-Encoding") == "gzip", accepted)
		assert.Equal(t, want, r.Header.Get("Etag") != plain, "other bytes, another tag: %q", accepted)
		if want {
			unzipped, err := gzip.NewReader(r.Body)
			require.NoError(t, err)
			text, err := io.ReadAll(unzipped)
			require.NoError(t, err)
			assert.Equal(t, "{}", string(text))
		}
	}
}
