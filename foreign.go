package becket

import "iter"

// errRulesPanicked is the answer of rules that panicked. It is made once, since an attribute of a
// request may be what makes them panic.
var errRulesPanicked = &EvaluationError{Code: CodeGeneral, Message: "the rules of the format panicked"}

// foreignRules are rules of another format than the native one, which may be a program's own. A
// panic in them does not reach the caller of an evaluation: it is counted and reported as a panic
// in a hook is, and the caller's default is the answer.
type foreignRules struct {
	rules    Rules
	name     string    // of the format
	info     RulesInfo // asked for once, when the document was decoded
	notifier *notifier
}

// bareRules returns the format's own rules.
func bareRules(rules Rules) Rules {
	if foreign, ok := rules.(*foreignRules); ok {
		return foreign.rules
	}
	return rules
}

func (f *foreignRules) panicked(method string, cause any) {
	f.notifier.panicked(method+" of the "+f.name, cause)
}

// Evaluate also makes an error of a value of another type than was asked for.
func (f *foreignRules) Evaluate(flag string, want Kind, subject *Subject, at *Moment) (r Result) {
	defer func() {
		if cause := recover(); cause != nil {
			f.panicked("Evaluate", cause)
			r = Result{Reason: ReasonError, Err: errRulesPanicked}
		}
	}()
	r = f.rules.Evaluate(flag, want, subject, at)
	if r.Variant != nil && want != KindAny {
		if kind := r.Variant.Value.kind(); kind != want && (kind != KindInt || want != KindFloat) {
			r.fail(TypeMismatch(want, kind))
		}
	}
	return r
}

// Flags lets a panic of the loop's body pass: that is the caller's own.
func (f *foreignRules) Flags() iter.Seq[FlagInfo] {
	return func(yield func(FlagInfo) bool) {
		inBody := false
		defer func() {
			if inBody {
				return
			}
			if cause := recover(); cause != nil {
				f.panicked("Flags", cause)
			}
		}()
		for info := range f.rules.Flags() {
			inBody = true
			more := yield(info)
			inBody = false
			if !more {
				return
			}
		}
	}
}

func (f *foreignRules) Flag(key string) (info FlagInfo, ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			f.panicked("Flag", cause)
			info, ok = FlagInfo{}, false
		}
	}()
	return f.rules.Flag(key)
}

func (f *foreignRules) Info() RulesInfo { return f.info }

func (f *foreignRules) Variants(flag string) (variants []Variant) {
	defer func() {
		if cause := recover(); cause != nil {
			f.panicked("Variants", cause)
			variants = nil
		}
	}()
	return variantsOf(f.rules, flag)
}

func (f *foreignRules) Explain(flag string, subject *Subject, at *Moment, private map[string]bool) (x Explanation) {
	defer func() {
		if cause := recover(); cause != nil {
			f.panicked("Explain", cause)
			x = Explanation{Flag: flag, Reason: ReasonError, Err: errRulesPanicked}
		}
	}()
	return explain(f.rules, flag, subject, at, private)
}
