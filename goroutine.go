package becket

import (
	"bytes"
	"context"
	"runtime"
	"strconv"
	"sync"
	"time"
)

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

// ends waits for a goroutine and reports whether it ended before the context did.
func ends(ctx context.Context, done <-chan struct{}) bool {
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
