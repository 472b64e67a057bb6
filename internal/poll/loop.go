// Package poll runs a task on schedule and on request, on one goroutine: with jitter, so that a
// fleet does not ask at once; with backoff after failures; and never two runs at a time.
package poll

import (
	"context"
	"sync"
	"time"
)

// Task is the work of a loop. Its fields are set once, before Start.
type Task struct {
	// Interval is the mean time between two runs that go well.
	Interval time.Duration
	// Run does the work. Its context ends with Stop.
	Run func(ctx context.Context) error
	// RetryAfter returns how long the failure of a run asks for patience, 0 for no such wish.
	RetryAfter func(err error) time.Duration
	// Planned is told before each run with running, and after it with the wait for the next one.
	Planned func(wait time.Duration, running bool)
	// Ended is the error of callers whose run will not come, because the loop has ended.
	Ended error
}

// Loop owns the goroutine that runs a task. It measures time by the runtime's monotonic clock
// alone.
type Loop struct {
	task     Task
	schedule *schedule
	cancel   context.CancelFunc
	done     chan struct{} // closed when the goroutine has ended
	asked    chan struct{} // holds one token while somebody waits for the next round

	// Only the goroutine uses these two.
	began    time.Time // when the last run began
	patience time.Time // until when the last failure asked for patience

	mutex sync.Mutex
	next  *round // what the callers of Ask wait for; nil where nobody asked
	ended bool
}

// round is a run that somebody asked for.
type round struct {
	done   chan struct{}
	urgent bool  // somebody of those who asked does not wait for a floor or a failure's wish
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

// Stop makes a run under way fail and the goroutine end. It may be called often and does not wait.
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

// patient returns how long those who asked have to wait, 0 where one of them is urgent.
func (l *Loop) patient() time.Duration {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.next == nil || l.next.urgent || l.began.IsZero() {
		return 0
	}
	return max(time.Until(l.began.Add(Floor)), time.Until(l.patience))
}

// Ask waits for the first run that begins after the call, and returns its error. All who ask before
// it begins share it. It begins at once where urgent; else not before a second has passed since the
// last one began, and not before the end of the patience that the last failure asked for. If ctx
// ends before, the run goes on without the caller.
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

// begin takes the round of all who asked before this moment.
func (l *Loop) begin() *round {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	select {
	case <-l.asked: // this run answers it too
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
