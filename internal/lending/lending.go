// Package lending lets the formats of this module evaluate flags with pooled memory.
//
// If the compiler assumed that an evaluation keeps its subject, every subject would be on the heap.
// Rules of a format are called through an interface, for which the compiler must assume this, so
// they get a copy. Rules of another module get a new copy for each call, which they may keep. Rules
// that implement [Borrower] promise to keep nothing, and get copies in memory that the next
// evaluation uses again.
package lending

import "sync/atomic"

// Promise is the result of [Borrower]'s method. It has no content.
type Promise struct{}

// Borrower is implemented by rules that keep no part of the subject and of the flag's key after
// Evaluate has returned, and that pass no part of them to code outside of this module. Packages
// outside of the module cannot use the type Promise, so their types cannot implement Borrower.
type Borrower interface {
	KeepsNothing() Promise
}

// Poisoned makes lent memory be overwritten when it is given back, and never be used again, so that
// tests detect rules that break their promise. Only tests set it.
var Poisoned atomic.Bool
