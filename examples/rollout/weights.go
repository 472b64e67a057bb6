package main

import (
	"fmt"
	"math"
	"strings"
)

// weights are the weights of A, B and C.
type weights [3]float64

// usual are the weights at the start.
var usual = weights{60, 20, 20}

var names = [...]string{"A", "B", "C"}

func (w weights) json() string { return fmt.Sprintf(`{"A": %v, "B": %v, "C": %v}`, w[0], w[1], w[2]) }

func (w weights) String() string { return fmt.Sprintf("%v:%v:%v", w[0], w[1], w[2]) }

// shares returns the weights as parts of 1.
func (w weights) shares() weights {
	sum := w[0] + w[1] + w[2]
	return weights{w[0] / sum, w[1] / sum, w[2] / sum}
}

// fewest returns the percentage of users that any method must move, because other variants lose the
// users that some variants gain.
func fewest(before, after weights) float64 {
	p, q := before.shares(), after.shares()
	moved := 0.0
	for i := range p {
		moved += math.Abs(p[i]-q[i]) / 2
	}
	return 100 * moved
}

// ranges returns the percentage of users that cumulative ranges move. With cumulative ranges, the
// variants lie one after the other on [0, 1), and a user keeps its variant where the variant's old
// and new range overlap.
func ranges(before, after weights) float64 {
	p, q := before.shares(), after.shares()
	stay, beginP, beginQ := 0.0, 0.0, 0.0
	for i := range p {
		endP, endQ := beginP+p[i], beginQ+q[i]
		stay += max(0, min(endP, endQ)-max(beginP, beginQ))
		beginP, beginQ = endP, endQ
	}
	return 100 * (1 - stay)
}

// marks returns a ^ for each column in which two rows of variants differ.
func marks(before, after []string) string {
	var b strings.Builder
	for i := range before {
		if before[i] == after[i] {
			b.WriteByte(' ')
		} else {
			b.WriteByte('^')
		}
	}
	return strings.TrimRight(b.String(), " ")
}
