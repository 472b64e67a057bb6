// Package measure compares the times of loops. It measures round by round, in a rotating order, so
// that other load on the machine affects all of them alike.
package measure

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// Task is a loop to time.
type Task struct {
	Name string
	// Run does the operation n times and returns the sum of the answers.
	Run func(n int) uint64
	// Cycle is the number of operations after which the answers repeat; n is
	// always a multiple of it.
	Cycle int
}

// Options set the length of the measurement.
type Options struct {
	Rounds int           // at least 1
	Target time.Duration // the approximate time of one task in one round
}

// Figures are the costs of one operation of a task.
type Figures struct {
	Nanoseconds float64 // the median over the rounds
	Fastest     float64 // the fastest round
	Bytes       uint64  // allocated, rounded down like testing's benchmarks
	Allocs      uint64
}

// Compare measures all tasks. It fails if the answers of a loop differ from those of one cycle of
// the same loop. This check also keeps the compiler from removing the work.
func Compare(tasks []Task, o Options) ([]Figures, error) {
	counts := make([]int, len(tasks))
	sums := make([]uint64, len(tasks))
	for i, t := range tasks {
		counts[i] = calibrate(t, o.Target)
		sums[i] = t.Run(t.Cycle) * uint64(counts[i]/t.Cycle)
	}
	times := make([][]float64, len(tasks))
	figures := make([]Figures, len(tasks))
	for round := range o.Rounds {
		for j := range tasks {
			i := (j + round) % len(tasks)
			s := once(tasks[i], counts[i])
			if s.sum != sums[i] {
				return nil, fmt.Errorf("%s: the answers of round %d add up to %d, not %d",
					tasks[i].Name, round, s.sum, sums[i])
			}
			times[i] = append(times[i], s.nanoseconds)
			figures[i].add(round, s)
		}
	}
	for i := range figures {
		figures[i].Nanoseconds, figures[i].Fastest = Median(times[i]), slices.Min(times[i])
	}
	return figures, nil
}

// add keeps the smallest allocations, because a background goroutine of a library may add
// allocations to a round.
func (f *Figures) add(round int, s sample) {
	if round == 0 || s.bytes < f.Bytes {
		f.Bytes = s.bytes
	}
	if round == 0 || s.allocs < f.Allocs {
		f.Allocs = s.allocs
	}
}

type sample struct {
	nanoseconds   float64
	bytes, allocs uint64
	sum           uint64
}

// once collects the garbage of the previous task, then measures one run. Collections that a task's
// own garbage causes are part of its cost.
func once(t Task, n int) sample {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	sum := t.Run(n)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return sample{
		nanoseconds: float64(took.Nanoseconds()) / float64(n),
		bytes:       (after.TotalAlloc - before.TotalAlloc) / uint64(n),
		allocs:      (after.Mallocs - before.Mallocs) / uint64(n),
		sum:         sum,
	}
}

// calibrate returns the number of operations that take about the target time. It also warms the
// caches.
func calibrate(t Task, target time.Duration) int {
	n := t.Cycle
	for {
		start := time.Now()
		t.Run(n)
		took := time.Since(start)
		if took >= target/4 {
			n = int(float64(n) * float64(target) / float64(took))
			return max(t.Cycle, n-n%t.Cycle)
		}
		n *= 4
	}
}

// Median returns the middle of the values, or the mean of the two middle ones.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
