package becket

import (
	"math"
	"slices"
	"strings"
	"time"
)

// A flag's fields, those for people last: they never change an answer.
var (
	flagFields   = append(slices.Clone(behaviourFields), peopleFields...)
	peopleFields = []string{"description", "owner", "tags", "created", "expires", "permanent", "metadata"}

	behaviourFields = []string{"type", "variants", "enabled", "off", "requires", "rules", "default", "max_age", "track"}
)

var flagKinds = map[string]Kind{
	"boolean": KindBool, "string": KindString, "integer": KindInt, "float": KindFloat, "object": KindObject,
}

// flagDraft is a flag whose fields have been read.
type flagDraft struct {
	flag
	at          int64
	typeAt      int64
	hasVariants bool
	drafts      []variantDraft
	offName     string
	offAt       int64
	ruleDrafts  []ruleDraft
	fallback    serveDraft
}

type variantDraft struct {
	at    int64
	name  string
	value Value
}

// flag reads and compiles a flag. It returns nil when there is anything wrong with it.
func (r *reader) flag(key string, at int64) *flag {
	d := flagDraft{flag: flag{key: key, enabled: true}, at: at}
	before := len(r.problems)
	var scratch []byte
	r.fields(flagFields, func(field string) {
		start := r.here()
		r.flagField(&d, field)
		if r.broken != nil {
			return
		}
		var sum uint64
		sum, scratch = digest(field, r.document[start:r.decoder.InputOffset()], scratch)
		d.definition += sum
		if !slices.Contains(peopleFields, field) {
			d.behaviour += sum
		}
	})
	if r.broken != nil || len(r.problems) > before {
		return nil
	}
	r.compileFlag(&d)
	if len(r.problems) > before {
		return nil
	}
	f := d.flag
	return &f
}

func (r *reader) flagField(d *flagDraft, field string) {
	switch field {
	case "type":
		d.typeAt = r.here()
		d.kind = r.flagKind()
	case "variants":
		d.hasVariants = true
		r.object(func(name string, at int64) { d.drafts = append(d.drafts, r.variant(name, at)) })
	case "enabled":
		d.enabled, _ = r.boolean()
	case "off":
		d.offAt = r.here()
		d.offName, _ = r.text()
	case "requires":
		r.array(func(int) { d.requires = append(d.requires, r.requirement()) })
	case "rules":
		r.array(func(int) { d.ruleDrafts = append(d.ruleDrafts, r.rule()) })
	case "default":
		d.fallback = r.serve()
	case "max_age":
		d.maxAge = r.duration()
	case "track":
		d.track = r.tracking()
	default:
		if d.about == nil {
			d.about = &about{}
		}
		r.aboutField(d.about, field)
	}
}

func (r *reader) flagKind() Kind {
	at := r.here()
	word, ok := r.text()
	kind, known := flagKinds[word]
	if ok && !known {
		words := []string{"boolean", "string", "integer", "float", "object"}
		r.fail(at, "unknown type %q%s: one of %s", word, suggest(word, words), strings.Join(words, ", "))
	}
	return kind
}

// variant reads a variant's value. Objects are kept as JSON.
func (r *reader) variant(name string, at int64) variantDraft {
	d := variantDraft{at: at, name: name}
	if name == "" {
		r.fail(at, "the variant's name is empty")
	}
	if r.broken != nil {
		return d
	}
	switch r.decoder.PeekKind() {
	case '{', '[':
		d.value = r.objectValue()
	case 'n':
		r.wrongKind("a value")
	default:
		d.value, _ = r.scalar()
	}
	return d
}

// objectValue reads an object or array and checks what the decoder does not: names that stand twice, and nesting.
func (r *reader) objectValue() Value {
	start := r.here()
	r.checkValue()
	if r.broken != nil {
		return Value{}
	}
	return ObjectValue(slices.Clone(r.document[start:r.decoder.InputOffset()]))
}

func (r *reader) checkValue() {
	if r.broken != nil {
		return
	}
	switch r.decoder.PeekKind() {
	case '{':
		r.object(func(string, int64) { r.checkValue() })
	case '[':
		r.array(func(int) { r.checkValue() })
	default:
		r.skip()
	}
}

func (r *reader) requirement() *link {
	l := &link{toFlag: true, at: r.here()}
	var hasFlag, hasIn bool
	before := len(r.problems)
	r.fields([]string{"flag", "in"}, func(field string) {
		if field == "flag" {
			l.key, hasFlag = r.text()
			return
		}
		hasIn = true
		r.array(func(int) {
			if name, ok := r.text(); ok {
				l.variants = append(l.variants, name)
			}
		})
	})
	if (!hasFlag || !hasIn) && len(r.problems) == before && r.broken == nil {
		r.fail(l.at, "a requirement needs \"flag\" and \"in\"")
	}
	l.variants = exact(l.variants)
	return l
}

func (r *reader) duration() time.Duration {
	at := r.here()
	text, ok := r.text()
	if !ok {
		return 0
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration <= 0 {
		r.fail(at, "%q is no duration above 0 (such as %q)", shorten(text), "24h")
	}
	return duration
}

func (r *reader) tracking() tracking {
	at := r.here()
	word, ok := r.text()
	words := []string{"splits", "all", "none"}
	i := slices.Index(words, word)
	if ok && i < 0 {
		r.fail(at, "unknown tracking %q%s: one of %s", word, suggest(word, words), strings.Join(words, ", "))
	}
	return tracking(max(i, 0)) //nolint:gosec // one of three
}

func (r *reader) aboutField(a *about, field string) {
	switch field {
	case "description":
		a.description, _ = r.text()
	case "owner":
		a.owner, _ = r.text()
	case "tags":
		r.array(func(int) {
			if tag, ok := r.text(); ok {
				a.tags = append(a.tags, tag)
			}
		})
	case "created":
		a.created = r.date()
	case "expires":
		a.expires = r.date()
	case "permanent":
		a.permanent, _ = r.boolean()
	case "metadata":
		a.metadata = map[string]any{}
		r.object(func(name string, _ int64) {
			if value, ok := r.scalar(); ok {
				a.metadata[name] = value.Any()
			}
		})
	}
}

func (r *reader) date() time.Time {
	at := r.here()
	text, ok := r.text()
	if !ok {
		return time.Time{}
	}
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		r.fail(at, "%q is no date (such as %q)", shorten(text), "2027-02-01")
	}
	return date
}

// inferKind returns the type of variants that declare none: numbers are floats as soon as one is.
func inferKind(drafts []variantDraft) (kind Kind, ok bool) {
	kind = drafts[0].value.kind
	for _, d := range drafts[1:] {
		switch found := d.value.kind; {
		case found == kind:
		case kind == KindInt && found == KindFloat, kind == KindFloat && found == KindInt:
			kind = KindFloat
		default:
			return KindAny, false
		}
	}
	return kind, true
}

// as returns the value as a variant of the flag's type holds it, and whether it fits.
func (v Value) as(kind Kind) (Value, bool) {
	if kind == KindFloat && v.kind == KindInt {
		return Value{number: math.Float64bits(v.Float()), meta: meta{kind: KindFloat}}, true
	}
	return v, v.kind == kind
}
