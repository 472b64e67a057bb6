package native

import (
	"cmp"
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/match"
)

// Variant is a variant of a flag.
type Variant struct {
	At      int // offset of the name
	Name    string
	Value   Value
	Written Written // the value; for an implied variant, it has no offset

	// the problem of a number outside 64 bits; it does not count if the flag has the type float
	beyond string
}

// kind returns the type of the value, without regard to the flag's type.
func (v *Variant) kind() Kind {
	if v.beyond != "" {
		return Int
	}
	return v.Value.Kind
}

// The variants of a flag that defines none.
var (
	impliedVariants = []Variant{
		{Name: "off", Value: boolValue(false), Written: Written{Raw: []byte("false")}},
		{Name: "on", Value: boolValue(true), Written: Written{Raw: []byte("true")}},
	}
	impliedOff = 0 // index of the variant "off"
)

// variant reads a variant's value. Objects are kept as JSON.
func (r *reader) variant(name string, at int) Variant {
	v := Variant{At: at, Name: name}
	start := r.at
	if name == "" {
		r.fail(at, "the variant's name is empty")
	}
	switch r.kind() {
	case '{', '[':
		v.Value = r.objectValue()
	case 'n':
		r.wrongKind("a value")
	case '0':
		at, text := r.at, textOf(r.token())
		number, problem := match.ParseDecimal(text)
		if problem != "" {
			r.fail(at, "%s", problem)
			return v
		}
		v.Value = numberValue(number)
		_, v.beyond = match.ParseNumber(text)
	default:
		v.Value, _ = r.scalar()
	}
	v.Written = r.written(start)
	return v
}

// objectValue reads an object or array. It makes the checks that jsontext does not make: for names
// that occur twice, for numbers that are too large for a float64, and for nesting.
func (r *reader) objectValue() Value {
	start := r.at
	r.checkValue()
	return Value{Text: textOf(r.document[start:r.end]), Kind: Object}
}

func (r *reader) checkValue() {
	switch r.kind() {
	case '{':
		r.object(func(string, int) { r.checkValue() })
	case '[':
		r.array(func(int) { r.checkValue() })
	case '0':
		at := r.at
		if number := r.token(); match.Overflows(number) {
			r.fail(at, "%s", match.TooLarge(string(number)))
		}
	default:
		r.skip()
	}
}

// checkFlag checks a flag whose single fields have no problems, and resolves the names of variants.
func (r *reader) checkFlag(d *Flag) {
	before := r.failed
	r.checkVariants(d)
	if r.failed > before {
		return // all names would be unknown
	}
	r.checkOff(d)
	r.checkDefault(d)
	r.checkRules(d)
}

func (r *reader) checkVariants(d *Flag) {
	if d.Implied {
		if d.Kind == Untyped {
			d.Kind = Bool
		}
		if d.Kind != Bool {
			r.fail(d.typeAt, "a flag of type %s needs \"variants\"%s", d.Kind, r.missing("variants"))
		}
		d.Variants = impliedVariants
		return
	}
	if len(r.variants) == 0 {
		r.fail(d.Written.At, "\"variants\" is empty")
		return
	}
	if d.Kind == Untyped {
		kind, ok := inferKind(r.variants)
		if !ok {
			r.failBelow(r.variants[0].At, []step{{name: "variants"}}, "the values are of different types")
			return
		}
		d.Kind = kind
	}
	for i := range r.variants {
		v := &r.variants[i]
		below := []step{{name: "variants"}, {name: v.Name}}
		if v.beyond != "" && d.Kind == Int {
			r.failBelow(v.At, below, "%s, unless \"type\" is \"float\"", v.beyond)
		} else if !v.Value.fits(d.Kind) {
			r.failBelow(v.At, below, "expected a value of type %s, found %s", d.Kind, v.Value.Kind)
		}
	}
	slices.SortFunc(r.variants, func(a, b Variant) int { return cmp.Compare(a.Name, b.Name) })
	d.Variants = r.variants
}

// inferKind returns the type of a flag that declares none. Numbers are floats if at least one of
// them is.
func inferKind(variants []Variant) (kind Kind, ok bool) {
	kind = variants[0].kind()
	for i := range variants[1:] {
		switch found := variants[1+i].kind(); {
		case found == kind:
		case kind == Int && found == Float, kind == Float && found == Int:
			kind = Float
		default:
			return Untyped, false
		}
	}
	return kind, true
}

func (r *reader) checkOff(d *Flag) {
	switch {
	case d.offAt > 0:
		r.below("off", func() { d.Off = r.resolve(d, d.offName, d.offAt) })
	case d.Implied:
		d.Off = impliedOff
	}
}

func (r *reader) checkDefault(d *Flag) {
	switch {
	case d.Default.IsThere:
		r.below("default", func() { r.checkServe(d, &d.Default) })
	case !d.Implied:
		r.fail(d.Written.At, "a flag with variants needs \"default\"%s", r.insteadOfDefault(d))
	default:
		d.Default.Name, d.Default.Variant = impliedVariants[impliedOff].Name, impliedOff
	}
}

// checkServe resolves the names of variants in a rule or a default.
func (r *reader) checkServe(d *Flag, s *Serve) {
	if !s.IsSplit {
		s.Variant = r.resolve(d, s.Name, s.At)
		return
	}
	if !s.hasSalt {
		s.Salt = d.Key
	}
	r.below("split", func() {
		for i := range s.Arms {
			a := &s.Arms[i]
			a.Variant = r.resolve(d, a.Name, a.At)
		}
	})
}

// resolve returns the index of the variant with the given name.
func (r *reader) resolve(d *Flag, name string, at int) int {
	i, found := slices.BinarySearchFunc(d.Variants, name, func(v Variant, name string) int {
		return strings.Compare(v.Name, name)
	})
	if found {
		return i
	}
	r.fail(at, "the flag has no variant %q%s", match.Brief(name), r.suggestVariant(d, name))
	return None
}

func (r *reader) suggestVariant(d *Flag, name string) string {
	if advice := straightQuotes(name); advice != "" {
		return advice
	}
	if r.suggested || r.attempts == mostAttempts {
		return ""
	}
	names := make([]string, len(d.Variants))
	for i := range d.Variants {
		names[i] = d.Variants[i].Name
	}
	return r.suggest(name, names)
}
