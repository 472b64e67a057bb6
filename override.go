package becket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// overrideFile is the file of overrides. A nil overrideFile has no overrides.
type overrideFile struct {
	file string
	read func(context.Context, Validator) (Document, error)

	// Only New and the refreshing goroutine use guard and body.
	guard guard
	body  []byte // the content from which list was decoded

	list atomic.Pointer[[]overrideEntry]
}

// overrideEntry is a member of the file's object: the key of a flag, and the value.
type overrideEntry struct {
	flag  string
	value Value
}

// maxOverrides is the greatest size of the file in bytes.
const maxOverrides = 1 << 20

var errOverridesHang = errors.New("becket: the file system hangs: the file could not be read in time")

// loadOverrides reads the file of overrides. It returns nil if there is none.
func loadOverrides(files []string) (*overrideFile, error) {
	switch {
	case len(files) == 0:
		return nil, nil //nolint:nilnil // having no overrides is not an error
	case len(files) > 1:
		return nil, fmt.Errorf("becket: WithOverrides: overrides come from one file, and there are %d: %s",
			len(files), strings.Join(files, ", "))
	}
	o := &overrideFile{file: files[0], read: File(files[0]).Fetch, guard: guard{name: "file", hangs: errOverridesHang}}
	_, err := o.reload()
	return o, err
}

// reload reads the file and reports whether it has changed.
func (o *overrideFile) reload() (changed bool, err error) {
	document, err := guarded(context.Background(), &o.guard, startPatience, func(ctx context.Context) (Document,
		error) {
		return o.read(ctx, Validator{})
	})
	if err == nil && len(document.Body) > maxOverrides {
		err = fmt.Errorf("%w of %d bytes", ErrTooLarge, maxOverrides)
	}
	if err != nil {
		remedy := ""
		if o.body != nil && errors.Is(err, fs.ErrNotExist) {
			remedy = "; its overrides stay until it is there again: write {} into it to end them"
		}
		return false, fmt.Errorf("becket: WithOverrides: %w%s", within{err}, remedy)
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

// decodeOverrides decodes the content of the file. Its error is a *DocumentError or joins several
// of them.
func decodeOverrides(document []byte) (list []overrideEntry, err error) {
	values, problems := native.ReadValues(document)
	for _, v := range values {
		list = append(list, overrideEntry{v.Name, valueOf(v.Value)})
	}
	slices.SortFunc(list, func(a, b overrideEntry) int { return strings.Compare(a.flag, b.flag) })
	return list, joinProblems(located(problems))
}

// listed returns the file's name and the values for Status.
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

// overriddenRules are Rules in which overrides replace the results of some flags.
type overriddenRules struct {
	rules   Rules // nil if there is no ruleset yet
	file    string
	keys    []string // sorted
	answers map[string]overrideAnswer
}

// overrideAnswer is the result of an overridden flag.
type overrideAnswer struct {
	variant *Variant
	// the result of a boolean check, for the text "on" or "off", if the ruleset does not have the
	// flag or could not read it; otherwise nil
	boolean *Variant
	err     *EvaluationError // if set, the override does not fit the flag
}

func newOverriddenRules(rules Rules, list []overrideEntry, file string) *overriddenRules {
	o := &overriddenRules{rules: rules, file: file, answers: map[string]overrideAnswer{}}
	for _, line := range list {
		o.keys = append(o.keys, line.flag)
		o.answers[line.flag] = line.answerFor(rules)
	}
	return o
}

// overrideName is the name of the variant if the override's value is not one of the flag's
// variants.
const overrideName = "override"

// answerFor returns the result of an override. It compares the override with the ruleset's flag, if
// there is one.
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
				"the override names the variant %q, which the flag does not have%s", match.Brief(line.value.Text()),
				match.Suggest(line.value.Text(), info.Variants))}}
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

// implied returns the variant "on" or "off" of a boolean flag without written variants, if the
// value is one of these texts. Otherwise it returns nil.
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

// Evaluate returns the override's result, or the rules' result if the flag is not overridden. Views
// do not call it; see [snapshot.ask].
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

// errVariantUnknown is the error of a check that asks for a type other than string, if the override
// is a text and there is no ruleset yet. The text may be the name of a variant.
var errVariantUnknown = &EvaluationError{
	Code:    CodeProviderNotReady,
	Message: "the override may name a variant, and no ruleset has been loaded yet",
}

// answerOf returns the override's result. It returns false if the flag is not overridden.
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
	case match.Readable(kind, want):
		return Result{Variant: a.variant, Reason: ReasonOverride}, true
	case want == KindBool && a.boolean != nil:
		return Result{Variant: a.boolean, Reason: ReasonOverride}, true
	case kind == KindString && o.rules == nil:
		return Result{Reason: ReasonError, Err: errVariantUnknown}, true
	default:
		return Result{Reason: ReasonError, Err: TypeMismatch(want, kind)}, true
	}
}

// Flags lists the flags of the ruleset and the flags that only overrides have, in the order of
// their keys.
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
	if a.err != nil { // it does not fit a flag that the format describes but does not list
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

// Explain explains the override. If the flag is not overridden, it returns the rules' explanation.
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
