package native

import (
	"slices"
	"strconv"

	"github.com/becketflags/becket/internal/match"
)

const (
	mostKeySources = 16   // greatest number of attributes in "by"
	maxRules       = 1000 // greatest number of rules of a flag
)

var ruleFields = []string{
	"name", "if", "from", "until", "layer", "percent", "ramp", "every", "by", "salt", "guard", "serve",
}

// Rule is a rule of a flag.
type Rule struct {
	Index   int
	Written Written
	Name    string // "[1]" for the second rule if the document does not name it
	If      *Condition

	From, Until       match.Instant
	HasFrom, HasUntil bool
	Every             Every
	HasEvery          bool

	Layer      Layer
	HasLayer   bool
	Percent    float64
	HasPercent bool
	Ramp       Ramp
	HasRamp    bool
	By         []string // attributes that percent, ramp and layer hash; nil for the targeting key
	hasBy      bool
	Salt       string // salt of percent and ramp; by default, the flag's key
	hasSalt    bool

	Serve Serve
}

// Layer is the part of a layer that a rule has, within 0 to 100.
type Layer struct {
	Name     string
	From, To float64
}

// Ramp is a percentage that changes with time.
type Ramp struct {
	Steps  []Step
	Linear bool
}

// Step is one step of a ramp.
type Step struct {
	Written Written
	At      match.Instant
	Percent float64
}

// ruleOf reads the rule with index i of a flag. Rules beyond the limit are only counted.
func (r *reader) ruleOf(d *Flag, i int) {
	if d.ruleCount++; i < maxRules {
		r.rule(i)
		return
	}
	if i == maxRules {
		d.excessAt = r.at
	}
	r.skip()
}

// rule reads the rule with index i into r.rules.
func (r *reader) rule(i int) {
	at := r.at
	push(&r.rules, Rule{Index: i, Written: Written{At: at}})
	d := &r.rules[len(r.rules)-1]
	if r.fields(ruleFields, func(field string) { r.ruleField(d, field) }) {
		r.checkRule(d)
	}
	d.Written = r.written(at)
}

func (r *reader) ruleField(d *Rule, field string) {
	switch field {
	case "name":
		d.Name = r.nonEmpty("the rule's name")
	case "if":
		d.If = r.condition()
	case "from":
		d.From, d.HasFrom = r.instant()
	case "until":
		d.Until, d.HasUntil = r.instant()
	case "layer":
		d.Layer, d.HasLayer = r.layer(), true
	case "percent":
		d.Percent, d.HasPercent = r.percent()
	case "ramp":
		d.Ramp, d.HasRamp = r.ramp(), true
	case "by":
		d.By, d.hasBy = r.by(), true
	case "salt":
		d.Salt, _ = r.text()
		d.hasSalt = true
	case "every":
		d.Every, d.HasEvery = r.every(), true
	case "guard":
		r.fail(r.at, "this version does not know guards yet: the rule would serve without one")
		r.skip()
	case "serve":
		d.Serve = r.serve()
	}
}

func (r *reader) checkRule(d *Rule) {
	switch {
	case !d.Serve.IsThere:
		r.fail(d.Written.At, "a rule needs \"serve\"%s", r.missing("serve"))
	case d.HasPercent && d.HasRamp:
		r.fail(d.Written.At, "a rule has either \"percent\" or \"ramp\", not both")
	case d.hasSalt && !d.HasPercent && !d.HasRamp:
		r.fail(d.Written.At, "\"salt\" goes with \"percent\" or \"ramp\"")
	case d.hasBy && !d.HasPercent && !d.HasRamp && !d.HasLayer:
		r.fail(d.Written.At, "\"by\" goes with \"percent\", \"ramp\" or \"layer\"")
	case d.HasFrom && d.HasUntil && !d.From.Before(d.Until):
		r.fail(d.Written.At, "\"from\" must be before \"until\"")
	}
}

// checkRules checks the number and the names of a flag's rules, and resolves the variants that they
// serve.
func (r *reader) checkRules(d *Flag) {
	r.path = append(r.path, step{name: "rules"})
	defer r.up()
	if d.ruleCount > maxRules {
		r.fail(d.excessAt, "the flag has %d rules, more than %d", d.ruleCount, maxRules)
		return
	}
	names := map[string]int{}
	for i := range d.Rules {
		rule := &d.Rules[i]
		if rule.Name == "" {
			rule.Name = r.once([]byte("[" + strconv.Itoa(i) + "]"))
		}
		if !rule.hasSalt {
			rule.Salt = d.Key
		}
		if first, twice := names[rule.Name]; twice {
			message := "the name %q is that of rules[%d] already"
			r.failBelow(rule.Written.At, []step{element(i), {name: "name"}}, message, match.Brief(rule.Name), first)
		}
		names[rule.Name] = i
		r.path = append(r.path, element(i), step{name: "serve"})
		r.checkServe(d, &rule.Serve)
		r.path = r.path[:len(r.path)-2]
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

// targetingKey is the name of the targeting key in documents.
const targetingKey = "key"

// by reads the attributes to hash. It returns nil for the targeting key alone.
func (r *reader) by() (names []string) {
	if r.kind() != '[' {
		names = []string{r.nonEmpty("the attribute's name")}
	} else {
		names = r.attributeNames()
	}
	if len(names) == 1 && names[0] == targetingKey {
		return nil
	}
	return names
}

// attributeNames reads an array of names. A name that occurs twice is a problem.
func (r *reader) attributeNames() (names []string) {
	at := r.at
	r.array(func(int) {
		at := r.at
		name := r.nonEmpty("the attribute's name")
		if slices.Contains(names, name) {
			r.fail(at, "%q occurs twice", match.Brief(name))
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
		r.fail(at, "%q is not an instant of RFC 3339%s", match.Brief(text),
			instead(asInstant(text), ` (such as "2026-12-24T00:00:00Z")`))
	}
	return instant, ok
}

// percent reads a percentage, or a limit of a layer.
func (r *reader) percent() (float64, bool) {
	at := r.at
	number, ok := r.number()
	percent := number.Float()
	if ok && (percent < 0 || percent > 100) {
		advice := ""
		if percent > 100 {
			advice = r.remedyOf("=above", "", nil)
		}
		r.fail(at, "%v is not between 0 and 100%s", percent, advice)
		return 0, false
	}
	return percent, ok
}

func (r *reader) layer() (l Layer) {
	at := r.at
	var hasName, hasFrom, hasTo bool
	ok := r.fields([]string{"name", "from", "to"}, func(field string) {
		switch field {
		case "name":
			l.Name, hasName = r.nonEmpty("the layer's name"), true
		case "from":
			l.From, hasFrom = r.percent()
		case "to":
			l.To, hasTo = r.percent()
		}
	})
	switch {
	case !ok:
	case !hasName || !hasFrom || !hasTo:
		r.fail(at, "a layer needs \"name\", \"from\" and \"to\"%s", r.missing("name"))
	case l.From > l.To:
		r.fail(at, "the layer's \"from\" %v is above its \"to\" %v", l.From, l.To)
	}
	return l
}

func (r *reader) ramp() (p Ramp) {
	at := r.at
	before, first := r.failed, len(r.steps)
	r.fields([]string{"steps", "linear"}, func(field string) {
		switch field {
		case "steps":
			r.array(func(int) {
				if step := r.rampStep(r.steps[first:]); r.failed == before {
					push(&r.steps, step)
				}
			})
		case "linear":
			p.Linear, _ = r.boolean()
		}
	})
	p.Steps = r.steps[first:]
	if len(p.Steps) == 0 && r.failed == before {
		r.fail(at, "a ramp needs \"steps\"%s", r.missing("steps"))
	}
	return p
}

func (r *reader) rampStep(earlier []Step) (step Step) {
	at := r.at
	var hasAt, hasPercent bool
	ok := r.fields([]string{"at", "percent"}, func(field string) {
		switch field {
		case "at":
			step.At, hasAt = r.instant()
		case "percent":
			step.Percent, hasPercent = r.percent()
		}
	})
	step.Written = r.written(at)
	switch {
	case !ok:
	case !hasAt || !hasPercent:
		r.fail(at, "a step needs \"at\" and \"percent\"%s", r.missing("at"))
	case len(earlier) > 0 && !earlier[len(earlier)-1].At.Before(step.At):
		r.fail(at, "steps must rise in time%s", r.missing("order"))
	}
	return step
}
