// Package contender says what an implementation offers to be compared, and
// holds it to the right answers before any clock runs.
package contender

import (
	"errors"

	"github.com/becketflags/becket/benchmarks/scene"
)

// Role says how an implementation counts in the comparison.
type Role int

// The roles.
const (
	Ours  Role = iota // becket itself
	Extra             // becket asked in another way: shown, not judged
	Limit             // what the work costs without any library
	Table             // the second limit of the split: one hash and a table
	Peer              // another library
)

// Contender is one implementation.
type Contender struct {
	Name    string
	Module  string // the module whose version is reported; "" for the limits
	Role    Role
	Prepare func(w scene.Workload, users *[scene.Rotation]scene.User) (*Runner, error)
}

// ErrUnsupported is what Prepare returns for a workload that the
// implementation cannot do, or cannot do in any time worth measuring.
var ErrUnsupported = errors.New("this workload is left out")

// Runner asks one workload's flag. Its loops are written out in every
// implementation, since calling each evaluation through a func value would
// add the same nanoseconds to all and so flatter the slow ones' ratios.
//
// The compiler cannot remove the work: each loop returns the sum of what it
// was answered (1 for on; the length of a split's text), the caller compares
// that sum with the one that it knows to be right, and the answers pass
// through map look-ups and atomic loads that are not provably pure.
//
// Functions that return a Runner are not inlined: into copies of a loop that
// come about so, the compiler does not inline the calls that it inlines
// anywhere else, and everybody would be measured slower than in a program.
type Runner struct {
	// Beforehand evaluates n times, in rotation from the first user on, with
	// subjects that were built before the call.
	Beforehand func(n int) uint64
	// InCall does the same, but builds the subject of five attributes anew
	// for each evaluation. Either of the two may be nil.
	InCall func(n int) uint64
	// Answer asks for any user, in the way InCall does.
	Answer func(u *scene.User) uint64
	// Close frees what Prepare started; nil where there is nothing.
	Close func()
}

// Shut calls Close where there is one.
func (r *Runner) Shut() {
	if r.Close != nil {
		r.Close()
	}
}
