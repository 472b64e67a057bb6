package becket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
)

// Override is a value that stands before the ruleset's on this machine.
type Override struct {
	Flag  string
	Value any // as the file has it
}

// WithOverrides lets a file on this machine decide flags, for development: {"new-checkout": true, "theme": "dark"}. A text names one of the
// flag's variants or is, for a string flag, the value itself; everything else is the value. Flags that the ruleset does not have
// are served too, and everything works before there is a ruleset. Overridden answers have the reason OVERRIDE and give no exposures; flags that
// require or ask about an overridden flag see what the ruleset says of it. The file is read by New, which refuses one that is missing or
// wrong, and again with every refresh, where a wrong one changes nothing and is told to OnError. It is logged as a warning and shown in
// [Status]. By default, there are no overrides.
func WithOverrides(file string) Option {
	return func(c *config) { c.overrideFiles = append(c.overrideFiles, file) }
}

// WithOverridesFromEnv is [WithOverrides] with the file that an environment variable names, such as BECKET_OVERRIDES. Where it is unset or
// empty there are no overrides. By default, no environment variable is looked at.
func WithOverridesFromEnv(variable string) Option {
	return func(c *config) {
		if variable == "" {
			c.overrideFiles = append(c.overrideFiles, "")
		} else if file := os.Getenv(variable); file != "" {
			c.overrideFiles = append(c.overrideFiles, file)
		}
	}
}

// overrides is a file of overrides. A nil one has none.
type overrides struct {
	file string
	body []byte // as read last; only New and the refresher's goroutine use it
	list atomic.Pointer[[]override]
}

// override is a line of the file.
type override struct {
	flag  string
	value Value
}

// maxOverrides is the limit of the file, in bytes.
const maxOverrides = 1 << 20

// loadOverrides returns nil where none were asked for.
func loadOverrides(files []string) (*overrides, error) {
	switch {
	case len(files) == 0:
		return nil, nil //nolint:nilnil // no overrides is no error
	case slices.Contains(files, ""):
		return nil, errors.New("becket: WithOverrides: the file, or the environment variable, has no name")
	case len(files) > 1:
		return nil, fmt.Errorf("becket: WithOverrides: overrides come from one file, and there are %d: %s", len(files), strings.Join(files, ", "))
	}
	o := &overrides{file: files[0]}
	_, err := o.reload()
	return o, err
}

// reload reads the file and reports whether it has changed.
func (o *overrides) reload() (changed bool, err error) {
	document, err := File(o.file).Fetch(context.Background(), Validator{})
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
func decodeOverrides(document []byte) (list []override, err error) {
	r, err := newReader(document, 1)
	if err != nil {
		return nil, err
	}
	r.object(func(name string, at int) {
		r.checkKey(name, at)
		if draft := r.variant(name, at); draft.value.kind() != KindAny {
			list = append(list, override{name, draft.value})
		}
	})
	slices.SortFunc(list, func(a, b override) int { return strings.Compare(a.flag, b.flag) })
	return list, joinProblems(r.problems)
}

// announce logs that answers come from here.
func (o *overrides) announce(n *notifier) {
	if o == nil {
		return
	}
	flags := make([]string, 0, len(*o.list.Load()))
	for _, line := range *o.list.Load() {
		flags = append(flags, line.flag)
	}
	n.call("logger", func() {
		n.logger.log(slog.LevelWarn, "becket: flags are overridden on this machine", slog.String("file", o.file), slog.Any("flags", flags))
	})
}

// told lists the overrides for Status.
func (o *overrides) told() (file string, list []Override) {
	if o == nil {
		return "", nil
	}
	for _, line := range *o.list.Load() {
		list = append(list, Override{line.flag, line.value.Any()})
	}
	return o.file, list
}

// over returns the snapshot with the overrides before it.
func (o *overrides) over(s *snapshot) *snapshot {
	if o == nil {
		return s
	}
	covered := *s
	covered.native, covered.below, covered.overridden = nil, s.native, newOverridden(s.rules, *o.list.Load(), o.file)
	return &covered
}

// renewOverrides takes over what has changed in the file.
func (f *fetcher) renewOverrides() {
	o := f.publication.overrides
	if o == nil {
		return
	}
	changed, err := o.reload()
	if err != nil {
		f.notifier.tell(&event{failure: &DeliveryError{CauseOverride, err}})
	}
	if changed {
		o.announce(f.notifier)
		f.publication.store(f.held.snapshot)
	}
}

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
				"the override names the variant %q, which the flag does not have%s", shorten(line.value.Text()), suggest(line.value.Text(), info.Variants))}}
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
		for info := range flagsOf(&snapshot{rules: o.rules}) {
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
