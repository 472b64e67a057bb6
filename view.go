package becket

import (
	"iter"
	"reflect"
	"slices"
)

// View answers for one subject out of one ruleset: two checks in one request never see two
// rulesets. Making one and asking it allocates nothing. It is a value, safe for concurrent use. The
// zero View answers with the caller's defaults.
type View struct {
	snapshot *snapshot
	subject  Subject
}

// Subject returns whom the view answers for.
func (v View) Subject() Subject { return v.subject }

// With returns a view of the same ruleset whose subject has more attributes: what is learnt later
// in a request. They stand before earlier ones of the same name.
func (v View) With(attributes ...Attribute) View {
	joined := slices.Concat(v.subject.list(), attributes)
	v.subject = NewSubject(v.subject.Key(), joined...)
	return v
}

// Enabled returns the value of a boolean flag, and false whenever that cannot be had.
func (v View) Enabled(flag string) bool { return v.value(flag, KindBool).Bool() }

// Bool returns the value of a boolean flag, and fallback whenever that cannot be had.
func (v View) Bool(flag string, fallback bool) bool {
	if value := v.value(flag, KindBool); value.kind() != KindAny {
		return value.Bool()
	}
	return fallback
}

// String returns the value of a string flag, and fallback whenever that cannot be had.
func (v View) String(flag, fallback string) string {
	if value := v.value(flag, KindString); value.kind() != KindAny {
		return value.Text()
	}
	return fallback
}

// Int returns the value of an integer flag, and fallback whenever that cannot be had. Where int has
// 32 bits, a value beyond them cannot.
func (v View) Int(flag string, fallback int) int {
	if value := v.value(flag, KindInt); value.kind() != KindAny && fitsInt(value) {
		return int(value.Int())
	}
	return fallback
}

// Float returns the value of a float flag or an integer flag, and fallback whenever that cannot be
// had.
func (v View) Float(flag string, fallback float64) float64 {
	if value := v.value(flag, KindFloat); value.kind() != KindAny {
		return value.Float()
	}
	return fallback
}

// JSON returns the value of an object flag as a T, and fallback whenever that cannot be had. It is
// decoded once per ruleset and type by encoding/json; what its pointers, maps and slices hold is
// shared by all callers and to be read only. An object that does not fit T is counted in
// [Status.Misfits] and logged.
func JSON[T any](v View, flag string, fallback T) T {
	value, _ := jsonOf(v, flag, fallback)
	return value
}

// BoolDetail is [View.Bool] with the reasons.
func (v View) BoolDetail(flag string, fallback bool) Detail[bool] {
	r := v.resultObserved(flag, KindBool)
	if r.Variant != nil {
		return detail(v, flag, &r, r.Variant.Value.Bool())
	}
	return detail(v, flag, &r, fallback)
}

// StringDetail is [View.String] with the reasons.
func (v View) StringDetail(flag, fallback string) Detail[string] {
	r := v.resultObserved(flag, KindString)
	if r.Variant != nil {
		return detail(v, flag, &r, r.Variant.Value.Text())
	}
	return detail(v, flag, &r, fallback)
}

// IntDetail is [View.Int] with the reasons.
func (v View) IntDetail(flag string, fallback int) Detail[int] {
	r := v.resultObserved(flag, KindInt)
	if r.Variant == nil {
		return detail(v, flag, &r, fallback)
	}
	return detail(v, flag, &r, int(r.Variant.Value.Int()))
}

// FloatDetail is [View.Float] with the reasons.
func (v View) FloatDetail(flag string, fallback float64) Detail[float64] {
	r := v.resultObserved(flag, KindFloat)
	if r.Variant != nil {
		return detail(v, flag, &r, r.Variant.Value.Float())
	}
	return detail(v, flag, &r, fallback)
}

// JSONDetail is [JSON] with the reasons. An object that does not fit T is a TYPE_MISMATCH whose
// cause is the decoder's error.
func JSONDetail[T any](v View, flag string, fallback T) Detail[T] {
	value, r := jsonOf(v, flag, fallback)
	return detail(v, flag, &r, value)
}

// All calls yield for every flag that the ruleset has, in the order of their keys, with the answer
// for this subject. A value is a bool, string, int64, float64 or, for objects, what encoding/json
// decodes into an any; nil where no variant is served. Exposures are not counted: nobody acts on
// them yet.
func (v View) All() iter.Seq2[string, Detail[any]] {
	return func(yield func(string, Detail[any]) bool) {
		if v.snapshot == nil || v.snapshot.answers == nil {
			return
		}
		for info := range v.snapshot.answers.Flags() {
			r := v.result(info.Key, KindAny)
			var value any
			if r.Variant != nil {
				value = r.Variant.Value.Any()
			}
			if !yield(info.Key, detail(v, info.Key, &r, value)) {
				return
			}
		}
	}
}

// Peek decides a flag as [View.Resolve] does and tells neither hooks nor exposures: for a listing
// of some flags, upon which nobody acts yet. [View.All] lists them all.
func (v View) Peek(flag string, want Kind) Result {
	return v.result(flag, want)
}

// Expose tells the exposure sink that the subject is shown what the flag serves now, for callers
// that decide ahead of time: a listing by [View.All] or [View.Peek] that is sent to a browser or
// rendered counts nothing, and the flags that are really shown are exposed one by one. Whether the
// flag's evaluation is to be counted is up to its track, as ever. No hook is told. Without a sink
// it does nothing.
func (v View) Expose(flag string) {
	if v.snapshot == nil {
		return
	}
	s := v.snapshot.far()
	if o := s.listener(); o != nil {
		r := v.result(flag, KindAny)
		o.expose(&s.served, &v.subject, flag, &r)
		v.exposeAsked(o, flag)
	}
}

// Flags lists the flags of the view's ruleset, those set aside too, in the order of their keys. It
// evaluates none of them.
func (v View) Flags() iter.Seq[FlagInfo] {
	if v.snapshot == nil || v.snapshot.answers == nil {
		return flagsOf(nil)
	}
	return v.snapshot.far().answers.Flags()
}

// Flag describes a flag of the view's ruleset, and says whether there is one of that key.
func (v View) Flag(key string) (FlagInfo, bool) {
	if v.snapshot == nil || v.snapshot.answers == nil {
		return FlagInfo{}, false
	}
	return v.snapshot.far().answers.Flag(key)
}

// RulesetID identifies the ruleset that the view pins, within one process: views with equal IDs
// answer from the same ruleset of the same tier. A program that keeps something for each ruleset,
// such as a cache, compares them. It is 0 for a view without a client.
func (v View) RulesetID() uint64 {
	if v.snapshot == nil {
		return 0
	}
	return v.snapshot.id
}

// Environment returns the environment that the view's ruleset names, "" where it names none.
func (v View) Environment() string {
	if v.snapshot == nil {
		return ""
	}
	return v.snapshot.far().environment
}

// Revision returns the revision of the view's ruleset, 0 where there is none.
func (v View) Revision() int64 {
	if v.snapshot == nil {
		return 0
	}
	return v.snapshot.revision
}

// Tier returns where the view's ruleset came from.
func (v View) Tier() Tier {
	if v.snapshot == nil {
		return TierDefaults
	}
	return v.snapshot.tier
}

// Resolve evaluates a flag for who translates the answer into another model, such as OpenFeature's:
// it is what the details are made of, and costs less. A Variant of nil stands for the caller's
// default. Hooks and exposures see it as they see every evaluation.
func (v View) Resolve(flag string, want Kind) Result {
	return v.resultObserved(flag, want)
}

// value decides and returns only what is served, the zero Value for the caller's default. Where the
// rules are native and nobody listens, which is nearly always, nothing else is put together.
func (v View) value(flag string, want Kind) Value {
	s := v.snapshot
	if s == nil {
		return Value{}
	}
	if s.native == nil || s.observer != nil {
		return v.variantObserved(flag, want).served()
	}
	f := s.native.flags.find(flag)
	if f != nil && f.kind == want {
		if f.fixed != nil {
			return f.fixed.Value
		}
		if f.byTests {
			return f.decideByTests(v.subject).served()
		}
	}
	variant := f.answerFast(v.subject, want, s.moment)
	if variant == nil {
		v.noteMisfit(f, flag, want)
	}
	return variant.served()
}

// noteMisfit counts a check whose flag is unknown or of another type, if that is why it got no
// variant.
//
//go:noinline
func (v *View) noteMisfit(f *flag, flag string, want Kind) {
	misfits := v.snapshot.far().misfits
	switch {
	case f == nil:
		misfits.noteError(flag, want, ErrFlagNotFound)
	case f.failure() == nil && !f.kind.readableAs(want):
		misfits.noteError(flag, want, TypeMismatch(want, f.kind))
	}
}

// served returns what the variant serves, the zero Value where there is none.
func (v *Variant) served() Value {
	if v == nil {
		return Value{}
	}
	return v.Value
}

// variantObserved decides a flag where value cannot: the rules are not native, or evaluations are
// reported. Where only exposures are collected, the rest of the result is put together only for an
// evaluation that counts.
func (v *View) variantObserved(flag string, want Kind) *Variant {
	s := v.snapshot.far()
	if s.native == nil || len(s.observer.onEvaluate) > 0 {
		r := v.resultObserved(flag, want)
		return r.Variant
	}
	e := evaluation{subject: v.subject}
	f := s.native.flags.find(flag)
	variant := f.answer(&e, want, s.moment)
	if variant == nil {
		v.noteMisfit(f, flag, want)
	}
	o := s.listener()
	if o == nil {
		return variant
	}
	if e.track && variant != nil && (want != KindInt || fitsInt(variant.Value)) {
		r := e.result(f, want, variant)
		o.expose(&s.served, &v.subject, flag, &r)
	}
	v.exposeAsked(o, flag)
	return variant
}

// resultObserved decides a flag and reports the evaluation.
func (v *View) resultObserved(flag string, want Kind) Result {
	r := v.result(flag, want)
	if r.Err != nil && v.snapshot != nil {
		v.snapshot.far().misfits.noteError(flag, want, r.Err)
	}
	v.report(flag, &r)
	return r
}

// result decides a flag.
func (v *View) result(flag string, want Kind) (r Result) {
	switch s := v.snapshot; {
	case s == nil:
		return Result{Reason: ReasonError, Err: errNoView}
	case s.native != nil:
		r = s.native.evaluate(flag, want, &v.subject, s.moment)
	default:
		r = s.far().ask(&v.subject, flag, want)
	}
	if want == KindInt && r.Variant != nil && !fitsInt(r.Variant.Value) {
		r.fail(errIntRange)
	}
	return r
}

// report reports an evaluation to hooks and to the sink.
func (v *View) report(flag string, r *Result) {
	if v.snapshot == nil || v.snapshot.observer == nil {
		return
	}
	s := v.snapshot.far()
	if o := s.listener(); o != nil {
		o.evaluated(&s.served, &v.subject, flag, *r)
		v.exposeAsked(o, flag)
	}
}

// exposeAsked exposes the flags that the decision of a flag asks on its way, each by its own track.
func (v *View) exposeAsked(o *observer, flag string) {
	s := v.snapshot.far()
	rules := s.native
	if rules == nil {
		rules = s.below
	}
	if rules == nil || o.exposer == nil || !rules.asks(flag) {
		return
	}
	asked := rules.askedBy(flag, &v.subject, s.moment)
	for i := range asked {
		o.expose(&s.served, &v.subject, asked[i].key, &asked[i].result)
	}
}

// detail builds the answer. It takes the result by pointer because a Result does not fit into
// registers twice.
func detail[T any](v View, flag string, r *Result, value T) Detail[T] {
	d := Detail[T]{Value: value, Flag: flag, Rule: r.Rule, Reason: r.Reason, Missing: r.Missing, Unfit: r.Unfit, UnfitReason: r.UnfitReason}
	if r.Variant != nil {
		d.Variant = r.Variant.Name
	}
	if r.Err != nil {
		d.Err = r.Err
	}
	if v.snapshot != nil {
		d.Revision, d.Tier = v.snapshot.revision, v.snapshot.tier
	}
	return d
}

func jsonOf[T any](v View, flag string, fallback T) (T, Result) {
	r := v.result(flag, KindObject)
	value := fallback
	if r.Err != nil && v.snapshot != nil {
		v.snapshot.far().misfits.noteError(flag, KindObject, r.Err)
	}
	if r.Variant != nil {
		decoded, failure := decodeObject[T](r.Variant.Value)
		if failure == nil {
			value = decoded
		} else {
			r.fail(failure)
			v.snapshot.far().misfits.note(flag, KindObject, reflect.TypeFor[T](), failure)
		}
	}
	v.report(flag, &r) // only now: a caller who got the fallback did not see the variant
	return value, r
}

// errNoView is the error of a view without a client.
var errNoView = &EvaluationError{
	Code:    CodeProviderNotReady,
	Message: "the view has no client: the context has no view since the middleware is missing, or the client is nil",
}

var errIntRange = &EvaluationError{Code: CodeTypeMismatch, Message: "the integer does not fit an int of this machine"}

func fitsInt(value Value) bool {
	i := value.Int()
	return !value.isUnsigned() && int64(int(i)) == i
}
