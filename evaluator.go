package becket

import (
	"time"

	"github.com/becketflags/becket/internal/match"
)

// evaluation is what one check carries along, and where it leaves how it came about. It lives on the caller's stack, and is
// filled in place: returning structs of this size costs more than deciding.
type evaluation struct {
	subject   Subject
	now       match.Instant // only for flags with time in them
	age       time.Duration // likewise
	trace     *trace        // nil: nobody wants an explanation
	missing   string        // the first attribute that was asked for in vain
	consulted bool          // a percentage, ramp, layer or split was asked
	track     bool          // the evaluation counts as an exposure

	// Of the flag decided last, which is the one asked for when all is done.
	rule   *rule // nil: none applied
	reason Reason
	err    *EvaluationError
}

// lacks notes an attribute that the subject does not have.
func (e *evaluation) lacks(attribute string) {
	if e.missing == "" {
		e.missing = attribute
	}
}

// settle notes how a flag was decided, and returns the variant.
func (e *evaluation) settle(variant *Variant, reason Reason, by *rule) *Variant {
	e.rule, e.reason, e.err = by, reason, nil
	return variant
}

// fail notes why a flag could not be decided.
func (e *evaluation) fail(err *EvaluationError) *Variant {
	e.rule, e.reason, e.err = nil, ReasonError, err
	return nil
}

// result returns what Rules.Evaluate gives.
func (e *evaluation) result(variant *Variant) Result {
	r := Result{Variant: variant, Reason: e.reason, Err: e.err, Missing: e.missing, Track: e.track}
	if e.rule != nil {
		r.Rule = e.rule.name
	}
	return r
}

// Evaluate decides one flag for one subject, in the order of docs/ruleset.md. It is safe for concurrent use and allocates
// nothing.
func (r *ruleset) Evaluate(key string, want Kind, subject *Subject, at *Moment) Result {
	e := evaluation{subject: *subject}
	variant := r.decide(&e, key, want, at)
	return e.result(variant)
}

// decide returns the variant to serve, nil for the caller's default; e tells the rest.
func (r *ruleset) decide(e *evaluation, key string, want Kind, at *Moment) *Variant {
	f := r.flags[key]
	switch {
	case f == nil:
		return e.fail(ErrFlagNotFound)
	case f.err != nil:
		return e.fail(f.err)
	case want != f.kind && !f.converts(want):
		return e.fail(TypeMismatch(want, f.kind))
	}
	if f.timed {
		e.now, e.age = match.InstantOf(at.Now()), at.Age()
	}
	variant := f.evaluate(e)
	if e.err == nil {
		e.track = f.track == trackAll || f.track == trackSplits && e.consulted
	}
	return variant
}

// evaluate decides the flag, also as a requirement or condition of another.
func (f *flag) evaluate(e *evaluation) *Variant {
	if e.trace != nil {
		return e.trace.flag(e, f)
	}
	return f.decide(e)
}

func (f *flag) decide(e *evaluation) *Variant {
	switch {
	case f.err != nil:
		return e.fail(f.err)
	case !f.enabled:
		return e.settle(f.off, ReasonDisabled, nil)
	case f.maxAge > 0 && e.age > f.maxAge:
		return e.settle(f.off, ReasonStale, nil)
	}
	for i := range f.requires {
		if f.requires[i].required(e) != yes {
			return e.settle(f.off, ReasonPrerequisiteFailed, nil)
		}
	}
	for i := range f.rules {
		if r := &f.rules[i]; r.applies(e) {
			return r.decide(e)
		}
	}
	return f.byDefault(e)
}

// applies reports whether the rule's condition is true and its gate open.
func (r *rule) applies(e *evaluation) bool {
	if e.trace != nil {
		return e.trace.rule(e, r)
	}
	return r.matches(e)
}

// matches is applies without a trace. An attribute that is missed on the way counts only when it keeps the rule from applying.
func (r *rule) matches(e *evaluation) bool {
	if r.gate != nil && !r.gate.open(e) {
		return false
	}
	if r.condition != nil {
		missing := e.missing
		result := r.condition.holds(e)
		if result != unknown {
			e.missing = missing
		}
		if result != yes {
			return false
		}
	}
	return r.gate == nil || r.gate.admits(e)
}

func (r *rule) decide(e *evaluation) *Variant {
	if r.serve.split != nil {
		return r.serve.split.decide(e, r)
	}
	if r.gate.rolls() {
		return e.settle(r.serve.variant, ReasonSplit, r)
	}
	return e.settle(r.serve.variant, ReasonTargetingMatch, r)
}

func (f *flag) byDefault(e *evaluation) *Variant {
	switch {
	case f.otherwise.split != nil:
		return f.otherwise.split.decide(e, nil)
	case len(f.rules) == 0:
		return e.settle(f.otherwise.variant, ReasonStatic, nil)
	default:
		return e.settle(f.otherwise.variant, ReasonDefault, nil)
	}
}

// decide returns the variant that the subject draws. Without a key there is nothing to draw with.
func (s *split) decide(e *evaluation, by *rule) *Variant {
	hash, ok := s.hash(e)
	if !ok {
		return e.fail(ErrTargetingKeyMissing)
	}
	winner := s.winner(hash)
	if e.trace != nil {
		e.trace.split(s, hash, winner)
	}
	return e.settle(winner.variant, ReasonSplit, by)
}
