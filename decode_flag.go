package becket

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
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
	rareFields
	at           int
	typeAt       int
	hasVariants  bool
	ruleCount    int
	excessAt     int    // where the first rule stands that is too many
	variantsText []byte // as they are written
	offName      string
	offAt        int
	fallback     serveDraft
}

type variantDraft struct {
	at      int
	name    string
	value   Value
	problem string // of a number beyond 64 bits, unless the flag is of type float
}

// flag reads and compiles a flag. It returns nil when there is anything wrong with it.
func (r *reader) flag(key string, at int) *flag {
	d := flagDraft{flag: flag{fingerprint: match.FingerprintOf(key), key: key, enabled: true}, at: at}
	before, links := r.failed, r.links
	r.rules, r.variants, r.arms = r.rules[:0], r.variants[:0], r.arms[:0]
	r.fields(flagFields, func(field string) {
		start := r.at
		r.flagField(&d, field)
		sum := r.digest(field, start)
		d.definition += sum
		if !slices.Contains(peopleFields, field) {
			d.behaviour += sum
		}
	})
	if r.failed > before {
		return nil
	}
	r.compileFlag(&d)
	if r.failed > before {
		return nil
	}
	f := d.flag
	if r.links == links {
		f.linked = leafOf(&f)
		if f.cost > maxEvaluations {
			r.fail(at, "%s", tooManyEvaluations)
			return nil
		}
	}
	return &f
}

func (r *reader) flagField(d *flagDraft, field string) {
	switch field {
	case "type":
		d.typeAt = r.at
		d.kind = r.flagKind()
	case "variants":
		d.hasVariants = true
		start := r.at
		r.object(func(name string, at int) { push(&r.variants, r.variant(name, at)) })
		d.variantsText = r.document[start:r.end]
	case "enabled":
		d.enabled, _ = r.boolean()
	case "off":
		d.offAt = r.at
		d.offName, _ = r.text()
	case "requires":
		r.array(func(int) { push(&d.rareFields.requires, r.requirement()) })
	case "rules":
		r.array(func(i int) { r.ruleOf(d, i) })
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
	at := r.at
	word, ok := r.text()
	kind, known := flagKinds[word]
	if ok && !known {
		words := []string{"boolean", "string", "integer", "float", "object"}
		r.fail(at, "unknown type %q%s: one of %s", shorten(word), r.suggest(word, words), strings.Join(words, ", "))
	}
	return kind
}

// variant reads a variant's value. Objects are kept as JSON.
func (r *reader) variant(name string, at int) variantDraft {
	d := variantDraft{at: at, name: name}
	if name == "" {
		r.fail(at, "the variant's name is empty")
	}
	switch r.kind() {
	case '{', '[':
		d.value = r.objectValue()
	case 'n':
		r.wrongKind("a value")
	case '0':
		at, text := r.at, textOf(r.token())
		if d.value, d.problem = parseDecimal(text); d.problem != "" {
			r.fail(at, "%s", d.problem)
		} else {
			_, d.problem = parseNumber(text)
		}
	default:
		d.value, _ = r.scalar()
	}
	return d
}

// objectValue reads an object or array and checks what the decoder does not: names that stand twice, numbers that no float64 holds, and nesting.
func (r *reader) objectValue() Value {
	start := r.at
	r.checkValue()
	return ObjectValue(slices.Clone(r.document[start:r.end]))
}

func (r *reader) checkValue() {
	switch r.kind() {
	case '{':
		r.object(func(string, int) { r.checkValue() })
	case '[':
		r.array(func(int) { r.checkValue() })
	case '0':
		at := r.at
		if number := r.token(); overflows(number) {
			r.fail(at, "%s", tooLarge(string(number)))
		}
	default:
		r.skip()
	}
}

func (r *reader) requirement() *link {
	l := r.link("", r.at)
	l.toFlag = true
	var hasFlag, hasIn bool
	before := r.failed
	r.fields([]string{"flag", "in"}, func(field string) {
		if field == "flag" {
			l.key, hasFlag = r.text()
			return
		}
		hasIn = true
		l.variants = r.textList()
	})
	if (!hasFlag || !hasIn) && r.failed == before {
		r.fail(l.at, "a requirement needs \"flag\" and \"in\"")
	}
	return l
}

func (r *reader) duration() time.Duration {
	at := r.at
	text, ok := r.text()
	if !ok {
		return 0
	}
	duration, ok := match.ParseDuration(text)
	if !ok || duration <= 0 {
		r.fail(at, "%q is no duration above 0 (such as %q or %q)", shorten(text), "7d", "36h")
	}
	return duration
}

func (r *reader) tracking() tracking {
	at := r.at
	word, ok := r.text()
	words := []string{"splits", "all", "none"}
	i := slices.Index(words, word)
	if ok && i < 0 {
		r.fail(at, "unknown tracking %q%s: one of %s", shorten(word), r.suggest(word, words), strings.Join(words, ", "))
	}
	return tracking(max(i, 0))
}

func (r *reader) aboutField(a *about, field string) {
	switch field {
	case "description":
		a.description = r.prose()
	case "owner":
		a.owner, _ = r.text()
	case "tags":
		a.tags = r.tagList()
	case "created":
		a.created = r.date()
	case "expires":
		a.expires = r.date()
	case "permanent":
		a.permanent, _ = r.boolean()
	case "metadata":
		a.metadata = map[string]any{}
		r.object(func(name string, _ int) {
			if value, ok := r.metadatum(); ok {
				a.metadata[name] = value.Any()
			}
		})
	}
}

// metadatum reads a scalar. A number that is written as a float may lie beyond 64 bits.
func (r *reader) metadatum() (Value, bool) {
	if r.kind() == '0' && bytes.ContainsAny(r.document[r.at:scalarEnd(r.document, r.at)], ".eE") {
		return r.decimal()
	}
	return r.scalar()
}

// tagList reads an array of texts. Equal ones are shared.
func (r *reader) tagList() []string {
	start, before := r.at, r.failed
	end, _, _ := span(r.document, start)
	raw := r.document[start:end]
	if tags, ok := r.tags[string(raw)]; ok {
		r.pass(end)
		return tags
	}
	r.array(func(int) {
		if tag, ok := r.text(); ok {
			push(&r.strings, tag)
		}
	})
	tags := take(&r.strings, 0)
	if len(raw) <= longestShared && r.failed == before {
		r.tags[string(raw)] = tags
	}
	return tags
}

func (r *reader) date() day {
	at := r.at
	text, ok := r.text()
	if !ok {
		return 0
	}
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		r.fail(at, "%q is no date (such as %q)", shorten(text), "2027-02-01")
	}
	return dayOf(date)
}

// kind returns the type that the value has by itself.
func (d *variantDraft) kind() Kind {
	if d.problem != "" {
		return KindInt // one beyond 64 bits
	}
	return d.value.kind()
}

// inferKind returns the type of variants that declare none: numbers are floats as soon as one is.
func inferKind(drafts []variantDraft) (kind Kind, ok bool) {
	kind = drafts[0].kind()
	for i := range drafts[1:] {
		switch found := drafts[1+i].kind(); {
		case found == kind:
		case kind == KindInt && found == KindFloat, kind == KindFloat && found == KindInt:
			kind = KindFloat
		default:
			return KindAny, false
		}
	}
	return kind, true
}
