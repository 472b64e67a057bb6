// Package shadow compares the answers of a program's present flag library with becket's, in
// production, while the old library still decides. It compares a share of the checks and counts the
// differences by flag.
//
//	answer := old.GetBoolValue("new-checkout", false, user)
//	checkout := shadow.Bool(compare, "new-checkout", answer, func() bool {
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

// maxFlags is the largest number of flags with separate counts. A program that makes up keys must
// not use more and more memory.
const maxFlags = 10_000

// Comparison counts equal and different answers. It is safe for concurrent use. A nil Comparison
// compares nothing.
type Comparison struct {
	share        float64
	onDifference func(Difference)

	mutex sync.Mutex
	flags map[string]*Count
	total Count
}

// Difference is one check with different answers of the two libraries.
type Difference struct {
	Flag   string
	Old    any // the old library's answer, which the program got
	Becket any
}

// Count holds a flag's comparisons. Every comparison is equal, different or a panic.
type Count struct {
	Flag      string
	Compared  int64
	Different int64
	Panics    int64 // panics of the function for becket's answer; becket itself never panics
}

// New returns a Comparison of a share of the checks, from 0 for none to 1 for all. It calls
// onDifference for each difference, on the goroutine of the check, so onDifference should be quick.
// A panic in onDifference is recovered. onDifference may be nil.
func New(share float64, onDifference func(Difference)) *Comparison {
	return &Comparison{share: share, onDifference: onDifference, flags: map[string]*Count{}}
}

// Bool is [Value] for boolean flags.
func Bool(c *Comparison, flag string, old bool, becket func() bool) bool {
	return Value(c, flag, old, becket)
}

// Value always returns old. For a share of the calls it also calls becket and counts whether the
// answers are equal. A panic in becket is recovered and counted.
func Value[T comparable](c *Comparison, flag string, old T, becket func() T) T {
	if c == nil || !c.draw() {
		return old
	}
	answer, ok := ask(becket)
	if c.count(flag, ok, ok && !equal(answer, old)) {
		c.tell(Difference{flag, old, answer})
	}
	return old
}

// draw reports whether to compare a check. A share that is no number compares none.
func (c *Comparison) draw() bool {
	if c.share >= 1 {
		return true
	}
	return c.share > 0 && rand.Float64() < c.share //nolint:gosec // it need not be secret
}

// equal compares values as == does. Values that == cannot compare, such as maps and slices in an
// interface, are compared by their contents.
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

// count records a comparison and reports whether to call onDifference.
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

// Total returns the sum of the counts of all flags.
func (c *Comparison) Total() Count {
	if c == nil {
		return Count{}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.total
}

// Flags returns the counts of each flag. Flags with the most differences come first.
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
	flag := cmp.Or(n.Flag, "all flags")
	return fmt.Sprintf("%s: %d compared, %d different, %d panics", flag, n.Compared, n.Different, n.Panics)
}
