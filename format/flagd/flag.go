package flagd

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/becketflags/becket"
)

// flag is a compiled flag.
type flag struct {
	key      string
	disabled bool
	err      *becket.EvaluationError // set if the definition cannot be read
	// why this definition comes from an earlier document; nil if it does not
	kept     error
	variants []variant // the variants in the order of their names
	// indices of the variants by name; nil if comparing the names is as fast
	places    map[string]int
	fallback  *variant // the default variant; nil if the caller's default is served
	targeting *node    // nil if the flag has no rule

	kind                  becket.Kind
	shared                map[string]any // the document's metadata
	metadata              map[string]any // the flag's own metadata, which takes precedence
	definition, behaviour uint64         // digests
}

const mostScanned = 8

// staticReason returns the reason of a flag without targeting.
func (f *flag) staticReason() becket.Reason {
	if f.fallback == nil {
		return becket.ReasonDefault
	}
	return becket.ReasonStatic
}

// result converts the rule's value to the flag's result.
func (f *flag) result(e *evaluation, d *datum, want becket.Kind) becket.Result {
	if e.failed {
		return becket.Result{Reason: becket.ReasonError, Err: errTargeting}
	}
	if d.kind == kindNull {
		return f.fallback.serve(want, becket.ReasonDefault)
	}
	v, ok := f.target(e, d)
	switch {
	case !ok:
		return becket.Result{Reason: becket.ReasonError, Err: errTargeting}
	case v == nil:
		return becket.Result{Reason: becket.ReasonError, Err: errVariant}
	default:
		return v.serve(want, becket.ReasonTargetingMatch)
	}
}

// target finds the variant that a rule's result names. The name is the result as JSON, without
// quotation marks. It fails for a value that JSON cannot express.
func (f *flag) target(e *evaluation, d *datum) (v *variant, ok bool) {
	switch d.kind {
	case kindText:
		if !e.make(len(d.text)) {
			return nil, false
		}
		if v = f.plain(d.text); v != nil || plainText(d.text) {
			return v, true
		}
	case kindBool:
		if d.number != 0 {
			return f.plain("true"), true
		}
		return f.plain("false"), true
	case kindNumber:
		var buffer [20]byte
		if written, whole := integralText(buffer[:0], d.number); whole {
			return f.plain(string(written)), true
		}
	}
	if !e.weigh(d) {
		return nil, false
	}
	written, err := json.Marshal(own(*d).any()) // a value in an interface is allocated on the heap
	if err != nil {
		return nil, false
	}
	return f.named(strings.ReplaceAll(string(written), `"`, "")), true
}

// plain finds a variant by a name that is the same in JSON.
func (f *flag) plain(name string) *variant {
	if v := f.named(name); v != nil && v.plain {
		return v
	}
	return nil
}

func (f *flag) named(name string) *variant {
	if f.places != nil {
		if i, ok := f.places[name]; ok {
			return &f.variants[i]
		}
		return nil
	}
	for i := range f.variants {
		if f.variants[i].served.Name == name {
			return &f.variants[i]
		}
	}
	return nil
}

// plainText reports whether encoding/json writes s unchanged between the quotation marks.
func plainText(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
			return false
		}
		i += size
	}
	return true
}

func (f *flag) describe() becket.FlagInfo {
	names := make([]string, len(f.variants))
	for i := range f.variants {
		names[i] = f.variants[i].served.Name
	}
	slices.Sort(names)
	if f.err != nil {
		return becket.FlagInfo{
			Key: f.key, Err: f.err.Cause, Metadata: overlay(f.shared, nil),
			Definition: f.definition, Behaviour: f.behaviour,
		}
	}
	return becket.FlagInfo{
		Key: f.key, Kind: f.kind, Variants: names, Enabled: !f.disabled, Metadata: overlay(f.shared, f.metadata),
		Definition: f.definition, Behaviour: f.behaviour, Kept: f.kept != nil, Err: f.kept,
	}
}
