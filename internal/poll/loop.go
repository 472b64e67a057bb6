// Package poll runs a task on schedule and on request, on one goroutine. Waits are jittered, so
// that many programs do not send requests at the same time. After failures there is a backoff.
// There are never two runs at a time.
package poll

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Task is the work of a loop. Its fields are set once, before Start.
type Task struct {
	// Interval is the mean time between two successful runs, until SetInterval changes it. After
	// failures, the waits are never longer than 1.5 of it.
	Interval time.Duration
	// Run does the work. Stop cancels its context.
	Run func(ctx context.Context) error
	// RetryAfter returns the least wait that the error of a run asks for, or 0 if it asks for none.
	RetryAfter func(err error) time.Duration
	// Repeat is called after each run. It returns the wait after which the run must be repeated, or
	// 0 if the schedule decides. A wait that RetryAfter returns comes first. Nil repeats nothing.
	Repeat func() time.Duration
	// Planned is called before each run, with running, and after it, with the wait until the next
	// one.
	Planned func(wait time.Duration, running bool)
	// Ended is the error for callers of Ask whose run does not happen because the loop has ended.
	Ended error
}

// Loop owns the goroutine that runs a task. It measures time only by the runtime's monotonic clock.
type Loop struct {
	task     Task
	schedule *Schedule
	cancel   context.CancelFunc
	done     chan struct{} // closed when the goroutine has ended
	woken    chan struct{} // holds one token if the time of the next run may have changed

	// Only the goroutine uses these three.
	began    time.Time // when the last run began
	patience time.Time // when the wait ends that the last failure asked for
	planned  time.Time // when the next run is due by the schedule

	mutex    sync.Mutex
	next     *round        // the round that callers of Ask wait for; nil if there are none
	hinted   *hinted       // the hints since the last run began; nil if there are none
	interval time.Duration // see SetInterval
	ended    bool
}

// round is a run that callers of Ask wait for.
type round struct {
	done chan struct{}
	// one of the callers is urgent: the run does not wait for Floor or a failure's RetryAfter
	urgent bool
	err    error // written before done is closed
}

// hinted says when a run is due that nobody waits for.
type hinted struct {
	due    time.Time
	spread time.Duration
}

// Start returns a loop whose first run begins at once. spawn runs a function on a goroutine of its
// own.
func Start(task Task, spawn func(run func())) *Loop {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loop{
		task: task, schedule: NewSchedule(task.Interval, rand.Float64), cancel: cancel, interval: task.Interval,
		done: make(chan struct{}), woken: make(chan struct{}, 1),
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
		case <-l.woken:
		}
		l.adapt()
		if wait := time.Until(l.due()); wait > 0 {
			timer.Reset(wait)
			continue
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
			l.plan(err)
			timer.Reset(time.Until(l.due()))
		}
		round.finish(err)
	}
}

// plan sets the time of the next run after a run.
func (l *Loop) plan(err error) {
	retryAfter, repeat := time.Duration(0), time.Duration(0)
	if err != nil {
		retryAfter = l.task.RetryAfter(err)
	}
	if l.task.Repeat != nil {
		repeat = l.task.Repeat()
	}
	wait := l.schedule.Next(err != nil, retryAfter)
	l.patience = time.Time{}
	switch {
	case retryAfter > 0:
		l.patience = time.Now().Add(wait)
	case repeat > 0:
		wait = min(wait, repeat)
	}
	l.planAfter(wait)
}

func (l *Loop) planAfter(wait time.Duration) {
	l.planned = time.Now().Add(wait)
	l.task.Planned(wait, false)
}

// adapt applies the interval of SetInterval. If it is shorter than before, the next run comes
// within one interval, at a random time, because a whole fleet may shorten its intervals at once.
func (l *Loop) adapt() {
	l.mutex.Lock()
	interval := l.interval
	l.mutex.Unlock()
	before := l.schedule.interval
	l.schedule.SetInterval(interval)
	wait := max(l.schedule.Part(interval), time.Until(l.patience))
	if interval < before && time.Until(l.planned) > wait {
		l.planAfter(wait)
	}
}

// due returns when the next run is due: the earliest of the times of the schedule, of the callers
// of Ask, and of hints.
func (l *Loop) due() time.Time {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	due := l.planned
	if l.next != nil && l.next.urgent {
		return time.Time{}
	}
	patient := later(l.began.Add(Floor), l.patience)
	if l.next != nil && patient.Before(due) {
		due = patient
	}
	if l.hinted != nil {
		if at := later(l.hinted.due, patient); at.Before(due) {
			due = at
		}
	}
	return due
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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
	l.mutex.Unlock()
	l.wake()
	select {
	case <-next.done:
		return next.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Hint asks for a run that begins after the call, and does not wait for it. The run begins after a
// random part of the spread, and not before the two waits of [Loop.Ask] have ended. All hints share
// it until it begins; a hint of a smaller spread can only bring it forward.
func (l *Loop) Hint(spread time.Duration) {
	l.mutex.Lock()
	due := time.Now().Add(l.schedule.Part(spread))
	earlier := l.hinted
	if l.ended || earlier != nil && earlier.spread <= spread {
		l.mutex.Unlock()
		return
	}
	if earlier != nil && earlier.due.Before(due) {
		due = earlier.due
	}
	l.hinted = &hinted{due, spread}
	l.mutex.Unlock()
	l.wake()
}

// SetInterval changes the mean time between two successful runs. A longer one applies after the
// next run; with a shorter one, the next run comes within this time.
func (l *Loop) SetInterval(interval time.Duration) {
	l.mutex.Lock()
	l.interval = interval
	l.mutex.Unlock()
	l.wake()
}

// wake makes the goroutine compute the time of the next run again.
func (l *Loop) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// begin returns the round of all callers that have called Ask so far, or nil if there are none. The
// run that begins is also for all hints so far.
func (l *Loop) begin() *round {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	next := l.next
	l.next, l.hinted = nil, nil
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
