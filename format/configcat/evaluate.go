package configcat

import (
	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/lending"
)

// Attributes that ConfigCat treats unlike all others.
const (
	identifier = "Identifier"
	keyName    = "key"
)

// evaluation is the state of one check. It lives on the stack.
type evaluation struct {
	subject   *becket.Subject
	nobody    bool                    // there is no user
	missing   string                  // the first attribute that was looked up and not found
	consulted bool                    // percentage options were reached
	err       *becket.EvaluationError // why the evaluation ended
	guard     *guard                  // nil for settings that cost little

	steps      int
	exhausted  bool // the evaluation needs more steps than allowed
	counted    bool // whether attributes is known
	attributes int  // number of the user's attributes
}

// outcome is the result of evaluating a setting.
type outcome struct {
	variant *becket.Variant
	rule    *rule // nil if no rule matched
	split   bool  // a percentage option decided
	err     *becket.EvaluationError
}

// KeepsNothing promises that no evaluation keeps a part of a subject.
func (*rules) KeepsNothing() lending.Promise { return lending.Promise{} }

// Evaluate decides one setting for one subject. It is safe for concurrent use.
func (r *rules) Evaluate(
	flag string, want becket.Kind, subject *becket.Subject, _ *becket.Moment,
) (result becket.Result) {
	if subject == nil {
		subject = &becket.Subject{}
	}
	s := r.settings[flag]
	result.Reason = becket.ReasonError
	switch {
	case s == nil:
		result.Err = becket.ErrFlagNotFound
		return result
	case s.err != nil:
		result.Err = s.err
		return result
	case want != s.kind && want != becket.KindAny:
		result.Err = becket.TypeMismatch(want, s.kind)
		return result
	}
	e := evaluation{subject: subject, nobody: subject.IsZero()}
	if s.guarded {
		e.guard = newGuard()
	}
	o := e.prerequisite(s)
	if e.exhausted {
		o.err = errTooLong
	}
	result.Missing = e.missing
	if o.err != nil {
		result.Err = o.err
		return result
	}
	result.Variant, result.Reason, result.Track = o.variant, s.reason(&o), e.consulted
	if o.rule != nil {
		result.Rule = o.rule.name
	}
	return result
}

func (s *setting) reason(o *outcome) becket.Reason {
	switch {
	case o.split:
		return becket.ReasonSplit
	case o.rule != nil:
		return becket.ReasonTargetingMatch
	case len(s.rules) == 0 && !s.options.there():
		return becket.ReasonStatic
	default:
		return becket.ReasonDefault
	}
}

// prerequisite evaluates a setting, either the one that the caller asked for or the one that a
// condition requires.
func (e *evaluation) prerequisite(s *setting) outcome {
	if e.guard != nil {
		return e.guard.evaluate(e, s)
	}
	return s.evaluate(e)
}

func (s *setting) evaluate(e *evaluation) outcome {
	if s.err != nil {
		return outcome{err: s.err}
	}
	if s.rulesErr != nil {
		return outcome{err: s.rulesErr}
	}
	for i := range s.rules {
		if o := s.rules[i].evaluate(e, s); o.variant != nil || o.err != nil {
			return o
		}
	}
	if o := s.options.evaluate(e, s); o.variant != nil || o.err != nil {
		return o
	}
	return s.served.outcome()
}

// evaluate returns an empty outcome if the rule does not apply.
func (r *rule) evaluate(e *evaluation, s *setting) outcome {
	switch e.all(r.conditions) {
	case yes:
	case fatal:
		return outcome{err: e.err}
	default:
		return outcome{}
	}
	if r.err != nil {
		return outcome{err: r.err}
	}
	o := outcome{}
	if r.serves {
		o = r.served.outcome()
	} else {
		o = r.options.evaluate(e, s)
	}
	if o.variant != nil {
		o.rule = r
	}
	return o
}

func (v *served) outcome() outcome {
	if v.err != nil {
		return outcome{err: v.err}
	}
	return outcome{variant: &v.variant}
}

// evaluate returns an empty outcome if the options are skipped: if there is no user, or if the
// attribute to hash is missing.
func (o *options) evaluate(e *evaluation, s *setting) outcome {
	if !o.there() {
		return outcome{}
	}
	if o.err != nil {
		return outcome{err: o.err}
	}
	e.consulted = true
	if !e.lookUp() {
		return outcome{err: errTooLong}
	}
	value, ok := e.attribute(o.attribute)
	if e.nobody || !ok {
		e.noteMissing(o.attribute)
		return outcome{}
	}
	hashed := len(s.key) + len(value.Text())
	if !e.convert(value) || !e.spend(hashSteps+hashed/(bytesPerStep/2)+len(o.list)/itemsPerStep) {
		return outcome{err: errTooLong}
	}
	bucket := bucketOf(s.key, value)
	sum := 0.0
	for i := range o.list {
		option := &o.list[i]
		if option.err != nil {
			return outcome{err: option.err}
		}
		if sum += option.share; bucket < sum {
			chosen := option.served.outcome()
			chosen.split = true
			return chosen
		}
	}
	return outcome{err: o.uncovered}
}

// attribute returns an attribute of the user. The subject's key is the identifier, which is never
// missing, though it may be empty.
func (e *evaluation) attribute(name string) (becket.Value, bool) {
	switch name {
	case identifier:
		return becket.StringValue(e.subject.Key()), true
	case keyName: // an attribute of this name counts like any other here
		return e.subject.Entry("", keyName)
	default:
		return e.subject.Attribute(name)
	}
}

// noteMissing records an attribute that the user does not have.
func (e *evaluation) noteMissing(attribute string) verdict {
	if e.missing == "" {
		e.missing = attribute
	}
	return skip
}

func (e *evaluation) fail(err *becket.EvaluationError) verdict {
	e.err = err
	return fatal
}
