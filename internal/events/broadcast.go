// Package events sends small messages to many streams of server-sent events. It is for messages of
// which only the newest matters, such as hints that there is a new document: a stream that cannot
// keep up misses older messages, and never delays the other streams.
package events

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tmaxmax/go-sse"
)

// Defaults of the limits.
const (
	DefaultMaxStreams   = 10000
	DefaultHeartbeat    = 15 * time.Second
	DefaultWriteTimeout = 10 * time.Second
)

// retryAfter is how long a client should wait that was refused because there are too many streams,
// or because the broadcast has ended.
const retryAfter = 10 * time.Second

// Limits bound the streams of a broadcast. The zero Limits has the defaults.
type Limits struct {
	// the greatest number of streams at a time; more are answered with 503. With 0 or less, it is
	// DefaultMaxStreams.
	MaxStreams int
	// the time without a message after which a stream gets a comment, so that both sides and the
	// proxies between them notice a lost connection. With 0 or less, it is DefaultHeartbeat.
	Heartbeat time.Duration
	// the time limit for each write; a client that does not read loses its stream after it. With 0
	// or less, it is DefaultWriteTimeout.
	WriteTimeout time.Duration
	// the time over which the streams get a new message: each waits for a random part of it, so
	// that clients do not all act on the message at once. With 0 or less, no stream waits.
	Spread time.Duration
}

// Message is an event of a stream.
type Message struct {
	// ID names the message. A client sends it as Last-Event-ID when it connects again. It must not
	// contain a line break or NUL. If it is "", the client keeps the ID of the message before.
	ID string
	// Type is the type of the event, without a line break; "" stands for "message".
	Type string
	// Data is the content, which may have several lines.
	Data []byte
}

// Broadcast sends messages to all its streams. A new stream begins with the newest message, unless
// the client has named this message in Last-Event-ID. It is safe for concurrent use.
type Broadcast struct {
	limits Limits
	ended  chan struct{} // closed by Close

	mutex   sync.Mutex
	closed  bool
	streams int
	newest  *frame
}

// frame is a message as it is written to streams.
type frame struct {
	id   string
	text []byte        // nil if there is no message yet
	old  chan struct{} // closed when there is a newer message
}

// NewBroadcast returns a broadcast without a message and without streams.
func NewBroadcast(limits Limits) *Broadcast {
	if limits.MaxStreams <= 0 {
		limits.MaxStreams = DefaultMaxStreams
	}
	if limits.Heartbeat <= 0 {
		limits.Heartbeat = DefaultHeartbeat
	}
	if limits.WriteTimeout <= 0 {
		limits.WriteTimeout = DefaultWriteTimeout
	}
	return &Broadcast{limits: limits, ended: make(chan struct{}), newest: &frame{old: make(chan struct{})}}
}

// Send makes m the newest message and wakes every stream. It does not wait until the message is
// written. It returns an error if the ID or the type is invalid.
func (b *Broadcast) Send(m Message) error {
	text, err := m.text()
	if err != nil {
		return err
	}
	next := &frame{id: m.ID, text: text, old: make(chan struct{})}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	before := b.newest
	b.newest = next
	close(before.old)
	return nil
}

// text returns the message as the protocol writes it.
func (m Message) text() ([]byte, error) {
	var message sse.Message
	var err error
	if m.ID != "" {
		if message.ID, err = sse.NewID(m.ID); err != nil {
			return nil, fmt.Errorf("becket: the ID of the event is invalid: %w", err)
		}
	}
	if m.Type != "" {
		if message.Type, err = sse.NewType(m.Type); err != nil {
			return nil, fmt.Errorf("becket: the type of the event is invalid: %w", err)
		}
	}
	message.AppendData(string(m.Data))
	return message.MarshalText()
}

// Streams returns the number of open streams.
func (b *Broadcast) Streams() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.streams
}

// Close ends all streams and refuses new ones. It does not wait for the end of the streams. A
// server's Shutdown waits for open streams, so pass Close to RegisterOnShutdown. Calls after the
// first do nothing.
func (b *Broadcast) Close() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if !b.closed {
		b.closed = true
		close(b.ended)
	}
}

// enter counts a new stream. It returns an error if there must not be another one.
func (b *Broadcast) enter() error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch {
	case b.closed:
		return errors.New("the server ends")
	case b.streams >= b.limits.MaxStreams:
		return errors.New("there are too many streams")
	}
	b.streams++
	return nil
}

func (b *Broadcast) leave() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.streams--
}

func (b *Broadcast) newestFrame() *frame {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.newest
}

// ServeHTTP sends messages to one client until the client leaves, does not read, or Close is
// called. Headers that w has already are sent too.
func (b *Broadcast) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "only GET is allowed", http.StatusMethodNotAllowed)
		return
	}
	if err := b.enter(); err != nil {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer b.leave()
	s := &stream{w: w, controller: http.NewResponseController(w), timeout: b.limits.WriteTimeout}
	switch err := s.begin(); {
	case errors.Is(err, http.ErrNotSupported): // then the header has not been sent
		http.Error(w, "the server cannot send events", http.StatusInternalServerError)
	case err == nil:
		b.follow(r.Context(), s, r.Header.Get("Last-Event-ID"))
	}
}

// follow writes each newest message to the stream, except for the one that the client has already.
func (b *Broadcast) follow(ctx context.Context, s *stream, known string) {
	heartbeat := time.NewTicker(b.limits.Heartbeat)
	defer heartbeat.Stop()
	at := b.newestFrame()
	text := at.text
	if text == nil || known != "" && known == at.id {
		text = comment
	}
	old, due := at.old, (<-chan time.Time)(nil)
	for s.write(text) == nil {
		select {
		case <-old:
			text, old, due = nil, nil, time.After(Part(b.limits.Spread))
		case <-due:
			at = b.newestFrame()
			text, old, due = at.text, at.old, nil
			heartbeat.Reset(b.limits.Heartbeat)
		case <-heartbeat.C:
			text = comment
		case <-ctx.Done():
			return
		case <-b.ended:
			return
		}
	}
}

// Part returns a random part of a time, so that many clients do not do the same at once. It is 0
// for 0 or less.
func Part(of time.Duration) time.Duration {
	if of <= 0 {
		return 0
	}
	return time.Duration(rand.Int64N(int64(of))) //nolint:gosec // it need not be secret
}
