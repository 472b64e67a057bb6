package becket

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How much may wait for slow hooks.
const (
	maxEvents  = 256
	maxChanges = 16 // of these, rulesets that were published
)

// event is one thing to tell. One of the fields is set.
type event struct {
	before, after *served // a ruleset replaced another
	first         bool    // there was none before
	bad           []Bad
	warnings      []error
	failure       *DeliveryError
	refresh       *Refresh
	overrides     *overrideFile // flags are overridden
	misfit        *Misfit       // an object does not fit the type asked for
}

// notifier calls hooks and the logger from one goroutine of its own, so that nothing of the user's
// runs under a lock or delays a refresh. Its queue is bounded; what cannot be lost, the changes, is
// joined.
type notifier struct {
	own     *goroutines
	logger  *limitedLogger
	mutex   sync.Mutex
	hooks   []*Hooks // replaced, never written to: deliver reads it without the mutex
	queue   []*event
	idle    bool // nobody listens yet, so there is no goroutine
	stopped bool
	wake    chan struct{}
	done    chan struct{} // closed when the goroutine has ended
	panics  atomic.Uint64
	dropped atomic.Uint64
}

// newNotifier returns a notifier that queues what it is told until it is started.
func newNotifier(c *config, own *goroutines) *notifier {
	n := &notifier{own: own, logger: newLimitedLogger(c.logger), wake: make(chan struct{}, 1), done: make(chan struct{})}
	listens := c.logger != nil
	for i := range c.hooks {
		h := &c.hooks[i]
		n.hooks = append(n.hooks, h)
		listens = listens || h.OnChange != nil || h.OnError != nil || h.OnRefresh != nil
	}
	n.idle = !listens
	return n
}

// start starts the goroutine where somebody listens.
func (n *notifier) start() {
	if !n.idle {
		go n.run()
	}
}

// add starts the goroutine if nobody listened so far.
func (n *notifier) add(hooks *Hooks) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.hooks = append(slices.Clip(n.hooks), hooks)
	if n.idle && !n.stopped {
		n.idle = false
		go n.run()
	}
}

func (n *notifier) remove(hooks *Hooks) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	var rest []*Hooks
	for _, h := range n.hooks {
		if h != hooks {
			rest = append(rest, h)
		}
	}
	n.hooks = rest
}

// listening returns the hooks as they are now.
func (n *notifier) listening() []*Hooks {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.hooks
}

// tell queues an event and never waits.
func (n *notifier) tell(e *event) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.stopped || n.idle {
		return
	}
	if e.after != nil {
		n.joinChanges(e)
	} else if len(n.queue) >= maxEvents {
		n.dropped.Add(1)
		return
	}
	n.queue = append(n.queue, e)
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// joinChanges takes the last waiting change into e when too many wait, so that e spans both and no
// difference is lost. Each waiting change holds a ruleset in memory, hence the bound.
func (n *notifier) joinChanges(e *event) {
	waiting, last := 0, 0
	for i, earlier := range n.queue {
		if earlier.after != nil {
			waiting, last = waiting+1, i
		}
	}
	if waiting < maxChanges {
		return
	}
	e.before, e.first = n.queue[last].before, n.queue[last].first
	n.queue = append(n.queue[:last], n.queue[last+1:]...)
}

// stop lets the goroutine deliver what waits and end. It does not wait for it.
func (n *notifier) stop() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.stopped {
		return
	}
	n.stopped = true
	close(n.wake)
	if n.idle {
		close(n.done)
	}
}

func (n *notifier) run() {
	defer close(n.done)
	for {
		_, open := <-n.wake
		for e := n.next(); e != nil; e = n.next() {
			n.deliver(e)
		}
		if !open {
			return
		}
	}
}

func (n *notifier) next() *event {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if len(n.queue) == 0 {
		n.queue = nil
		return nil
	}
	e := n.queue[0]
	n.queue[0] = nil
	n.queue = n.queue[1:]
	return e
}

func (n *notifier) deliver(e *event) {
	switch {
	case e.after != nil:
		n.changed(e)
	case e.failure != nil:
		n.failed(e.failure)
	case e.refresh != nil:
		for _, h := range n.listening() {
			if hook := h.OnRefresh; hook != nil {
				n.await("OnRefresh", func() { hook(*e.refresh) })
			}
		}
	case e.overrides != nil:
		n.await("logger", func() { n.logger.overridden(e.overrides) })
	case e.misfit != nil:
		n.await("logger", func() { n.logger.misfitting(e.misfit) })
	default:
		n.setAside(e)
	}
}

func (n *notifier) changed(e *event) {
	var changes Changes
	n.await("Flags", func() {
		if changes = head(e.before, e.after); !e.first || n.wantsChanges() {
			changes = differ(e.before, e.after)
		}
	})
	n.await("logger", func() { n.logger.changed(&changes, e.first) })
	if changes.empty() {
		return
	}
	for _, h := range n.listening() {
		if hook := h.OnChange; hook != nil {
			n.await("OnChange", func() { hook(changes) })
		}
	}
}

// wantsChanges reports whether a hook wants the lists of what changed. The logger needs none for
// the first ruleset, and that of a large one costs memory.
func (n *notifier) wantsChanges() bool {
	for _, h := range n.listening() {
		if h.OnChange != nil {
			return true
		}
	}
	return false
}

func (n *notifier) setAside(e *event) {
	n.await("logger", func() { n.logger.setAside(e.bad, e.warnings) })
	for _, bad := range e.bad {
		n.onError(bad)
	}
}

func (n *notifier) failed(failure *DeliveryError) {
	n.await("logger", func() { n.logger.failed(failure) })
	n.onError(failure)
}

func (n *notifier) onError(err error) {
	for _, h := range n.listening() {
		if hook := h.OnError; hook != nil {
			n.await("OnError", func() { hook(err) })
		}
	}
}

// call runs a function of the program on this goroutine. A panic in it goes no further.
func (n *notifier) call(name string, function func()) {
	finished := false
	defer func() {
		if cause := recover(); cause != nil {
			n.panicked(name, cause)
		} else if !finished {
			n.panicked(name, errGoexit)
		}
	}()
	callOut(function)
	finished = true
}

// begin runs a function of the program on a goroutine of its own, which may end by runtime.Goexit,
// as t.FailNow does: nobody else's goroutine ends with it. The channel is closed when it has ended.
func (n *notifier) begin(name string, function func()) <-chan struct{} {
	done := make(chan struct{})
	go n.own.run(func() {
		defer close(done)
		n.call(name, function)
	})
	return done
}

// await begins a function and waits until it has ended.
func (n *notifier) await(name string, function func()) { <-n.begin(name, function) }

// steady returns a clock of the program whose panics go no further: time.Now stands in.
func (n *notifier) steady(clock func() time.Time) func() time.Time {
	return func() (now time.Time) {
		defer func() {
			if cause := recover(); cause != nil {
				n.panicked("the clock", cause)
				now = time.Now()
			}
		}()
		return clock()
	}
}

// errGoexit is reported in the place of a panic.
var errGoexit = errors.New("it ended its goroutine by runtime.Goexit")

// panicked counts and reports a panic in a function of the program. A panic of the functions that
// reports go to is only counted. A function that panics at every evaluation is reported as often as
// the logger's limit allows: the queue is bounded.
func (n *notifier) panicked(name string, cause any) {
	n.panics.Add(1)
	if name == "OnError" || name == "logger" {
		return
	}
	n.tell(&event{failure: &DeliveryError{Cause: CauseHook, Err: panicError(name, cause)}})
}
