package becket

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/sniff"
)

// decodePatience, plus decodePatienceByte for each byte of the document, is how long a format other
// than the native one may take to decode. This is far longer than a working format needs. A call
// that hangs is abandoned a second later, after ten seconds in all.
const (
	decodePatience     = 9 * time.Second
	decodePatienceByte = 10 * time.Microsecond
)

var errFormatHangs = errors.New("becket: the format hangs: Decode has not returned")

// decoder compiles documents of the client's format, which may be code of the program.
type decoder struct {
	format   Format
	name     string
	notifier *notifier
	guard    guard

	// rules that were decoded in advance, and the document from which they were decoded
	kept     Rules
	keptBody []byte
}

// keep keeps rules for the next call of decode, which returns them if it is for the same document.
func (d *decoder) keep(body []byte, rules Rules) { d.keptBody, d.kept = body, rules }

// taken returns the rules that were kept if they belong to the document, and nil otherwise. It
// forgets them.
func (d *decoder) taken(body []byte) Rules {
	rules := d.kept
	if rules != nil && &body[0] != &d.keptBody[0] {
		rules = nil
	}
	d.keep(nil, nil)
	return rules
}

func newDecoder(c *config, n *notifier) *decoder {
	name := "format " + c.formatName
	return &decoder{
		format: c.format, name: name, notifier: n, guard: guard{own: n.own, name: name, hangs: errFormatHangs},
	}
}

// decode compiles a document, and lets its rules use definitions of the previous rules instead of
// invalid ones (see [Keeper]). The native format is called directly. A call of another format is
// abandoned if it hangs, and its rules are returned as [foreignRules].
func (d *decoder) decode(ctx context.Context, body []byte, previous Rules) (rules Rules, err error) {
	if len(body) == 0 {
		return nil, errors.New("becket: the document is empty: it has no bytes at all")
	}
	if err := limit.Check(body); err != nil {
		return nil, err
	}
	if known := d.taken(body); known != nil && previous == nil {
		return known, nil
	}
	if _, native := d.format.(nativeFormat); native {
		rules, err = d.native(body, previous)
	} else {
		limit := decodePatience + time.Duration(len(body))*decodePatienceByte
		rules, err = guarded(ctx, &d.guard, limit,
			func(context.Context) (Rules, error) { return d.foreign(body, previous) })
	}
	if err != nil {
		reason := sniff.Reason(body)
		if _, native := d.format.(nativeFormat); native && reason == "" {
			reason = sniff.Foreign(body)
		}
		if reason != "" {
			err = fmt.Errorf("becket: %s: %w", reason, within{err})
		}
	}
	return rules, err
}

func (d *decoder) native(body []byte, previous Rules) (rules Rules, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			rules, err = nil, contractError("recovered a panic in the %s: %v", d.name, cause)
		}
	}()
	if previous != nil {
		// on one processor: there is no hurry, because rules are in use already
		rules, err = decodeNative(body, 1)
	} else {
		rules, err = d.format.Decode(body)
	}
	if err != nil {
		return nil, err
	}
	if keeper, ok := rules.(Keeper); ok {
		rules = keeper.Keep(previous)
	}
	return rules, nil
}

func (d *decoder) foreign(body []byte, previous Rules) (Rules, error) {
	rules, err := d.format.Decode(body)
	if err != nil {
		return nil, err
	}
	if rules == nil {
		return nil, errors.New("becket: the format returned no rules and no error")
	}
	if keeper, ok := rules.(Keeper); ok {
		if rules = keeper.Keep(bareRules(previous)); rules == nil {
			return nil, errors.New("becket: the method Keep of the format's rules returned nil")
		}
	}
	if native, ok := rules.(*ruleset); ok {
		return native, nil // the format translates into native documents
	}
	return &foreignRules{rules: rules, name: d.name, info: rules.Info(), notifier: d.notifier}, nil
}

// errRulesPanicked is the error of an evaluation whose rules panicked. It is allocated once,
// because a request may be able to cause the panic many times.
var errRulesPanicked = &EvaluationError{Code: CodeGeneral, Message: "the rules of the format panicked"}

// foreignRules wraps the rules of a format other than the native one, which may be code of the
// program. A panic in them does not reach the caller of an evaluation: it is counted and reported
// like a panic in a hook, and the evaluation returns the caller's default.
type foreignRules struct {
	rules    Rules
	name     string    // "format " and the format's name, for reports
	info     RulesInfo // result of Info, called once after decoding
	notifier *notifier
}

// bareRules returns the rules as the format returned them.
func bareRules(rules Rules) Rules {
	if foreign, ok := rules.(*foreignRules); ok {
		return foreign.rules
	}
	return rules
}

func (f *foreignRules) panicked(method string, cause any) {
	f.notifier.panicked(method+" of the "+f.name, cause)
}

// Evaluate also turns a value of a type other than want into an error.
func (f *foreignRules) Evaluate(flag string, want Kind, subject *Subject, at *Moment) (r Result) {
	defer func() {
		if cause := recover(); cause != nil {
			f.panicked("Evaluate", cause)
			r = Result{Reason: ReasonError, Err: errRulesPanicked}
		}
	}()
	r = f.rules.Evaluate(flag, want, subject, at)
	if r.Variant != nil {
		if kind := r.Variant.Value.kind(); !match.Readable(kind, want) {
			r.fail(TypeMismatch(want, kind))
		}
	}
	return r
}

// Flags does not recover a panic in the body of the caller's loop.
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
