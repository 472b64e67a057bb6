// Package timing lets other packages of this module follow the answers for some flags: it tells
// whether another ruleset can change them, and when the time changes them.
package timing

import (
	"crypto/sha256"
	"time"
)

// Answers describes everything on which the answers for some flags depend, except for the subject.
// It is safe for concurrent use.
type Answers struct {
	// Document is the SHA-256 of the document; zero if there is none.
	Document [sha256.Size]byte
	// Definitions is a digest of the flags' behaviour and of everything that they refer to,
	// directly or not. Digests of different processes cannot be compared.
	Definitions uint64
	// Local means that the answers also depend on something other than the document and the time,
	// which other processes may not have: overrides, or definitions of an earlier document.
	Local bool
	// At returns the state of the answers a while ago, by the client's clock.
	At func(ago time.Duration) State
}

// State is the state of some answers at one time. Equal states of one document are the same in all
// processes.
type State struct {
	// Steps is a digest of everything that changes at an instant: windows, the steps of ramps, and
	// whether the ruleset is older than a flag's "max_age".
	Steps uint64
	// Slopes is a digest of the percentages of linear ramps, rounded down to whole numbers.
	Slopes uint64
	// Wait is the time for which the state certainly stays, unless the clock is set or the source
	// confirms the ruleset. It is zero if the state never changes.
	Wait time.Duration
}

// Of returns the Answers for some flags of a becket.View. Package becket sets it when the program
// starts; this package cannot import package becket, which uses other packages of this folder.
var Of func(view any, flags []string) Answers
