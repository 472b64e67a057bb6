package events

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reader reads the stream of one client.
type reader struct {
	response *http.Response
	lines    *bufio.Scanner
}

func open(t *testing.T, client *http.Client, address string, header ...string) *reader {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	return &reader{response, bufio.NewScanner(response.Body)}
}

// event returns the next event or comment with | between its lines, and "" after the end.
func (r *reader) event() string {
	var lines []string
	for r.lines.Scan() {
		if r.lines.Text() == "" {
			return strings.Join(lines, "|")
		}
		lines = append(lines, r.lines.Text())
	}
	return ""
}

func serve(t *testing.T, b *Broadcast) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(func() { b.Close(); server.Close() })
	return server
}

func TestANewStreamBeginsWithTheNewestMessageUnlessTheClientHasIt(t *testing.T) {
	t.Parallel()
	b := NewBroadcast(Limits{})
	server := serve(t, b)
	early := open(t, server.Client(), server.URL)
	assert.Equal(t, http.StatusOK, early.response.StatusCode)
	assert.Equal(t, "text/event-stream", early.response.Header.Get("Content-Type"))
	assert.Equal(t, "no-cache, no-transform", early.response.Header.Get("Cache-Control"))
	assert.Equal(t, "no", early.response.Header.Get("X-Accel-Buffering"))
	assert.Equal(t, ":", early.event(), "there is no message yet")

	require.NoError(t, b.Send(Message{ID: "1", Data: []byte("one")}))
	assert.Equal(t, "id: 1|data: one", early.event())
	require.NoError(t, b.Send(Message{ID: "2", Type: "flags", Data: []byte("two\nlines")}))
	assert.Equal(t, "id: 2|event: flags|data: two|data: lines", early.event())

	for known, want := range map[string]string{
		"": "id: 2|event: flags|data: two|data: lines", "1": "id: 2|event: flags|data: two|data: lines",
		"of another server": "id: 2|event: flags|data: two|data: lines", "2": ":",
	} {
		late := open(t, server.Client(), server.URL, "Last-Event-ID", known)
		assert.Equal(t, want, late.event(), known)
	}
}

func TestAMessageWithALineBreakInItsNameIsRefused(t *testing.T) {
	t.Parallel()
	b := NewBroadcast(Limits{})
	require.NoError(t, b.Send(Message{ID: "1", Data: []byte("one")}))
	require.ErrorContains(t, b.Send(Message{ID: "2\ndata: forged"}), "the ID of the event is invalid")
	require.ErrorContains(t, b.Send(Message{ID: "2", Type: "a\rb"}), "the type of the event is invalid")
	late := open(t, http.DefaultClient, serve(t, b).URL)
	assert.Equal(t, "id: 1|data: one", late.event())
}

func TestEachMessageReachesEveryStream(t *testing.T) {
	t.Parallel()
	b := NewBroadcast(Limits{})
	server := serve(t, b)
	var streams []*reader
	for range 50 {
		s := open(t, server.Client(), server.URL)
		assert.Equal(t, ":", s.event())
		streams = append(streams, s)
	}
	assert.Equal(t, 50, b.Streams())
	for revision := range 20 {
		id := strconv.Itoa(revision)
		require.NoError(t, b.Send(Message{ID: id, Data: []byte(id)}))
		for _, s := range streams {
			assert.Equal(t, "id: "+id+"|data: "+id, s.event())
		}
	}
}

// slowWriter is a writer whose client reads only when the test says so.
type slowWriter struct {
	httptest.ResponseRecorder
	mutex sync.Mutex
	may   chan struct{}
	texts []string
}

func (w *slowWriter) Write(text []byte) (int, error) {
	w.mutex.Lock()
	w.texts = append(w.texts, string(text))
	w.mutex.Unlock()
	<-w.may
	return len(text), nil
}

func (w *slowWriter) written() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.texts
}

func TestASlowStreamMissesOldMessagesAndDelaysNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBroadcast(Limits{})
		slow := &slowWriter{may: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody)
		go b.ServeHTTP(slow, request)
		synctest.Wait()
		require.Len(t, slow.written(), 1, "the comment is being written")
		for revision := range 1000 {
			id := strconv.Itoa(revision)
			require.NoError(t, b.Send(Message{ID: id, Data: []byte(id)}))
		}
		close(slow.may)
		synctest.Wait()
		assert.Equal(t, []string{":\n\n", "id: 999\ndata: 999\n\n"}, slow.written())
		cancel()
		synctest.Wait()
		assert.Zero(t, b.Streams())
	})
}

// timedWriter records when it gets events.
type timedWriter struct {
	httptest.ResponseRecorder
	mutex sync.Mutex
	at    []time.Time
	texts []string
}

func (w *timedWriter) Write(text []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if string(text) != string(comment) {
		w.at, w.texts = append(w.at, time.Now()), append(w.texts, string(text))
	}
	return len(text), nil
}

func TestStreamsGetANewMessageSpreadOverATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBroadcast(Limits{Spread: 10 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		writers := make([]*timedWriter, 100)
		for i := range writers {
			writers[i] = &timedWriter{}
			go b.ServeHTTP(writers[i], httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		sent := time.Now()
		require.NoError(t, b.Send(Message{ID: "1", Data: []byte("one")}))
		time.Sleep(time.Minute)
		synctest.Wait()
		early := 0
		for _, w := range writers {
			require.Len(t, w.at, 1)
			wait := w.at[0].Sub(sent)
			assert.Less(t, wait, 10*time.Second)
			if wait < 5*time.Second {
				early++
			}
		}
		assert.InDelta(t, 50, early, 30)

		require.NoError(t, b.Send(Message{ID: "2", Data: []byte("two")}))
		require.NoError(t, b.Send(Message{ID: "3", Data: []byte("three")}))
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, []string{"id: 1\ndata: one\n\n", "id: 3\ndata: three\n\n"}, writers[0].texts,
			"a stream that waits gets the newest message")
		late := &timedWriter{}
		began := time.Now()
		go b.ServeHTTP(late, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody))
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, []time.Time{began}, late.at, "a new stream does not wait")
		cancel()
		synctest.Wait()
	})
}

// pipes is a listener whose connections are pipes in memory, which hold no bytes.
type pipes struct {
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func newPipes() *pipes { return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	mine, theirs := net.Pipe()
	p.accepted <- theirs
	return mine, nil
}

// inPipes starts a server with short deadlines, as servers of small answers have them.
func inPipes(b *Broadcast, protocols *http.Protocols) (client *http.Client, end func()) {
	listener := newPipes()
	server := &http.Server{
		Handler: b, ReadTimeout: time.Second, WriteTimeout: time.Second, Protocols: protocols,
	}
	go func() { _ = server.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial, Protocols: protocols}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		synctest.Wait()
	}
}

func TestAQuietStreamGetsHeartbeatsBeyondTheDeadlinesOfTheServer(t *testing.T) {
	t.Parallel()
	one, two := new(http.Protocols), new(http.Protocols)
	one.SetHTTP1(true)
	two.SetUnencryptedHTTP2(true)
	for name, protocols := range map[string]*http.Protocols{"HTTP/1": one, "HTTP/2": two} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := NewBroadcast(Limits{})
				client, end := inPipes(b, protocols)
				s := open(t, client, "http://example.com/")
				assert.Equal(t, ":", s.event())
				for range 10 {
					began := time.Now()
					assert.Equal(t, ":", s.event())
					assert.Equal(t, DefaultHeartbeat, time.Since(began))
				}
				time.Sleep(DefaultHeartbeat - time.Second)
				require.NoError(t, b.Send(Message{ID: "1", Data: []byte("one")}))
				assert.Equal(t, "id: 1|data: one", s.event())
				began := time.Now()
				assert.Equal(t, ":", s.event())
				assert.Equal(t, DefaultHeartbeat, time.Since(began), "the message was as good as a heartbeat")
				s.response.Body.Close()
				end()
			})
		})
	}
}

func TestAClientThatDoesNotReadLosesItsStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBroadcast(Limits{})
		listener := newPipes()
		server := &http.Server{Handler: b, ReadTimeout: time.Second}
		go func() { _ = server.Serve(listener) }()
		mine, err := listener.dial(t.Context(), "", "")
		require.NoError(t, err)
		_, err = io.WriteString(mine, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, 1, b.Streams())
		time.Sleep(DefaultWriteTimeout - time.Second)
		assert.Equal(t, 1, b.Streams())
		time.Sleep(2 * time.Second)
		assert.Zero(t, b.Streams())
		mine.Close()
		server.Close()
	})
}

func TestTheNumberOfStreamsIsLimited(t *testing.T) {
	t.Parallel()
	b := NewBroadcast(Limits{MaxStreams: 2})
	server := serve(t, b)
	first := open(t, server.Client(), server.URL)
	open(t, server.Client(), server.URL)
	third := open(t, server.Client(), server.URL)
	assert.Equal(t, http.StatusServiceUnavailable, third.response.StatusCode)
	assert.Equal(t, "10", third.response.Header.Get("Retry-After"))
	text, err := io.ReadAll(third.response.Body)
	require.NoError(t, err)
	assert.Equal(t, "there are too many streams\n", string(text))

	first.response.Body.Close()
	require.Eventually(t, func() bool { return b.Streams() == 1 }, 20*time.Second, 5*time.Millisecond)
	assert.Equal(t, http.StatusOK, open(t, server.Client(), server.URL).response.StatusCode)
}

func TestCloseEndsAllStreamsAndRefusesNewOnes(t *testing.T) {
	t.Parallel()
	b := NewBroadcast(Limits{})
	server := httptest.NewServer(b)
	server.Config.RegisterOnShutdown(b.Close)
	client := &http.Client{Transport: &http.Transport{}}
	s := open(t, client, server.URL)
	assert.Equal(t, ":", s.event())
	require.NoError(t, server.Config.Shutdown(t.Context()), "it waits for the streams")
	assert.Empty(t, s.event())
	require.NoError(t, s.lines.Err(), "the answer is complete")
	b.Close()

	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "the server ends\n", w.Body.String())
}

func TestRequestsThatCannotBeStreamsGetAClearAnswer(t *testing.T) {
	t.Parallel()
	b := NewBroadcast(Limits{})
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", http.NoBody))
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET", w.Header().Get("Allow"))

	w = httptest.NewRecorder()
	onlyWriter := struct{ http.ResponseWriter }{w}
	b.ServeHTTP(onlyWriter, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Equal(t, "the server cannot send events\n", w.Body.String())
	assert.NotContains(t, w.Header().Get("Content-Type"), "event-stream")
	assert.Zero(t, b.Streams())
}
