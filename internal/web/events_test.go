package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tmaxmax/go-sse"
)

// streamed is a transport whose answer is a stream of events that the test writes.
type streamed struct{ body io.Reader }

func (s streamed) RoundTrip(r *http.Request) (*http.Response, error) {
	body, writer := io.Pipe()
	context.AfterFunc(r.Context(), func() { _ = writer.CloseWithError(context.Cause(r.Context())) })
	go func() {
		_, err := io.Copy(writer, s.body)
		_ = writer.CloseWithError(err)
	}()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: body, Request: r}, nil
}

// listenTo listens to a stream until it ends, and returns the number of its events.
func listenTo(t *testing.T, client *Client, address string) (events int, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	err = client.Listen(request, Listener{
		Patience: 10 * time.Second,
		Answered: func(r *http.Response) error { return CheckEvents(r.Header) },
		Event:    func(string, string) { events++ },
	})
	return events, err
}

func streaming(transport http.RoundTripper) *Client {
	custom := &http.Client{Transport: transport, Timeout: time.Second}
	return NewClient(custom, nil).Streaming(custom, EventsHeader())
}

func TestAStreamIsLostAfterAMinuteWithoutAByteAndNotBefore(t *testing.T) {
	for name, test := range map[string]struct {
		every time.Duration
		text  string
		lost  bool
	}{
		"a comment every 59 seconds":    {59 * time.Second, ":\n\n", false},
		"a blank line every 30 seconds": {30 * time.Second, "\n", false},
		"an event every 45 seconds":     {45 * time.Second, "data: x\n\n", false},
		"a comment every 61 seconds":    {61 * time.Second, ":\n\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reader, writer := io.Pipe()
				began := time.Now()
				go func() {
					for range 1000 {
						time.Sleep(test.every)
						if _, err := io.WriteString(writer, test.text); err != nil {
							return
						}
					}
					writer.Close()
				}()
				defer time.Sleep(2 * test.every) // until the writer has noticed
				defer reader.Close()
				_, err := listenTo(t, streaming(streamed{reader}), "http://example.com/events")
				if test.lost {
					require.ErrorIs(t, err, errSilent)
					require.ErrorContains(t, err, "1m0s")
					assert.Equal(t, time.Minute, time.Since(began))
					return
				}
				require.ErrorIs(t, err, errEnded)
				assert.Equal(t, 1000*test.every, time.Since(began))
			})
		})
	}
}

// repeated repeats a text without end, in pieces of any size.
type repeated struct {
	text string
	at   int
	sent int
}

func (r *repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.text[r.at%len(r.text)]
		r.at++
	}
	r.sent += len(p)
	return len(p), nil
}

// The memory is bounded, and so is the rate at which a stream is read.
func TestAHostileStreamTakesBoundedMemoryAndTime(t *testing.T) {
	for name, text := range map[string]string{
		"an endless line":     "a",
		"an endless comment":  ": a",
		"an endless event":    "data: x\n",
		"endless blank lines": "\r\n",
		"endless returns":     "\r",
		"a flood of events":   "data: x\n\n",
		"a flood of names":    "event: x\nid: 7\n\n",
		"a flood of comments": ":\n\n",
		"a flood of NULs":     "\x00",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const minutes = 1
				source := &repeated{text: text}
				lines := &eventLines{body: source, arrived: func(int) {}}
				limit := &pace{left: burst, at: time.Now()}
				ctx, cancel := context.WithTimeout(t.Context(), minutes*time.Minute)
				defer cancel()
				var memory runtime.MemStats
				highest := uint64(0)
				lines.arrived = func(n int) {
					limit.wait(ctx, n)
					if source.sent%(4<<20) == 0 {
						runtime.ReadMemStats(&memory)
						highest = max(highest, memory.HeapAlloc)
					}
				}
				sse.Read(stopped{ctx, lines}, &sse.ReadConfig{MaxEventSize: 2 * maxEvent})(
					func(sse.Event, error) bool { return true })
				require.Error(t, ctx.Err(), "the stream ended by itself")
				assert.InDelta(t, burst+minutes*60*eventRate, source.sent, 1<<20)
				assert.Less(t, highest, uint64(64<<20), "bytes of the heap")
			})
		})
	}
}

// stopped ends when its context is done, even if no line arrives.
type stopped struct {
	ctx   context.Context //nolint:containedctx // it is the context of one test
	lines *eventLines
}

func (s stopped) Read(p []byte) (int, error) {
	body := s.lines.body
	s.lines.body = readerFunc(func(p []byte) (int, error) {
		if s.ctx.Err() != nil {
			return 0, io.EOF
		}
		return body.Read(p)
	})
	defer func() { s.lines.body = body }()
	return s.lines.Read(p)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestTheRestOfALongEventIsDroppedAndTheNextOneIsRead(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 20*maxEvent)
	for name, text := range map[string]string{
		"one long line":   "data: " + long + "\n\n",
		"many lines":      strings.Repeat("data: y\n", 4*maxEvent) + "\n",
		"a long name":     "event: " + long + "\ndata: z\n\n",
		"an unknown line": long + "\ndata: z\n\n",
	} {
		for _, end := range []string{"\n", "\r", "\r\n"} {
			stream := strings.ReplaceAll(text+"id: 8\ndata: next\n\n", "\n", end)
			var last sse.Event
			events := 0
			for e, err := range sse.Read(&eventLines{body: iotest.OneByteReader(strings.NewReader(stream)),
				arrived: func(int) {}}, &sse.ReadConfig{MaxEventSize: 2 * maxEvent}) {
				require.NoError(t, err, "%s %q", name, end)
				assert.LessOrEqual(t, len(e.Data), maxEvent)
				events++
				last = e
			}
			assert.LessOrEqual(t, events, 2, name)
			assert.Equal(t, sse.Event{LastEventID: "8", Data: "next"}, last, "%s %q", name, end)
		}
	}
}

// A stream of short events means the same with and without the lines that are dropped.
func FuzzEventLines(f *testing.F) {
	for _, text := range []string{
		"data: a\n\n:c\n\ndata: b\ndata\n\n", "\r\n\r\nid: 7\r\ndata:x\r\n\r\n", "\ufeffdata: a\n\n",
		":\r\r\rdata\r\r", "event: x\n:y\ndata: z\n\n\n\n", "a\n:b\n\nc",
	} {
		f.Add([]byte(text), byte(3))
	}
	f.Fuzz(func(t *testing.T, stream []byte, size byte) {
		if len(stream) > maxEvent/2 {
			return
		}
		read := func(r io.Reader) (events []sse.Event) {
			for e, err := range sse.Read(r, nil) {
				if err != nil {
					t.Fatal(err)
				}
				events = append(events, e)
			}
			return events
		}
		normal := bytes.ReplaceAll(bytes.ReplaceAll(stream, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
		body := readerFunc(func(p []byte) (int, error) {
			n := copy(p[:min(len(p), int(size)+1)], stream)
			stream = stream[n:]
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		})
		assert.Equal(t, read(bytes.NewReader(normal)), read(&eventLines{body: body, arrived: func(int) {}}))
	})
}

func TestOnlyAStreamOfEventsIsOne(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"text/event-stream":                "",
		"Text/Event-Stream; charset=utf-8": "",
		"text/html; charset=utf-8":         `"text/html; charset=utf-8"`,
		"application/json":                 `"application/json"`,
		"":                                 `""`,
		strings.Repeat("x", 500):           `"` + strings.Repeat("x", 40) + `"`,
	} {
		err := CheckEvents(http.Header{"Content-Type": {given}})
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, errNoStream)
		require.ErrorContains(t, err, want+" and not text/event-stream")
	}
	compressed := http.Header{"Content-Type": {"text/event-stream"}, "Content-Encoding": {"gzip"}}
	require.ErrorContains(t, CheckEvents(compressed), `compressed with "gzip"`)
}

// beating is a handler that sends a heartbeat every few milliseconds.
func beating(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/events" {
		empty(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for r.Context().Err() == nil {
		_, _ = io.WriteString(w, ": beat\n\n")
		_ = http.NewResponseController(w).Flush()
		time.Sleep(20 * time.Millisecond)
	}
}

// beats listens to heartbeats, and calls then after a while.
func beats(t *testing.T, client *Client, address string, then func()) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/events", nil)
	require.NoError(t, err)
	return client.Listen(request, Listener{Patience: 5 * time.Second, Answered: func(*http.Response) error {
		time.AfterFunc(300*time.Millisecond, then)
		return nil
	}})
}

func TestAStreamThatDiesSilentlyIsNoticedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(beating))
		server.EnableHTTP2 = http2
		server.StartTLS()
		t.Cleanup(server.Close)
		plain := newTransportOf(t, server)
		plain.ForceAttemptHTTP2 = http2
		own := func() http.RoundTripper {
			_, transport := trusting(server)
			return transport
		}()
		for name, transport := range map[string]http.RoundTripper{
			"the source's own transport": own,
			"a program's transport":      plain,
			"a transport that is hidden": wrapped{plain},
		} {
			t.Run(fmt.Sprintf("%s, HTTP/2 %v", name, http2), func(t *testing.T) {
				t.Parallel()
				custom := &http.Client{Transport: transport, Timeout: time.Minute}
				polls := NewClient(custom, nil)
				client := polls.Streaming(custom, EventsHeader())
				client.silence = time.Second
				forwarder, address := newForwarder(t, server)
				for range 3 {
					require.NoError(t, poll(t, polls, address, healthy), "so that a connection is kept")
				}
				for round := range 3 {
					err := beats(t, client, address, func() { forwarder.Forget() })
					require.ErrorIs(t, err, errSilent, "round %d", round)
				}
				client.http.CloseIdleConnections()
			})
		}
	}
}
