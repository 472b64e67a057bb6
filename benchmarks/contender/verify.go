package contender

import (
	"fmt"
	"math"

	"github.com/becketflags/becket/benchmarks/scene"
)

// crowd is how many users a rollout or split is measured with, and tolerance
// how far a share may lie from what was asked for: 4.2 standard deviations of
// the largest one.
const (
	crowd     = 20_000
	tolerance = 0.015
)

// Verify checks that both loops of r give every user of the rotation the
// right answer, one by one, and for rollouts and splits that the shares of a
// large crowd are right.
func Verify(w scene.Workload, r *Runner, users *[scene.Rotation]scene.User) error {
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
				return fmt.Errorf("%s, built %s: user %d was answered %d, not %d", w.ID, name, i, next-sum, want)
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

// Agree checks that two implementations of the same hashing give every user
// of a large crowd the same answer.
func Agree(w scene.Workload, a, b *Runner) error {
	users := scene.Crowd(crowd)
	for i := range users {
		if x, y := a.Answer(&users[i]), b.Answer(&users[i]); x != y {
			return fmt.Errorf("%s: %q is answered %d by one and %d by the other", w.ID, users[i].Key, x, y)
		}
	}
	return nil
}
