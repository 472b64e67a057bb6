package devserver

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newServer(t *testing.T) *Server {
	t.Helper()
	s, err := New("flags.json")
	require.NoError(t, err)
	return s
}

func get(t *testing.T, s *Server, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Result(), string(text)
}

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r, text := get(t, s, "GET", "/")
	assert.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	assert.Equal(t, "nothing is published yet\n", text)
	_, err := s.Publish([]byte("{}"), nil, 1)
	require.NoError(t, err)
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
		r, text := get(t, s, test.method, test.path)
		assert.Equal(t, test.status, r.StatusCode, test)
		assert.Equal(t, test.body, text, test)
	}
	_, err = s.Publish([]byte("{}"), []byte("signed"), 1)
	require.NoError(t, err)
	_, text = get(t, s, "GET", "/flags.json.minisig")
	assert.Equal(t, "signed", text)
}

func TestADocumentMayHaveALowerRevisionThanTheOneBefore(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first, err := s.Publish([]byte("{}"), nil, 2)
	require.NoError(t, err)
	second, err := s.Publish([]byte("{ }"), nil, 1)
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	r, text := get(t, s, "GET", "/", "If-None-Match", first)
	assert.Equal(t, http.StatusOK, r.StatusCode)
	assert.Equal(t, "{ }", text)
	r, _ = get(t, s, "GET", "/", "If-None-Match", second)
	assert.Equal(t, http.StatusNotModified, r.StatusCode)
}

func TestEventsHaveTheRevisionOfTheDocument(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	server := httptest.NewServer(s)
	defer server.Close()
	defer s.Close()
	_, err := s.Publish([]byte("{}"), nil, 42)
	require.NoError(t, err)
	response, err := http.Get(server.URL + "/flags.json/events")
	require.NoError(t, err)
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	require.True(t, lines.Scan())
	require.True(t, lines.Scan())
	assert.Contains(t, lines.Text(), `data: {"revision":42,"etag":"`)
}
