package contender

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/benchmarks/scene"
)

// runner returns a Runner whose three functions all use one function.
func runner(users *scene.AllUsers, answer func(*scene.User) uint64) *Runner {
	loop := func(n int) (sum uint64) {
		for i := range n {
			sum += answer(&users[i&scene.Mask])
		}
		return sum
	}
	return &Runner{Beforehand: loop, InCall: loop, Answer: answer}
}

func TestVerify(t *testing.T) {
	users := scene.Users()
	country, percent := scene.Workloads[1], scene.Workloads[3]
	right := func(u *scene.User) uint64 { a, _ := country.Right(u); return a }
	share := func(of uint64) func(*scene.User) uint64 {
		return func(u *scene.User) uint64 {
			h := uint64(14695981039346656037)
			for i := range len(u.Key) {
				h = (h ^ uint64(u.Key[i])) * 1099511628211
			}
			if h>>32%100 < of {
				return 1
			}
			return 0
		}
	}
	tests := []struct {
		name     string
		workload scene.Workload
		answer   func(*scene.User) uint64
		err      string
	}{
		{"right answers pass", country, right, ""},
		{"one wrong answer of 64 is found", country, func(u *scene.User) uint64 {
			if u.Key == users[33].Key {
				return 1
			}
			return right(u)
		}, "the answer for user 33 is 1, not 0"},
		{"a share that is right passes", percent, share(20), ""},
		{"a share that is wrong is found", percent, share(23), "has a share of"},
		{"a share of zero is found", percent, share(0), "1 different answers, not 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Verify(tt.workload, runner(users, tt.answer), users)
			if tt.err == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tt.err)
			}
		})
	}
}

func TestVerifyLooksAtEachLoop(t *testing.T) {
	users, country := scene.Users(), scene.Workloads[1]
	right := func(u *scene.User) uint64 { a, _ := country.Right(u); return a }
	r := runner(users, right)
	r.Beforehand = func(int) uint64 { return 0 }
	assert.ErrorContains(t, Verify(country, r, users), "built beforehand: the answer for user 0")
	r = runner(users, right)
	r.InCall = func(int) uint64 { return 0 }
	assert.ErrorContains(t, Verify(country, r, users), "built in the call: the answer for user 0")
}

func TestHalfOfTheRotationMatches(t *testing.T) {
	users := scene.Users()
	for _, w := range scene.Workloads {
		matching := uint64(0)
		exact := false
		for i := range users {
			var answer uint64
			answer, exact = w.Right(&users[i])
			matching += answer
		}
		if exact && w.Kind != scene.Plain {
			assert.EqualValues(t, scene.Rotation/2, matching, w.ID)
		}
	}
}
