package becket

import (
	"time"

	"github.com/becketflags/becket/internal/wording"
)

// Hooks are functions that the client calls. A nil function costs nothing. OnChange, OnError and
// OnRefresh are called one at a time, in the order of the events, by goroutines that do nothing
// else: a hook that blocks delays other hooks, but no evaluation and no refresh. They may call
// every method of the client, including Close. The first call may come before New has returned, so
// hooks that need the client should be installed with [Client.Listen] instead. A panic in a hook is
// recovered, counted in [Status] and reported. A hook that calls runtime.Goexit, as t.FailNow does,
// ends only its own call.
type Hooks struct {
	// OnChange receives the differences between the previous ruleset and the one that replaced it.
	// It is not called if no flag and no segment differs, or for the ruleset that New takes from
	// disk or the bootstrap. If the hook is so slow that 16 rulesets wait for it, the latest are
	// joined into one call, with the differences between the first and the last of them.
	OnChange func(Changes)

	// OnError receives every failure: a [*DeliveryError] for the client's own work, and a [Bad] for
	// each invalid flag or segment of a new document. At most 256 events wait for slow hooks: the
	// failures and outcomes of refreshes, and the invalid parts of a document, which are one event.
	// Further ones are dropped and counted in [Status].
	OnError func(error)

	// OnRefresh receives the outcome of every refresh, for metrics. Outcomes count among the 256
	// waiting events that OnError describes.
	OnRefresh func(Refresh)

	// OnEvaluate receives every evaluation. It runs within the evaluation, on the goroutine of the
	// caller, so it must be fast and safe for concurrent use. If it is set, each evaluation copies
	// the subject, without the values of private attributes. An evaluation that the hook itself
	// makes returns its value, but is not reported to any hook.
	OnEvaluate func(Evaluation)
}

// Evaluation is one evaluation, with its subject and its result, for OnEvaluate. It is a copy,
// which the hook may keep.
type Evaluation struct {
	Subject Subject // without the values of private attributes, see [WithPrivateAttributes]
	Flag    string
	Variant string // "" if the caller's default is served
	// the variant's value, in the form of [View.All], as a copy for the hook; nil if the caller's
	// default is served
	Value       any
	Rule        string
	Reason      Reason
	Revision    int64
	Environment string
	Tier        Tier
	Err         error // nil, or an *EvaluationError
	Time        time.Time
}

// Refresh is the result of one refresh. Without an error, a new ruleset is in use, unless
// NotModified is set.
type Refresh struct {
	NotModified bool  // the source confirmed the ruleset in use
	Err         error // the cause of a failure, after which the previous ruleset stays in use
	// time for fetching, checking and compiling, by the monotonic clock; writing the disk copy is
	// not included
	Duration time.Duration
	Bytes    int   // size of the document after decompression; 0 if none was received
	Revision int64 // revision of the ruleset in use after the refresh
}

// Cause says which part of the client's work failed.
type Cause string

// The causes.
const (
	CauseFetch     Cause = "fetch"     // the source returned no document
	CauseSignature Cause = "signature" // the document is not signed, or not with a trusted key
	CauseDocument  Cause = "document"  // the document could not be decoded
	CauseRefused   Cause = "refused"   // a valid document must not replace the ruleset in use
	CauseDisk      Cause = "disk"      // the disk copy could not be read or written
	CauseHook      Cause = "hook"      // a hook, sink, clock, format or source's Close panicked
	CauseSink      Cause = "sink"      // the sink did not take a batch of exposures
	CauseSignal    Cause = "signal"    // a signal could not be connected, or was lost
	CauseOverride  Cause = "override"  // the file of overrides could not be read again
)

// DeliveryError is a failure of the client's work, with its cause. The ruleset in use stays.
type DeliveryError struct {
	Cause Cause
	Err   error
}

// Error returns becket's prefix, the cause and the text of Err.
func (e *DeliveryError) Error() string {
	if e == nil {
		return noError
	}
	return "becket: " + string(e.Cause) + ": " + wording.Unprefixed(e.Err)
}

// Unwrap returns Err.
func (e *DeliveryError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Misfit reports checks that cannot get their flag's value and return the caller's default: the
// flag is unknown, it is of another type, or it is an object that does not fit the Go type into
// which the program decodes it.
type Misfit struct {
	Flag   string
	Type   string // the type that was asked for, such as "boolean"; for an object, the Go type
	Checks uint64 // number of checks that returned the default because of it
	// the last *EvaluationError; for an object that does not fit, its Cause is the decoder's error
	Err error
}

// maxMisfits is the greatest number of misfits that are reported for one ruleset.
const maxMisfits = 100

// repeatEvery is the time after which invalid flags and misfits are logged again, while they last.
const repeatEvery = time.Hour
