package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/push"
)

// signal is a subject with hints.
type signal struct {
	conn    *nats.Conn
	subject string
	config  config
}

func (s *signal) Name() string { return "nats " + s.subject }

func (s *signal) Watch(ctx context.Context, changed func(becket.Hint)) error {
	if s.conn == nil {
		return errors.New("becket: nats: Signal: the connection is nil")
	}
	if err := errors.Join(s.config.check()...); err != nil {
		return err
	}
	w := newWatch(s.conn, s.config.ping)
	defer w.end()
	if err := w.await(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	if err := w.subscribe(s.subject, w.messages); err != nil {
		return err
	}
	if err := w.probe(ctx, missable); err != nil || ctx.Err() != nil {
		return err
	}
	changed(becket.Hint{})
	return w.run(ctx, changed, nil)
}

// watch is one call of Watch: subscriptions, and what tells that the connection is alive.
type watch struct {
	conn     *nats.Conn
	interval time.Duration
	messages chan *nats.Msg // hints, which may be a flood
	entries  chan *nats.Msg // from the consumer of a source
	events   chan nats.Status
	subs     []*nats.Subscription
	dropped  int // messages that were dropped because they came too fast

	missed int // pings that were not answered, in a row
	ponged chan error
	before nats.Statistics // when the first of them was sent

	heard time.Time // when the consumer's last message or heartbeat came
}

const (
	// queued is the number of messages that may wait for the goroutine of a watch.
	queued = 256
	// awaitFor is how long a watch waits for a connection. A client takes a watch of ten seconds
	// for connected.
	awaitFor = 5 * time.Second
	missable = 2 // the number of pings or heartbeats in a row whose loss ends the watch
)

var (
	errPings      = errors.New("two pings in a row were not answered")
	errHeartbeats = errors.New("becket: nats: the server has stopped sending heartbeats")
)

func newWatch(conn *nats.Conn, interval time.Duration) *watch {
	return &watch{
		conn: conn, interval: interval, messages: make(chan *nats.Msg, queued),
		entries: make(chan *nats.Msg, queued), ponged: make(chan error, 1),
		events: conn.StatusChanged(nats.CONNECTED, nats.RECONNECTING, nats.DISCONNECTED, nats.CLOSED),
	}
}

// end ends the subscriptions.
func (w *watch) end() {
	w.conn.RemoveStatusListener(w.events)
	for _, sub := range w.subs {
		_ = sub.Unsubscribe() // it fails if the connection is closed, which ends it too
	}
}

// await waits until the connection is established, but not for long.
func (w *watch) await(ctx context.Context) error {
	timer := time.NewTimer(awaitFor)
	defer timer.Stop()
	for !w.conn.IsConnected() {
		select {
		case <-w.events:
			if w.conn.IsClosed() {
				return connected(w.conn)
			}
		case <-timer.C:
			return connected(w.conn)
		case <-ctx.Done():
			return nil
		}
	}
	for { // the events up to now are not of this watch
		select {
		case <-w.events:
		default:
			return connected(w.conn)
		}
	}
}

func (w *watch) subscribe(subject string, to chan *nats.Msg) error {
	sub, err := w.conn.ChanSubscribe(subject, to)
	if err != nil {
		return fmt.Errorf("becket: nats: subscribing to %q: %w", subject, err)
	}
	w.subs = append(w.subs, sub)
	return nil
}

// probe waits until the server has received everything so far and answers a ping. If it does not
// within some intervals, and nothing else arrives, probe makes the connection connect again.
func (w *watch) probe(ctx context.Context, intervals time.Duration) error {
	before := w.conn.Stats()
	limited, cancel := context.WithTimeout(ctx, intervals*w.interval)
	defer cancel()
	err := w.conn.FlushWithContext(limited)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	w.reconnect(before)
	return fmt.Errorf("%w: the server does not answer a ping: %w", ErrNotConnected, err)
}

// reconnect makes the connection connect again, unless something has arrived since the given
// moment, or it has connected already.
func (w *watch) reconnect(before nats.Statistics) {
	if now := w.conn.Stats(); now.InBytes == before.InBytes && now.Reconnects == before.Reconnects {
		_ = w.conn.ForceReconnect() // it fails if the connection is closed
	}
}

// run passes hints on until ctx is done or the connection is lost. entry returns the hint of a
// message of the consumer, or false for a message that is none. It is nil if there is no consumer.
func (w *watch) run(ctx context.Context, changed func(becket.Hint), entry func(*nats.Msg) (becket.Hint, bool)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ticker := time.NewTicker(w.interval)
	defer ticker.Stop()
	w.heard = time.Now()
	told := "" // the ETag of the last hint: the consumer and the publisher tell of the same version
	isNews := func(h becket.Hint) bool {
		news := h.ETag == "" || h.ETag != told
		told = h.ETag
		return news
	}
	for {
		select {
		case m := <-w.messages:
			if h := becket.Hint(push.Parse(m.Data)); isNews(h) {
				changed(h)
			}
		case m := <-w.entries:
			w.heard = time.Now()
			if h, ok := entry(m); ok && isNews(h) {
				changed(h)
			}
		case status := <-w.events:
			if status != nats.CONNECTED || !w.conn.IsConnected() {
				return w.lost(status)
			}
		case <-ticker.C:
			if w.overflowed() {
				changed(becket.Hint{})
			}
			if entry != nil && time.Since(w.heard) > missable*w.interval+w.interval/2 {
				return errors.Join(errHeartbeats, w.probe(ctx, 1))
			}
			w.ping(ctx)
		case err := <-w.ponged:
			if lost := w.pong(err); lost != nil && ctx.Err() == nil {
				return lost
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// lost returns an error for a connection that was lost.
func (w *watch) lost(status nats.Status) error {
	if err := connected(w.conn); err != nil {
		return err
	}
	return fmt.Errorf("%w: it was %v and is connected again", ErrNotConnected, status)
}

// overflowed reports whether messages were dropped since the last call.
func (w *watch) overflowed() bool {
	dropped := 0
	for _, sub := range w.subs {
		n, err := sub.Dropped()
		if err == nil {
			dropped += n
		}
	}
	more := dropped > w.dropped
	w.dropped = dropped
	return more
}

// ping sends a ping and passes the result to pong.
func (w *watch) ping(ctx context.Context) {
	if w.missed == 0 {
		w.before = w.conn.Stats()
	}
	go func() {
		ctx, cancel := context.WithTimeout(ctx, w.interval)
		defer cancel()
		err := w.conn.FlushWithContext(ctx)
		select {
		case w.ponged <- err:
		default: // the watch has ended
		}
	}()
}

// pong counts pings that were not answered. After two of them the connection is lost.
func (w *watch) pong(err error) error {
	if err == nil {
		w.missed = 0
		return nil
	}
	if w.missed++; w.missed < missable {
		return nil
	}
	w.reconnect(w.before)
	return fmt.Errorf("%w: %w", ErrNotConnected, errPings)
}
