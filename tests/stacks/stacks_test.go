// Package stacks evaluates flags with texts and names on the stacks of goroutines. The stacks grow
// during the evaluations, and collections shrink them. A library that hides such memory from the
// compiler reads memory that no longer exists: it answers wrongly, or the runtime ends the process.
// With GODEBUG=efence=1 memory is never reused, so every such read ends the process.
package stacks

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// rounds returns the number of rounds for each kind of call. With efence, each round uses up
// address space.
func rounds() int {
	switch {
	case strings.Contains(os.Getenv("GODEBUG"), "efence=1"):
		return 2
	case testing.Short():
		return 2
	default:
		return 4
	}
}

// descend calls f with so many frames of 128 bytes and more below it.
//
//go:noinline
func descend(frames int, f func()) byte {
	var room [128]byte
	room[frames%len(room)] = 1
	if frames <= 0 {
		f()
		return room[0]
	}
	return room[frames%len(room)] + descend(frames-1, f)
}

// steps is the number of depths at which a goroutine evaluates. A small stack grows at another
// place of the evaluation from each depth.
const steps = 48

// collect runs collections, which shrink stacks, until stop is set.
func collect(stop *atomic.Bool) {
	for i := 0; !stop.Load(); i++ {
		runtime.GC()
		if i%16 == 0 {
			debug.FreeOSMemory()
		}
	}
}

// onMovingStacks runs f on new goroutines, whose stacks grow meanwhile, and on old ones with large
// and mostly unused stacks, which a collection shrinks meanwhile.
func onMovingStacks(f func(turn int)) {
	var stop atomic.Bool
	var collector, group sync.WaitGroup
	collector.Go(func() { collect(&stop) })
	for round := range rounds() {
		for step := range steps {
			group.Go(func() { descend(step, func() { f(round*steps + step) }) })
		}
		group.Go(func() {
			for turn := range steps {
				if turn%8 == 0 {
					descend(512, func() {})
				}
				f(turn)
			}
		})
		group.Wait()
	}
	stop.Store(true)
	collector.Wait()
}

func TestFlagsAreAnsweredRightOnMovingStacks(t *testing.T) {
	for _, s := range services(t) {
		for _, way := range ways {
			if way.needs != "" && way.needs != s.name {
				continue
			}
			t.Run(s.name+"/"+way.name, func(t *testing.T) {
				var wrong atomic.Int64
				var first atomic.Pointer[string]
				onMovingStacks(func(turn int) {
					p := people[turn%len(people)]
					for _, flag := range s.flags {
						want := s.answers[p.key+flag]
						if got := way.ask(s, p, flag); got != want {
							wrong.Add(1)
							text := fmt.Sprintf("%s of %s: %t, and not %t", flag, p.key, got, want)
							first.CompareAndSwap(nil, &text)
						}
						if way.once {
							break
						}
					}
				})
				if n := wrong.Load(); n > 0 {
					t.Errorf("%d wrong answers, such as %s", n, *first.Load())
				}
			})
		}
		s.check(t)
	}
}

func TestManyFlagsDifferBetweenTheTwoPeople(t *testing.T) {
	for _, s := range services(t) {
		differ := 0
		for _, flag := range s.flags {
			if s.answers[people[0].key+flag] != s.answers[people[1].key+flag] {
				differ++
			}
		}
		require.Greater(t, differ, len(s.flags)/3, s.name)
	}
}
