package becket

import (
	"time"

	"github.com/becketflags/becket/internal/match"
)

// evaluation is what one check carries along, and where it leaves how it came about. It lives on
// the caller's stack, and is filled in place: returning structs of this size costs more than
// deciding.
//
// What a usual check writes into it is no pointer: while the garbage collector marks, writing
// pointers is slow.
type evaluation struct {
	subject   Subject
	now       match.Instant  // only for flags with time in them
	age       time.Duration  // likewise
	asked     *asking        // nil: nobody wants to know which flags are asked on the way
	trace     *tracing       // nil: nobody wants an explanation
	missing   *attributeName // the first attribute that was asked for in vain
	unit      *attributeName // the attribute that was hashed last; nil: the targeting key, or none
	consulted bool           // a percentage, ramp, layer or split was asked
	track     bool           // the evaluation counts as an exposure

	// The two attributes found last, since the rules of a flag mostly ask for the same ones.
	found [2]foundAttribute
	turn  uint8 // which of them is forgotten next

	effort effort // what long texts and lists have cost so far

	// The release that a version was last, and of which attribute it is; 0: none.
	release     uint64
	releaseName uint64

	// Of the flag decided last, which is the one asked for when all is done.
	reason reason
	failed failure
	rule   int32 // the number of the rule that applied, from 1; 0: none
}

// failure is why a flag could not be decided, as an evaluation notes it; 0: it could. It is no
// pointer to the error also because escape analysis would take what is returned of an evaluation
// for a part of its subject.
type failure uint8

const (
	failedUnknown    failure = iota + 1 // there is no such flag
	failedDefinition                    // it could not be read
	failedType                          // it is of another type
	failedKey                           // it splits, and the subject has no key
)

// err returns the error. f is the flag that was asked for, as a want.
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

// foundAttribute says where in the subject's list an attribute was found.
type foundAttribute struct {
	name  uint64 // its number; 0: nothing yet
	place int
}

// find returns the value of an attribute, the zero Value where it is missing.
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

// version applies a constraint to the text of an attribute. Rules mostly ask for one and the same
// version, which is read once.
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

// noteMissing notes an attribute that the subject does not have.
func (e *evaluation) noteMissing(attribute *attributeName) {
	if e.missing == nil {
		e.missing = attribute
	}
}

// settle notes how a flag was decided, and returns the variant.
func (e *evaluation) settle(variant *Variant, reason reason, rule int) *Variant {
	e.rule, e.reason, e.failed = int32(rule), reason, 0
	return variant
}

// fail notes why a flag could not be decided.
func (e *evaluation) fail(why failure) *Variant {
	e.rule, e.reason, e.failed = 0, reasonError, why
	return nil
}

// result returns what Rules.Evaluate gives. f is the flag that was asked for, as a want.
func (e *evaluation) result(f *flag, want Kind, variant *Variant) Result {
	r := Result{Variant: variant, Reason: e.reason.word(), Track: e.track}
	if e.failed != 0 {
		r.Err = e.failed.err(f, want)
	}
	if e.missing != nil {
		r.Missing = e.missing.far().text
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

// Evaluate decides one flag for one subject, in the order of docs/ruleset.md. It is safe for
// concurrent use and allocates nothing. A nil subject is the zero Subject.
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

// answerFast is answer for who wants the variant alone.
func (f *flag) answerFast(subject Subject, want Kind, at *Moment) *Variant {
	e := evaluation{subject: subject}
	if f != nil && f.rare == nil && !f.timed && f.kind == want {
		return f.decide(&e) // there is nothing to prepare
	}
	return f.answer(&e, want, at)
}

// answer returns the variant to serve, nil for the caller's default; e tells the rest. A nil
// flag is not found.
func (f *flag) answer(e *evaluation, want Kind, at *Moment) *Variant {
	switch {
	case f == nil:
		return e.fail(failedUnknown)
	case f.rare != nil && f.rare.err != nil:
		return e.fail(failedDefinition)
	case !f.kind.readableAs(want):
		return e.fail(failedType)
	}
	if f.timed {
		e.now, e.age = match.InstantOf(at.Now()), at.Age()
	}
	var variant *Variant
	if e.trace == nil {
		variant = f.decide(e) // not by evaluate, which would be one more call
	} else {
		variant = e.trace.flag(e, f)
	}
	if e.failed == 0 {
		e.track = f.tracks(e)
	}
	return variant
}

// tracks reports whether the evaluation of the flag is to be counted.
func (f *flag) tracks(e *evaluation) bool {
	return f.track == trackAll || f.track == trackSplits && e.consulted
}

// decideTraced decides the flag, also as a requirement or condition of another.
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

// decideByTests is decide for who wants the variant alone, and for a flag of which every rule is one
// test that serves one variant. Then there is nothing to note on the way.
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

// forbids returns why the flag serves "off" whatever its rules say, 0 for no reason.
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

// matches reports whether the rule's condition is true and its gate open. An attribute that is
// missed on the way counts only when it keeps the rule from applying.
func (r *rule) matches(e *evaluation) bool {
	if r.gate != nil && r.gate.window != nil && !r.gate.open(e) {
		return false
	}
	missed := e.missing != nil
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
	if result != unknown && !missed && e.missing != nil {
		e.missing = nil
	}
	if result != yes {
		return false
	}
	return r.gate == nil || r.gate.admits(e)
}

// pick returns the variant that the rule serves, nil where it splits and the subject has no key:
// then the next rule is asked. It is the flag's rule of that number.
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

// draw returns the variant that the subject draws, nil without a key: there is nothing to draw
// with.
func (s *split) draw(e *evaluation, rule int) *Variant {
	hash, ok := s.hash(e)
	if !ok {
		if e.trace != nil {
			e.trace.note(Step{What: "split", Outcome: "draws nothing", Note: bucketNote(0, false)})
		}
		return nil
	}
	winner := s.winner(hash)
	if e.trace != nil {
		e.trace.split(s, hash, winner)
	}
	return e.settle(winner.variant, reasonSplit, rule)
}
