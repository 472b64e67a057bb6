package becket

import (
	"fmt"
	"iter"

	"github.com/becketflags/becket/internal/match"
)

// overridden are Rules with overrides before them.
type overridden struct {
	rules   Rules // nil: no ruleset yet
	file    string
	keys    []string // sorted
	answers map[string]overriding
}

// overriding is what an override serves.
type overriding struct {
	variant *Variant
	err     *EvaluationError // set: the override does not fit the flag
}

func newOverridden(rules Rules, list []override, file string) *overridden {
	o := &overridden{rules: rules, file: file, answers: map[string]overriding{}}
	for _, line := range list {
		o.keys = append(o.keys, line.flag)
		o.answers[line.flag] = line.answer(rules)
	}
	return o
}

// overrideName is the variant's name where the override is none of the flag's own.
const overrideName = "override"

// answer holds the override against the flag that the ruleset has, if it has one.
func (line *override) answer(rules Rules) overriding {
	own := &Variant{Name: overrideName, Value: line.value}
	if rules == nil {
		return overriding{variant: own}
	}
	info, ok := rules.Flag(line.flag)
	if !ok || info.Kind == KindAny {
		return overriding{variant: own}
	}
	variants := variantsOf(rules, line.flag)
	if line.value.kind() == KindString {
		if variant := named(variants, line.value.Text()); variant != nil {
			return overriding{variant: variant}
		}
		if info.Kind != KindString {
			return overriding{err: &EvaluationError{Code: CodeParseError, Message: fmt.Sprintf(
				"the override names the variant %q, which the flag does not have%s", shorten(line.value.Text()), match.Suggest(line.value.Text(), info.Variants))}}
		}
	}
	value, ok := line.value.as(info.Kind)
	if !ok {
		return overriding{err: &EvaluationError{Code: CodeTypeMismatch, Message: fmt.Sprintf(
			"the override is of type %s, the flag of type %s", line.value.kind(), info.Kind)}}
	}
	if variant := holding(variants, value); variant != nil {
		return overriding{variant: variant}
	}
	own.Value = value
	return overriding{variant: own}
}

// Evaluate gives the override where there is one. Views ask the two parts by themselves.
func (o *overridden) Evaluate(flag string, want Kind, subject *Subject, at *Moment) Result {
	r, ok := o.decide(flag, want)
	switch {
	case ok:
		return r
	case o.rules == nil:
		return Result{Reason: ReasonError, Err: ErrNotReady}
	default:
		return o.rules.Evaluate(flag, want, subject, at)
	}
}

// decide gives the override, and says whether there is one.
func (o *overridden) decide(flag string, want Kind) (r Result, ok bool) {
	a, ok := o.answers[flag]
	switch {
	case !ok:
		return Result{}, false
	case a.err != nil:
		return Result{Reason: ReasonError, Err: a.err}, true
	}
	if kind := a.variant.Value.kind(); want != KindAny && want != kind && (want != KindFloat || kind != KindInt) {
		return Result{Reason: ReasonError, Err: TypeMismatch(want, kind)}, true
	}
	return Result{Variant: a.variant, Reason: ReasonOverride}, true
}

// Flags lists the ruleset's flags and those that only overrides have.
func (o *overridden) Flags() iter.Seq[FlagInfo] {
	return func(yield func(FlagInfo) bool) {
		rest := o.keys
		for info := range flagsOf(&served{rules: o.rules}) {
			for ; len(rest) > 0 && rest[0] <= info.Key; rest = rest[1:] {
				if rest[0] < info.Key && !yield(o.info(rest[0])) {
					return
				}
			}
			if !yield(info) {
				return
			}
		}
		for _, key := range rest {
			if !yield(o.info(key)) {
				return
			}
		}
	}
}

// info describes a flag that only an override has.
func (o *overridden) info(key string) FlagInfo {
	a := o.answers[key]
	if a.err != nil { // the ruleset had the flag when the override was held against it
		return FlagInfo{Key: key, Err: a.err}
	}
	return FlagInfo{Key: key, Kind: a.variant.Value.kind(), Variants: []string{a.variant.Name}, Enabled: true}
}

// Flag describes one flag.
func (o *overridden) Flag(key string) (FlagInfo, bool) {
	if o.rules != nil {
		if info, ok := o.rules.Flag(key); ok {
			return info, true
		}
	}
	if _, ok := o.answers[key]; ok {
		return o.info(key), true
	}
	return FlagInfo{}, false
}

// Info describes the document.
func (o *overridden) Info() RulesInfo {
	if o.rules == nil {
		return RulesInfo{}
	}
	return o.rules.Info()
}

// Explain tells of the override, or lets the ruleset explain.
func (o *overridden) Explain(key string, subject *Subject, at *Moment, private map[string]bool) Explanation {
	a, ok := o.answers[key]
	if !ok {
		return explain(o.rules, key, subject, at, private)
	}
	x := Explanation{Flag: key, Steps: []Step{{What: "override", Text: o.file}}}
	if a.err != nil {
		x.Reason, x.Err, x.Steps[0].Outcome = ReasonError, a.err, "the caller's default"
		return x
	}
	x.Reason, x.Variant, x.Value = ReasonOverride, a.variant.Name, a.variant.Value.Any()
	x.Steps[0].Outcome = "serves " + a.variant.Name
	return x
}
