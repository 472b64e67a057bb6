package becket

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// Format reads one kind of document. [Native] is becket's own format; the packages below format/
// read the documents of other vendors. Fetching, the disk copy, views, hooks and tests work the
// same for all formats. If several clients share a Format, it must be safe for concurrent use.
type Format interface {
	// Name returns the name of the format with its version, such as "configcat-v6". The disk copy's
	// file name depends on it, so that different formats have different copies.
	Name() string

	// Decode compiles a document, which it must not change. An error means that the whole document
	// is refused and the ruleset in use stays. An invalid flag does not affect the others;
	// Rules.Info reports it.
	Decode(document []byte) (Rules, error)
}

// Rules is a compiled document. It must be immutable and safe for concurrent use. Rules may also
// implement [Keeper], [Explainer] and [VariantLister]; all three are optional.
type Rules interface {
	// Evaluate decides one flag for one subject. It must not panic, block or do I/O. want is the
	// type that the caller asked for, or KindAny for any type. The flag's key and the subject are
	// copies that a client makes for this call: Evaluate may keep them, with every text and list in
	// them, for as long as it likes, and hand them to other goroutines.
	Evaluate(flag string, want Kind, subject *Subject, at *Moment) Result

	// Flags lists the flags, including invalid ones, in the order of their keys.
	Flags() iter.Seq[FlagInfo]

	// Flag describes one flag. It returns false if there is no flag with that key.
	Flag(key string) (FlagInfo, bool)

	// Info describes the document.
	Info() RulesInfo
}

// Keeper is an optional interface of Rules. Without it, an invalid flag of a new document returns
// the caller's default, even if the previous rules had a valid definition.
type Keeper interface {
	// Keep returns the rules to serve, which may be the receiver. previous are the rules in use, of
	// the same format, or nil. The returned rules may use definitions of previous for flags and
	// segments that are invalid in the new document.
	Keep(previous Rules) Rules
}

// Explainer is an optional interface of Rules. Without it, [Client.Explain] shows the result of the
// evaluation and no steps.
type Explainer interface {
	// Explain decides a flag as Evaluate does, with the same code, and returns the steps of the
	// decision. It must not show the values of attributes whose names are in private.
	Explain(flag string, subject *Subject, at *Moment, private map[string]bool) Explanation
}

// VariantLister is an optional interface of Rules. With it, [Client.Verify] compares defaults with
// the variants of flags, and overrides and tests can name variants.
type VariantLister interface {
	// Variants lists a flag's variants in the order of their names. It returns nil if there is no
	// such flag or its definition could not be read. The caller must not change the list.
	Variants(flag string) []Variant
}

// Result is the result of an evaluation. It points into the rules, so that returning it allocates
// nothing.
type Result struct {
	Variant *Variant // the served variant; nil for the caller's default
	Rule    string   // the name of the rule that applied, or ""
	Reason  Reason
	Err     *EvaluationError // why the caller's default is served; nil if there was no error
	// the first attribute whose absence prevented a rule from applying, or ""
	Missing string
	// the first attribute that an operator could not use, so that a rule did not apply, and the
	// reason; both "" if there is none
	Unfit, UnfitReason string
	Track              bool // the evaluation counts as an exposure

	// Both are used for exposures and only set by formats that support them. Unit is the attribute
	// that was hashed, or "" for the targeting key or none. Behaviour is the flag's
	// [FlagInfo.Behaviour].
	Unit      string
	Behaviour uint64
}

// fail replaces the result by an error, so that the caller's default is served.
func (r *Result) fail(err *EvaluationError) {
	r.Variant, r.Rule, r.Reason, r.Err = nil, "", ReasonError, err
}

// typeMismatches has an error for each pair of types: the type that was asked for, and the type of
// the flag.
var typeMismatches = func() (errs [KindObject + 1][KindObject + 1]*EvaluationError) {
	for asked := range errs {
		for found := range errs[asked] {
			errs[asked][found] = &EvaluationError{
				Code:    CodeTypeMismatch,
				Message: fmt.Sprintf("the flag is of type %s, not %s", Kind(found), Kind(asked)),
			}
		}
	}
	return errs
}()

// TypeMismatch returns the error for an evaluation that asked for one type although the flag has
// another. It allocates nothing.
func TypeMismatch(asked, found Kind) *EvaluationError {
	if asked > KindObject || found > KindObject {
		return ErrTypeMismatch
	}
	return typeMismatches[asked][found]
}

// Variant is one of the values that a flag can serve.
type Variant struct {
	Name  string
	Value Value
}

// served returns the variant's value, or the zero Value if there is no variant.
func (v *Variant) served() Value {
	if v == nil {
		return Value{}
	}
	return v.Value
}

// Moment is the time of an evaluation. The clock is read only when a method is called, so flags
// that do not depend on time never read it. A Moment is safe for concurrent use.
type Moment struct {
	clock     func() time.Time
	confirmed *confirmation
}

// confirmation is the time at which the source last confirmed the rules. It has one more pointer
// than it needs; see [snapshot.far] for the reason.
type confirmation struct {
	at *atomic.Pointer[time.Time] // holds nil if the source never confirmed them
}

func newConfirmation() *confirmation { return &confirmation{&atomic.Pointer[time.Time]{}} }

// MomentAt returns a Moment with a fixed time, for tests, and for tools that evaluate flags at
// another time. age is the time since the source confirmed the rules. The zero time means the first
// instant of the year 1, not the present.
func MomentAt(now time.Time, age time.Duration) *Moment {
	confirmed := now.Add(-age)
	m := &Moment{clock: func() time.Time { return now }, confirmed: newConfirmation()}
	m.confirmed.at.Store(&confirmed)
	return m
}

// Now returns the time. A nil or zero Moment returns the present.
func (m *Moment) Now() time.Time {
	if m == nil || m.clock == nil {
		return time.Now()
	}
	return m.clock()
}

// age returns the time since the source last confirmed the rules. It uses the monotonic clock if
// this process saw the confirmation. It returns the longest Duration, so that the rules count as
// stale, if the source never confirmed them, and for a nil or zero Moment.
func (m *Moment) age() time.Duration {
	if m == nil || m.confirmed == nil {
		return 1<<63 - 1
	}
	confirmed := m.confirmed.at.Load()
	if confirmed == nil {
		return 1<<63 - 1
	}
	return m.clock().Sub(*confirmed)
}

// FlagInfo describes a flag, for people and tools. It has no influence on evaluations. The date
// 0001-01-01 is the zero time, so it counts as no date.
type FlagInfo struct {
	Key         string
	Kind        Kind     // the type of its variants; KindAny for a flag that could not be read
	Variants    []string // the names of its variants, sorted
	Enabled     bool
	Description string
	Owner       string
	Tags        []string
	Created     time.Time // a date in UTC, or the zero time
	Expires     time.Time // the last day on which the flag is needed, in UTC, or the zero time
	Permanent   bool
	Metadata    map[string]any // booleans, texts, int64 and float64
	Err         error          // why the definition could not be read, or nil
	// an earlier document's definition is in use, since this document's could not be read
	Kept bool

	// Definition and Behaviour are digests of the flag's definition, with and without the
	// descriptive fields. They show whether a flag differs between two documents. Digests of
	// different processes cannot be compared.
	Definition, Behaviour uint64
}

// RulesInfo describes a document.
type RulesInfo struct {
	Revision    int64
	Environment string
	Flags       int               // number of flags, including invalid ones
	Bad         []Bad             // invalid flags and segments
	Warnings    []error           // problems that do not affect evaluations
	Segments    map[string]uint64 // a digest of each segment's definition
}

// served is a ruleset with its tier and its time. It is the part of a snapshot that files on lower
// floors than cache.go can use.
type served struct {
	rules       Rules // nil if there is no ruleset yet
	revision    int64
	environment string
	tier        Tier
	moment      *Moment
}

// flagsOf lists the flags of a snapshot; the list is empty if there are no rules.
func flagsOf(s *served) iter.Seq[FlagInfo] {
	if s == nil || s.rules == nil {
		return func(func(FlagInfo) bool) {}
	}
	return s.rules.Flags()
}

// Bad is an invalid flag or segment: one that could not be read. The others are served.
type Bad struct { //nolint:errname // an entry of a list first, and an error so that it can be logged
	Section string // "flags" or "segments"
	Key     string
	Err     error // all problems of the definition
	Kept    bool  // the definition of the previous rules is used instead
}

// Error returns the text of Err, or a text that names the flag or segment if Err is nil.
func (b Bad) Error() string {
	if b.Err == nil {
		return fmt.Sprintf("becket: %s.%s could not be read", b.Section, b.Key)
	}
	return b.Err.Error()
}

// Unwrap returns Err.
func (b Bad) Unwrap() error { return b.Err }

// variantsOf lists a flag's variants, or returns nil if the rules do not implement VariantLister.
func variantsOf(rules Rules, flag string) []Variant {
	lister, ok := rules.(VariantLister)
	if !ok {
		return nil
	}
	return lister.Variants(flag)
}

// variantNamed returns the variant with the given name, or nil.
func variantNamed(variants []Variant, name string) *Variant {
	i := slices.IndexFunc(variants, func(v Variant) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &variants[i]
}

// variantHolding returns the first variant with the given value, or nil.
func variantHolding(variants []Variant, value Value) *Variant {
	i := slices.IndexFunc(variants, func(v Variant) bool { return v.Value.Equal(value) })
	if i < 0 {
		return nil
	}
	return &variants[i]
}

// explain returns the rules' explanation of a decision. If they do not implement Explainer, it
// returns an explanation with the result and no steps.
func explain(rules Rules, key string, subject *Subject, at *Moment, private map[string]bool) Explanation {
	if rules == nil {
		return Explanation{Flag: key, Reason: ReasonError, Err: ErrNotReady}
	}
	if explainer, ok := rules.(Explainer); ok {
		x := explainer.Explain(key, subject, at, private)
		x.Err = suggesting(x.Err, key, rules)
		return x
	}
	result := rules.Evaluate(key, KindAny, subject, at)
	x := explanationOf(key, &result)
	x.Err = suggesting(x.Err, key, rules)
	return x
}

// suggesting adds the nearest known key to the error for an unknown flag.
func suggesting(err error, key string, rules Rules) error {
	if !errors.Is(err, ErrFlagNotFound) {
		return err
	}
	return &EvaluationError{
		Code: CodeFlagNotFound, Message: ErrFlagNotFound.Message + match.Suggest(key, flagKeys(rules)),
	}
}

func flagKeys(rules Rules) (keys []string) {
	for info := range rules.Flags() {
		keys = append(keys, info.Key)
	}
	return keys
}

// explanationOf returns the result of an evaluation as an explanation without steps.
func explanationOf(flag string, r *Result) Explanation {
	x := Explanation{Flag: flag, Rule: r.Rule, Reason: r.Reason, Missing: r.Missing}
	x.Variant, x.Value = r.answer()
	if r.Err != nil {
		x.Err = r.Err
	}
	return x
}

// answer returns the variant's name and value, or "" and nil if there is no variant.
func (r *Result) answer() (string, any) {
	if r.Variant == nil {
		return "", nil
	}
	return r.Variant.Name, r.Variant.Value.Any()
}
