package becket

import (
	"time"
)

// Hooks are functions that the client calls. Nil ones cost nothing. OnChange, OnError and OnRefresh
// are called one after another, in the order of what happened, by goroutines that do nothing else:
// one that blocks delays the others and neither evaluations nor refreshing. They may call every
// method of the client, Close too. The first call may come before New has returned: hooks that need
// the client are given to [Client.Listen] instead. A panic in a hook is recovered, counted in
// [Status] and reported; a hook that ends its goroutine by runtime.Goexit, as t.FailNow does, ends
// nothing else.
type Hooks struct {
	// OnChange gets what differs between the ruleset served before and the one that replaced it;
	// where no flag and no segment does, it is not called, and neither for what New finds on disk
	// or in the bootstrap. A hook that is so slow that 16 rulesets wait for it gets the latest of
	// them joined: still every difference once, but not every step on the way.
	OnChange func(Changes)

	// OnError gets every failure: a [*DeliveryError] for what the client does, a [Bad] for each
	// flag or segment that a new document had to set aside. Those that a slow hook makes wait are
	// dropped beyond 256, and counted in [Status].
	OnError func(error)

	// OnRefresh gets the outcome of every refresh, for metrics; it is dropped and counted as
	// OnError's events are.
	OnRefresh func(Refresh)

	// OnEvaluate gets every evaluation. It runs inside the evaluation, on the goroutine of who
	// asked, so it must be fast and safe for concurrent use. With it, an evaluation copies its
	// subject; private attributes are hidden in the copy. An evaluation that it makes itself is
	// answered and told to no hook.
	OnEvaluate func(Evaluation)
}

// Evaluation is what OnEvaluate gets: one answer, and for whom. It is a copy, which the hook may
// keep.
type Evaluation struct {
	Subject     Subject // private attributes hidden
	Flag        string
	Variant     string // "" where the caller's default is served
	Value       any    // the variant's, as in [View.All], the hook's own; nil where the caller's default is served
	Rule        string
	Reason      Reason
	Revision    int64
	Environment string
	Tier        Tier
	Err         error // nil, or an *EvaluationError
	Time        time.Time
}

// Refresh is how one refresh went.
type Refresh struct {
	Outcome  Outcome
	Err      error         // nil unless Outcome is OutcomeFailed
	Duration time.Duration // of fetching, checking, compiling and keeping, by the monotonic clock
	Bytes    int           // size of the document after decompression; 0 where none came
	Revision int64         // of the ruleset served after it
}

// Outcome says how a refresh went.
type Outcome string

// The outcomes.
const (
	OutcomePublished   Outcome = "published"    // a new ruleset is served
	OutcomeNotModified Outcome = "not_modified" // the source confirmed the one in use
	OutcomeFailed      Outcome = "failed"       // what was served before still is
)

// Cause says which part of the work failed.
type Cause string

// The causes.
const (
	CauseFetch     Cause = "fetch"     // the source gave no document
	CauseSignature Cause = "signature" // it is not signed, or not by a trusted key
	CauseDocument  Cause = "document"  // it could not be decoded
	CauseRefused   Cause = "refused"   // it is sound but must not replace the ruleset in use
	CauseDisk      Cause = "disk"      // the disk copy could not be read or written
	CauseHook      Cause = "hook"      // a hook, a sink, a logger, a clock or the rules of a format panicked
	CauseSink      Cause = "sink"      // the sink did not take a batch of exposures
	CauseOverride  Cause = "override"  // the file of overrides could not be read again
)

// DeliveryError is a failure on the way from the source to the ruleset. What is served is not
// touched by it.
type DeliveryError struct {
	Cause Cause
	Err   error
}

// Error returns the text of what went wrong, with becket's prefix.
func (e *DeliveryError) Error() string {
	if e == nil {
		return noError
	}
	return "becket: " + string(e.Cause) + ": " + trimPrefix(e.Err)
}

// Unwrap returns what went wrong.
func (e *DeliveryError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Misfit tells of an object that does not fit the type that the program decodes it into: each check
// gets the caller's default.
type Misfit struct {
	Flag   string
	Type   string // the Go type that was asked for
	Checks uint64 // how many checks got their default for it
	Err    error  // the last of the decoder's errors
}

// maxMisfits is how many misfits of one ruleset are told.
const maxMisfits = 100
