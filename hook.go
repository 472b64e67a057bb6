package becket

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Hooks are functions that the client calls. Nil ones cost nothing. OnChange, OnError and OnRefresh are called one after another, in the
// order of what happened, by a goroutine that does nothing else: one that blocks delays the others and neither evaluations nor
// refreshing. They may call every method of the client, Close too. The first call may come before New has returned: hooks that need the
// client are given to [Client.Listen] instead. A panic in a hook is recovered, counted in [Status] and reported.
type Hooks struct {
	// OnChange gets what differs between the ruleset served before and the one that replaced it; where no flag and no segment does, it
	// is not called, and neither for what New finds on disk or in the bootstrap. A hook that is so slow that 16
	// rulesets wait for it gets the latest of them joined: still every difference once, but not every step on the way.
	OnChange func(Changes)

	// OnError gets every failure: a [*DeliveryError] for what the client does, a [Bad] for each flag or segment that a new
	// document had to set aside. Those that a slow hook makes wait are dropped beyond 256, and counted in [Status].
	OnError func(error)

	// OnRefresh gets the outcome of every refresh, for metrics; it is dropped and counted as OnError's events are.
	OnRefresh func(Refresh)

	// OnEvaluate gets every evaluation. It runs inside the evaluation, on the goroutine of who asked, so it must be fast and safe
	// for concurrent use. With it, an evaluation copies its subject; private attributes are hidden in the copy.
	OnEvaluate func(Evaluation)
}

// Refresh is how one refresh went.
type Refresh struct {
	Outcome  Outcome
	Err      error         // nil unless Outcome is OutcomeFailed
	Duration time.Duration // of fetching, checking, compiling and keeping, by the monotonic clock
	Bytes    int           // size of the document after decompression; 0 where none came
	Revision int64         // of the ruleset served after it
}

// Outcome says how a refresh went.
type Outcome string

// The outcomes.
const (
	OutcomePublished   Outcome = "published"    // a new ruleset is served
	OutcomeNotModified Outcome = "not_modified" // the source confirmed the one in use
	OutcomeFailed      Outcome = "failed"       // what was served before still is
)

// Cause says which part of the work failed.
type Cause string

// The causes.
const (
	CauseFetch     Cause = "fetch"     // the source gave no document
	CauseSignature Cause = "signature" // it is not signed, or not by a trusted key
	CauseDocument  Cause = "document"  // it could not be decoded
	CauseRefused   Cause = "refused"   // it is sound but must not replace the ruleset in use
	CauseDisk      Cause = "disk"      // the disk copy could not be read or written
	CauseHook      Cause = "hook"      // a hook, a sink or a logger panicked
	CauseSink      Cause = "sink"      // the sink did not take a batch of exposures
	CauseOverride  Cause = "override"  // the file of overrides could not be read again
)

// DeliveryError is a failure on the way from the source to the ruleset. What is served is not touched by it.
type DeliveryError struct {
	Cause Cause
	Err   error
}

// Error returns the text of what went wrong, with becket's prefix.
func (e *DeliveryError) Error() string {
	return "becket: " + string(e.Cause) + ": " + trimPrefix(e.Err)
}

// Unwrap returns what went wrong.
func (e *DeliveryError) Unwrap() error { return e.Err }

// How much may wait for slow hooks.
const (
	maxEvents  = 256
	maxChanges = 16 // of these, rulesets that were published
)

// event is one thing to tell. One of the fields is set.
type event struct {
	before, after *snapshot // a ruleset replaced another
	first         bool      // there was none before
	bad           []Bad
	warnings      []error
	failure       *DeliveryError
	refresh       *Refresh
	expired       []FlagInfo
}

// notifier calls hooks and the logger from one goroutine of its own, so that nothing of the user's runs under a lock or delays a
// refresh. Its queue is bounded; what cannot be lost, the changes, is joined.
type notifier struct {
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

// newNotifier starts the goroutine only where somebody listens.
func newNotifier(c *config) *notifier {
	n := &notifier{logger: newLimitedLogger(c.logger), wake: make(chan struct{}, 1), done: make(chan struct{})}
	listens := c.logger != nil
	for i := range c.hooks {
		h := &c.hooks[i]
		n.hooks = append(n.hooks, h)
		listens = listens || h.OnChange != nil || h.OnError != nil || h.OnRefresh != nil
	}
	n.idle = !listens
	if listens {
		go n.run()
	}
	return n
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

// joinChanges takes the last waiting change into e when too many wait, so that e spans both and no difference is lost. Each
// waiting change holds a ruleset in memory, hence the bound.
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
				n.call("OnRefresh", func() { hook(*e.refresh) })
			}
		}
	case e.expired != nil:
		n.call("logger", func() { n.logger.expired(e.expired) })
	default:
		n.setAside(e)
	}
}

func (n *notifier) changed(e *event) {
	var changes Changes
	n.call("Flags", func() {
		if changes = head(e.before, e.after); !e.first || n.wantsChanges() {
			changes = differ(e.before, e.after)
		}
	})
	n.call("logger", func() { n.logger.changed(&changes, e.first) })
	if changes.Empty() {
		return
	}
	for _, h := range n.listening() {
		if hook := h.OnChange; hook != nil {
			n.call("OnChange", func() { hook(changes) })
		}
	}
}

// wantsChanges reports whether a hook wants the lists of what changed. The logger needs none for the first ruleset, and that of a
// large one costs memory.
func (n *notifier) wantsChanges() bool {
	for _, h := range n.listening() {
		if h.OnChange != nil {
			return true
		}
	}
	return false
}

func (n *notifier) setAside(e *event) {
	n.call("logger", func() { n.logger.setAside(e.bad, e.warnings) })
	for _, bad := range e.bad {
		n.onError(bad)
	}
}

func (n *notifier) failed(failure *DeliveryError) {
	n.call("logger", func() { n.logger.failed(failure) })
	n.onError(failure)
}

func (n *notifier) onError(err error) {
	for _, h := range n.listening() {
		if hook := h.OnError; hook != nil {
			n.call("OnError", func() { hook(err) })
		}
	}
}

// call runs a user's function. Its name is found on the stack by insideHook.
func (n *notifier) call(name string, function func()) {
	defer func() {
		if cause := recover(); cause != nil {
			n.panicked(name, cause)
		}
	}()
	function()
}

// panicked counts and reports a panic in a user's function, but reports none in who would be told of it. A function that panics at
// every evaluation is told of as often as the logger's limit lets it: the queue is bounded.
func (n *notifier) panicked(name string, cause any) {
	n.panics.Add(1)
	if name == "OnError" || name == "logger" {
		return
	}
	n.tell(&event{failure: &DeliveryError{Cause: CauseHook, Err: panicError(name, cause)}})
}

// panicError keeps what a panic said, an error as what it is.
func panicError(name string, cause any) error {
	if err, ok := cause.(error); ok {
		return fmt.Errorf("%s panicked: %w", name, err)
	}
	return fmt.Errorf("%s panicked: %v", name, cause)
}

// insideHook reports whether the caller runs inside a function that a notifier called. Who does cannot wait for the notifier.
func insideHook() bool {
	var callers [128]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, ".(*notifier).call") {
			return true
		}
		if !more {
			return false
		}
	}
}
