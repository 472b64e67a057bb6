// Package shadow compares the answers of the library that a program comes from with becket's, in production, while the old
// library still decides. A share of the checks is compared; what differs is counted by flag.
//
//	checkout := shadow.Bool(compare, "new-checkout", old.GetBoolValue("new-checkout", false, user), func() bool {
//		return flags.Enabled("new-checkout")
//	})
package shadow

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
)

// maxFlags bounds how many flags are counted one by one: a program that makes up keys must not make memory grow.
const maxFlags = 10_000

// Comparison counts. It is safe for concurrent use. The nil Comparison compares nothing.
type Comparison struct {
	share        float64
	onDifference func(Difference)

	mutex sync.Mutex
	flags map[string]*Count
	total Count
}

// Difference is one check that the two libraries answered differently.
type Difference struct {
	Flag   string
	Old    any // what the old library gave, and the program got
	Becket any
}

// Count says how often a flag was compared. Every comparison is either equal, different or a panic.
type Count struct {
	Flag      string
	Compared  int64
	Different int64
	Panics    int64 // becket's side panicked, which becket itself never does: look at the function passed
}

// New returns a comparison of that share of the checks, from 0 for none to 1 for all. onDifference is called for each difference,
// on the goroutine of the check, so it should be quick; a panic in it is recovered. It may be nil.
func New(share float64, onDifference func(Difference)) *Comparison {
	return &Comparison{share: share, onDifference: onDifference, flags: map[string]*Count{}}
}

// Bool is [Value] for boolean flags.
func Bool(c *Comparison, flag string, old bool, becket func() bool) bool {
	return Value(c, flag, old, becket)
}

// Value returns old, always. For a share of the calls it asks becket too and counts whether the answers are equal. A panic of
// becket's side is counted and goes no further.
func Value[T comparable](c *Comparison, flag string, old T, becket func() T) T {
	if c == nil || !(c.share > 0) || c.share < 1 && rand.Float64() >= c.share { //nolint:gosec // it need not be secret
		return old
	}
	answer, ok := ask(becket)
	if c.count(flag, ok, ok && !equal(answer, old)) {
		c.tell(Difference{flag, old, answer})
	}
	return old
}

// equal compares as == does, and what == cannot compare, such as maps and slices in an interface,
// by what it holds.
func equal[T comparable](a, b T) bool {
	if reflect.ValueOf(&a).Elem().Comparable() && reflect.ValueOf(&b).Elem().Comparable() {
		return a == b
	}
	return reflect.DeepEqual(a, b)
}

func ask[T any](becket func() T) (answer T, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return becket(), true
}

// count notes a comparison, and reports whether it is a difference to tell.
func (c *Comparison) count(flag string, ok, differs bool) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	of := c.flags[flag]
	if of == nil {
		of = &Count{Flag: flag}
		if len(c.flags) < maxFlags {
			c.flags[flag] = of
		}
	}
	for _, n := range []*Count{of, &c.total} {
		n.Compared++
		switch {
		case !ok:
			n.Panics++
		case differs:
			n.Different++
		}
	}
	return ok && differs
}

func (c *Comparison) tell(d Difference) {
	if c.onDifference == nil {
		return
	}
	defer func() { _ = recover() }()
	c.onDifference(d)
}

// Total returns the counts of all flags together.
func (c *Comparison) Total() Count {
	if c == nil {
		return Count{}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.total
}

// Flags returns the counts of each flag, those with the most differences first.
func (c *Comparison) Flags() []Count {
	if c == nil {
		return nil
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	counts := make([]Count, 0, len(c.flags))
	for _, count := range c.flags {
		counts = append(counts, *count)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Different, a.Different), cmp.Compare(a.Flag, b.Flag))
	})
	return counts
}

// String writes a count for logs.
func (n Count) String() string {
	return fmt.Sprintf("%s: %d compared, %d different, %d panics", cmp.Or(n.Flag, "all flags"), n.Compared, n.Different, n.Panics)
}
