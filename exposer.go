package becket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/becketflags/becket/internal/recent"
)

// ExposureStatus counts exposures since the client was made. Sent, Dropped, Duplicates and Queued
// add up to Produced.
type ExposureStatus struct {
	Produced   uint64 // evaluations that were to be counted
	Sent       uint64 // taken by the sink
	Dropped    uint64 // lost: the queue was full, the sink failed, or the client was closed
	Duplicates uint64 // left out, since the same subject had the same variant within the window
	Queued     uint64 // waiting, or with the sink just now
}

// sinkPatience is what one call of the sink may take.
const sinkPatience = 10 * time.Second

var errSinkPanicked = errors.New("the sink panicked")

// exposer collects exposures and delivers them from one goroutine, in batches. What an evaluation
// does here is bounded: a look into the memory of sightings, and for a first sighting a copy into
// the queue if there is room.
type exposer struct {
	config   exposureConfig
	private  *privacy
	notifier *notifier
	seed     maphash.Seed
	began    time.Time    // by the monotonic clock
	now      atomic.Int64 // time since then as of the last tick: reading the clock costs as much as all the rest of a repeated check
	tick     *time.Timer
	seen     *recent.Memory

	ctx      context.Context //nolint:containedctx // of the sink's calls: cancelled when Close gives up
	cancel   context.CancelFunc
	full     chan struct{}   // holds a token when a batch is full
	flushes  chan chan error // who waits until the queue is empty
	stopping chan struct{}   // closed by stop
	stopOnce sync.Once
	done     chan struct{} // closed when the goroutine has ended

	mutex         sync.Mutex
	queue         []queued
	pending       int // room that is taken: being copied, queued, and with the sink
	bytes         int // what of that room has been measured takes
	sent, dropped uint64
	failure       error       // of the last batch that the sink did not take
	deadline      *time.Timer // of what the sink is called for after stop; nil before
	closed        bool        // nothing is taken any more
	ended         bool        // the goroutine will not look into the queue again
	abandoned     bool        // all that was pending counts as dropped already
}

// queued is an exposure with what it is remembered by.
type queued struct {
	exposure Exposure
	sighting recent.Key
	bytes    int
}

// bytesEach and bytesAtLeast bound what the queue takes in memory: subjects with large attributes,
// which may come from outside, must not fill it.
const (
	bytesEach    = 4 << 10 // for each exposure that may wait, on the average
	bytesAtLeast = 1 << 20
)

// capacity returns how many bytes may wait.
func (c *exposureConfig) capacity() int {
	return max(bytesAtLeast, min(c.queue, math.MaxInt/bytesEach)*bytesEach)
}

// newExposer returns nil where there is no sink.
func newExposer(c *config, n *notifier, private *privacy) *exposer {
	if c.exposures.sink == nil {
		return nil
	}
	x := &exposer{
		config: c.exposures, private: private, notifier: n,
		seed: maphash.MakeSeed(), began: time.Now(), seen: recent.New(c.exposures.memory),
		full: make(chan struct{}, 1), flushes: make(chan chan error),
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	x.config.batch = min(x.config.batch, x.config.queue) // a larger one would never be full
	x.ctx, x.cancel = context.WithCancel(context.Background())
	x.startTicking()
	go x.run()
	return x
}

// startTicking keeps now up to date, also while the sink hangs, to a second or a sixteenth of the
// window.
func (x *exposer) startTicking() {
	step := min(max(x.config.window/16, time.Millisecond), time.Second)
	x.mutex.Lock()
	defer x.mutex.Unlock()
	x.tick = time.AfterFunc(step, func() {
		x.now.Store(int64(time.Since(x.began)))
		x.mutex.Lock()
		defer x.mutex.Unlock()
		if !x.closed {
			x.tick.Reset(step)
		}
	})
}

// see counts an evaluation that is to be tracked, and queues its exposure where it is the first of
// its kind within the window: of this unit, flag, behaviour of the flag, rule and variant. So a
// subject counts anew when an experiment starts or changes, although it was served the same variant
// before. subject and flag may live on the caller's stack. An exposure whose bytes find no room is
// dropped before anything is copied, and is not remembered.
func (x *exposer) see(s *served, subject *Subject, flag string, r *Result) {
	var room [20]byte
	unit := cmp.Or(r.Unit, keyName)
	unitKey := subject.unit(unit, room[:0])
	key := x.sightingOf(unitKey, flag, r)
	now := time.Duration(x.now.Load())
	if !x.seen.First(key, now, now+x.config.window, x.reserve) {
		return
	}
	bytes := int(unsafe.Sizeof(queued{})) + len(flag) + len(unitKey) + subject.cloneSize().bytes()
	if !x.reserveBytes(bytes) {
		x.seen.Forget(key)
		return
	}
	x.enqueue(queued{sighting: key, bytes: bytes, exposure: Exposure{
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
		x.dropped++
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

// reserveBytes takes room for the bytes of an exposure that has its place already, and gives that
// up and counts it as dropped where there is none.
func (x *exposer) reserveBytes(bytes int) bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.abandoned {
		return false // it counts as dropped already
	}
	if bytes > x.config.capacity()-x.bytes {
		x.free(1, 0)
		x.dropped++
		return false
	}
	x.bytes += bytes
	return true
}

// free gives up room. The mutex is held.
func (x *exposer) free(exposures, bytes int) {
	x.pending -= exposures
	x.bytes -= bytes
}

// reserve takes room for one exposure, and counts it as dropped where there is none.
func (x *exposer) reserve() bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.closed || x.pending >= x.config.queue {
		x.dropped++
		return false
	}
	x.pending++
	return true
}

// run delivers whenever a batch is full or has waited long enough, and when somebody asks.
func (x *exposer) run() {
	defer close(x.done)
	ticker := time.NewTicker(x.config.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = x.deliver() // the error hook has it
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

// finished reports whether nothing is queued, after which nothing can be.
func (x *exposer) finished() bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	x.ended = len(x.queue) == 0
	return x.ended
}

// deliver sends what is queued at this moment. The sink is called outside the lock.
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
		x.seen.Forget(batch[i].sighting)
	}
	err = fmt.Errorf("%d exposures are lost: %w", len(batch), err)
	if !errors.Is(err, errSinkPanicked) { // else the notifier has told of it
		x.notifier.tell(&event{failure: &DeliveryError{CauseSink, err}})
	}
	return err
}

// recordBatch counts a batch once its fate is known.
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
		x.dropped += uint64(len(batch))
		x.failure = failure
	} else {
		x.sent += uint64(len(batch))
	}
}

// flush delivers what was queued when it was called.
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

// stop takes nothing more and lets the goroutine deliver what is queued and end. It does not wait
// for it, but what the sink has not taken shortly before Close would give up is cancelled.
func (x *exposer) stop() {
	if x == nil {
		return
	}
	x.stopOnce.Do(func() {
		x.mutex.Lock()
		defer x.mutex.Unlock()
		x.closed = true
		x.tick.Stop()
		x.deadline = time.AfterFunc(workPatience-time.Second/2, x.cancel)
		close(x.stopping)
	})
}

// wait returns when the goroutine has ended, or gives up and counts as dropped what is pending.
func (x *exposer) wait(ctx context.Context) error {
	if x == nil || endsInTime(ctx, x.done) {
		return nil
	}
	x.abandon()
	return fmt.Errorf("%w for the sink of exposures", ErrNotEnded)
}

// losses says how many exposures were dropped, and why the last batch was; nil where none was.
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
		return fmt.Errorf("becket: %d exposures were dropped", x.dropped)
	default:
		return fmt.Errorf("becket: %d exposures were dropped; the last failure of the sink: %w", x.dropped, within{x.failure})
	}
}

func (x *exposer) abandon() {
	x.cancel()
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.deadline != nil {
		x.deadline.Stop()
	}
	x.tick.Stop()
	x.closed, x.ended, x.abandoned = true, true, true
	x.dropped += uint64(x.pending)
	x.pending, x.bytes, x.queue = 0, 0, nil
}

// status adds up the counters.
func (x *exposer) status() (s ExposureStatus) {
	if x == nil {
		return s
	}
	s.Produced, s.Duplicates = x.seen.Counts(func() {
		x.mutex.Lock()
		defer x.mutex.Unlock()
		s.Sent, s.Dropped, s.Queued = x.sent, x.dropped, uint64(x.pending)
	})
	return s
}

// sightingOf hashes what an exposure is remembered by. Two that collide count as one, so that an
// exposure is missed for the length of a window; with 65,536 in memory the chance that any two of
// one variant do is below 1 in 8,000 million.
func (x *exposer) sightingOf(unitKey, flag string, r *Result) recent.Key {
	const odd = 0x9e3779b97f4a7c15 // so that the order of what is hashed matters
	rest := r.Behaviour
	for _, text := range [...]string{flag, r.Variant.Name, r.Rule, r.Unit} {
		rest = rest*odd + maphash.String(x.seed, text)
	}
	return recent.Key{Place: maphash.String(x.seed, unitKey), Rest: rest}
}
