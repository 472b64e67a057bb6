// Package poll runs a task on schedule and on request, on one goroutine. Waits are jittered, so
// that many programs do not send requests at the same time. After failures there is a backoff.
// There are never two runs at a time.
package poll

import (
	"context"
	"sync"
	"time"
)

// Task is the work of a loop. Its fields are set once, before Start.
type Task struct {
	// Interval is the mean time between two successful runs.
	Interval time.Duration
	// Run does the work. Stop cancels its context.
	Run func(ctx context.Context) error
	// RetryAfter returns the least wait that the error of a run asks for, or 0 if it asks for none.
	RetryAfter func(err error) time.Duration
	// Planned is called before each run, with running, and after it, with the wait until the next
	// one.
	Planned func(wait time.Duration, running bool)
	// Ended is the error for callers of Ask whose run does not happen because the loop has ended.
	Ended error
}

// Loop owns the goroutine that runs a task. It measures time only by the runtime's monotonic clock.
type Loop struct {
	task     Task
	schedule *schedule
	cancel   context.CancelFunc
	done     chan struct{} // closed when the goroutine has ended
	asked    chan struct{} // holds one token while callers of Ask wait for the next round

	// Only the goroutine uses these two.
	began    time.Time // when the last run began
	patience time.Time // when the wait ends that the last failure asked for

	mutex sync.Mutex
	next  *round // the round that callers of Ask wait for; nil if there are none
	ended bool
}

// round is a run that callers of Ask wait for.
type round struct {
	done chan struct{}
	// one of the callers is urgent: the run does not wait for Floor or a failure's RetryAfter
	urgent bool
	err    error // written before done is closed
}

// Start returns a loop whose first run begins at once. spawn runs a function on a goroutine of its
// own.
func Start(task Task, spawn func(run func())) *Loop {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loop{
		task: task, schedule: newSchedule(task.Interval), cancel: cancel,
		done: make(chan struct{}), asked: make(chan struct{}, 1),
	}
	spawn(func() { l.run(ctx) })
	return l
}

// Done is closed when the loop's goroutine has ended.
func (l *Loop) Done() <-chan struct{} { return l.done }

// Stop cancels a running run and ends the goroutine. It does not wait for the end, and may be
// called more than once.
func (l *Loop) Stop() { l.cancel() }

func (l *Loop) run(ctx context.Context) {
	defer close(l.done)
	defer l.end()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-l.asked:
			if wait := l.patient(); wait > 0 {
				timer.Reset(wait)
				continue
			}
		}
		if ctx.Err() != nil {
			return
		}
		round := l.begin()
		l.began = time.Now()
		l.task.Planned(0, true)
		err := l.task.Run(ctx)
		if ctx.Err() != nil {
			err = l.task.Ended
		} else {
			timer.Reset(l.plan(err))
		}
		round.finish(err)
	}
}

// plan returns the wait after a run.
func (l *Loop) plan(err error) time.Duration {
	retryAfter := time.Duration(0)
	if err != nil {
		retryAfter = l.task.RetryAfter(err)
	}
	wait := l.schedule.next(err != nil, retryAfter)
	l.patience = time.Time{}
	if retryAfter > 0 {
		l.patience = time.Now().Add(wait)
	}
	l.task.Planned(wait, false)
	return wait
}

// patient returns how long the callers of Ask have to wait, or 0 if one of them is urgent.
func (l *Loop) patient() time.Duration {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.next == nil || l.next.urgent || l.began.IsZero() {
		return 0
	}
	return max(time.Until(l.began.Add(Floor)), time.Until(l.patience))
}

// Ask waits for the first run that begins after the call, and returns its error. All callers that
// call before it begins share it. If urgent is true, the run begins at once. Otherwise it begins
// when two waits have ended: a second after the beginning of the last run, and the wait that the
// last failure asked for. If ctx is done first, Ask returns its error and the run goes on.
func (l *Loop) Ask(ctx context.Context, urgent bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mutex.Lock()
	if l.ended {
		l.mutex.Unlock()
		return l.task.Ended
	}
	if l.next == nil {
		l.next = &round{done: make(chan struct{})}
	}
	next := l.next
	next.urgent = next.urgent || urgent
	select {
	case l.asked <- struct{}{}:
	default:
	}
	l.mutex.Unlock()
	select {
	case <-next.done:
		return next.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin returns the round of all callers that have called Ask so far, or nil if there are none.
func (l *Loop) begin() *round {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	select {
	case <-l.asked: // the run that begins now is also for this call of Ask
	default:
	}
	next := l.next
	l.next = nil
	return next
}

func (r *round) finish(err error) {
	if r != nil {
		r.err = err
		close(r.done)
	}
}

// end answers the callers that are still waiting.
func (l *Loop) end() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.ended = true
	l.next.finish(l.task.Ended)
	l.next = nil
}
