package ofrep

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/events"
)

const (
	streamPath       = "/ofrep/v1/events"
	defaultStreams   = 10_000
	defaultSpread    = 500 * time.Millisecond
	fewestKeyBytes   = 16
	reconnectAtLeast = 1 * time.Second // pages connect again after one to three seconds
	reconnectWithin  = 2 * time.Second
	askAtLeast       = 15 * time.Second // pages beyond the limit ask again after 15 to 25 seconds
	askWithin        = 10 * time.Second
)

// WithEventStream lets pages learn of changes without polling: the answer for all flags names an
// event stream, and the stream tells pages to ask again when a new ruleset, a schedule or a ramp
// may change an answer for a shown flag. Events contain no flags. With [WithAuthorization], the
// address of the stream contains a ticket, because browsers cannot send headers with it; see
// [WithEventStreamKey]. The streams end when the server is shut down. By default, there is no event
// stream.
func WithEventStream() Option {
	return func(c *config) { c.stream.on = true }
}

// WithEventStreamURL sets the address under which pages reach the stream: a path such as
// "/api/ofrep/v1/events", or a whole URL. It is needed if a proxy changes the path of requests. The
// address must lead to the handler's GET /ofrep/v1/events. By default, the handler takes the path
// of the request for all flags.
func WithEventStreamURL(address string) Option {
	return func(c *config) { c.stream.address = address }
}

// WithEventStreamKey sets the secret that signs the tickets in the addresses of streams. The
// instances of a service need the same secret if a page may reach several of them. It has at least
// 16 bytes. A ticket is valid for 12 to 24 hours, for opening streams and for nothing else. Without
// [WithAuthorization] there are no tickets. By default, each handler makes a secret of its own.
func WithEventStreamKey(key []byte) Option {
	return func(c *config) { c.stream.key, c.stream.hasKey = append([]byte(nil), key...), true }
}

// WithEventStreamSpread sets the time over which the handler tells its pages of a change, so that
// they do not all ask again at once: each stream waits for a random part of it. 0 tells all pages
// at once, and less than 0 means the default. By default, the time is half a second.
func WithEventStreamSpread(spread time.Duration) Option {
	return func(c *config) { c.stream.spread, c.stream.hasSpread = spread, spread >= 0 }
}

// WithMaxEventStreams limits the number of open streams. A page beyond the limit gets an answer
// that ends at once, and its browser asks again after 15 to 25 seconds, so it learns of changes
// later. Zero or less means the default. By default, the limit is 10,000.
func WithMaxEventStreams(limit int) Option {
	return func(c *config) { c.stream.limit = limit }
}

// streamConfig holds the options of the event stream.
type streamConfig struct {
	on        bool
	address   string
	key       []byte
	hasKey    bool
	spread    time.Duration
	hasSpread bool
	limit     int
}

// complete fills in the defaults. It returns a mistake of the program, or "".
func (c *streamConfig) complete() (mistake string) {
	if c.limit <= 0 {
		c.limit = defaultStreams
	}
	if !c.hasSpread {
		c.spread = defaultSpread
	}
	switch {
	case c.hasKey && len(c.key) < fewestKeyBytes:
		return fmt.Sprintf("WithEventStreamKey: the key has fewer than %d bytes", fewestKeyBytes)
	case !isAddress(c.address):
		return "WithEventStreamURL: the address is neither a path nor an http or https URL"
	case !c.hasKey:
		c.key = newKey()
	}
	return ""
}

// streams serves the event stream. The goroutine that follows the answers only runs while at least
// one stream is open.
type streams struct {
	handler   *handler
	broadcast *events.Broadcast
	follower  follower

	mutex sync.Mutex
	open  int
	stop  func() // ends the goroutine; nil if it does not run

	servers sync.Map // a context for each *http.Server, which ends at the server's shutdown
}

func newStreams(h *handler) *streams {
	s := &streams{handler: h}
	s.broadcast = events.NewBroadcast(events.Limits{MaxStreams: math.MaxInt, Spread: h.stream.spread})
	s.follower = follower{handler: h, send: s.broadcast.Send}
	return s
}

// serve answers a page that opens a stream.
func (s *streams) serve(w http.ResponseWriter, r *http.Request) {
	if !s.handler.admitStream(w, r) {
		return
	}
	if !s.enter() {
		s.answerOnce(w, r)
		return
	}
	defer s.leave()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.until(r), cancel)()
	endReading(w, r)
	wait := reconnectAtLeast + events.Part(reconnectWithin)
	s.broadcast.ServeHTTP(&prefixed{ResponseWriter: w, prefix: retryLine(wait)}, r.WithContext(ctx))
}

// answerOnce answers a page for which there is no room. The answer of a stream that is refused
// would make the provider of OpenFeature ask for all flags every second. The page gets the newest
// event, unless it has it already, and its browser asks again later.
func (s *streams) answerOnce(w http.ResponseWriter, r *http.Request) {
	s.follower.update()
	message := s.follower.newest()
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-cache, no-transform")
	header.Set("X-Content-Type-Options", "nosniff")
	text := retryLine(askAtLeast + events.Part(askWithin))
	if message.ID != "" && message.ID != r.Header.Get("Last-Event-ID") {
		text += "id: " + message.ID + "\ndata: " + string(message.Data) + "\n\n"
	}
	_, _ = w.Write([]byte(text))
}

func retryLine(wait time.Duration) string { return fmt.Sprintf("retry: %d\n\n", wait.Milliseconds()) }

// enter counts a new stream. It reports whether there is room for it. When it returns true, the
// newest event belongs to the present answers.
func (s *streams) enter() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.open >= s.handler.stream.limit {
		return false
	}
	s.open++
	if s.stop == nil {
		s.stop = s.follower.start()
	}
	return true
}

func (s *streams) leave() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.open--; s.open == 0 {
		s.stop()
		s.stop = nil
	}
}

// until returns a context that ends when the server of the request is shut down: a shutdown waits
// until all requests are answered, and a stream never ends by itself.
func (s *streams) until(r *http.Request) context.Context {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return context.Background()
	}
	if known, ok := s.servers.Load(server); ok {
		return known.(context.Context) //nolint:errcheck // the map holds nothing else
	}
	ctx, cancel := context.WithCancel(context.Background())
	known, loaded := s.servers.LoadOrStore(server, ctx)
	if loaded {
		cancel()
		return known.(context.Context) //nolint:errcheck // the map holds nothing else
	}
	server.RegisterOnShutdown(cancel)
	return ctx
}

// prefixed writes a text before everything else.
type prefixed struct {
	http.ResponseWriter
	prefix string
}

func (p *prefixed) Write(text []byte) (int, error) {
	if p.prefix != "" {
		if _, err := p.ResponseWriter.Write([]byte(p.prefix)); err != nil {
			return 0, err
		}
		p.prefix = ""
	}
	return p.ResponseWriter.Write(text)
}

// Unwrap returns the writer for http.ResponseController.
func (p *prefixed) Unwrap() http.ResponseWriter { return p.ResponseWriter }
