package stats_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/cmd/becket/internal/stats"
)

// The expected bounds come from standard tables and other programs.
func TestWilsonInterval(t *testing.T) {
	for name, row := range map[string]struct {
		count, of int
		low, high float64
	}{
		"half of ten":          {5, 10, 0.236593, 0.763407},
		"none of ten":          {0, 10, 0, 0.277533},
		"all of ten":           {10, 10, 0.722467, 1},
		"one of a hundred":     {1, 100, 0.001767, 0.054486},
		"no subjects":          {0, 0, 0, 1},
		"a tenth of a million": {100_000, 1_000_000, 0.099414, 0.100590},
	} {
		t.Run(name, func(t *testing.T) {
			low, high := stats.Wilson(row.count, row.of)
			assert.InDelta(t, row.low, low, 2e-6)
			assert.InDelta(t, row.high, high, 2e-6)
		})
	}
}

func TestSampleRatio(t *testing.T) {
	for name, row := range map[string]struct {
		counts  []int
		weights []float64
		p       float64
	}{
		"exactly as asked":                 {[]int{50, 50}, []float64{1, 1}, 1},
		"chi-square of 3.84 at one degree": {[]int{5098, 4902}, []float64{1, 1}, 0.049996},
		"chi-square of 1 at two degrees":   {[]int{60, 50, 40}, []float64{50, 50, 50}, 0.135335},
		"far from the weights":             {[]int{6000, 4000}, []float64{50, 50}, 0},
		"a subject in an arm of weight 0":  {[]int{10, 1}, []float64{1, 0}, 0},
		"one arm takes all":                {[]int{10, 0}, []float64{1, 0}, 1},
		"no subjects":                      {[]int{0, 0}, []float64{1, 1}, 1},
	} {
		t.Run(name, func(t *testing.T) { assert.InDelta(t, row.p, stats.SampleRatio(row.counts, row.weights), 2e-4) })
	}
}
