package becket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/web"
)

// watched is a call of Watch that has not returned yet.
type watched struct {
	hints  chan Hint
	ended  chan error
	cancel context.CancelFunc
}

// watchOf calls Watch of a source until the test ends.
func watchOf(t *testing.T, source Source) *watched {
	t.Helper()
	signal, ok := source.(Signal)
	require.True(t, ok, "the source is a Signal")
	ctx, cancel := context.WithCancel(t.Context())
	w := &watched{hints: make(chan Hint, 100), ended: make(chan error, 1), cancel: cancel}
	var running sync.WaitGroup
	running.Go(func() { w.ended <- signal.Watch(ctx, func(h Hint) { w.hints <- h }) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return w
}

// patient is longer than a test waits on a busy machine.
const patient = 30 * time.Second

// next returns the next hint.
func (w *watched) next(t *testing.T) Hint {
	t.Helper()
	select {
	case hint := <-w.hints:
		return hint
	case err := <-w.ended:
		require.Fail(t, "the watch has ended", "%v", err)
	case <-time.After(patient):
		require.Fail(t, "there is no hint")
	}
	return Hint{}
}

// err returns the error of Watch.
func (w *watched) err(t *testing.T) error {
	t.Helper()
	select {
	case err := <-w.ended:
		return err
	case <-time.After(patient):
		require.Fail(t, "the watch has not ended")
	}
	return nil
}

// channel is a server of events. It sends the texts that the test gives it.
type channel struct {
	texts chan string

	mutex sync.Mutex
	seen  []*http.Request
}

func newChannel() *channel { return &channel{texts: make(chan string)} }

func (c *channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mutex.Lock()
	c.seen = append(c.seen, r)
	c.mutex.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	flush(w)
	for {
		select {
		case text := <-c.texts:
			if text == "" {
				return
			}
			say(w, text)
			flush(w)
		case <-r.Context().Done():
			return
		}
	}
}

func (c *channel) requests() []*http.Request {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.seen
}

func TestEachEventIsAHint(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP/2 %v", http2), func(t *testing.T) {
			t.Parallel()
			events := newChannel()
			server := httptest.NewUnstartedServer(events)
			server.EnableHTTP2 = http2
			server.StartTLS()
			t.Cleanup(server.Close)
			w := watchOf(t, HTTP(server.URL+"/flags.json", WithEvents("/events"), WithHTTPClient(server.Client())))
			require.Equal(t, Hint{}, w.next(t), "it is connected")
			for _, row := range []struct {
				text string
				want Hint
			}{
				{`data: {"revision":7,"etag":"\"a\"","spread":2.5}`, Hint{7, `"a"`, 2500 * time.Millisecond}},
				{`data: {"revision":8}`, Hint{Revision: 8}},
				{"data: {\"revision\":\ndata: 9}", Hint{Revision: 9}},
				{"data: something", Hint{}},
				{"data", Hint{}},
				{"event: put\ndata: {}", Hint{}},
				{`data: {"revision":"ten"}`, Hint{}},
				{`data: {"revision":11,"other":[1]}`, Hint{Revision: 11}},
				{"retry: 86400000\ndata: {\"revision\":12}", Hint{Revision: 12}},
				{"data: " + strings.Repeat("x", 1<<20), Hint{}},
				{`data: {"revision":13}`, Hint{Revision: 13}},
			} {
				events.texts <- ": a heartbeat\n\n" + row.text + "\n\n"
				assert.Equal(t, row.want, w.next(t), row.text)
			}
			assert.Empty(t, w.hints, "comments are no hints")
			assert.Equal(t, map[bool]int{false: 1, true: 2}[http2], events.requests()[0].ProtoMajor)
			w.cancel()
			require.NoError(t, w.err(t))
		})
	}
}

func TestTheRequestForEventsHasTheHeadersOfTheDocumentsHostOnly(t *testing.T) {
	t.Parallel()
	events, elsewhere := newChannel(), newChannel()
	server, other := startServer(t, events.ServeHTTP), startServer(t, elsewhere.ServeHTTP)
	away := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/redirected", http.StatusTemporaryRedirect)
	})
	tokens := &tokens{}
	source := func(host, address string) Source {
		document := strings.Replace(host, "http://", "http://user:sesame@", 1) + "/env/flags.json?key=k"
		return HTTP(document, WithEvents(address), WithHeader("X-Team", "shop"), WithHeader("Accept", "x/y"),
			WithHeaderFunc(func(ctx context.Context) (http.Header, error) {
				header, err := tokens.header(ctx)
				var token []string
				for _, values := range header {
					token = values
				}
				return http.Header{"X-Token": token}, err
			}))
	}
	for address, path := range map[string]string{
		"events": "/env/events", "/events?a=b": "/events?a=b", server.URL: "/", "?x": "/env/flags.json?x",
	} {
		w := watchOf(t, source(server.URL, address))
		w.next(t)
		seen := events.requests()
		last := seen[len(seen)-1]
		assert.Equal(t, path, last.URL.RequestURI())
		assert.Equal(t, "text/event-stream", last.Header.Get("Accept"))
		assert.Equal(t, "identity", last.Header.Get("Accept-Encoding"))
		assert.Equal(t, "becket/"+web.Version, last.UserAgent())
		assert.Equal(t, "Basic dXNlcjpzZXNhbWU=", last.Header.Get("Authorization"))
		assert.Equal(t, "shop", last.Header.Get("X-Team"))
		assert.Contains(t, last.Header.Get("X-Token"), "token-secret")
		assert.Empty(t, last.Header.Get("Last-Event-ID"))
	}
	for _, source := range []Source{source(server.URL, other.URL+"/foreign"), source(away.URL, "/redirected")} {
		w := watchOf(t, source)
		w.next(t)
	}
	require.Len(t, elsewhere.requests(), 2)
	for _, r := range elsewhere.requests() {
		for _, name := range []string{"Authorization", "X-Team", "X-Token", "Referer", "Cookie"} {
			assert.Empty(t, r.Header.Get(name), "%s %s", r.URL, name)
		}
		assert.Equal(t, "text/event-stream", r.Header.Get("Accept"))
	}
}

func TestTheLastEventsIDIsSentWithTheNextRequest(t *testing.T) {
	t.Parallel()
	events := newChannel()
	server := startServer(t, events.ServeHTTP)
	source := HTTP(server.URL, WithEvents("/events"))
	for _, row := range []struct{ text, sent string }{
		{"id: 7\ndata: a\n\ndata: b\n\n", ""},
		{"id: 8\n\n", "7"},
		{"data: c\n\n", "8"},
		{"id: " + strings.Repeat("x", 2000) + "\n\n", "8"},
		{"id: a\x01b\n\n", "8"},
		{"id: ä\n\n", "8"},
		{"data: d\n\n", "ä"},
	} {
		w := watchOf(t, source)
		w.next(t)
		events.texts <- row.text
		w.next(t)
		events.texts <- "" // the end
		require.ErrorContains(t, w.err(t), "the server ended the stream of events")
		seen := events.requests()
		assert.Equal(t, row.sent, seen[len(seen)-1].Header.Get("Last-Event-ID"))
	}
}

func TestAnAnswerThatIsNoStreamOfEventsIsAnError(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		want   string
		code   int
	}{
		"204":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "204 No Content", 204},
		"401":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "401 Unauthorized", 401},
		"404":       {http.NotFound, "404 Not Found", 404},
		"304":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, "304 Not Modified", 304},
		"a page":    {func(w http.ResponseWriter, _ *http.Request) { say(w, "<!doctype html>") }, "text/html", 0},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "within 500ms", 0},
		"503 with Retry-After": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(503)
		}, "503 Service Unavailable and asked to wait 7s", 503},
		"a redirect to another scheme": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "ftp://example.com")
			w.WriteHeader(302)
		}, "another scheme", 0},
		"gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("Content-Encoding", "gzip")
			flush(w)
		}, "compressed", 0},
		"a reset in the middle": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			say(w, "data: x\n")
			flush(w)
			panic(http.ErrAbortHandler)
		}, "broke off", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startServer(t, row.answer)
			w := watchOf(t, HTTP(server.URL, WithEvents("/events"), WithTimeout(500*time.Millisecond)))
			err := w.err(t)
			require.ErrorContains(t, err, row.want)
			require.ErrorContains(t, err, "becket: "+server.Listener.Addr().String()+": ")
			status, ok := errors.AsType[*StatusError](err)
			assert.Equal(t, row.code != 0, ok)
			if ok {
				assert.Equal(t, row.code, status.Code)
			}
			if name != "a reset in the middle" {
				assert.Empty(t, w.hints, "it was never connected")
			}
		})
	}
}

func TestAStreamOutlivesTheTimeoutsOfFetches(t *testing.T) {
	t.Parallel()
	events := newChannel()
	server := startServer(t, events.ServeHTTP)
	custom := &http.Client{Timeout: 500 * time.Millisecond, Transport: &http.Transport{}}
	t.Cleanup(custom.CloseIdleConnections)
	for name, option := range map[string]HTTPOption{
		"of WithTimeout":    WithTimeout(500 * time.Millisecond),
		"of WithHTTPClient": WithHTTPClient(custom),
	} {
		w := watchOf(t, HTTP(server.URL, WithEvents("/events"), option))
		w.next(t)
		time.Sleep(time.Second)
		events.texts <- "data: {\"revision\":3}\n\n"
		assert.Equal(t, Hint{Revision: 3}, w.next(t), name)
		w.cancel()
		require.NoError(t, w.err(t))
	}
	assert.Equal(t, 500*time.Millisecond, custom.Timeout)
}

func TestErrorsOfEventsContainNoSecrets(t *testing.T) {
	t.Parallel()
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/path-secret/404":
			http.Error(w, r.URL.String(), http.StatusNotFound)
		case "/path-secret/location":
			w.Header().Set("Location", "http://[location-secret/"+r.URL.RawQuery)
			w.WriteHeader(http.StatusFound)
		case "/path-secret/type":
			w.Header().Set("Content-Type", r.Header.Get("X-Key"))
			flush(w)
		case "/path-secret/coding":
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("Content-Encoding", r.URL.Query().Get("token"))
			flush(w)
		case "/path-secret/hang":
			<-r.Context().Done()
		}
	})
	for _, path := range []string{"404", "location", "type", "coding", "hang"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			host := server.Listener.Addr().String()
			source := HTTP("http://user:pass-secret@"+host+"/x", WithHeader("X-Key", "header-secret"),
				WithEvents("/path-secret/"+path+"?token=query-secret"), WithTimeout(300*time.Millisecond))
			err := watchOf(t, source).err(t)
			require.ErrorContains(t, err, host)
			name, ok := source.(interface{ Name() string })
			require.True(t, ok)
			assert.Equal(t, "events of "+host, name.Name())
			for _, secret := range []string{
				"pass-secret", "path-secret", "query-secret", "header-secret", "location-secret",
			} {
				assert.NotContains(t, err.Error()+fmt.Sprintf("%+v", err)+name.Name(), secret)
			}
			assert.NoError(t, errors.Unwrap(err))
		})
	}
}

func TestNewReportsMistakesInTheURLOfEvents(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ document, events, want string }{
		{"https://example.com/flags.json", "", "WithEvents: the URL is empty"},
		{"https://example.com/flags.json", "ftp://example.com/events", "WithEvents: the URL must begin with"},
		{"https://example.com/flags.json", "http://example.com/events", "WithEvents: the URL must begin with https://"},
		{"https://example.com/flags.json", "/%zz?secret", "WithEvents: the URL cannot be read"},
		{"example.com", "/events", "HTTP: the URL must begin with"},
		{"https://example.com/flags.json", "https://:80/", "name a host"},
	} {
		source := HTTP(row.document, WithEvents(row.events))
		_, err := New(source)
		require.ErrorContains(t, err, row.want)
		assert.NotContains(t, err.Error(), "secret")
		require.Error(t, watchOf(t, source).err(t), "nor does it watch")
		named, ok := source.(interface{ Name() string })
		require.True(t, ok)
		assert.NotPanics(t, func() { _ = named.Name() })
	}
	assert.NotImplements(t, (*Signal)(nil), HTTP("https://example.com"), "without events there is nothing to watch")
	assert.Implements(t, (*SignedSource)(nil), HTTP("https://example.com", WithEvents("/events")))
}

// A function for headers is called from one goroutine at a time, though events and fetches need it.
func TestAFunctionForHeadersIsNotCalledForEventsDuringAFetch(t *testing.T) {
	t.Parallel()
	events := newChannel()
	server := startServer(t, events.ServeHTTP)
	entered, release := make(chan struct{}, 10), make(chan struct{})
	source := HTTP(server.URL, WithEvents("/events"), WithTimeout(2*time.Second),
		WithHeaderFunc(func(context.Context) (http.Header, error) {
			entered <- struct{}{}
			<-release
			return nil, nil
		}))
	fetched := make(chan struct{})
	go func() { defer close(fetched); _, _ = source.Fetch(t.Context(), Validator{}) }()
	<-entered
	require.ErrorContains(t, watchOf(t, source).err(t), "WithHeaderFunc failed: an earlier call has not returned")
	w := watchOf(t, source)
	time.Sleep(100 * time.Millisecond)
	assert.Empty(t, entered, "the call waits for the fetch")
	close(release)
	w.next(t)
	w.cancel()
	require.NoError(t, w.err(t))
	<-fetched
}

func TestAClientHasAPublishedDocumentLongBeforeTheNextPollAndShowsNoSecret(t *testing.T) {
	t.Parallel()
	events := newChannel()
	var mutex sync.Mutex
	document := flagsDocument(1, "a")
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/path-secret" {
			events.ServeHTTP(w, r)
			return
		}
		mutex.Lock()
		defer mutex.Unlock()
		say(w, document)
	})
	address := strings.Replace(server.URL, "http://", "http://user:pass-secret@", 1) + "/flags.json?key=query-secret"
	log := &logged{}
	client := newTestClient(t, HTTP(address, WithEvents("/path-secret?token=events-secret"),
		WithHeader("X-Key", "header-secret")), WithPollInterval(24*time.Hour), WithSignalSpread(0),
		WithLogger(log.logger()))
	connected := func() bool {
		signals := client.Status().Signals
		return len(signals) == 1 && signals[0].Connected
	}
	require.Eventually(t, connected, patient, time.Millisecond)
	for revision := int64(2); revision < 4; revision++ {
		mutex.Lock()
		document = flagsDocument(int(revision), "a")
		mutex.Unlock()
		events.texts <- fmt.Sprintf("data: {\"revision\":%d}\n\n", revision)
		require.Eventually(t, func() bool { return client.Status().Revision == revision }, patient, time.Millisecond)
	}
	events.texts <- "" // the stream ends, and is opened again
	require.Eventually(t, func() bool { return len(events.requests()) == 2 && connected() }, patient, time.Millisecond)
	status := client.Status()
	require.Error(t, status.Signals[0].LastError)
	text := fmt.Sprintf("%+v %v %s", status, status.Signals[0].LastError, log)
	assert.Contains(t, text, "events of "+server.Listener.Addr().String())
	for _, secret := range []string{"pass-secret", "query-secret", "path-secret", "events-secret", "header-secret"} {
		assert.NotContains(t, text, secret)
	}
}
