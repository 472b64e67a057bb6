package flagd

import (
	"iter"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/lending"
)

// rules is a compiled document.
type rules struct {
	flags    map[string]*flag
	keys     []string // sorted
	v3       bool
	metadata map[string]any // the document's metadata
	bad      []becket.Bad
	warnings []error
}

// Errors of evaluations, which are created only once.
var (
	errTargeting = &becket.EvaluationError{
		Code: becket.CodeParseError, Message: "the targeting rule cannot be evaluated",
	}
	errVariant = &becket.EvaluationError{
		Code: becket.CodeGeneral, Message: "the targeting rule names no variant of the flag",
	}
)

// KeepsNothing promises that no evaluation keeps a part of a subject.
func (*rules) KeepsNothing() lending.Promise { return lending.Promise{} }

// Evaluate decides one flag for one subject. It keeps no part of the subject.
func (r *rules) Evaluate(key string, want becket.Kind, subject *becket.Subject, at *becket.Moment) becket.Result {
	if subject == nil {
		subject = &becket.Subject{}
	}
	f := r.flags[key]
	switch {
	case f == nil:
		return becket.Result{Reason: becket.ReasonError, Err: becket.ErrFlagNotFound}
	case f.err != nil:
		return becket.Result{Reason: becket.ReasonError, Err: f.err}
	case f.disabled:
		return becket.Result{Reason: becket.ReasonDisabled}
	case f.targeting == nil:
		return f.fallback.serve(want, f.staticReason())
	}
	e := evaluation{subject: subject, at: at, key: f.key, v3: r.v3}
	d := e.eval(f.targeting)
	result := f.result(&e, &d, want)
	result.Track = e.consulted && result.Err == nil
	return result
}

// Flags lists the flags in the order of their keys.
func (r *rules) Flags() iter.Seq[becket.FlagInfo] {
	return func(yield func(becket.FlagInfo) bool) {
		for _, key := range r.keys {
			if !yield(r.flags[key].describe()) {
				return
			}
		}
	}
}

// Flag describes one flag.
func (r *rules) Flag(key string) (becket.FlagInfo, bool) {
	f := r.flags[key]
	if f == nil {
		return becket.FlagInfo{}, false
	}
	return f.describe(), true
}

// Info describes the document.
func (r *rules) Info() becket.RulesInfo {
	return becket.RulesInfo{Flags: len(r.flags), Bad: slices.Clone(r.bad), Warnings: slices.Clone(r.warnings)}
}
