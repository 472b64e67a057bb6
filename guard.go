package becket

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// startPatience is how long the file system may take for all that New reads.
const startPatience = 4 * time.Second

// hangGrace is how long a call gets to return after its time is over.
const hangGrace = time.Second

// guard makes calls that may panic or hang: of a program's own source or format, or of a file
// system. A call that hangs is abandoned; the next one fails until it has returned, so that at most
// one goroutine is lost to what never returns. Only one goroutine at a time uses a guard.
type guard struct {
	own     *goroutines
	name    string        // of what is called, for errors
	hangs   error         // what a call that hangs is answered with
	hanging chan struct{} // closed when the abandoned call has returned; nil where there is none
}

// guarded makes a call and waits for it until a second after the limit or after the context's end.
func guarded[T any](ctx context.Context, g *guard, limit time.Duration, call func(context.Context) (T, error)) (T, error) {
	var none T
	if g.hanging != nil {
		select {
		case <-g.hanging:
			g.hanging = nil
		default:
			return none, g.hangs
		}
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	a := &attempt[T]{done: make(chan struct{})}
	go g.own.run(func() { a.run(ctx, g.name, call) })
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
	case <-timer.C:
	}
	timer.Reset(hangGrace)
	select {
	case <-a.done:
		return a.value, a.err
	case <-timer.C:
		g.hanging = a.done
		return none, g.hangs
	}
}

// attempt is one call. Its fields are written before done is closed.
type attempt[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func (a *attempt[T]) run(ctx context.Context, name string, call func(context.Context) (T, error)) {
	finished := false
	defer func() {
		if cause := recover(); cause != nil {
			a.err = contractError("recovered a panic in the %s: %v", name, cause)
		} else if !finished {
			a.err = contractError("the %s ended its goroutine", name)
		}
		close(a.done)
	}()
	callOut(func() { a.value, a.err = call(ctx) })
	finished = true
}

// goroutines is the set of the goroutines that do a client's work and call the program's functions
// for it: hooks, sinks, sources and formats. Close looks into it, since a function that Close would
// have to wait for must not wait for Close. A nil set keeps no record.
type goroutines struct {
	mutex sync.Mutex
	ids   map[uint64]int // how often each has entered
}

// run calls work. The goroutine belongs to the set until work has returned.
func (g *goroutines) run(work func()) {
	if g == nil {
		work()
		return
	}
	id := goroutineID()
	g.count(id, 1)
	defer g.count(id, -1)
	work()
}

func (g *goroutines) count(id uint64, change int) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.ids == nil {
		g.ids = map[uint64]int{}
	}
	if g.ids[id] += change; g.ids[id] == 0 {
		delete(g.ids, id)
	}
}

// hasCaller reports whether the calling goroutine belongs to the set.
func (g *goroutines) hasCaller() bool {
	id := goroutineID()
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return id != 0 && g.ids[id] > 0
}

// goroutineID returns the number that the runtime gave the calling goroutine and gives to no other
// one. It is the first number of a stack trace, which begins with "goroutine 18 [running]:". It
// returns 0 where a trace looks otherwise; then Close waits, but not for longer than it ever does.
func goroutineID() uint64 {
	var head [64]byte
	trace := head[:runtime.Stack(head[:], false)]
	_, trace, _ = bytes.Cut(trace, []byte(" "))
	number, _, _ := bytes.Cut(trace, []byte(" "))
	id, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// How long Close takes at most. Everything but the hooks gets the first part of the time, so that
// the hooks hear of what happened at the end.
const (
	closePatience = 5 * time.Second
	workPatience  = closePatience - time.Second/2
)

// endsInTime waits for a goroutine and reports whether it ended before the context did.
func endsInTime(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// callsOut counts the functions of the program that clients are calling at this moment: hooks,
// sinks, loggers, sources and formats.
var callsOut atomic.Int64

// callOut calls a function of the program. What that evaluates is answered, but told to no hook and
// to no sink: a hook that asks a flag would otherwise call itself without end.
//
//go:noinline
func callOut(function func()) {
	callsOut.Add(1)
	defer callsOut.Add(-1)
	function()
}

// calledOut is where callOut's call returns to: the place is on the stack of every function that it
// calls, however deep.
var calledOut = func() (place uintptr) {
	callOut(func() {
		var places [3]uintptr
		runtime.Callers(0, places[:]) // itself, this function, and callOut
		place = places[2]
	})
	return place
}()

// isCalledOut reports whether a client of this process has called the function that runs here. It
// costs next to nothing unless one is being called somewhere.
func isCalledOut() bool {
	if callsOut.Load() == 0 {
		return false
	}
	places := make([]uintptr, 256)
	for {
		n := runtime.Callers(0, places)
		if slices.Contains(places[:n], calledOut) {
			return true
		}
		if n < len(places) {
			return false
		}
		places = make([]uintptr, 4*len(places))
	}
}
