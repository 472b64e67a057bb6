package becket

import (
	"time"

	"github.com/becketflags/becket/internal/match"
)

// evaluation is the state of one check and holds its result. It lives on the caller's stack and is
// filled in place, because returning a struct of this size would cost more than the decision
// itself.
//
// A usual check writes no pointers into it, because writing pointers is slow while the garbage
// collector marks.
type evaluation struct {
	subject Subject
	now     match.Instant // only set for flags that depend on time
	age     time.Duration // the rules' age; only set for flags that depend on time
	// records the flags that are evaluated on the way; nil if that is not needed
	asked   *asking
	trace   *tracing       // records the explanation; nil for ordinary checks
	missing *attributeName // the first attribute that the subject lacked
	// the first test that cannot use the attribute that the subject has; see unfitReason
	unfit *condition
	// the attribute that was hashed last; nil for the targeting key or none
	unit      *attributeName
	consulted bool // a percentage, ramp, layer or split was evaluated
	track     bool // the evaluation counts as an exposure

	// The two attributes that were found last. The rules of a flag mostly test the same attributes.
	found [2]foundAttribute
	turn  uint8 // the one to replace next, by its lowest bit

	unfitReason unfitReason

	effort effort // steps spent on long texts and lists so far

	// The last version that was packed as a release, and the number of its attribute; 0 for none.
	release     uint64
	releaseName uint64

	// The result of the flag that was decided last. Flags that it depends on are decided before it,
	// so at the end this is the flag of the check.
	reason reason
	failed failure
	rule   int32 // the number of the rule that applied, from 1; 0 for none
}

// failure says why a flag could not be decided; 0 means that it could. It is not a pointer to an
// error, because escape analysis would treat a pointer that comes from an evaluation as part of the
// subject.
type failure uint8

const (
	failedUnknown    failure = iota + 1 // the flag does not exist
	failedDefinition                    // the definition could not be read
	failedType                          // the flag is of another type
	failedKey                           // the flag splits, and the subject has no key
)

// err returns the error for the failure. f is the flag of the check, and want the type that the
// caller asked for.
func (n failure) err(f *flag, want Kind) *EvaluationError {
	switch n {
	case failedUnknown:
		return ErrFlagNotFound
	case failedDefinition:
		return f.failure()
	case failedType:
		return TypeMismatch(want, f.kind)
	case failedKey:
		return ErrTargetingKeyMissing
	default:
		return nil
	}
}

// foundAttribute is the place of an attribute in the subject's list.
type foundAttribute struct {
	name  uint64 // the attribute's number; 0 if the entry is empty
	place int
}

// find returns the value of an attribute, or the zero Value if the subject lacks it.
func (e *evaluation) find(name *attributeName) Value {
	for i := range e.found {
		if e.found[i].name == name.number {
			return e.subject.list()[e.found[i].place].value
		}
	}
	value, place := e.subject.locate(name)
	if place >= 0 {
		e.found[e.turn&1] = foundAttribute{name.number, place}
		e.turn++
	}
	return value
}

// version applies a constraint to the text of an attribute. Most rules test the same attribute, so
// its version is parsed once.
func (e *evaluation) version(name *attributeName, text string, constraint *match.Constraint) truth {
	if !constraint.TakesReleases() {
		return versionWithin(constraint, text)
	}
	if e.releaseName != name.number {
		release, ok := match.PackRelease(text)
		if !ok {
			return versionWithin(constraint, text)
		}
		e.release, e.releaseName = release, name.number
	}
	return truthOf(constraint.ContainsRelease(e.release))
}

// noteMissing records an attribute that the subject lacks, if it is the first.
func (e *evaluation) noteMissing(attribute *attributeName) {
	if e.missing == nil {
		e.missing = attribute
	}
}

// noteUnfit records a test that cannot use the attribute that the subject has, if it is the first.
func (e *evaluation) noteUnfit(c *condition, kind Kind) {
	if e.unfit == nil {
		e.unfit, e.unfitReason = c, unfitReason{c.operator, kind}
	}
}

// settle records the decision of a flag, and returns the variant.
func (e *evaluation) settle(variant *Variant, reason reason, rule int) *Variant {
	e.rule, e.reason, e.failed = int32(rule), reason, 0
	return variant
}

// fail records why a flag could not be decided, and returns nil.
func (e *evaluation) fail(why failure) *Variant {
	e.rule, e.reason, e.failed = 0, reasonError, why
	return nil
}

// result returns the result for Rules.Evaluate; see [failure.err] for f and want.
func (e *evaluation) result(f *flag, want Kind, variant *Variant) Result {
	r := Result{Variant: variant, Reason: e.reason.word(), Track: e.track}
	if e.failed != 0 {
		r.Err = e.failed.err(f, want)
	}
	if e.missing != nil {
		r.Missing = e.missing.far().text
	}
	if e.unfit != nil {
		r.Unfit, r.UnfitReason = e.unfit.attribute.far().text, e.unfitReason.text()
	}
	if e.rule > 0 {
		r.Rule = f.rules[e.rule-1].name
	}
	if e.unit != nil {
		r.Unit = e.unit.far().text
	}
	if f != nil {
		r.Behaviour = f.behaviour
	}
	return r
}

// Evaluate decides one flag for one subject, in the order that docs/ruleset.md describes. It is
// safe for concurrent use and allocates nothing. A nil subject counts as the zero Subject.
func (r *ruleset) Evaluate(key string, want Kind, subject *Subject, at *Moment) Result {
	if subject == nil {
		subject = &Subject{}
	}
	return r.evaluate(key, want, subject, at)
}

func (r *ruleset) evaluate(key string, want Kind, subject *Subject, at *Moment) Result {
	e := evaluation{subject: *subject}
	f := r.flags.find(key)
	variant := f.answer(&e, want, at)
	return e.result(f, want, variant)
}

// answerFast is answer for callers that need only the variant.
func (f *flag) answerFast(subject Subject, want Kind, at *Moment) *Variant {
	e := evaluation{subject: subject}
	if f != nil && f.rare == nil && !f.timed && f.kind == want {
		return f.decide(&e) // no preparation is needed
	}
	return f.answer(&e, want, at)
}

// answer returns the variant to serve, or nil for the caller's default, and leaves the rest of the
// result in e. A nil flag means that the flag was not found.
func (f *flag) answer(e *evaluation, want Kind, at *Moment) *Variant {
	switch {
	case f == nil:
		return e.fail(failedUnknown)
	case f.rare != nil && f.rare.err != nil:
		return e.fail(failedDefinition)
	case !match.Readable(f.kind, want):
		return e.fail(failedType)
	}
	if f.timed {
		e.now, e.age = match.InstantOf(at.Now()), at.age()
	}
	var variant *Variant
	if e.trace == nil {
		variant = f.decide(e) // called directly: decideTraced would be one more call
	} else {
		variant = e.trace.flag(e, f)
	}
	if e.failed == 0 {
		e.track = f.tracks(e)
	}
	return variant
}

// tracks reports whether the evaluation of the flag counts as an exposure.
func (f *flag) tracks(e *evaluation) bool {
	return f.track == trackAll || f.track == trackSplits && e.consulted
}

// decideTraced decides a flag that another flag refers to, and records it in the trace or in
// e.asked if the check has one of them.
func (f *flag) decideTraced(e *evaluation) *Variant {
	switch {
	case e.trace != nil:
		return e.trace.flag(e, f)
	case e.asked != nil:
		return e.asked.decideAndNote(e, f)
	default:
		return f.decide(e)
	}
}

func (f *flag) decide(e *evaluation) *Variant {
	switch {
	case f.rare != nil && f.rare.err != nil:
		return e.fail(failedDefinition)
	case !f.enabled:
		return e.settle(f.off, reasonDisabled, 0)
	case f.rare != nil:
		if reason := f.rare.forbids(e); reason != 0 {
			return e.settle(f.off, reason, 0)
		}
	}
	for i := range f.rules {
		r := &f.rules[i]
		if e.trace == nil && r.matches(e) || e.trace != nil && e.trace.rule(e, r) {
			if variant := r.pick(e, i+1); variant != nil {
				return variant
			}
		}
	}
	if f.defaultServe.split != nil {
		variant := f.defaultServe.split.draw(e, 0)
		if variant == nil {
			return e.fail(failedKey)
		}
		return variant
	}
	if len(f.rules) == 0 {
		return e.settle(f.defaultServe.variant, reasonStatic, 0)
	}
	return e.settle(f.defaultServe.variant, reasonDefault, 0)
}

// decideByTests is decide for flags whose rules each have one test and serve one variant. It
// returns only the variant and records nothing; see [flag.precompute].
func (f *flag) decideByTests(subject Subject) *Variant {
	var spent effort
	for i := range f.rules {
		r := &f.rules[i]
		c := &r.conditions[0]
		value, _ := subject.locate(c.attribute)
		if c.test(value, &spent) == yes {
			return r.serve.variant
		}
	}
	return f.defaultServe.variant
}

// forbids returns the reason why the flag serves "off" before any rule is evaluated, or 0 if there
// is none.
func (f *rareFields) forbids(e *evaluation) reason {
	if f.maxAge > 0 && e.age > f.maxAge {
		return reasonStale
	}
	for i := range f.requires {
		if f.requires[i].required(e) != yes {
			return reasonPrerequisiteFailed
		}
	}
	return 0
}

// matches reports whether the rule's conditions are true and its gate admits the subject. An
// attribute that is missing, or that an operator cannot use, is reported only if that prevents the
// rule from applying.
func (r *rule) matches(e *evaluation) bool {
	if r.gate != nil && r.gate.window != nil && !r.gate.open(e) {
		return false
	}
	missed, unfit := e.missing != nil, e.unfit != nil
	var result truth
	switch {
	case len(r.conditions) == 0:
		result = yes
	case len(r.conditions) == 1:
		result = r.conditions[0].holds(e)
	case e.trace != nil:
		result = e.trace.all(e, r.conditions)
	default:
		result = allHold(r.conditions, e)
	}
	if result != unknown {
		if !missed && e.missing != nil {
			e.missing = nil
		}
		if !unfit && e.unfit != nil {
			e.unfit = nil
		}
	}
	if result != yes {
		return false
	}
	return r.gate == nil || r.gate.admits(e)
}

// pick returns the variant that the rule serves. It returns nil if the rule splits and the subject
// has no key; the flag then goes on with the next rule. number is the rule's number in the flag,
// from 1.
func (r *rule) pick(e *evaluation, number int) *Variant {
	switch {
	case r.serve.split != nil:
		return r.serve.split.draw(e, number)
	case r.gate.rolls():
		return e.settle(r.serve.variant, reasonSplit, number)
	default:
		return e.settle(r.serve.variant, reasonTargetingMatch, number)
	}
}

// draw returns the variant that the subject's key draws, or nil if the subject has no key.
func (s *split) draw(e *evaluation, rule int) *Variant {
	hash, ok := s.hash(e)
	if !ok {
		if e.trace != nil {
			e.trace.note(Step{What: "split", Outcome: "draws nothing", Note: bucketNote(e, 0, false)})
		}
		return nil
	}
	winner := s.winner(hash)
	if e.trace != nil {
		e.trace.split(s, hash, winner)
	}
	return e.settle(winner.variant, reasonSplit, rule)
}
