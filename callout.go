package becket

import (
	"runtime"
	"slices"
	"sync/atomic"
)

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
