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

// startPatience is how long the file system may take to read the overrides, and to read the disk
// copy if there is no bootstrap.
const startPatience = 4 * time.Second

// hangGrace is how long guarded still waits for a call whose time is over.
const hangGrace = time.Second

// guard makes calls that may panic or hang, because they run code of the program (a source or a
// format) or use a file system. A call that hangs is abandoned, and further calls fail until it has
// returned. Therefore at most one goroutine is lost if a call never returns. Only one goroutine at
// a time may use a guard.
type guard struct {
	own   *goroutines
	name  string // name of the called thing, for errors
	hangs error  // the error for a call that hangs
	// closed when the abandoned call has returned; nil if no call is abandoned
	hanging chan struct{}
}

// guarded makes a call and waits for its result. It gives up hangGrace after the limit has passed
// or ctx is done.
func guarded[T any](ctx context.Context, g *guard, limit time.Duration,
	call func(context.Context) (T, error)) (T, error) {
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

// goroutines is the set of goroutines that do a client's work and call functions of the program for
// it: hooks, sinks, sources and formats. Close uses the set to find out whether such a function
// called it, because it must not wait for its own caller. A nil set records nothing.
type goroutines struct {
	mutex sync.Mutex
	ids   map[uint64]int // for each goroutine, the number of calls of run that it is in
}

// run calls work. The calling goroutine belongs to the set until work has returned.
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

// goroutineID returns the calling goroutine's number, which the runtime gives to no other
// goroutine. It is the first number of a stack trace, which begins with "goroutine 18 [running]:".
// goroutineID returns 0 if a trace has another form; then Close waits even for its own caller, for
// the usual five seconds at most.
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

// closePatience is the longest time that Close takes. All work except the hooks must end within
// workPatience, so that the hooks can still be called for the last events.
const (
	closePatience = 5 * time.Second
	workPatience  = closePatience - time.Second/2
)

// endsInTime waits until done is closed. It returns false if ctx is done first.
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

// callsOut is the number of calls, by all clients of the process, of functions of the program that
// are under way: hooks, sinks, loggers, sources and formats.
var callsOut atomic.Int64

// callOut calls a function of the program. An evaluation within the function returns its value, but
// is not reported to hooks and sinks; otherwise a hook that evaluates a flag would call itself
// without end.
//
//go:noinline
func callOut(function func()) {
	callsOut.Add(1)
	defer callsOut.Add(-1)
	function()
}

// calledOut is the return address of the call within callOut. It is on the stack of every function
// that callOut calls, at any depth.
var calledOut = func() (place uintptr) {
	callOut(func() {
		var places [3]uintptr
		runtime.Callers(0, places[:]) // runtime.Callers, this function, and callOut
		place = places[2]
	})
	return place
}()

// isCalledOut reports whether a client of this process is calling the function of the program that
// is running on this goroutine. While there is no such call anywhere, this costs one atomic load.
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
