// Package contender defines the interface of an implementation, and checks its answers before the
// measurement.
package contender

import (
	"errors"

	"github.com/becketflags/becket/benchmarks/scene"
)

// Role is the role of an implementation in the comparison.
type Role int

// The roles.
const (
	Ours  Role = iota // becket itself
	Extra             // becket used in another way: shown, not judged
	Limit             // the work without any library
	Table             // the second limit of the split: one hash and a table
	Peer              // another library
)

// Contender is one implementation.
type Contender struct {
	Name    string
	Module  string // the module whose version is reported; "" for the limits
	Role    Role
	Prepare func(w scene.Workload, users *scene.AllUsers) (*Runner, error)
}

// ErrUnsupported is returned by Prepare if the implementation cannot do the workload, or not in a
// time worth measuring.
var ErrUnsupported = errors.New("this workload is left out")

// Runner evaluates one workload's flag. Every implementation has its own loops, because calls
// through a func value would add the same nanoseconds to all and so improve the ratios of slow
// libraries.
//
// The compiler cannot remove the work: each loop returns the sum of its answers (1 for on; the
// length of a split's text), the caller compares it with the right sum, and the answers pass
// through map look-ups and atomic loads that are not provably pure.
//
// Functions that return a Runner are not inlined. Inlining would copy their loops, the compiler
// inlines no calls into such copies, and all libraries would be slower than in a program.
type Runner struct {
	// Beforehand evaluates n times, in rotation from the first user on, with
	// subjects that were built before the call.
	Beforehand func(n int) uint64
	// InCall does the same, but builds the subject of five attributes for each evaluation. Either
	// of the two may be nil.
	InCall func(n int) uint64
	// Answer asks for any user, in the way InCall does.
	Answer func(u *scene.User) uint64
	// Close frees the resources of Prepare; nil if there are none.
	Close func()
}

// Shut calls Close unless it is nil.
func (r *Runner) Shut() {
	if r.Close != nil {
		r.Close()
	}
}
