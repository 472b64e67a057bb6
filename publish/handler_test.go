package publish_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/publish"
)

// document returns a document with a flag whose value is state. It is large enough to be smaller in
// every coding.
func document(revision int, state string) []byte {
	return fmt.Appendf(nil, `{"schema":1,"revision":%d,"flags":{"state":{"default":"on",`+
		`"variants":{"on":%q},"description":%q}}}`, revision, state, strings.Repeat("a description ", 100))
}

func newHandler(t *testing.T, options ...publish.Option) *publish.Handler {
	t.Helper()
	h, err := publish.NewHandler(options...)
	require.NoError(t, err)
	return h
}

func ask(h http.Handler, method, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(text)
}

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	r := ask(h, "GET", "/flags.json")
	assert.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	assert.Equal(t, "1", r.Header.Get("Retry-After"))
	assert.Equal(t, "nothing is published yet\n", body(t, r))
	text := document(1, "first")
	require.NoError(t, h.Publish(text, nil))
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/flags.json", 200, string(text)},
		{"HEAD", "/flags.json", 200, ""},
		{"GET", "/", 404, "404 page not found\n"},
		{"GET", "/other.json", 404, "404 page not found\n"},
		{"GET", "/flags.jsonx", 404, "404 page not found\n"},
		{"GET", "/flags.json.minisig", 404, "404 page not found\n"},
		{"POST", "/flags.json", 405, "only GET and HEAD are allowed\n"},
		{"OPTIONS", "/flags.json", 405, "only GET and HEAD are allowed\n"},
		{"POST", "/flags.json/events", 405, "only GET is allowed\n"},
	} {
		r := ask(h, test.method, test.path)
		assert.Equal(t, test.status, r.StatusCode, test)
		assert.Equal(t, test.body, body(t, r), test)
	}
	require.NoError(t, h.Publish(text, []byte("signed")))
	r = ask(h, "GET", "/flags.json.minisig")
	assert.Equal(t, "signed", body(t, r))
	assert.Equal(t, "text/plain; charset=utf-8", r.Header.Get("Content-Type"))
}

func TestTheAnswerHasTheHeadersOfAGoodOrigin(t *testing.T) {
	t.Parallel()
	h := newHandler(t, publish.WithPath("/a/b.json"))
	text := document(1, "first")
	require.NoError(t, h.Publish(text, nil))
	for _, method := range []string{"GET", "HEAD"} {
		r := ask(h, method, "/a/b.json")
		assert.Equal(t, map[string][]string{
			"Etag": {h.ETag()}, "Cache-Control": {"no-cache"}, "Vary": {"Accept-Encoding"},
			"Content-Type": {"application/json"}, "X-Content-Type-Options": {"nosniff"},
			"Content-Length": {fmt.Sprint(len(text))},
		}, map[string][]string(r.Header), method)
	}
	assert.Regexp(t, `^"[0-9a-f]{24}"$`, h.ETag())
}

func TestAKnownDocumentIsAnsweredWith304(t *testing.T) {
	t.Parallel()
	h := newHandler(t, publish.WithCacheControl("public, max-age=10"), publish.WithLowerRevisionAllowed())
	require.NoError(t, h.Publish(document(1, "first"), nil))
	first := h.ETag()
	for _, known := range []string{
		first, "W/" + first, `"other", ` + first, "*",
		ask(h, "GET", "/flags.json", "Accept-Encoding", "gzip").Header.Get("Etag"),
		ask(h, "GET", "/flags.json", "Accept-Encoding", "zstd").Header.Get("Etag"),
	} {
		for _, coding := range []string{"", "gzip", "zstd"} {
			r := ask(h, "GET", "/flags.json", "If-None-Match", known, "Accept-Encoding", coding)
			assert.Equal(t, http.StatusNotModified, r.StatusCode, known)
			whole := ask(h, "GET", "/flags.json", "Accept-Encoding", coding)
			assert.Equal(t, whole.Header.Get("Etag"), r.Header.Get("Etag"))
			assert.Equal(t, "public, max-age=10", r.Header.Get("Cache-Control"))
			assert.Equal(t, "Accept-Encoding", r.Header.Get("Vary"))
			assert.Empty(t, body(t, r))
		}
	}
	require.NoError(t, h.Publish(document(2, "second"), nil))
	assert.NotEqual(t, first, h.ETag())
	assert.Equal(t, http.StatusOK, ask(h, "GET", "/flags.json", "If-None-Match", first).StatusCode)
	require.NoError(t, h.Publish(document(1, "first"), nil))
	assert.Equal(t, first, h.ETag(), "the same bytes have the same tag")
}

func TestTheCodingIsTheOneThatTheClientLikesMost(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	text := document(1, "first")
	require.NoError(t, h.Publish(text, nil))
	tags := map[string]string{}
	for accepted, want := range map[string]string{
		"gzip": "gzip", "br, GZIP;q=0.5": "gzip", "*": "zstd", "gzip; q=0": "", "gzip;q=0, *": "zstd", "br": "",
		"": "", "identity": "", "gzip, zstd": "zstd", "gzip, zstd;q=0.9": "gzip", "zstd;q=0, *;q=0.1": "gzip",
		"gzip;q=0.5, identity": "", "*;q=0": "", "zstd;q=x": "", "gzip;q=nan": "",
	} {
		r := ask(h, "GET", "/flags.json", "Accept-Encoding", accepted)
		assert.Equal(t, want, r.Header.Get("Content-Encoding"), accepted)
		tags[want] = r.Header.Get("Etag")
		coded := body(t, r)
		assert.Equal(t, fmt.Sprint(len(coded)), r.Header.Get("Content-Length"))
		assert.Equal(t, string(text), decoded(t, want, coded))
		if want != "" {
			assert.Less(t, len(coded), len(text))
		}
	}
	assert.Len(t, tags, 3)
	assert.NotEqual(t, tags["gzip"], tags["zstd"], "other bytes, another tag")
	assert.NotEqual(t, tags[""], tags["zstd"])

	require.NoError(t, h.Publish([]byte(`{"schema":1,"revision":2,"flags":{}}`), nil))
	r := ask(h, "GET", "/flags.json", "Accept-Encoding", "gzip, zstd")
	assert.Empty(t, r.Header.Get("Content-Encoding"), "compressed, the document would be larger")
}

func decoded(t *testing.T, coding, text string) string {
	t.Helper()
	var reader io.Reader = strings.NewReader(text)
	switch coding {
	case "gzip":
		unzipped, err := gzip.NewReader(reader)
		require.NoError(t, err)
		reader = unzipped
	case "zstd":
		decoder, err := zstd.NewReader(reader)
		require.NoError(t, err)
		defer decoder.Close()
		reader = decoder
	}
	all, err := io.ReadAll(reader)
	require.NoError(t, err)
	return string(all)
}

func TestADocumentThatClientsWouldRefuseIsNotPublished(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	good := document(5, "good")
	require.NoError(t, h.Publish(good, nil))
	for _, unreadable := range [][]byte{nil, good[:100], []byte(`{"flags":{}}`)} {
		require.ErrorContains(t, h.Publish(unreadable, nil), "becket: the document is not published: ")
	}
	require.ErrorContains(t, h.Publish(make([]byte, 64<<20+1), nil), "clients read at most 67108864")
	err := h.Publish(document(4, "old"), nil)
	require.ErrorIs(t, err, becket.ErrLowerRevision)
	require.ErrorContains(t, err, "4 after 5; publish a higher one")
	assert.Equal(t, string(good), body(t, ask(h, "GET", "/flags.json")), "the document before stays")
	assert.Equal(t, int64(5), h.Revision())
	require.NoError(t, h.Publish(document(5, "same revision"), nil), "clients take it too")

	var zero publish.Handler
	require.ErrorContains(t, zero.Publish(good, nil), "was not made by publish.NewHandler")
	assert.Equal(t, http.StatusServiceUnavailable, ask(&zero, "GET", "/flags.json").StatusCode)
}

func TestPublishKeepsNothingOfItsArguments(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	text, signature := document(1, "first"), []byte("signed")
	require.NoError(t, h.Publish(text, signature))
	clear(text)
	clear(signature)
	assert.Equal(t, string(document(1, "first")), body(t, ask(h, "GET", "/flags.json")))
	assert.Equal(t, "signed", body(t, ask(h, "GET", "/flags.json.minisig")))
}

func TestMistakesInTheOptionsAreReportedTogether(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "flags.json", "/flags/"} {
		_, err := publish.NewHandler(publish.WithPath(path))
		require.ErrorContains(t, err, "becket: WithPath")
	}
	_, err := publish.NewHandler(publish.WithFormat(nil), publish.WithSpread(-1), publish.WithCacheControl("a\nb"), nil)
	require.EqualError(t, err, strings.Join([]string{
		"becket: WithFormat: the format is nil", "becket: WithSpread: -1ns is not between 0 and 10m0s",
		`becket: WithCacheControl: "a\nb" has characters that a header cannot have`,
	}, "\n"))
	_, err = publish.Relay(nil, publish.WithSpread(-1))
	require.ErrorContains(t, err, "becket: publish.Relay: the client is nil\nbecket: WithSpread")
}

func TestPagesOfOtherOriginsAreServedOnlyIfTheyAreAllowed(t *testing.T) {
	t.Parallel()
	const page, other = "https://app.example.com", "https://other.example.com"
	none, one := newHandler(t), newHandler(t, publish.WithAllowedOrigins(page))
	every := newHandler(t, publish.WithAllowedOrigins("*"))
	for _, h := range []*publish.Handler{none, one, every} {
		require.NoError(t, h.Publish(document(1, "first"), nil))
	}
	for _, test := range []struct {
		handler         *publish.Handler
		origin, allowed string
	}{
		{none, page, ""},
		{one, page, page},
		{one, other, ""},
		{one, "", ""},
		{every, other, "*"},
	} {
		r := ask(test.handler, "GET", "/flags.json", "Origin", test.origin)
		assert.Equal(t, test.allowed, r.Header.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, test.allowed != "", r.Header.Get("Access-Control-Expose-Headers") == "ETag")
		assert.Equal(t, test.handler != none, slices.Contains(r.Header["Vary"], "Origin"))

		r = ask(test.handler, "OPTIONS", "/flags.json/events", "Origin", test.origin,
			"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "last-event-id")
		if test.handler != none {
			assert.Equal(t, http.StatusNoContent, r.StatusCode)
		}
		assert.Equal(t, test.allowed, r.Header.Get("Access-Control-Allow-Origin"))
		named := r.Header.Get("Access-Control-Allow-Headers")
		assert.Equal(t, test.allowed != "", strings.Contains(named, "Last-Event-ID"))
	}
}
