package ofrep_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/ofrep"
)

func TestTheAnswerForAllFlagsNamesTheStreamWherePagesReachIt(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	for _, c := range []struct{ name, strip, target, address, want string }{
		{"as the handler is mounted", "", bulk, "", stream},
		{"below a prefix", "/api", "/api" + bulk, "", "/api" + stream},
		{"an escaped prefix", "/a b", "/a%20b" + bulk + "?x=y", "", "/a%20b" + stream},
		{"a whole URL, as from a proxy", "", "http://example.com" + bulk, "", stream},
		{"a prefix that would name another host", "//evil.example.com", "//evil.example.com" + bulk, "", stream},
		{"a path of the program", "", bulk, "/flags/events?a=b", "/flags/events?a=b"},
		{"a URL of the program", "", bulk, "https://events.example.com/x", "https://events.example.com/x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := ofrep.NewHandler(client, ofrep.WithEventStream(), ofrep.WithEventStreamURL(c.address))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.target, strings.NewReader("{}"))
			w := httptest.NewRecorder()
			http.StripPrefix(c.strip, h).ServeHTTP(w, r)
			require.Equal(t, http.StatusOK, w.Code)
			assert.Equal(t, c.want, streamIn(t, w.Body.String()))
			assert.NotContains(t, w.Body.String(), "origin")

			secret := ofrep.NewHandler(client, ofrep.WithEventStream(), ofrep.WithEventStreamURL(c.address),
				ofrep.WithAuthorization(func(*http.Request) error { return nil }))
			r = httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.target, strings.NewReader("{}"))
			w = httptest.NewRecorder()
			http.StripPrefix(c.strip, secret).ServeHTTP(w, r)
			address := streamIn(t, w.Body.String())
			assert.Contains(t, address, "ticket=")
			assert.True(t, strings.HasPrefix(address, c.want), address)
		})
	}
}

func TestWithoutTheOptionThereIsNoStream(t *testing.T) {
	t.Parallel()
	h := ofrep.NewHandler(newClient(t), ofrep.WithEventStreamURL("/x"), ofrep.WithMaxEventStreams(5))
	_, body := ask(t, h, "", `{}`)
	assert.NotContains(t, body, "eventStreams")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, stream, http.NoBody))
	assert.Equal(t, http.StatusNotFound, w.Code)
}

func TestAStreamThatCannotBeServedAsTheProgramSaysPanics(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]ofrep.Option{
		"no key": ofrep.WithEventStreamKey(nil), "a short key": ofrep.WithEventStreamKey([]byte("0123456789abcde")),
		"a relative address": ofrep.WithEventStreamURL("events"), "a host": ofrep.WithEventStreamURL("//example.com/x"),
		"another scheme": ofrep.WithEventStreamURL("ftp://example.com/x"),
		"no address":     ofrep.WithEventStreamURL("%zz"),
	} {
		assert.Panics(t, func() { ofrep.NewHandler(newClient(t), ofrep.WithEventStream(), option) }, name)
	}
}

// once opens a stream and returns its answer without waiting for changes.
func once(t *testing.T, h http.Handler, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, stream, http.NoBody)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPagesOfAllowedOriginsMayOpenStreams(t *testing.T) {
	t.Parallel()
	h := ofrep.NewHandler(newClient(t), ofrep.WithEventStream(), ofrep.WithAllowedOrigins("https://app.example.com"))
	w := once(t, h, "Origin", "https://app.example.com")
	assert.Equal(t, "https://app.example.com", w.Header().Get("Access-Control-Allow-Origin"))
	assert.Contains(t, w.Body.String(), "refetchEvaluation")
	assert.Empty(t, once(t, h, "Origin", "https://other.example.com").Header().Get("Access-Control-Allow-Origin"))

	r := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, stream, http.NoBody)
	r.Header.Set("Origin", "https://app.example.com")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, http.StatusNoContent, w.Code)
	assert.Equal(t, http.MethodGet, w.Header().Get("Access-Control-Allow-Methods"))
	assert.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), "Last-Event-ID")
	response, _ := ask(t, h, "", `{}`, "Origin", "https://app.example.com")
	assert.Equal(t, "ETag", response.Header.Get("Access-Control-Expose-Headers"), "the provider reads it")
}

func TestAStreamOfNoClientIsOpen(t *testing.T) {
	t.Parallel()
	h := ofrep.NewHandler(nil, ofrep.WithEventStream(), nil)
	w := once(t, h)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.NotContains(t, w.Body.String(), "data")
	began := time.Now()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, bulk+"?flagConfigEtag=1-x",
		strings.NewReader("{}"))
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Less(t, time.Since(began), time.Minute)
}
