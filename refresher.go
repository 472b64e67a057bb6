package becket

import (
	"context"
	"sync"
	"time"
)

// refresher owns refreshing: one goroutine that fetches on schedule and when it is asked to. It measures time by the runtime's
// monotonic clock alone.
type refresher struct {
	fetcher  *fetcher
	schedule *schedule
	cancel   context.CancelFunc
	done     chan struct{} // closed when it has
	asked    chan struct{} // holds one token while somebody waits for the next round

	mutex sync.Mutex
	next  *round // whom the next fetch will answer; nil where nobody asked
	ended bool
}

// round is a fetch that somebody asked for.
type round struct {
	done chan struct{}
	err  error // written before done is closed
}

func startRefresher(f *fetcher, own *goroutines) *refresher {
	ctx, cancel := context.WithCancel(context.Background())
	r := &refresher{
		fetcher:  f,
		schedule: newSchedule(f.config.interval),
		cancel:   cancel,
		done:     make(chan struct{}),
		asked:    make(chan struct{}, 1),
	}
	go own.run(func() { r.run(ctx) })
	return r
}

// run fetches at once, and then whenever the timer or somebody says so.
func (r *refresher) run(ctx context.Context) {
	defer close(r.done)
	defer r.end()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-r.asked:
		}
		if ctx.Err() != nil {
			return
		}
		round := r.begin()
		r.fetcher.status.scheduled(time.Time{})
		err := r.fetcher.refresh(ctx)
		if ctx.Err() != nil {
			err = ErrClosed
		} else {
			wait := r.schedule.next(err)
			r.fetcher.status.scheduled(r.fetcher.config.clock().Add(wait))
			timer.Reset(wait)
		}
		round.finish(err)
	}
}

// ask waits for the first fetch that begins after the call.
func (r *refresher) ask(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mutex.Lock()
	if r.ended {
		r.mutex.Unlock()
		return ErrClosed
	}
	if r.next == nil {
		r.next = &round{done: make(chan struct{})}
	}
	next := r.next
	select {
	case r.asked <- struct{}{}:
	default:
	}
	r.mutex.Unlock()
	select {
	case <-next.done:
		return next.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin takes the round of all who asked before this moment.
func (r *refresher) begin() *round {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	select {
	case <-r.asked: // this fetch answers it too
	default:
	}
	next := r.next
	r.next = nil
	return next
}

func (r *round) finish(err error) {
	if r != nil {
		r.err = err
		close(r.done)
	}
}

// end tells who still waits.
func (r *refresher) end() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.ended = true
	r.next.finish(ErrClosed)
	r.next = nil
}

// stop makes a running fetch fail and the goroutine end. It may be called often and does not wait.
func (r *refresher) stop() { r.cancel() }
