package becket

import (
	"slices"

	"github.com/becketflags/becket/internal/match"
)

// mostKeySources is how many attributes "by" may name.
const mostKeySources = 16

// maxRules is how many rules a flag may have.
const maxRules = 1000

var ruleFields = []string{"name", "if", "from", "until", "layer", "percent", "ramp", "every", "by", "salt", "guard", "serve"}

// ruleDraft is a rule whose fields have been read. Its variants are names until the whole flag is known.
type ruleDraft struct {
	at                         int
	name                       string
	conditions                 []condition
	window                     window
	layer                      *layer
	percent                    float64
	ramp                       *ramp
	by                         []string
	salt                       string
	hasPercent, hasBy, hasSalt bool
	serve                      serveDraft
}

// serveDraft is what a rule or a default serves, by name.
type serveDraft struct {
	at      int
	there   bool
	variant string
	isSplit bool
	arms    []armDraft
	by      []string
	salt    string
	hasSalt bool
}

type armDraft struct {
	at      int
	variant string
	weight  float64
}

// ruleOf reads a flag's rule of that index. Rules beyond the limit are only counted.
func (r *reader) ruleOf(d *flagDraft, i int) {
	if d.ruleCount++; i < maxRules {
		r.rule()
		return
	}
	if i == maxRules {
		d.excessAt = r.at
	}
	r.skip()
}

// rule reads a rule into r.rules.
func (r *reader) rule() {
	push(&r.rules, ruleDraft{at: r.at})
	d := &r.rules[len(r.rules)-1]
	before := r.failed
	r.fields(ruleFields, func(field string) { r.ruleField(d, field) })
	if r.failed == before {
		r.checkRule(d)
	}
}

func (r *reader) ruleField(d *ruleDraft, field string) {
	switch field {
	case "name":
		d.name = r.nonEmpty("the rule's name")
	case "if":
		d.conditions = r.conjunction()
	case "from":
		d.window.from, d.window.hasFrom = r.instant()
	case "until":
		d.window.until, d.window.hasUntil = r.instant()
	case "layer":
		d.layer = r.layer()
	case "percent":
		d.percent, d.hasPercent = r.percent()
	case "ramp":
		d.ramp = r.ramp()
	case "by":
		d.by, d.hasBy = r.by(), true
	case "salt":
		d.salt, _ = r.text()
		d.hasSalt = true
	case "every":
		d.window.every = r.every()
	case "guard":
		r.fail(r.at, "this version does not know guards yet: the rule would serve without one")
		r.skip()
	case "serve":
		d.serve = r.serve()
	}
}

// conjunction reads a condition as the parts that must all hold.
func (r *reader) conjunction() []condition {
	c := r.condition()
	if c.form == formAll {
		return c.more.parts
	}
	return []condition{c}
}

func (r *reader) checkRule(d *ruleDraft) {
	switch {
	case !d.serve.there:
		r.fail(d.at, "a rule needs \"serve\"")
	case d.hasPercent && d.ramp != nil:
		r.fail(d.at, "a rule has either \"percent\" or \"ramp\", not both")
	case d.hasSalt && !d.hasPercent && d.ramp == nil:
		r.fail(d.at, "\"salt\" goes with \"percent\" or \"ramp\"")
	case d.hasBy && !d.hasPercent && d.ramp == nil && d.layer == nil:
		r.fail(d.at, "\"by\" goes with \"percent\", \"ramp\" or \"layer\"")
	case d.window.hasFrom && d.window.hasUntil && !d.window.from.Before(d.window.until):
		r.fail(d.at, "\"from\" must be before \"until\"")
	}
}

// nonEmpty reads a text that must not be empty.
func (r *reader) nonEmpty(what string) string {
	at := r.at
	text, ok := r.text()
	if ok && text == "" {
		r.fail(at, "%s is empty", what)
	}
	return text
}

// by reads the name of an attribute, or an array of names of which none stands twice.
func (r *reader) by() (names []string) {
	if r.kind() != '[' {
		return []string{r.nonEmpty("the attribute's name")}
	}
	at := r.at
	r.array(func(int) {
		at := r.at
		name := r.nonEmpty("the attribute's name")
		if slices.Contains(names, name) {
			r.fail(at, "%q stands twice", shorten(name))
		}
		if len(names) == mostKeySources {
			r.fail(at, "more than %d attributes to hash", mostKeySources)
		}
		if len(names) < mostKeySources {
			names = append(names, name)
		}
	})
	if len(names) == 0 {
		r.fail(at, "\"by\" names no attribute")
	}
	return names
}

func (r *reader) instant() (match.Instant, bool) {
	at := r.at
	text, ok := r.text()
	if !ok {
		return match.Instant{}, false
	}
	instant, ok := match.ParseInstant(text)
	if !ok {
		r.fail(at, "%q is no instant of RFC 3339 (such as %q)", shorten(text), "2026-12-24T00:00:00Z")
	}
	return instant, ok
}

// percent reads a share or a place in a layer.
func (r *reader) percent() (float64, bool) {
	at := r.at
	value, ok := r.number()
	percent := value.Float()
	if ok && (percent < 0 || percent > 100) {
		r.fail(at, "%v is not between 0 and 100", percent)
		return 0, false
	}
	return percent, ok
}

func (r *reader) layer() *layer {
	l := &layer{}
	at := r.at
	var hasName, hasFrom, hasTo bool
	before := r.failed
	r.fields([]string{"name", "from", "to"}, func(field string) {
		switch field {
		case "name":
			l.name, hasName = r.nonEmpty("the layer's name"), true
		case "from":
			l.from, hasFrom = r.percent()
		case "to":
			l.to, hasTo = r.percent()
		}
	})
	if r.failed > before {
		return l
	}
	switch {
	case !hasName || !hasFrom || !hasTo:
		r.fail(at, "a layer needs \"name\", \"from\" and \"to\"")
	case l.from > l.to:
		r.fail(at, "the layer's \"from\" %v is above its \"to\" %v", l.from, l.to)
	}
	return l
}

func (r *reader) ramp() *ramp {
	p := &ramp{}
	at := r.at
	before := r.failed
	r.fields([]string{"steps", "linear"}, func(field string) {
		switch field {
		case "steps":
			r.array(func(int) {
				if step := r.rampStep(p.steps); r.failed == before {
					push(&p.steps, step)
				}
			})
		case "linear":
			p.linear, _ = r.boolean()
		}
	})
	if len(p.steps) == 0 && r.failed == before {
		r.fail(at, "a ramp needs \"steps\"")
	}
	p.steps = exact(p.steps)
	return p
}

func (r *reader) rampStep(earlier []rampStep) (step rampStep) {
	at := r.at
	before := r.failed
	var hasAt, hasPercent bool
	r.fields([]string{"at", "percent"}, func(field string) {
		switch field {
		case "at":
			step.at, hasAt = r.instant()
		case "percent":
			step.percent, hasPercent = r.percent()
		}
	})
	switch {
	case r.failed > before:
	case !hasAt || !hasPercent:
		r.fail(at, "a step needs \"at\" and \"percent\"")
	case len(earlier) > 0 && !earlier[len(earlier)-1].at.Before(step.at):
		r.fail(at, "steps must rise in time")
	}
	return step
}

// serve reads the name of a variant, or a split.
func (r *reader) serve() serveDraft {
	d := serveDraft{at: r.at, there: true}
	switch r.kind() {
	case '"':
		d.variant, _ = r.text()
	case '{':
		d.isSplit = true
		r.split(&d)
	default:
		r.wrongKind("a variant's name or {\"split\": …}")
	}
	return d
}

func (r *reader) split(d *serveDraft) {
	before := r.failed
	there := false
	r.fields([]string{"split", "by", "salt"}, func(field string) {
		switch field {
		case "split":
			there = true
			r.weights(d)
		case "by":
			d.by = r.by()
		case "salt":
			d.salt, _ = r.text()
			d.hasSalt = true
		}
	})
	if !there && r.failed == before {
		r.fail(d.at, "expected {\"split\": {variant: weight, …}}")
	}
}

func (r *reader) weights(d *serveDraft) {
	at := r.at
	before := r.failed
	sum := 0.0
	first := len(r.arms)
	r.object(func(name string, _ int) {
		at := r.at
		value, ok := r.decimal()
		weight := value.Float()
		if ok && weight < 0 {
			r.fail(at, "the weight %v is below 0", weight)
		}
		sum += weight
		push(&r.arms, armDraft{at, name, weight})
	})
	d.arms = r.arms[first:]
	if sum <= 0 && r.failed == before {
		r.fail(at, "the weights of a split must not all be 0")
	}
}
