package becket

import (
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"time"
)

// Format reads one kind of document. [Native] is becket's own; the packages below format/ read what
// other vendors publish. Fetching, the disk copy, views, hooks and tests work the same for all of
// them.
type Format interface {
	// Name names the format and its version, such as "configcat-v6". It is part of the disk copy's
	// file name.
	Name() string

	// Decode compiles a document. An error refuses it whole: the ruleset in use stays. What is
	// wrong with a single flag does not stop the others: it is set aside and told by Rules.Info.
	Decode(document []byte) (Rules, error)
}

// Rules is a compiled document: immutable, and safe for concurrent use.
type Rules interface {
	// Evaluate decides one flag for one subject. It must not panic, block or do I/O. want is the
	// type asked for, KindAny if any will do. The flag's key and the subject are copies that a
	// client makes for this call: Evaluate may keep them, with every text and list in them, for as
	// long as it likes, and hand them to other goroutines.
	Evaluate(flag string, want Kind, subject *Subject, at *Moment) Result

	// Flags lists the flags, those set aside too, in the order of their keys.
	Flags() iter.Seq[FlagInfo]

	// Flag describes one flag, and says whether there is one of that key.
	Flag(key string) (FlagInfo, bool)

	// Info describes the document.
	Info() RulesInfo
}

// Keeper is implemented by Rules that can take over, for what had to be set aside, the definitions
// of the rules served before. Keep returns the rules to serve, which may be the receiver; previous
// is of the same format, or nil.
type Keeper interface {
	Keep(previous Rules) Rules
}

// Explainer is implemented by Rules that can tell how a decision came about. It must be the same
// evaluator that decides. Values of attributes that private names are not shown.
type Explainer interface {
	Explain(flag string, subject *Subject, at *Moment, private map[string]bool) Explanation
}

// VariantLister is implemented by Rules that can tell what their flags may serve. [Client.Verify]
// holds defaults against it, and overrides and tests name variants by it.
type VariantLister interface {
	// Variants lists a flag's variants in the order of their names; nil where there is no such flag
	// or its definition could not be read. The caller must not change the list.
	Variants(flag string) []Variant
}

// Result is what an evaluation gives. It refers to the rules, so that returning it costs no
// allocation.
type Result struct {
	Variant *Variant // what is served; nil for the caller's default
	Rule    string   // the name of the rule that applied, or ""
	Reason  Reason
	Err     *EvaluationError // nil, or why the caller's default is given
	Missing string           // the first attribute whose absence kept a rule from applying, or ""
	Track   bool             // the evaluation is to be counted as an exposure

	// For exposures of formats that have them: the attribute that was hashed, "" for the targeting
	// key or none, and the flag's [FlagInfo.Behaviour].
	Unit      string
	Behaviour uint64
}

// fail turns a result into an error, which serves the caller's default.
func (r *Result) fail(err *EvaluationError) {
	r.Variant, r.Rule, r.Reason, r.Err = nil, "", ReasonError, err
}

// typeMismatches has an error for each pair of types, asked for and found.
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

// TypeMismatch returns the error for a flag of type found that was asked for as another type. It
// allocates nothing.
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

// Moment is when an evaluation happens. The clock is read only when an evaluation asks, so a flag
// without time in it costs no look at the clock. It is safe for concurrent use.
type Moment struct {
	clock     func() time.Time
	confirmed *confirmation
}

// confirmation is when the source last confirmed the rules. It has a pointer more than it needs,
// for the reason of [snapshot.far].
type confirmation struct {
	at *atomic.Pointer[time.Time] // nil inside: never
}

func newConfirmation() *confirmation { return &confirmation{&atomic.Pointer[time.Time]{}} }

// At returns a Moment that stands still, for tests and for tools that look into the future; age is
// the time since the source confirmed the rules. The zero time is the first instant of the year 1,
// and not the present.
func At(now time.Time, age time.Duration) *Moment {
	confirmed := now.Add(-age)
	m := &Moment{clock: func() time.Time { return now }, confirmed: newConfirmation()}
	m.confirmed.at.Store(&confirmed)
	return m
}

// Now returns the time. A nil or zero Moment is now, and nobody has ever confirmed its rules.
func (m *Moment) Now() time.Time {
	if m == nil || m.clock == nil {
		return time.Now()
	}
	return m.clock()
}

// Age returns for how long the source has not confirmed the rules, by the monotonic clock where the
// process has known them since. It returns the longest Duration when the source never did: then the
// rules count as stale.
func (m *Moment) Age() time.Duration {
	if m == nil || m.confirmed == nil {
		return 1<<63 - 1
	}
	confirmed := m.confirmed.at.Load()
	if confirmed == nil {
		return 1<<63 - 1
	}
	return m.clock().Sub(*confirmed)
}

// FlagInfo describes a flag to people and tools. Nothing in it changes an answer. The date
// 0001-01-01 is the zero time, so it counts as no date.
type FlagInfo struct {
	Key         string
	Kind        Kind     // of its variants; KindAny for a flag that could not be read
	Variants    []string // their names, sorted
	Enabled     bool
	Description string
	Owner       string
	Tags        []string
	Created     time.Time // a date in UTC, or the zero time
	Expires     time.Time // a date in UTC, or the zero time; the day itself still counts
	Permanent   bool
	Metadata    map[string]any // booleans, texts, int64 and float64
	Err         error          // why the flag was set aside, or nil
	Kept        bool           // the definition in use is an earlier document's, since this one's could not be read

	// Definition and Behaviour are digests of the flag's definition, with and without the fields
	// for people: what differs between two documents is told by them. They mean nothing outside one
	// process.
	Definition, Behaviour uint64
}

// RulesInfo describes a document.
type RulesInfo struct {
	Revision    int64
	Environment string
	Flags       int               // how many, those set aside too
	Bad         []Bad             // what was set aside
	Warnings    []error           // what is odd but harmless
	Segments    map[string]uint64 // a digest of each segment's definition
}

// served is a ruleset and where it came from: what everybody may know of a snapshot.
type served struct {
	rules       Rules // nil: no ruleset yet
	revision    int64
	environment string
	tier        Tier
	moment      *Moment
}

// flagsOf lists a snapshot's flags; ranging over it is safe where there are no rules.
func flagsOf(s *served) iter.Seq[FlagInfo] {
	if s == nil || s.rules == nil {
		return func(func(FlagInfo) bool) {}
	}
	return s.rules.Flags()
}

// Bad is a flag or a segment that could not be read. The others are served all the same.
type Bad struct { //nolint:errname // an entry of a list first, and an error so that it can be logged
	Section string // "flags" or "segments"
	Key     string
	Err     error // everything that is wrong with it
	Kept    bool  // the definition of the rules served before is used in its place
}

// Error says which flag or segment it is and what is wrong.
func (b Bad) Error() string {
	if b.Err == nil {
		return fmt.Sprintf("becket: %s.%s could not be read", b.Section, b.Key)
	}
	return b.Err.Error()
}

// Unwrap returns what is wrong.
func (b Bad) Unwrap() error { return b.Err }

// variantsOf lists a flag's variants where the rules can tell.
func variantsOf(rules Rules, flag string) []Variant {
	lister, ok := rules.(VariantLister)
	if !ok {
		return nil
	}
	return lister.Variants(flag)
}

// variantNamed returns the variant of that name, or nil.
func variantNamed(variants []Variant, name string) *Variant {
	i := slices.IndexFunc(variants, func(v Variant) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &variants[i]
}

// variantHolding returns the first variant of that value, or nil.
func variantHolding(variants []Variant, value Value) *Variant {
	i := slices.IndexFunc(variants, func(v Variant) bool { return v.Value.Equal(value) })
	if i < 0 {
		return nil
	}
	return &variants[i]
}

// explain lets rules explain a decision, those that cannot by their result alone.
func explain(rules Rules, key string, subject *Subject, at *Moment, private map[string]bool) Explanation {
	if rules == nil {
		return Explanation{Flag: key, Reason: ReasonError, Err: ErrNotReady}
	}
	if explainer, ok := rules.(Explainer); ok {
		return explainer.Explain(key, subject, at, private)
	}
	result := rules.Evaluate(key, KindAny, subject, at)
	x := Explanation{Flag: key, Rule: result.Rule, Reason: result.Reason, Missing: result.Missing}
	x.Variant, x.Value = result.answer()
	if result.Err != nil {
		x.Err = result.Err
	}
	return x
}

// answer returns the variant's name and value, "" and nil where there is none.
func (r *Result) answer() (string, any) {
	if r.Variant == nil {
		return "", nil
	}
	return r.Variant.Name, r.Variant.Value.Any()
}
