package becket

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits for events that wait for slow hooks.
const (
	maxEvents  = 256
	maxChanges = 16 // events about published rulesets; further ones are joined
)

// Names of the functions that receive reports of panics. The reports themselves contain such names.
const (
	onErrorName = "OnError"
	loggerName  = "logger"
)

// event is one event for hooks and the logger. Its fields are set in groups: before, after and
// first; bad, warnings and repeated; failure, reading and outage; misfit and rules. Any other field
// is set alone, and so is an outage that has ended.
type event struct {
	before, after *served // the ruleset after has replaced the ruleset before
	first         bool    // there was no ruleset before
	bad           []Bad   // invalid flags and segments of a new document
	warnings      []error
	repeated      bool // bad was reported before, and is only logged again
	failure       *DeliveryError
	reading       bool    // the failure is one of reading the disk copy
	outage        *outage // failed refreshes in a row; without failure, the outage has ended
	start         *served // the ruleset that the client starts with
	refresh       *Refresh
	overrides     *overrideFile // the overrides that are in use
	misfit        *Misfit       // checks cannot get their flag's value
	// the rules that do not have the misfit's flag; nil if they have it
	rules Rules
	// the name of a signal: it is connected, or with failure it could not be connected or was lost
	signal string
}

// outage is a series of failed refreshes without a successful one between them.
type outage struct {
	failures int
	since    time.Time // when the first of them failed
	serving  *served   // the ruleset that stays in use; nil when the outage has ended
}

// notifier calls hooks and the logger one after another, outside of the goroutine that refreshes.
// They thus never run while a lock is held and never delay a refresh. Its queue is bounded: changes
// are joined, because none may be lost, and other events are dropped.
type notifier struct {
	own    *goroutines
	logger *limitedLogger
	mutex  sync.Mutex
	// the slice is replaced and never modified, since deliver reads it without the mutex
	hooks   []*Hooks
	queue   []*event
	idle    bool // there is no hook and no logger, so there is no goroutine
	stopped bool
	wake    chan struct{}
	done    chan struct{} // closed when the goroutine has ended
	panics  atomic.Uint64
	dropped atomic.Uint64
}

// newNotifier returns a notifier that queues events until it is started.
func newNotifier(c *config, own *goroutines) *notifier {
	n := &notifier{
		own: own, logger: newLimitedLogger(c.logger), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	listens := !n.logger.silent
	for i := range c.hooks {
		h := &c.hooks[i]
		n.hooks = append(n.hooks, h)
		listens = listens || h.OnChange != nil || h.OnError != nil || h.OnRefresh != nil
	}
	n.idle = !listens
	return n
}

// start starts the goroutine if there is a hook or a logger.
func (n *notifier) start() {
	if !n.idle {
		go n.run()
	}
}

// add adds hooks, and starts the goroutine if there was no hook and no logger before.
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

// listening returns the present hooks.
func (n *notifier) listening() []*Hooks {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.hooks
}

// notify queues an event and never waits.
func (n *notifier) notify(e *event) {
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

// joinChanges joins the last waiting change with e if too many changes wait, so that no difference
// is lost. Their number is bounded because each of them keeps a ruleset in memory.
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

// stop makes the goroutine deliver the queued events and end. It does not wait for that.
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
		n.await(loggerName, func() { n.logger.failed(e) })
		n.onError(e.failure)
	case e.outage != nil:
		n.await(loggerName, func() { n.logger.recovered(e.outage) })
	case e.start != nil:
		n.await(loggerName, func() { n.logger.started(e.start) })
	case e.refresh != nil:
		for _, h := range n.listening() {
			if hook := h.OnRefresh; hook != nil {
				n.await("OnRefresh", func() { hook(*e.refresh) })
			}
		}
	case e.overrides != nil:
		n.await(loggerName, func() { n.logger.overridden(e.overrides) })
	case e.signal != "":
		n.await(loggerName, func() { n.logger.connected(e.signal) })
	case e.misfit != nil:
		n.await(loggerName, func() { n.logger.misfitting(e.misfit, e.rules) })
	default:
		n.reportInvalid(e)
	}
}

func (n *notifier) changed(e *event) {
	var changes Changes
	n.await("Flags", func() {
		if changes = head(e.before, e.after); !e.first || n.wantsChanges() {
			changes = differ(e.before, e.after)
		}
	})
	n.await(loggerName, func() { n.logger.changed(&changes, e.after.rules.Info().Flags, e.first) })
	if changes.empty() {
		return
	}
	for _, h := range n.listening() {
		if hook := h.OnChange; hook != nil {
			n.await("OnChange", func() { hook(changes) })
		}
	}
}

// wantsChanges reports whether there is an OnChange hook. Without one, the lists of changes are not
// needed for the first ruleset; for a large ruleset they would take much memory.
func (n *notifier) wantsChanges() bool {
	for _, h := range n.listening() {
		if h.OnChange != nil {
			return true
		}
	}
	return false
}

func (n *notifier) reportInvalid(e *event) {
	n.await(loggerName, func() { n.logger.invalid(e.bad, e.warnings) })
	if e.repeated {
		return
	}
	for _, bad := range e.bad {
		n.onError(bad)
	}
}

func (n *notifier) onError(err error) {
	for _, h := range n.listening() {
		if hook := h.OnError; hook != nil {
			n.await(onErrorName, func() { hook(err) })
		}
	}
}

// call runs a function of the program on this goroutine. It recovers and reports a panic in the
// function, and reports a call of runtime.Goexit.
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

// begin runs a function of the program on a goroutine of its own, so that a call of runtime.Goexit
// in it, as by t.FailNow, ends no other goroutine. The channel is closed when the goroutine has
// ended.
func (n *notifier) begin(name string, function func()) <-chan struct{} {
	done := make(chan struct{})
	go n.own.run(func() {
		defer close(done)
		n.call(name, function)
	})
	return done
}

// await calls begin and waits until the function has ended.
func (n *notifier) await(name string, function func()) { <-n.begin(name, function) }

// steady wraps a clock of the program. If the clock panics, the panic is reported and time.Now is
// used instead.
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

// errGoexit is reported like a panic, for a function that called runtime.Goexit.
var errGoexit = errors.New("it ended its goroutine by runtime.Goexit")

// panicked counts a panic in a function of the program and reports it. A panic in OnError or the
// logger is only counted, because they would receive the report. The bounded queue and the logger's
// limit bound the reports of a function that panics at every evaluation.
func (n *notifier) panicked(name string, cause any) {
	n.panics.Add(1)
	if name == onErrorName || name == loggerName {
		return
	}
	n.notify(&event{failure: &DeliveryError{Cause: CauseHook, Err: panicError(name, cause)}})
}
