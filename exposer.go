package becket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/becketflags/becket/internal/recent"
)

// sinkPatience is the deadline of the context for one call of the sink.
const sinkPatience = 10 * time.Second

var errSinkPanicked = errors.New("the sink panicked")

// exposer collects exposures and delivers them from one goroutine, in batches. Its work within an
// evaluation is bounded: it looks the exposure up among the recent ones, and if the exposure is new
// and there is room, it copies it into the queue.
type exposer struct {
	config   exposureConfig
	private  *privacy
	notifier *notifier
	seed     maphash.Seed
	clock    *recent.Clock // runs even while the sink hangs
	seen     *recent.Memory

	// the context of the sink's calls; cancelled when Close gives up
	ctx      context.Context //nolint:containedctx // Close cancels it, which no caller could
	cancel   context.CancelFunc
	full     chan struct{}   // holds a token when a batch is full
	flushes  chan chan error // calls of flush, which wait until the queue is delivered
	stopping chan struct{}   // closed by stop
	stopOnce sync.Once
	done     chan struct{} // closed when the goroutine has ended

	mutex sync.Mutex
	queue []queued
	// number of exposures that are being copied, are queued, or are being delivered
	pending       int
	bytes         int // bytes of the pending exposures whose size is known
	sent, dropped uint64
	droppedAt     time.Time   // when an exposure was last dropped, by the machine's clock
	failure       error       // the error of the last batch that the sink did not take
	deadline      *time.Timer // cancels the calls of the sink some time after stop; nil before stop
	closed        bool        // no new exposure is taken
	ended         bool        // the goroutine will not read the queue again
	abandoned     bool        // all pending exposures have been counted as dropped
}

// queued is an exposure in the queue, with its key in the memory of recent exposures and its size.
type queued struct {
	exposure   Exposure
	remembered recent.Key
	bytes      int
}

// newExposer starts an exposer. It returns nil if there is no sink.
func newExposer(c *config, n *notifier, private *privacy) *exposer {
	if c.exposures.sink == nil {
		return nil
	}
	x := &exposer{
		config: c.exposures, private: private, notifier: n,
		seed: maphash.MakeSeed(), clock: recent.NewClock(c.exposures.step()), seen: recent.New(c.exposures.memory),
		full: make(chan struct{}, 1), flushes: make(chan chan error),
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	x.config.batch = min(x.config.batch, x.config.queue) // a larger batch would never be full
	x.ctx, x.cancel = context.WithCancel(context.Background())
	go x.run()
	return x
}

// collect counts an evaluation that is tracked. It queues an exposure if this is the first one
// within the window for the same unit, flag, behaviour of the flag, rule, reason and variant. A
// subject therefore counts again when an experiment starts or changes, even if it is served the
// same variant as before. subject and flag may live on the caller's stack. An exposure for which
// the queue has no memory left is dropped before anything is copied, and is not remembered.
func (x *exposer) collect(s *served, subject *Subject, flag string, r *Result) {
	var room [20]byte
	unit := cmp.Or(r.Unit, keyName)
	unitKey := subject.unit(unit, room[:0])
	key := x.memoryKey(unitKey, flag, r)
	now := x.clock.Now()
	if !x.seen.First(key, now, now+x.config.window, x.reserve) {
		return
	}
	bytes := int(unsafe.Sizeof(queued{})) + len(flag) + len(unitKey) + subject.cloneSize().bytes()
	if !x.reserveBytes(bytes) {
		x.seen.Forget(key)
		return
	}
	x.enqueue(queued{remembered: key, bytes: bytes, exposure: Exposure{
		Subject: x.private.clone(subject), Unit: unit, UnitKey: x.private.text(unit, unitKey),
		Flag: strings.Clone(flag), Variant: r.Variant.Name, Rule: r.Rule, Reason: r.Reason,
		Revision: s.revision, Environment: s.environment, Time: s.moment.Now(),
	}})
}

func (x *exposer) enqueue(e queued) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	switch {
	case x.abandoned:
		return
	case x.ended:
		x.free(1, e.bytes)
		x.drop(1)
		return
	}
	x.queue = append(x.queue, e)
	if len(x.queue) == x.config.batch {
		select {
		case x.full <- struct{}{}:
		default:
		}
	}
}

// reserveBytes reserves bytes for an exposure for which reserve has succeeded. If there is no room,
// it undoes the reservation, counts the exposure as dropped and returns false.
func (x *exposer) reserveBytes(bytes int) bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.abandoned {
		return false // abandon has counted it as dropped
	}
	if bytes > x.config.capacity()-x.bytes {
		x.free(1, 0)
		x.drop(1)
		return false
	}
	x.bytes += bytes
	return true
}

// free releases reserved exposures and bytes. The caller holds the mutex.
func (x *exposer) free(exposures, bytes int) {
	x.pending -= exposures
	x.bytes -= bytes
}

// drop counts exposures as dropped. The caller holds the mutex.
func (x *exposer) drop(exposures int) {
	if exposures > 0 {
		x.dropped += uint64(exposures)
		x.droppedAt = time.Now()
	}
}

// reserve reserves a place for one exposure. If there is none, it counts the exposure as dropped
// and returns false.
func (x *exposer) reserve() bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.closed || x.pending >= x.config.queue {
		x.drop(1)
		return false
	}
	x.pending++
	return true
}

// run delivers when a batch is full, at regular intervals, and for calls of flush. It ends after
// stop, when the queue is empty.
func (x *exposer) run() {
	defer close(x.done)
	ticker := time.NewTicker(x.config.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = x.deliver() // send reports the error
		case <-x.full:
			_ = x.deliver()
		case answer := <-x.flushes:
			answer <- x.deliver()
		case <-x.stopping:
			for !x.finished() {
				_ = x.deliver()
			}
			return
		}
	}
}

// finished reports whether the queue is empty. If it is, it stays empty from then on.
func (x *exposer) finished() bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	x.ended = len(x.queue) == 0
	return x.ended
}

// deliver sends the exposures that are queued at this moment. The sink is called without the lock.
func (x *exposer) deliver() error {
	x.mutex.Lock()
	waiting := x.queue
	x.queue = nil
	x.mutex.Unlock()
	var errs []error
	for len(waiting) > 0 {
		n := min(len(waiting), x.config.batch)
		if err := x.send(waiting[:n]); err != nil {
			errs = append(errs, err)
		}
		waiting = waiting[n:]
	}
	return errors.Join(errs...)
}

func (x *exposer) send(batch []queued) error {
	exposures := make([]Exposure, len(batch))
	for i := range batch {
		exposures[i] = batch[i].exposure
	}
	ctx, cancel := context.WithTimeout(x.ctx, sinkPatience)
	defer cancel()
	err := errSinkPanicked
	x.notifier.await("the sink", func() { err = x.config.sink(ctx, exposures) })
	x.recordBatch(batch, err)
	if err == nil {
		return nil
	}
	for i := range batch {
		x.seen.Forget(batch[i].remembered)
	}
	err = fmt.Errorf("exposures are lost (%d): %w", len(batch), err)
	if !errors.Is(err, errSinkPanicked) { // the notifier has reported a panic already
		x.notifier.notify(&event{failure: &DeliveryError{CauseSink, err}})
	}
	return err
}

// recordBatch counts a batch as sent or dropped.
func (x *exposer) recordBatch(batch []queued, failure error) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.abandoned {
		return
	}
	for i := range batch {
		x.free(1, batch[i].bytes)
	}
	if failure != nil {
		x.drop(len(batch))
		x.failure = failure
	} else {
		x.sent += uint64(len(batch))
	}
}

// flush delivers the exposures that are queued at the time of the call.
func (x *exposer) flush(ctx context.Context) error {
	if x == nil {
		return nil
	}
	answer := make(chan error, 1)
	select {
	case x.flushes <- answer:
	case <-x.done:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("becket: exposures are still queued: %w", context.Cause(ctx))
	}
	select {
	case err := <-answer:
		if err != nil {
			return fmt.Errorf("becket: %w", err)
		}
		return nil
	case <-x.done:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("becket: exposures are still queued: %w", context.Cause(ctx))
	}
}

// stop makes the exposer take no new exposures, and its goroutine deliver the queued ones and end.
// stop does not wait for that. Shortly before Close gives up, the context of the sink's calls is
// cancelled.
func (x *exposer) stop() {
	if x == nil {
		return
	}
	x.stopOnce.Do(func() {
		x.mutex.Lock()
		defer x.mutex.Unlock()
		x.closed = true
		x.clock.Stop()
		x.deadline = time.AfterFunc(workPatience-time.Second/2, x.cancel)
		close(x.stopping)
	})
}

// wait waits for the goroutine to end. If ctx is done first, it gives up and counts the pending
// exposures as dropped.
func (x *exposer) wait(ctx context.Context) error {
	if x == nil || endsInTime(ctx, x.done) {
		return nil
	}
	x.abandon()
	return fmt.Errorf("%w for the sink of exposures", ErrNotEnded)
}

// losses returns an error with the number of dropped exposures and the sink's last error, or nil if
// no exposure was dropped.
func (x *exposer) losses() error {
	if x == nil {
		return nil
	}
	x.mutex.Lock()
	defer x.mutex.Unlock()
	switch {
	case x.dropped == 0:
		return nil
	case x.failure == nil:
		return fmt.Errorf("becket: exposures were dropped (%d)", x.dropped)
	default:
		return fmt.Errorf("becket: exposures were dropped (%d); the last failure of the sink: %w",
			x.dropped, within{x.failure})
	}
}

// abandon counts the pending exposures as dropped, and cancels the call of the sink.
func (x *exposer) abandon() {
	x.cancel()
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.deadline != nil {
		x.deadline.Stop()
	}
	x.clock.Stop()
	x.closed, x.ended, x.abandoned = true, true, true
	x.drop(x.pending)
	x.pending, x.bytes, x.queue = 0, 0, nil
}

// status returns the counters at the given time of the client's clock.
func (x *exposer) status(now time.Time) (s ExposureStatus) {
	if x == nil {
		return s
	}
	s.Produced, s.Duplicates = x.seen.Counts(func() {
		x.mutex.Lock()
		defer x.mutex.Unlock()
		s.Sent, s.Dropped, s.Queued = x.sent, x.dropped, uint64(x.pending)
		if x.dropped > 0 {
			s.DroppedAt = now.Add(-time.Since(x.droppedAt))
		}
	})
	return s
}

// memoryKey returns an exposure's key in the memory of recent exposures, which is a hash. If two
// exposures have the same hash, the later one counts as a duplicate of the earlier one. With 65,536
// exposures of one variant in memory, the probability that any two of them have the same hash is
// below 1 in 8,000 million.
func (x *exposer) memoryKey(unitKey, flag string, r *Result) recent.Key {
	const odd = 0x9e3779b97f4a7c15 // so that the order of the texts matters
	rest := r.Behaviour
	for _, text := range [...]string{flag, r.Variant.Name, r.Rule, string(r.Reason), r.Unit} {
		rest = rest*odd + maphash.String(x.seed, text)
	}
	return recent.Key{Place: maphash.String(x.seed, unitKey), Rest: rest}
}
