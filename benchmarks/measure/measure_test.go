package measure

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var kept []byte

func TestMedian(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   float64
	}{
		{"of no values is zero", nil, 0},
		{"of an odd number of values is the middle one, in any order", []float64{9, 1, 5}, 5},
		{"of an even number of values is the mean of the two in the middle", []float64{8, 1, 2, 100}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { assert.InDelta(t, tt.want, Median(tt.values), 1e-9) })
	}
}

// The clock of these tests moves only while a task sleeps, so that other load changes no figure.

func TestCompareDistinguishesSlowFromFastAndCountsAllocations(t *testing.T) {
	fast := Task{
		Name: "fast", Cycle: 4,
		Run: func(n int) uint64 { time.Sleep(time.Duration(n) * time.Microsecond); return uint64(n) },
	}
	slow := Task{Name: "slow", Cycle: 4, Run: func(n int) (sum uint64) {
		for range n {
			kept = make([]byte, 64)
			time.Sleep(20 * time.Microsecond)
			sum++
		}
		return sum
	}}
	synctest.Test(t, func(t *testing.T) {
		figures, err := Compare([]Task{fast, slow}, Options{Rounds: 3, Target: 4 * time.Millisecond})
		require.NoError(t, err)
		assert.InDelta(t, 1_000, figures[0].Nanoseconds, 1e-9)
		assert.InDelta(t, 20_000, figures[1].Nanoseconds, 1e-9)
		assert.InDelta(t, 20_000, figures[1].Fastest, 1e-9)
		assert.Zero(t, figures[0].Allocs)
		assert.EqualValues(t, 1, figures[1].Allocs)
		assert.GreaterOrEqual(t, figures[1].Bytes, uint64(64))
	})
}

func TestCompareRefusesAnswersThatChange(t *testing.T) {
	calls := uint64(0)
	task := Task{
		Name: "fickle", Cycle: 4,
		Run: func(n int) uint64 { calls++; time.Sleep(time.Millisecond); return uint64(n) + calls },
	}
	_, err := Compare([]Task{task}, Options{Rounds: 2, Target: time.Millisecond})
	assert.ErrorContains(t, err, "fickle: the answers of round 0")
}

func TestParallelCountsEveryGoroutine(t *testing.T) {
	task := Task{
		Name: "waits", Cycle: 4,
		Run: func(n int) uint64 { time.Sleep(time.Duration(n) * 10 * time.Microsecond); return 0 },
	}
	synctest.Test(t, func(t *testing.T) {
		rates := Parallel(task, []int{1, 2}, Options{Rounds: 3, Target: 10 * time.Millisecond})
		assert.InDeltaSlice(t, []float64{100_000, 200_000}, rates, 1e-6)
	})
}
