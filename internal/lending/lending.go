// Package lending lets the formats of this module be asked with memory that is used again.
//
// An evaluation must not let the compiler believe that a subject is kept: every subject would be on
// the heap then. Rules of a format are reached by an interface, so they are asked with a copy.
// Rules of somebody else's format get a copy of their own each time, which they may keep. Rules
// that are a [Borrower] keep nothing, and get copies in memory that the next evaluation uses again.
package lending

import "sync/atomic"

// Promise is the result of [Borrower]'s method. It holds nothing.
type Promise struct{}

// Borrower is implemented by rules that keep no part of a subject and no part of a flag's key when
// Evaluate has returned, and that hand neither to code outside of this module. Packages outside of
// the module cannot name Promise, so their types cannot implement Borrower.
type Borrower interface {
	KeepsNothing() Promise
}

// Poisoned makes lent memory be overwritten as soon as it is given back, and not be used again, so
// that a test sees rules that break their promise. Only tests set it.
var Poisoned atomic.Bool
