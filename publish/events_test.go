package publish_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/publish"
)

// stream is an open stream of events.
type stream struct {
	response *http.Response
	lines    *bufio.Scanner
}

func openStream(t *testing.T, address string, header ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	return &stream{response, bufio.NewScanner(response.Body)}
}

// event returns the next event or comment with | between its lines, and "" after the end.
func (s *stream) event() string {
	var lines []string
	for s.lines.Scan() {
		if s.lines.Text() == "" {
			return strings.Join(lines, "|")
		}
		lines = append(lines, s.lines.Text())
	}
	return ""
}

func start(t *testing.T, h *publish.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(func() { h.Close(); server.Close() })
	return server
}

func TestAStreamBeginsWithTheCurrentHintAndGetsOneForEachPublication(t *testing.T) {
	t.Parallel()
	h := newHandler(t, publish.WithSpread(1500*time.Millisecond))
	address := start(t, h).URL + "/flags.json/events"
	s := openStream(t, address)
	assert.Equal(t, "text/event-stream", s.response.Header.Get("Content-Type"))
	assert.Equal(t, ":", s.event(), "nothing is published yet")
	hint := func(revision string) string {
		tag := strings.Trim(h.ETag(), `"`)
		return `id: ` + tag + `|data: {"revision":` + revision + `,"etag":"\"` + tag + `\"","spread":1.5}`
	}

	require.NoError(t, h.Publish(document(1, "first"), nil))
	assert.Equal(t, hint("1"), s.event())
	first := strings.Trim(h.ETag(), `"`)
	require.NoError(t, h.Publish(document(1, "first"), nil), "nothing is new")
	require.Error(t, h.Publish(document(0, "old"), nil))
	require.NoError(t, h.Publish(document(2, "second"), nil))
	assert.Equal(t, hint("2"), s.event())
	require.NoError(t, h.Publish(document(2, "second"), []byte("signed")))
	assert.Equal(t, hint("2"), s.event(), "the signature is new")

	assert.Equal(t, hint("2"), openStream(t, address).event())
	assert.Equal(t, hint("2"), openStream(t, address, "Last-Event-ID", first).event())
	again := openStream(t, address, "Last-Event-ID", strings.Trim(h.ETag(), `"`))
	assert.Equal(t, ":", again.event(), "the client has the newest already")
	assert.Equal(t, 4, h.Streams())

	h.Close()
	h.Close()
	assert.Empty(t, s.event())
	require.NoError(t, s.lines.Err())
	assert.Equal(t, http.StatusServiceUnavailable, openStream(t, address).response.StatusCode)
	assert.Equal(t, string(document(2, "second")), body(t, ask(h, "GET", "/flags.json")))
}

func TestTheNumberOfStreamsIsLimited(t *testing.T) {
	t.Parallel()
	h := newHandler(t, publish.WithMaxStreams(1))
	address := start(t, h).URL + "/flags.json/events"
	assert.Equal(t, ":", openStream(t, address).event())
	refused := openStream(t, address)
	assert.Equal(t, http.StatusServiceUnavailable, refused.response.StatusCode)
	assert.Equal(t, "10", refused.response.Header.Get("Retry-After"))
}

func TestTheDocumentIsThereWhenTheHintArrives(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	server := start(t, h)
	s := openStream(t, server.URL+"/flags.json/events")
	assert.Equal(t, ":", s.event())
	for revision := range 50 {
		require.NoError(t, h.Publish(document(revision+1, "state"), nil))
		require.Contains(t, s.event(), "data: ")
		r, err := http.Get(server.URL + "/flags.json")
		require.NoError(t, err)
		assert.Equal(t, string(document(revision+1, "state")), body(t, r))
		r.Body.Close()
	}
}
