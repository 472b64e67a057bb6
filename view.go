package becket

import (
	"iter"
	"reflect"
	"slices"

	"github.com/becketflags/becket/internal/match"
)

// View evaluates flags for one subject with one ruleset: two checks in one request never use two
// rulesets. Making a view and checking flags allocate nothing. A View is a value, and safe for
// concurrent use. The zero View serves the caller's defaults.
type View struct {
	snapshot *snapshot
	subject  Subject
}

// Subject returns the subject of the view.
func (v View) Subject() Subject { return v.subject }

// With returns a view of the same ruleset whose subject has additional attributes, which become
// known later in a request. They replace earlier attributes of the same name.
func (v View) With(attributes ...Attribute) View {
	joined := slices.Concat(v.subject.list(), attributes)
	v.subject = NewSubject(v.subject.Key(), joined...)
	return v
}

// Enabled returns the value of a boolean flag, or false if there is no value.
func (v View) Enabled(flag string) bool { return v.value(flag, KindBool).Bool() }

// Bool returns the value of a boolean flag, or fallback if there is no value: there is no ruleset
// or no such flag, the flag has another type or could not be read, or no variant is served.
func (v View) Bool(flag string, fallback bool) bool {
	if value := v.value(flag, KindBool); value.kind() != KindAny {
		return value.Bool()
	}
	return fallback
}

// String returns the value of a string flag, or fallback if there is no value; see [View.Bool].
func (v View) String(flag, fallback string) string {
	if value := v.value(flag, KindString); value.kind() != KindAny {
		return value.Text()
	}
	return fallback
}

// Int returns the value of an integer flag, or fallback if there is no value; see [View.Bool]. It
// also returns fallback for an integer that does not fit an int of this machine.
func (v View) Int(flag string, fallback int) int {
	if value := v.value(flag, KindInt); value.kind() != KindAny && fitsInt(value) {
		return int(value.Int())
	}
	return fallback
}

// Float returns the value of a float flag or an integer flag, or fallback if there is no value; see
// [View.Bool].
func (v View) Float(flag string, fallback float64) float64 {
	if value := v.value(flag, KindFloat); value.kind() != KindAny {
		return value.Float()
	}
	return fallback
}

// JSON returns the value of an object flag as a T, or fallback if there is no value or it does not
// fit T; see [View.Bool]. The value is decoded by encoding/json, once per ruleset and type. All
// callers share the memory of its pointers, maps and slices, and must not change it. An object that
// does not fit T is counted in [Status.Misfits] and logged.
func JSON[T any](v View, flag string, fallback T) T {
	value, _ := jsonOf(v, flag, fallback)
	return value
}

// BoolDetail is [View.Bool] with the reason for the value.
func (v View) BoolDetail(flag string, fallback bool) Detail[bool] {
	r := v.resultObserved(flag, KindBool)
	if r.Variant != nil {
		return detail(v, flag, &r, r.Variant.Value.Bool())
	}
	return detail(v, flag, &r, fallback)
}

// StringDetail is [View.String] with the reason for the value.
func (v View) StringDetail(flag, fallback string) Detail[string] {
	r := v.resultObserved(flag, KindString)
	if r.Variant != nil {
		return detail(v, flag, &r, r.Variant.Value.Text())
	}
	return detail(v, flag, &r, fallback)
}

// IntDetail is [View.Int] with the reason for the value.
func (v View) IntDetail(flag string, fallback int) Detail[int] {
	r := v.resultObserved(flag, KindInt)
	if r.Variant == nil {
		return detail(v, flag, &r, fallback)
	}
	return detail(v, flag, &r, int(r.Variant.Value.Int()))
}

// FloatDetail is [View.Float] with the reason for the value.
func (v View) FloatDetail(flag string, fallback float64) Detail[float64] {
	r := v.resultObserved(flag, KindFloat)
	if r.Variant != nil {
		return detail(v, flag, &r, r.Variant.Value.Float())
	}
	return detail(v, flag, &r, fallback)
}

// JSONDetail is [JSON] with the reason for the value. For an object that does not fit T, the error
// is an [EvaluationError] with the code TYPE_MISMATCH, whose cause is the decoder's error.
func JSONDetail[T any](v View, flag string, fallback T) Detail[T] {
	value, r := jsonOf(v, flag, fallback)
	return detail(v, flag, &r, value)
}

// All calls yield for every flag of the ruleset, in the order of their keys, with the result for
// this subject. A value is a bool, string, int64 (uint64 above the range of int64), float64 or, for
// objects, the result of decoding it with encoding/json into an any. It is nil if no variant is
// served. All makes no exposures and calls no hooks, because the program does not act on the values
// yet; see [View.Expose].
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

// Peek evaluates a flag like [View.Resolve], but makes no exposures and calls no hooks. It is for
// listing some flags before the program acts on them; [View.All] lists all flags.
func (v View) Peek(flag string, want Kind) Result {
	return v.result(flag, want)
}

// Expose makes an exposure for the variant that the flag serves now. It is for programs that
// evaluate flags in advance: [View.All] and [View.Peek] make no exposures, so a program that sends
// their results to a browser calls Expose for each flag that is really shown. As for every
// evaluation, the flag's "track" selects whether the exposure counts. Expose calls no hook. Without
// a sink it does nothing.
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

// Flags lists the flags of the view's ruleset, including invalid ones, in the order of their keys.
// It evaluates no flag.
func (v View) Flags() iter.Seq[FlagInfo] {
	if v.snapshot == nil || v.snapshot.answers == nil {
		return flagsOf(nil)
	}
	return v.snapshot.far().answers.Flags()
}

// Flag describes a flag of the view's ruleset. It returns false if there is no flag with that key.
func (v View) Flag(key string) (FlagInfo, bool) {
	if v.snapshot == nil || v.snapshot.answers == nil {
		return FlagInfo{}, false
	}
	return v.snapshot.far().answers.Flag(key)
}

// RulesetID identifies the view's ruleset within this process: views with equal IDs use the same
// ruleset of the same tier. Programs can compare IDs to find out whether a cache for a ruleset is
// still valid. The ID is 0 for a view without a client.
func (v View) RulesetID() uint64 {
	if v.snapshot == nil {
		return 0
	}
	return v.snapshot.id
}

// Environment returns the environment that the view's ruleset names, or "" if it names none.
func (v View) Environment() string {
	if v.snapshot == nil {
		return ""
	}
	return v.snapshot.far().environment
}

// Revision returns the revision of the view's ruleset, or 0 if there is no ruleset.
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

// Resolve evaluates a flag for adapters to another model, such as OpenFeature's provider. It
// returns the result from which details are built, and costs less than a detail. If Variant is nil,
// the caller's default is served. Resolve calls hooks and makes exposures like every evaluation.
func (v View) Resolve(flag string, want Kind) Result {
	return v.resultObserved(flag, want)
}

// value decides a flag and returns the served value, or the zero Value for the caller's default. If
// the rules are native and evaluations are not reported, which is the usual case, it computes
// nothing else.
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
	switch {
	case f == nil:
		v.noteError(flag, want, ErrFlagNotFound)
	case f.failure() == nil && !match.Readable(f.kind, want):
		v.noteError(flag, want, TypeMismatch(want, f.kind))
	}
}

// noteError counts a check that failed with err, if its flag is unknown or of another type.
func (v *View) noteError(flag string, want Kind, err *EvaluationError) {
	if err != nil && v.snapshot != nil {
		v.snapshot.far().misfits.noteError(flag, want, err)
	}
}

// variantObserved does the work of value for rules that are not native, and for evaluations that
// are reported. If only exposures are collected, it computes the whole result only for evaluations
// that count as exposures.
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

// resultObserved decides a flag, counts a misfit, and reports the evaluation to hooks and the sink.
func (v *View) resultObserved(flag string, want Kind) Result {
	r := v.result(flag, want)
	v.noteError(flag, want, r.Err)
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

// report calls hooks for an evaluation and makes exposures.
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

// exposeAsked makes exposures for the flags that are evaluated for a flag's requirements and
// conditions. The "track" of each of these flags selects whether its exposure counts.
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

// detail builds a Detail. It takes the result by pointer, because a copy would not fit into
// registers.
func detail[T any](v View, flag string, r *Result, value T) Detail[T] {
	d := Detail[T]{
		Value: value, Flag: flag, Rule: r.Rule, Reason: r.Reason, Missing: r.Missing, Unfit: r.Unfit,
		UnfitReason: r.UnfitReason,
	}
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
	v.noteError(flag, KindObject, r.Err)
	if r.Variant != nil {
		decoded, failure := decodeObject[T](r.Variant.Value)
		if failure == nil {
			value = decoded
		} else {
			r.fail(failure)
			v.snapshot.far().misfits.note(flag, KindObject, reflect.TypeFor[T](), failure)
		}
	}
	v.report(flag, &r) // after decoding: a caller that got the fallback did not see the variant
	return value, r
}

func fitsInt(value Value) bool {
	i := value.Int()
	return !value.isUnsigned() && int64(int(i)) == i
}
