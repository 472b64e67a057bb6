package becket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// overrideFile is a file of overrides. A nil one has none.
type overrideFile struct {
	file string
	read func(context.Context, Validator) (Document, error)

	// Only New and the refresher's goroutine use these two.
	guard guard
	body  []byte // as read last

	list atomic.Pointer[[]overrideEntry]
}

// overrideEntry is a line of the file.
type overrideEntry struct {
	flag  string
	value Value
}

// maxOverrides is the limit of the file, in bytes.
const maxOverrides = 1 << 20

var errOverridesHang = errors.New("becket: the file system hangs: the file could not be read in time")

// loadOverrides returns nil where none were asked for.
func loadOverrides(files []string) (*overrideFile, error) {
	switch {
	case len(files) == 0:
		return nil, nil //nolint:nilnil // no overrides is no error
	case len(files) > 1:
		return nil, fmt.Errorf("becket: WithOverrides: overrides come from one file, and there are %d: %s", len(files), strings.Join(files, ", "))
	}
	o := &overrideFile{file: files[0], read: File(files[0]).Fetch, guard: guard{name: "file", hangs: errOverridesHang}}
	_, err := o.reload()
	return o, err
}

// reload reads the file and reports whether it has changed.
func (o *overrideFile) reload() (changed bool, err error) {
	document, err := guarded(context.Background(), &o.guard, startPatience, func(ctx context.Context) (Document, error) {
		return o.read(ctx, Validator{})
	})
	if err == nil && len(document.Body) > maxOverrides {
		err = fmt.Errorf("%w of %d bytes", ErrTooLarge, maxOverrides)
	}
	if err != nil {
		return false, fmt.Errorf("becket: WithOverrides: %w", within{err})
	}
	if o.body != nil && bytes.Equal(o.body, document.Body) {
		return false, nil
	}
	list, err := decodeOverrides(document.Body)
	if err != nil {
		return false, fmt.Errorf("becket: WithOverrides: %s: %w", o.file, within{err})
	}
	o.body = document.Body
	o.list.Store(&list)
	return true, nil
}

// decodeOverrides reads the file. Its errors are *DocumentError or join several of them.
func decodeOverrides(document []byte) (list []overrideEntry, err error) {
	values, problems := native.ReadValues(document)
	for _, v := range values {
		list = append(list, overrideEntry{v.Name, valueOf(v.Value)})
	}
	slices.SortFunc(list, func(a, b overrideEntry) int { return strings.Compare(a.flag, b.flag) })
	return list, joinProblems(located(problems))
}

// listed lists the overrides for Status.
func (o *overrideFile) listed() (file string, values map[string]any) {
	if o == nil {
		return "", nil
	}
	values = map[string]any{}
	for _, line := range *o.list.Load() {
		values[line.flag] = line.value.Any()
	}
	return o.file, values
}

// overriddenRules are Rules with overrides before them.
type overriddenRules struct {
	rules   Rules // nil: no ruleset yet
	file    string
	keys    []string // sorted
	answers map[string]overrideAnswer
}

// overrideAnswer is what an override serves.
type overrideAnswer struct {
	variant *Variant
	boolean *Variant         // what a boolean check gets; set for "on" and "off" of a flag that the ruleset lacks
	err     *EvaluationError // set: the override does not fit the flag
}

func newOverriddenRules(rules Rules, list []overrideEntry, file string) *overriddenRules {
	o := &overriddenRules{rules: rules, file: file, answers: map[string]overrideAnswer{}}
	for _, line := range list {
		o.keys = append(o.keys, line.flag)
		o.answers[line.flag] = line.answerFor(rules)
	}
	return o
}

// overrideName is the variant's name where the override is none of the flag's own.
const overrideName = "override"

// answerFor holds the override against the flag that the ruleset has, if it has one.
func (line *overrideEntry) answerFor(rules Rules) overrideAnswer {
	own := &Variant{Name: overrideName, Value: line.value}
	if rules == nil {
		return overrideAnswer{variant: own, boolean: line.implied()}
	}
	info, ok := rules.Flag(line.flag)
	if !ok || info.Kind == KindAny {
		return overrideAnswer{variant: own, boolean: line.implied()}
	}
	variants := variantsOf(rules, line.flag)
	if line.value.kind() == KindString {
		if variant := variantNamed(variants, line.value.Text()); variant != nil {
			return overrideAnswer{variant: variant}
		}
		if info.Kind != KindString {
			return overrideAnswer{err: &EvaluationError{Code: CodeParseError, Message: fmt.Sprintf(
				"the override names the variant %q, which the flag does not have%s", match.Brief(line.value.Text()), match.Suggest(line.value.Text(), info.Variants))}}
		}
	}
	value, ok := line.value.as(info.Kind)
	if !ok {
		return overrideAnswer{err: &EvaluationError{Code: CodeTypeMismatch, Message: fmt.Sprintf(
			"the override is of type %s, the flag of type %s", line.value.kind(), info.Kind)}}
	}
	if variant := variantHolding(variants, value); variant != nil {
		return overrideAnswer{variant: variant}
	}
	own.Value = value
	return overrideAnswer{variant: own}
}

// implied returns the variant of a boolean flag without written variants that a text names. It
// returns nil for every other value.
func (line *overrideEntry) implied() *Variant {
	if line.value.kind() != KindString {
		return nil
	}
	switch name := line.value.Text(); name {
	case "on", "off":
		return &Variant{Name: name, Value: BoolValue(name == "on")}
	default:
		return nil
	}
}

// Evaluate gives the override where there is one. Views ask the two parts by themselves.
func (o *overriddenRules) Evaluate(flag string, want Kind, subject *Subject, at *Moment) Result {
	r, ok := o.answerOf(flag, want)
	switch {
	case ok:
		return r
	case o.rules == nil:
		return Result{Reason: ReasonError, Err: ErrNotReady}
	default:
		return o.rules.Evaluate(flag, want, subject, at)
	}
}

// errVariantUnknown is the error for a text that a check of another type asks for before there is a
// ruleset, whose variant of that name it may be.
var errVariantUnknown = &EvaluationError{
	Code:    CodeProviderNotReady,
	Message: "the override may name a variant, and no ruleset has been loaded yet",
}

// answerOf gives the override, and says whether there is one.
func (o *overriddenRules) answerOf(flag string, want Kind) (r Result, ok bool) {
	a, ok := o.answers[flag]
	switch {
	case !ok:
		return Result{}, false
	case a.err != nil:
		return Result{Reason: ReasonError, Err: a.err}, true
	}
	kind := a.variant.Value.kind()
	switch {
	case kind.readableAs(want):
		return Result{Variant: a.variant, Reason: ReasonOverride}, true
	case want == KindBool && a.boolean != nil:
		return Result{Variant: a.boolean, Reason: ReasonOverride}, true
	case kind == KindString && o.rules == nil:
		return Result{Reason: ReasonError, Err: errVariantUnknown}, true
	default:
		return Result{Reason: ReasonError, Err: TypeMismatch(want, kind)}, true
	}
}

// Flags lists the ruleset's flags and those that only overrides have.
func (o *overriddenRules) Flags() iter.Seq[FlagInfo] {
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
func (o *overriddenRules) info(key string) FlagInfo {
	a := o.answers[key]
	if a.err != nil { // the ruleset had the flag when the override was held against it
		return FlagInfo{Key: key, Err: a.err}
	}
	return FlagInfo{Key: key, Kind: a.variant.Value.kind(), Variants: []string{a.variant.Name}, Enabled: true}
}

// Flag describes one flag.
func (o *overriddenRules) Flag(key string) (FlagInfo, bool) {
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
func (o *overriddenRules) Info() RulesInfo {
	if o.rules == nil {
		return RulesInfo{}
	}
	return o.rules.Info()
}

// Explain tells of the override, or lets the ruleset explain.
func (o *overriddenRules) Explain(key string, subject *Subject, at *Moment, private map[string]bool) Explanation {
	result, ok := o.answerOf(key, KindAny)
	if !ok {
		return explain(o.rules, key, subject, at, private)
	}
	x := explanationOf(key, &result)
	step := Step{What: "override", Text: o.file, Outcome: "the caller's default"}
	if result.Variant != nil {
		step.Outcome = "serves " + result.Variant.Name
	}
	x.Steps = []Step{step}
	return x
}
