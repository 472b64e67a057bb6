package becket

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/wording"
)

// trace records the steps of an evaluation. The evaluator calls the trace at each step, and the
// trace calls the evaluator back for the step itself, so that the same code decides with and
// without a trace. Steps contain copies of the subject's values. The methods that the evaluator
// calls are not inlined, so that the evaluator's own functions stay small enough to be inlined.
type trace struct {
	private map[string]bool
	steps   *[]Step
	testing bool // a test is being decided; it has no steps of its own
}

// tracing points to a trace through two more pointers than it needs. Escape analysis does not
// distinguish the fields of a struct: if a trace stored something on the heap, the subject, which
// is in the same struct evaluation, would count as stored too, with as many pointers followed.
type tracing struct{ *farTrace }

type farTrace struct{ *trace }

func newTracing(private map[string]bool, steps *[]Step) *tracing {
	return &tracing{&farTrace{&trace{private: private, steps: steps}}}
}

// nested runs a step. Steps that are recorded meanwhile become its nested steps.
func (t *trace) nested(what, text string, run func() (outcome, note string)) {
	outer := t.steps
	step := Step{What: what, Text: text}
	t.steps = &step.Steps
	step.Outcome, step.Note = run()
	t.steps = outer
	*outer = append(*outer, step)
}

func (t *trace) note(step Step) { *t.steps = append(*t.steps, step) }

//go:noinline
func (t *trace) flag(e *evaluation, f *flag) (variant *Variant) {
	t.nested("flag", f.key, func() (string, string) {
		variant = f.decide(e)
		switch {
		case e.failed != 0:
			return "the caller's default", wording.Unprefixed(e.failed.err(f, f.kind))
		case variant == nil:
			return "the caller's default", string(e.reason.word())
		default:
			return "serves " + variant.Name, string(e.reason.word())
		}
	})
	return variant
}

//go:noinline
func (t *trace) requirement(e *evaluation, r *reference) (met truth) {
	t.nested("requirement", r.text(), func() (string, string) {
		met = r.satisfied(e)
		if r.flag == nil {
			return met.String(), "the flag does not exist"
		}
		return met.String(), ""
	})
	return met
}

//go:noinline
func (t *trace) rule(e *evaluation, r *rule) (applies bool) {
	t.nested("rule", r.name, func() (string, string) {
		applies = r.matches(e)
		return strconv.FormatBool(applies), ""
	})
	return applies
}

//go:noinline
func (t *trace) condition(e *evaluation, c *condition) (result truth) {
	t.nested("condition", c.text(), func() (string, string) {
		if c.form != formTest {
			result = c.combine(e)
			return result.String(), ""
		}
		t.testing = true
		result = c.holds(e)
		t.testing = false
		return result.String(), t.attribute(e, c.attribute.text) + t.unfit(e, c, result)
	})
	return result
}

// unfit returns a note if the attribute exists but the operator cannot use it, because it has the
// wrong type or cannot be parsed.
func (t *trace) unfit(e *evaluation, c *condition, result truth) string {
	value, ok := e.subject.Attribute(c.attribute.text)
	if !ok || result != unknown {
		return ""
	}
	return ", and " + unfitReason{c.operator, value.Kind()}.text()
}

// all records the conditions of a rule as one condition "all", as the document has it.
//
//go:noinline
func (t *trace) all(e *evaluation, conditions []condition) (result truth) {
	t.nested("condition", "all", func() (string, string) {
		result = allHold(conditions, e)
		return result.String(), ""
	})
	return result
}

// attribute returns a note with the subject's value, or with [Private] if the attribute is private.
func (t *trace) attribute(e *evaluation, name string) string {
	value, ok := e.subject.Attribute(name)
	switch {
	case !ok:
		return name + " is missing"
	case t.private[name]:
		return name + " is " + Private
	default:
		return name + " is " + value.String()
	}
}

//go:noinline
func (t *trace) segment(e *evaluation, s *segment) (result truth) {
	t.nested("segment", s.key, func() (string, string) {
		result = s.contains(e)
		key := e.subject.Key()
		switch {
		case key == "":
			return result.String(), "the subject has no key"
		case s.exclude.Has(key):
			return result.String(), "the key is excluded"
		case s.include.Has(key):
			return result.String(), "the key is included"
		}
		return result.String(), ""
	})
	return result
}

//go:noinline
func (t *trace) window(w *window, open bool) {
	text := ""
	if w.hasFrom {
		text = "from " + instantText(w.from)
	}
	if w.hasUntil {
		text = strings.TrimSpace(text + " until " + instantText(w.until))
	}
	if w.every != nil {
		text = strings.TrimSpace(text + " " + w.every.text())
	}
	t.note(Step{What: "window", Text: text, Outcome: strconv.FormatBool(open)})
}

func instantText(i match.Instant) string { return i.Time().Format(time.RFC3339Nano) }

//go:noinline
func (t *trace) share(e *evaluation, g *gate, below, hash uint64, ok, in bool) {
	step := Step{
		What: "percent", Text: percentText(float64(below)/unitScale*100) + " %", Outcome: strconv.FormatBool(in),
	}
	if g.ramp != nil {
		step.What, step.Text = "ramp", percentText(g.ramp.percentAt(e.now))+" % at "+instantText(e.now)
	}
	step.Note = bucketNote(e, unitOf(hash)*100, ok)
	if ok {
		step.Note += " against " + percentText(float64(below)/unitScale*100)
	}
	t.note(step)
}

//go:noinline
func (t *trace) layer(e *evaluation, l *layer, place float64, ok, in bool) {
	text := fmt.Sprintf("%s from %s to %s", l.name, percentText(l.from), percentText(l.to))
	t.note(Step{What: "layer", Text: text, Outcome: strconv.FormatBool(in), Note: bucketNote(e, place, ok)})
}

// bucketNote returns a note with the bucket. It names the attribute that was hashed, unless that is
// the targeting key.
func bucketNote(e *evaluation, bucket float64, ok bool) string {
	switch {
	case !ok:
		return "no key to hash"
	case e.unit != nil:
		return "bucket " + percentText(bucket) + " of " + e.unit.text
	default:
		return "bucket " + percentText(bucket)
	}
}

func percentText(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }

//go:noinline
func (t *trace) split(s *split, hash uint64, winner *arm) {
	step := Step{What: "split", Outcome: "draws " + winner.variant.Name, Note: "the smallest draw wins"}
	for i := range s.arms {
		a := &s.arms[i]
		step.Steps = append(step.Steps, Step{
			What:    "draw",
			Text:    fmt.Sprintf("%s of weight %s", a.variant.Name, percentText(math.Ldexp(a.weight, s.exponent))),
			Outcome: strconv.FormatFloat(math.Ldexp(a.draw(hash), -s.exponent), 'g', 6, 64),
		})
	}
	t.note(step)
}

// text returns a condition's attribute, operator and operand in the form of a document.
func (c *condition) text() string {
	switch c.form {
	case formTest:
		return c.attribute.text + " " + c.word() + " " + c.operandText()
	case formSegment:
		return "segment " + c.rest.reference.key
	case formFlag:
		return "flag " + c.rest.reference.text()
	default:
		return map[form]string{formAll: "all", formAny: "any", formNot: "not"}[c.form]
	}
}

func (c *condition) word() string {
	word := operatorNames[c.operator]
	if c.operator == opIn && c.negated {
		word = "not_in"
	}
	if c.fold {
		word += " (ignoring case)"
	}
	return word
}

func (c *condition) operandText() string {
	switch c.operator {
	case opIn:
		return c.set.text()
	case opExists:
		return strconv.FormatBool(!c.negated)
	case opMatches:
		return strconv.Quote(c.rest.pattern.String())
	case opSemver:
		return strconv.Quote(c.rest.versions.String())
	case opCIDR:
		texts := make([]string, len(c.rest.prefixes))
		for i, prefix := range c.rest.prefixes {
			texts[i] = prefix.String()
		}
		return listText(texts)
	case opContains, opStartsWith, opEndsWith:
		return listText(c.rest.texts)
	case opNewerThan, opOlderThan:
		return strconv.Quote(match.DurationText(c.rest.duration))
	default:
		return c.number.value().String()
	}
}

// listText returns texts as a list, shortened if there are many.
func listText(texts []string) string {
	quoted := make([]string, 0, len(texts))
	for _, text := range texts {
		quoted = append(quoted, strconv.Quote(text))
	}
	return shortList(quoted)
}

func shortList(elements []string) string {
	const most = 10
	if len(elements) > most {
		elements = append(elements[:most:most], fmt.Sprintf("… %d more", len(elements)-most))
	}
	return "[" + strings.Join(elements, ", ") + "]"
}

// text returns the set's values as a list, shortened if there are many.
func (s *set) text() string {
	var elements []string
	for _, text := range s.texts.Sorted() {
		elements = append(elements, strconv.Quote(text))
	}
	for _, i := range s.ints {
		elements = append(elements, strconv.FormatInt(i, 10))
	}
	for _, u := range s.larger {
		elements = append(elements, strconv.FormatUint(u, 10))
	}
	for _, f := range s.floats {
		elements = append(elements, strconv.FormatFloat(f, 'g', -1, 64))
	}
	for i, there := range s.booleans {
		if there {
			elements = append(elements, strconv.FormatBool(i == 1))
		}
	}
	return shortList(elements)
}

// Explain decides the flag and records every step. It uses the evaluator of [ruleset.Evaluate],
// with a trace.
func (r *ruleset) Explain(key string, subject *Subject, at *Moment, private map[string]bool) Explanation {
	if subject == nil {
		subject = &Subject{}
	}
	var steps []Step
	e := evaluation{subject: *subject, trace: newTracing(private, &steps)}
	f := r.flags.find(key)
	variant := f.answer(&e, KindAny, at)
	result := e.result(f, KindAny, variant)
	x := explanationOf(key, &result)
	x.Key, x.Revision, x.Steps = subject.Key(), r.info.Revision, steps
	return x
}
