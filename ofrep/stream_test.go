package ofrep_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/ofrep"
)

const stream = "/ofrep/v1/events"

// site is a service with pages, in a bubble of synctest. Its connections are pipes.
type site struct {
	t        *testing.T
	client   *becket.Client
	document atomic.Pointer[string]
	down     atomic.Bool
	listener *pipes
	server   *http.Server
}

func newSite(t *testing.T, document string, options ...ofrep.Option) *site {
	t.Helper()
	s := &site{t: t}
	s.document.Store(&document)
	return s.serve(nil, options...)
}

// serve makes the client and the server of a site.
func (s *site) serve(clientOptions []becket.Option, options ...ofrep.Option) *site {
	var err error
	s.client, err = becket.New(sourceOf{s}, append(clientOptions, becket.WithPollInterval(time.Hour))...)
	require.NoError(s.t, err)
	require.NoError(s.t, s.client.Wait(s.t.Context()))
	s.restart(options...)
	s.t.Cleanup(func() {
		assert.NoError(s.t, s.server.Close())
		assert.NoError(s.t, s.client.Close())
	})
	return s
}

// restart replaces the server and its handler, as another process would.
func (s *site) restart(options ...ofrep.Option) {
	if s.server != nil {
		assert.NoError(s.t, s.server.Close())
	}
	s.listen(&http.Server{Handler: ofrep.NewHandler(s.client, append(options, ofrep.WithEventStream())...)})
}

// listen starts a server.
func (s *site) listen(server *http.Server) {
	listener := &pipes{make(chan net.Conn), make(chan struct{})}
	s.server, s.listener = server, listener
	go func() { _ = server.Serve(listener) }()
}

// publish replaces the document, and returns when the client uses it.
func (s *site) publish(document string) {
	s.t.Helper()
	s.document.Store(&document)
	require.NoError(s.t, s.client.Refresh(s.t.Context()))
}

// sourceOf is the source of a site's client.
type sourceOf struct{ site *site }

func (s sourceOf) Fetch(ctx context.Context, _ becket.Validator) (becket.Document, error) {
	if s.site.down.Load() {
		return becket.Document{}, errors.New("down")
	}
	return becket.Document{Body: []byte(*s.site.document.Load())}, nil
}

func (s sourceOf) Identity() string { return "site" }

// page is a page with an open stream.
type page struct {
	response *http.Response
	close    func() error
	retry    string
	mutex    sync.Mutex
	events   []received
	comments []time.Time
	ended    bool
}

// received is an event with the time at which it came.
type received struct {
	id, data string
	at       time.Time
}

// open opens a stream and reads it in the background.
func (s *site) open(path string, header ...string) *page {
	s.t.Helper()
	connection := s.listener.dial()
	request := "GET " + path + " HTTP/1.1\r\nHost: example.com\r\n"
	for i := 0; i < len(header); i += 2 {
		request += header[i] + ": " + header[i+1] + "\r\n"
	}
	_, err := fmt.Fprint(connection, request, "\r\n")
	require.NoError(s.t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(s.t, err)
	p := &page{response: response, close: connection.Close}
	s.t.Cleanup(func() { _ = p.close() })
	go p.read()
	synctest.Wait()
	return p
}

func (p *page) read() {
	var next received
	lines := bufio.NewScanner(p.response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			next.id = value
		case "data":
			next.data = value
		case "retry":
			p.retry = value
		case "":
			if next.data != "" {
				next.at = time.Now()
				p.mutex.Lock()
				p.events = append(p.events, next)
				p.mutex.Unlock()
			}
			next = received{}
		case ":":
			p.mutex.Lock()
			p.comments = append(p.comments, time.Now())
			p.mutex.Unlock()
		}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.ended = true
}

// take returns the events since the last call.
func (p *page) take() []received {
	synctest.Wait()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	events := p.events
	p.events = nil
	return events
}

func (p *page) hasEnded() bool {
	synctest.Wait()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.ended
}

// bulk asks for all flags as a page does.
func (s *site) bulk(path string, header ...string) (status int, body string) {
	s.t.Helper()
	connection := s.listener.dial()
	defer connection.Close()
	request := "POST " + path + " HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
	for i := 0; i < len(header); i += 2 {
		request += header[i] + ": " + header[i+1] + "\r\n"
	}
	_, err := fmt.Fprint(connection, request, "\r\n{}")
	require.NoError(s.t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(s.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(text)
}

// streamIn returns the path and the query of the stream that an answer for all flags names.
func streamIn(t *testing.T, body string) string {
	t.Helper()
	var answer struct {
		EventStreams []struct {
			Type     string
			URL      string
			Endpoint struct {
				Origin     *string
				RequestURI string `json:"requestUri"`
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	require.Len(t, answer.EventStreams, 1)
	assert.Equal(t, "sse", answer.EventStreams[0].Type)
	assert.Nil(t, answer.EventStreams[0].Endpoint.Origin, "the provider takes no empty origin")
	if address := answer.EventStreams[0].URL; address != "" {
		return address
	}
	return answer.EventStreams[0].Endpoint.RequestURI
}

func TestAPublicationReachesEveryPageWithinASecondButNotAllAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document)
		pages := make([]*page, 20)
		for i := range pages {
			pages[i] = s.open(stream)
			assert.Equal(t, http.StatusOK, pages[i].response.StatusCode)
			assert.Equal(t, "text/event-stream", pages[i].response.Header.Get("Content-Type"))
			assert.Len(t, pages[i].take(), 1, "a change between the answer and the stream is not lost")
		}
		time.Sleep(time.Minute)
		published := time.Now()
		s.publish(strings.Replace(document, `"#000"`, `"#111"`, 1))
		time.Sleep(time.Minute)
		times, last := map[time.Time]bool{}, time.Duration(0)
		for _, p := range pages {
			events := p.take()
			require.Len(t, events, 1)
			assert.Less(t, events[0].at.Sub(published), 500*time.Millisecond)
			times[events[0].at] = true
			last = max(last, events[0].at.Sub(published))
			var event struct {
				Type, ETag   string
				LastModified int64
			}
			require.NoError(t, json.Unmarshal([]byte(events[0].data), &event))
			assert.Equal(t, "refetchEvaluation", event.Type)
			assert.Equal(t, "42-"+events[0].id, event.ETag)
			assert.Equal(t, published.Unix(), event.LastModified)
		}
		assert.Greater(t, len(times), 10, "the pages do not ask again at once")
		assert.Greater(t, last, 250*time.Millisecond)
	})
}

func TestACommentEvery15SecondsKeepsAStreamOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document)
		p := s.open(stream)
		p.take()
		time.Sleep(time.Minute)
		synctest.Wait()
		p.mutex.Lock()
		defer p.mutex.Unlock()
		require.Len(t, p.comments, 4)
		assert.Equal(t, 15*time.Second, p.comments[3].Sub(p.comments[2]))
	})
}

// nowhere is a writer for streams whose events nobody reads.
type nowhere struct{ http.ResponseWriter }

func (nowhere) Header() http.Header              { return http.Header{} }
func (nowhere) WriteHeader(int)                  {}
func (nowhere) Flush()                           {}
func (nowhere) Write(text []byte) (int, error)   { return len(text), nil }
func (nowhere) SetWriteDeadline(time.Time) error { return nil }

func TestAHandlerHolds10000Streams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := ofrep.NewHandler(newClient(t), ofrep.WithEventStream())
		ctx, cancel := context.WithCancel(t.Context())
		var ended atomic.Int64
		open := func() {
			h.ServeHTTP(nowhere{}, httptest.NewRequestWithContext(ctx, http.MethodGet, stream, http.NoBody))
			ended.Add(1)
		}
		for range 10_000 {
			go open()
		}
		synctest.Wait()
		assert.Zero(t, ended.Load())
		for range 3 {
			go open()
		}
		synctest.Wait()
		assert.Equal(t, int64(3), ended.Load())
		cancel()
		synctest.Wait()
		assert.Equal(t, int64(10_003), ended.Load())
	})
}

// withFlags returns a document with the given flags beside a hidden one.
func withFlags(flags string) string {
	return `{"schema": 1, "revision": 1, "flags": {"hidden": {"rules": [{"from": "2000-01-01T00:03:00Z", "serve": "on"}]}, ` +
		flags + `}}`
}

func TestAnEventTellsThatAScheduleBeginsOrEnds(t *testing.T) {
	t.Parallel()
	begin := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when a bubble begins
	for _, c := range []struct {
		name, flags string
		want        []time.Duration
	}{
		{"nothing but a hidden flag", `"f": {"tags": ["public"]}`, nil},
		{
			"a window",
			`"f": {"tags": ["public"],
				"rules": [{"from": "2000-01-01T00:05:00Z", "until": "2000-01-01T00:20:00.5Z", "serve": "on"}]}`,
			[]time.Duration{5 * time.Minute, 20*time.Minute + 500*time.Millisecond},
		},
		{
			"a recurring window",
			`"f": {"tags": ["public"], "rules": [{"every": {"from": "00:07", "until": "00:09", "zone": "UTC"}, "serve": "on"}]}`,
			[]time.Duration{7 * time.Minute, 9 * time.Minute},
		},
		{
			"the steps of a ramp",
			`"f": {"tags": ["public"], "rules": [{"ramp": {"steps": [{"at": "2000-01-01T00:10:00Z", "percent": 10},
				{"at": "2000-01-01T00:30:00Z", "percent": 50}]}, "serve": "on"}]}`,
			[]time.Duration{10 * time.Minute, 30 * time.Minute},
		},
		{
			"a window of a flag that is hidden and required",
			`"f": {"tags": ["public"], "requires": [{"flag": "hidden", "in": ["on"]}], "default": "on"}`,
			[]time.Duration{3 * time.Minute},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, withFlags(c.flags))
				p := s.open(stream)
				require.Len(t, p.take(), 1)
				time.Sleep(50 * time.Minute)
				events := p.take()
				require.Len(t, events, len(c.want))
				for i, want := range c.want {
					late := events[i].at.Sub(begin.Add(want))
					assert.GreaterOrEqual(t, late, 200*time.Millisecond, "a clock may be late")
					assert.Less(t, late, 701*time.Millisecond)
				}
			})
		})
	}
}

func TestALinearRampSendsFewEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, withFlags(`"f": {"tags": ["public"], "rules": [{"ramp": {"linear": true, "steps": [
			{"at": "2000-01-01T00:01:00Z", "percent": 0},
			{"at": "2000-01-01T00:02:00Z", "percent": 100}]}, "serve": "on"}]},
			"g": {"tags": ["public"], "rules": [{"from": "2000-01-01T00:01:31Z", "serve": "on"}]}`))
		p := s.open(stream)
		require.Len(t, p.take(), 1)
		time.Sleep(time.Hour)
		events := p.take()
		assert.InDelta(t, 13, len(events), 2, "a ramp of a minute")
		minute := time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)
		assert.Less(t, events[0].at.Sub(minute), time.Second, "it begins")
		last := events[len(events)-1].at.Sub(minute.Add(time.Minute))
		assert.Positive(t, last, "it ends")
		assert.Less(t, last, 2*time.Second)
		window := minute.Add(31 * time.Second)
		assert.True(t, slices.ContainsFunc(events, func(e received) bool {
			return e.at.After(window) && e.at.Before(window.Add(2*time.Second))
		}), "the ramp does not delay the window")
		for i := range events[1:] {
			if at := events[i+1].at; at.Before(window) {
				assert.Greater(t, at.Sub(events[i].at), 4*time.Second)
			}
		}
	})
}

func TestPublicationsThatPagesCannotSeeSendNoEvent(t *testing.T) {
	t.Parallel()
	shown := `"f": {"tags": ["public"], "metadata": {"team": "web"}, "owner": "web", "rules": [{"if": {"segment": "s"}, "serve": "on"}]}`
	base := `{"schema": 1, "revision": 1, "segments": {"s": {"include": ["a"]}, "t": {}},
		"flags": {"hidden": {"owner": "core"}, ` + shown + `}}`
	for _, c := range []struct {
		old, replacement string
		events           int
	}{
		{`"revision": 1`, `"revision": 2`, 0},
		{`"hidden": {`, `"hidden": {"enabled": false, `, 0},
		{`"hidden": {`, `"another": {}, "hidden": {`, 0},
		{`"t": {}`, `"t": {"include": ["b"]}`, 0},
		{`"owner": "web"`, `"owner": "shop"`, 0},
		{`"metadata": {"team": "web"}`, `"metadata": {"team": "shop"}`, 1},
		{`"hidden": {`, `"hidden": {"tags": ["public"], `, 1},
		{`"include": ["a"]`, `"include": ["b"]`, 1},
		{`"tags": ["public"]`, `"tags": ["private"]`, 1},
	} {
		t.Run(c.replacement, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, base)
				p := s.open(stream)
				require.Len(t, p.take(), 1)
				time.Sleep(time.Minute)
				require.Contains(t, base, c.old)
				s.publish(strings.Replace(base, c.old, c.replacement, 1))
				time.Sleep(time.Minute)
				assert.Len(t, p.take(), c.events)
			})
		})
	}
}

func TestManyPublicationsSendAtMostOneEventASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document, ofrep.WithEventStreamSpread(0))
		p := s.open(stream)
		p.take()
		time.Sleep(time.Minute)
		for i := range 100 {
			s.publish(strings.Replace(document, `"#000"`, fmt.Sprintf(`"#%03d"`, i+1), 1))
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		assert.InDelta(t, 11, len(p.take()), 1)
		_, last := s.bulk(bulk)
		assert.Contains(t, last, "#100")
	})
}

const bulk = "/ofrep/v1/evaluate/flags"

func TestAPageThatConnectsAgainGetsAnEventOnlyIfSomethingChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document)
		id := s.open(stream).take()[0].id
		require.NotEmpty(t, id)
		s.restart()
		assert.Empty(t, s.open(stream, "Last-Event-ID", id).take(), "another process has the same ID")
		again := s.open(stream, "Last-Event-ID", "another").take()
		require.Len(t, again, 1)
		assert.Equal(t, id, again[0].id)
		s.publish(strings.Replace(document, `"#000"`, `"#111"`, 1))
		time.Sleep(time.Minute)
		s.restart()
		events := s.open(stream, "Last-Event-ID", id).take()
		require.Len(t, events, 1)
		assert.NotEqual(t, id, events[0].id)
		s.publish(document)
		time.Sleep(time.Minute)
		assert.Empty(t, s.open(stream, "Last-Event-ID", id).take(), "the answers are as before")
	})
}

func TestADefinitionThatOtherInstancesLackMakesAnotherID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		invalid := strings.Replace(document, `"default": "dark"`, `"default": "drak"`, 1)
		keeps := newSite(t, document)
		p := keeps.open(stream)
		before := p.take()[0].id
		keeps.publish(invalid)
		time.Sleep(time.Minute)
		kept := keeps.open(stream).take()[0].id
		lacks := newSite(t, invalid).open(stream).take()[0].id
		assert.NotEqual(t, kept, lacks, "its answers differ, though the document is the same")
		assert.NotEqual(t, before, lacks)
	})
}

func TestAnOverrideSendsAnEventWithAnotherID(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "overrides.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"theme": "#111"}`), 0o600))
	synctest.Test(t, func(t *testing.T) {
		s := &site{t: t}
		text := document
		s.document.Store(&text)
		s.serve([]becket.Option{becket.WithOverrides(file)})
		p := s.open(stream)
		id := p.take()[0].id
		time.Sleep(time.Minute)
		require.NoError(t, os.WriteFile(file, []byte(`{"theme": "#22222"}`), 0o600))
		require.NoError(t, s.client.Refresh(t.Context()))
		time.Sleep(2 * time.Second)
		events := p.take()
		require.Len(t, events, 1)
		assert.NotEqual(t, id, events[0].id, "a page that connects again gets the event")
	})
}

func TestAPublicationJustAfterTheFirstPageHasOpenedIsNotDelayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document, ofrep.WithEventStreamSpread(0))
		p := s.open(stream)
		require.Len(t, p.take(), 1)
		s.publish(strings.Replace(document, `"#000"`, `"#111"`, 1))
		assert.Len(t, p.take(), 1)
	})
}

func TestARulesetThatIsTooOldForAFlagSendsEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, withFlags(`"f": {"tags": ["public"], "max_age": "2h", "default": "on"}`))
		p := s.open(stream)
		p.take()
		began := time.Now()
		s.down.Store(true)
		time.Sleep(5 * time.Hour)
		events := p.take()
		require.Len(t, events, 1)
		assert.InDelta(t, 2*time.Hour, events[0].at.Sub(began), float64(time.Second))
		s.down.Store(false)
		require.NoError(t, s.client.Refresh(t.Context()))
		time.Sleep(3 * time.Second)
		assert.Len(t, p.take(), 1, "it is not too old any more")
	})
}

func TestPagesNeedATicketOrTheProgramsPermission(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := []byte("0123456789abcdef")
		secret := ofrep.WithAuthorization(func(r *http.Request) error {
			if r.Header.Get("Authorization") == "Bearer secret" {
				return nil
			}
			return errors.New("no")
		})
		s := newSite(t, document, secret, ofrep.WithEventStreamKey(key))
		status, _ := s.bulk(bulk)
		assert.Equal(t, http.StatusUnauthorized, status)
		_, answer := s.bulk(bulk, "Authorization", "Bearer secret")
		address := streamIn(t, answer)
		path, ticket, found := strings.Cut(address, "?ticket=")
		require.True(t, found)
		assert.Equal(t, stream, path)
		_, again := s.bulk(bulk, "Authorization", "Bearer secret")
		assert.Equal(t, answer, again, "the ticket does not change with each answer")
		opens := func(path string, header ...string) int { return s.open(path, header...).response.StatusCode }
		assert.Equal(t, http.StatusOK, opens(address))
		assert.Equal(t, http.StatusOK, opens(stream, "Authorization", "Bearer secret"))
		for _, wrong := range []string{
			stream, stream + "?ticket=", stream + "?ticket=x.y", address + "A",
			strings.Replace(address, ticket[:3], "zzz", 1),
		} {
			assert.Equal(t, http.StatusUnauthorized, opens(wrong), wrong)
		}
		status, _ = s.bulk(bulk+"?ticket="+ticket, "X", "y")
		assert.Equal(t, http.StatusUnauthorized, status, "a ticket opens streams and nothing else")

		s.restart(secret, ofrep.WithEventStreamKey(key))
		assert.Equal(t, http.StatusOK, opens(address), "another instance with the same key")
		s.restart(secret)
		assert.Equal(t, http.StatusUnauthorized, opens(address), "an instance with a key of its own")
		s.restart(secret, ofrep.WithEventStreamKey(key))
		time.Sleep(11 * time.Hour)
		assert.Equal(t, http.StatusOK, opens(address))
		time.Sleep(13 * time.Hour)
		assert.Equal(t, http.StatusUnauthorized, opens(address), "tickets end")
		_, later := s.bulk(bulk, "Authorization", "Bearer secret")
		assert.NotEqual(t, answer, later)
		assert.Equal(t, http.StatusOK, opens(streamIn(t, later)))
	})
}

func TestAPageBeyondTheLimitAsksAgainLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document, ofrep.WithMaxEventStreams(2))
		first, second := s.open(stream), s.open(stream)
		assert.Regexp(t, `^[12]\d{3}$`, first.retry)
		id := first.take()[0].id
		require.Len(t, second.take(), 1)
		third := s.open(stream)
		assert.True(t, third.hasEnded())
		assert.Equal(t, http.StatusOK, third.response.StatusCode)
		assert.Regexp(t, `^(1[5-9]|2[0-4])\d{3}$`, third.retry)
		require.Len(t, third.take(), 1)
		again := s.open(stream, "Last-Event-ID", id)
		assert.Empty(t, again.take())
		s.publish(strings.Replace(document, `"#000"`, `"#111"`, 1))
		time.Sleep(20 * time.Second)
		later := s.open(stream, "Last-Event-ID", id)
		assert.True(t, later.hasEnded())
		assert.Len(t, later.take(), 1)
		require.NoError(t, second.close())
		time.Sleep(time.Minute)
		assert.False(t, s.open(stream).hasEnded(), "there is room again")
	})
}

func TestStreamsEndWhenTheServerIsShutDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document)
		p, other := s.open(stream), s.open(stream)
		began := time.Now()
		require.NoError(t, s.server.Shutdown(t.Context()))
		assert.Less(t, time.Since(began), time.Second)
		assert.True(t, p.hasEnded())
		assert.True(t, other.hasEnded())
	})
}

func TestAServersTimeLimitsDoNotEndStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document)
		assert.NoError(t, s.server.Close())
		s.listen(&http.Server{
			Handler: ofrep.NewHandler(s.client, ofrep.WithEventStream()), ReadTimeout: time.Second,
			WriteTimeout: 2 * time.Second, IdleTimeout: time.Second,
		})
		p := s.open(stream)
		require.Len(t, p.take(), 1)
		time.Sleep(time.Hour)
		assert.False(t, p.hasEnded())
		s.publish(strings.Replace(document, `"#000"`, `"#111"`, 1))
		time.Sleep(time.Second)
		assert.Len(t, p.take(), 1)
	})
}

func TestAHookThatHangsDelaysNoEventForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &site{t: t}
		text := document
		s.document.Store(&text)
		s.serve([]becket.Option{becket.WithHooks(becket.Hooks{OnChange: func(becket.Changes) { <-release }})},
			ofrep.WithEventStreamSpread(0))
		p := s.open(stream)
		p.take()
		time.Sleep(time.Minute)
		s.publish(strings.Replace(document, `"#000"`, `"#111"`, 1))
		time.Sleep(1100 * time.Millisecond)
		assert.Len(t, p.take(), 1)
		close(release)
	})
}

func TestAStreamWithoutARulesetWaitsForOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{t: t}
		text := document
		s.document.Store(&text)
		s.down.Store(true)
		var err error
		s.client, err = becket.New(sourceOf{s}, becket.WithPollInterval(time.Hour))
		require.NoError(t, err)
		s.restart()
		p := s.open(stream)
		assert.Empty(t, p.take())
		s.down.Store(false)
		require.NoError(t, s.client.Refresh(t.Context()))
		time.Sleep(2 * time.Second)
		assert.Len(t, p.take(), 1)
		require.NoError(t, s.client.Close())
		assert.False(t, p.hasEnded())
		assert.NoError(t, s.server.Close())
	})
}

// A page gets events from one instance, and its answers perhaps from another one, which has not
// fetched the ruleset yet.
func TestAnInstanceThatIsLateFetchesBeforeItAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, document)
		newer := strings.NewReplacer(`"#000"`, `"#111"`, `"revision": 42`, `"revision": 43`).Replace(document)
		s.document.Store(&newer)
		_, answer := s.bulk(bulk + "?flagConfigEtag=42-abc")
		assert.Contains(t, answer, "#000", "it has this revision")
		_, answer = s.bulk(bulk + "?flagConfigEtag=43-abc&flagConfigLastModified=1")
		assert.Contains(t, answer, "#111")

		fetches := s.client.Status().Refreshes
		began := time.Now()
		for range 10 {
			_, answer = s.bulk(bulk + "?flagConfigEtag=%2299-abc%22")
		}
		assert.Contains(t, answer, "#111", "it answers in any case")
		assert.Equal(t, 20*time.Second, time.Since(began).Round(time.Second), "each waits for two seconds")
		assert.InDelta(t, 4, s.client.Status().Refreshes-fetches, 1, "callers cause few fetches")
		for _, etag := range []string{"", "x", "-5-x", "%zz", "99999999999999999999"} {
			began = time.Now()
			_, answer = s.bulk(bulk + "?flagConfigEtag=" + etag)
			assert.Contains(t, answer, "#111")
			assert.Zero(t, time.Since(began))
		}
	})
}
