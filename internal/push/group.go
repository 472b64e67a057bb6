package push

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

const (
	// connectedAfter is the time after which a call of Watch counts as connected that has neither
	// returned nor called changed.
	connectedAfter = 10 * time.Second
	// stableAfter is how long a connection must last for the next pause to be the first of the
	// backoff again.
	stableAfter = 5 * time.Second
)

// Signal is a signal to watch.
type Signal struct {
	Name  string
	Watch func(ctx context.Context, changed func(Hint)) error
	// PollsOn says that the client must poll as often as without the signal, even while it is
	// connected.
	PollsOn bool
}

// State is the state of a signal.
type State struct {
	Name      string
	Connected bool
	Since     time.Time // when the signal was connected or lost, by the clock of Tasks
	LastHint  time.Time // zero if there was none
	LastError error     // why the signal was lost last; nil if it never was
	PollsOn   bool      // the client polls as often as without the signal
}

// Tasks are the functions that a Group calls. None of them may block.
type Tasks struct {
	// Hinted receives each hint. It receives the zero Hint too when a signal is connected.
	Hinted func(Hint)
	// Resting is called when it changes whether all signals are connected.
	Resting func(all bool)
	// Changed reports that a signal was connected, or could not be connected or was lost; then err
	// is not nil.
	Changed func(name string, err error)
	// Spawn runs a function on a goroutine of its own.
	Spawn func(run func())
	// Call calls a function of the program on the current goroutine.
	Call func(function func())
	// Clock returns the time for states.
	Clock func() time.Time
}

// Group watches signals, each on goroutines of its own, until it is stopped.
type Group struct {
	tasks    Tasks
	cancel   context.CancelFunc
	done     chan struct{}
	watched  []*watched
	interval time.Duration // the client's poll interval

	mutex   sync.Mutex
	resting bool
}

// watched is a signal with its state. The mutex of the group guards the state.
type watched struct {
	Signal
	group *Group
	state State
}

// Start watches signals. interval is the client's poll interval; the pauses after a loss are not
// longer.
func Start(signals []Signal, interval time.Duration, tasks Tasks) *Group {
	ctx, cancel := context.WithCancel(context.Background())
	g := &Group{tasks: tasks, cancel: cancel, done: make(chan struct{}), interval: interval}
	now := tasks.Clock()
	for _, s := range signals {
		state := State{Name: s.Name, Since: now, PollsOn: s.PollsOn}
		g.watched = append(g.watched, &watched{Signal: s, group: g, state: state})
	}
	var all sync.WaitGroup
	for _, w := range g.watched {
		all.Add(1)
		tasks.Spawn(func() { defer all.Done(); w.run(ctx) })
	}
	go func() { all.Wait(); close(g.done) }()
	return g
}

// Stop ends all watches. It does not wait for the end.
func (g *Group) Stop() { g.cancel() }

// Done is closed when all watches have ended.
func (g *Group) Done() <-chan struct{} { return g.done }

// States returns the states of the signals in their order.
func (g *Group) States() []State {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	states := make([]State, len(g.watched))
	for i, w := range g.watched {
		states[i] = w.state
	}
	return states
}

// run watches a signal again and again, with pauses that grow as long as it cannot be connected.
func (w *watched) run(ctx context.Context) {
	pauses := NewPauses(w.group.interval, rand.Float64)
	for {
		began := time.Now()
		err := w.watch(ctx)
		if ctx.Err() != nil {
			w.become(false, nil)
			return
		}
		if w.lost(err) && time.Since(began) >= stableAfter {
			pauses.Reset()
		}
		select {
		case <-time.After(pauses.Next()):
		case <-ctx.Done():
			return
		}
	}
}

var errEnded = errors.New("it ended without an error")

// watch calls Watch once, on a goroutine of its own, because Watch may end its goroutine.
func (w *watched) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var call call
	ended := make(chan error, 1)
	w.group.tasks.Spawn(func() {
		err := errors.New("it ended its goroutine")
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("recovered a panic: %v", cause)
			}
			call.end()
			ended <- err
		}()
		var watched error
		w.group.tasks.Call(func() {
			watched = w.Watch(ctx, func(h Hint) { call.during(func() { w.hinted(h) }) })
		})
		err = watched
	})
	connected := time.NewTimer(connectedAfter)
	defer connected.Stop()
	for {
		select {
		case err := <-ended:
			if err == nil {
				err = errEnded
			}
			return err
		case <-connected.C:
			call.during(func() {
				if w.connected() {
					w.group.tasks.Hinted(Hint{})
				}
			})
		}
	}
}

// call is one call of Watch. Its hints count only until it returns.
type call struct {
	mutex sync.Mutex
	over  bool
}

func (c *call) during(do func()) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.over {
		do()
	}
}

func (c *call) end() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.over = true
}

// hinted handles a call of changed.
func (w *watched) hinted(h Hint) {
	if first := w.connected(); !first || h != (Hint{}) {
		now := w.group.tasks.Clock()
		w.group.mutex.Lock()
		w.state.LastHint = now
		w.group.mutex.Unlock()
	}
	w.group.tasks.Hinted(h)
}

// connected records that the signal is connected. It reports whether it was not before.
func (w *watched) connected() bool {
	if !w.become(true, nil) {
		return false
	}
	w.group.tasks.Changed(w.Name, nil)
	return true
}

// lost records that Watch has returned. It reports whether the signal was connected.
func (w *watched) lost(err error) bool {
	was := w.become(false, err)
	w.group.tasks.Changed(w.Name, err)
	return was
}

// become sets the state, and reports whether it has changed. It calls the clock without the mutex,
// because a clock of the program may ask for the states.
func (w *watched) become(connected bool, err error) bool {
	now, g := w.group.tasks.Clock(), w.group
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if err != nil {
		w.state.LastError = err
	}
	if w.state.Connected == connected {
		return false
	}
	w.state.Connected, w.state.Since = connected, now
	if resting := g.rests(); resting != g.resting {
		g.resting = resting
		g.tasks.Resting(resting)
	}
	return true
}

// rests reports whether the client may poll more rarely: there is a signal that allows it, and all
// signals are connected.
func (g *Group) rests() bool {
	all := !slices.ContainsFunc(g.watched, func(w *watched) bool { return !w.state.Connected })
	return all && slices.ContainsFunc(g.watched, func(w *watched) bool { return !w.PollsOn })
}
