package contender

import (
	"fmt"
	"math"

	"github.com/becketflags/becket/benchmarks/scene"
)

// crowd is the number of users for the test of a rollout or split. tolerance is the largest
// difference between the measured and the expected share: 4.2 standard deviations of the largest
// share.
const (
	crowd     = 20_000
	tolerance = 0.015
)

// Verify checks that both loops of r give the right answer for every user of the rotation. For
// rollouts and splits, it checks the shares of a large crowd.
func Verify(w scene.Workload, r *Runner, users *scene.AllUsers) error {
	loops := map[string]func(int) uint64{"beforehand": r.Beforehand, "in the call": r.InCall}
	for name, loop := range loops {
		if loop == nil {
			continue
		}
		sum := uint64(0)
		for i := range users {
			want, exact := w.Right(&users[i])
			if !exact {
				want = r.Answer(&users[i])
			}
			next := loop(i + 1)
			if next-sum != want {
				return fmt.Errorf("%s, built %s: the answer for user %d is %d, not %d", w.ID, name, i, next-sum, want)
			}
			sum = next
		}
	}
	return verifyShares(w, r)
}

func verifyShares(w scene.Workload, r *Runner) error {
	wanted := map[uint64]float64{}
	switch w.Kind {
	case scene.Percent:
		wanted[1] = scene.Share / 100.0
		wanted[0] = 1 - scene.Share/100.0
	case scene.Split:
		for _, arm := range scene.Arms {
			wanted[uint64(len(arm.Name))] = float64(arm.Weight) / 100
		}
	default:
		return nil
	}
	counts := map[uint64]int{}
	users := scene.Crowd(crowd)
	for i := range users {
		counts[r.Answer(&users[i])]++
	}
	if len(counts) != len(wanted) {
		return fmt.Errorf("%s: %d different answers, not %d", w.ID, len(counts), len(wanted))
	}
	for answer, share := range wanted {
		got := float64(counts[answer]) / crowd
		if math.Abs(got-share) > tolerance {
			return fmt.Errorf("%s: answer %d has a share of %.4f, not %.4f", w.ID, answer, got, share)
		}
	}
	return nil
}

// Agree checks that two implementations of the same hashing give the same answer for every user of
// a large crowd.
func Agree(w scene.Workload, a, b *Runner) error {
	users := scene.Crowd(crowd)
	for i := range users {
		if x, y := a.Answer(&users[i]), b.Answer(&users[i]); x != y {
			return fmt.Errorf("%s: the answers for %q are %d and %d", w.ID, users[i].Key, x, y)
		}
	}
	return nil
}
