package flagd

import "github.com/becketflags/becket/internal/wording"

import "github.com/becketflags/becket"

// Greatest numbers of warnings for a document and for a flag.
const (
	mostWarnings = 1000
	mostOfFlag   = 100
)

func (d *decoder) warnAll(at place, below string, c *compiler) {
	for _, problem := range c.problems {
		d.warn(at, below, "%s: an evaluation that reaches it fails", problem)
	}
	for _, forbidden := range c.forbidden {
		d.warn(at, below, "%s: the schema forbids it", forbidden)
	}
}

// full reports whether no more warnings are kept, for the current flag or for the document.
func (d *decoder) full() bool {
	return d.ofFlag >= mostOfFlag || len(d.rules.warnings) > mostWarnings
}

func (d *decoder) warn(at place, below, format string, arguments ...any) {
	if d.full() {
		return
	}
	d.ofFlag++
	if len(d.rules.warnings) == mostWarnings {
		d.rules.warnings = append(d.rules.warnings, &becket.DocumentError{Message: "there are further warnings"})
		return
	}
	d.rules.warnings = append(d.rules.warnings, d.located(at.problem(below, format, arguments...)))
}

// checkRule records a warning for a flag's targeting or an evaluator that the schema does not
// accept as a rule. The operations in it have been checked already.
func (d *decoder) checkRule(at place, below string, rule *datum) {
	switch {
	case rule.kind != kindObject:
		d.warn(at, below, "it is not a rule, which the schema forbids")
	case len(rule.more.pairs) > 1:
		d.warn(at, below, "it has several operators, so it is a value and not a rule: the schema forbids it")
	case len(rule.more.pairs) == 1 && rule.more.pairs[0].name == "$ref":
		d.warn(at, below, "a reference alone is not a rule: the schema forbids it")
	}
}

// checkTop records warnings for members of the document that are not objects, or are spelled
// differently from the schema.
func (d *decoder) checkTop(names []string, values [][]byte, other misspelling) {
	for i, name := range names {
		if isNull(values[i]) {
			d.memberAt = values[i]
			d.warn(place{name: name, isTop: true}, "", "null counts as empty: the schema forbids it")
		}
	}
	d.memberAt = nil
	if other.written != "" {
		d.warn(place{name: other.written, isTop: true}, "", "it counts as %q: the schema does not know it", other.meant)
	}
}

// check records warnings for parts that the schema forbids although flagd accepts them.
func (d *decoder) check(at place, f *flag, def *flagDefinition) {
	if def.state != "ENABLED" && def.state != "DISABLED" {
		d.warn(at, ".state", "%q counts as ENABLED", shorten(def.state))
	}
	if def.other.written != "" {
		d.warn(at, wording.Below(def.other.written), "it counts as %q: the schema does not know it", def.other.meant)
	}
	if def.nullMetadata {
		d.warn(at, ".metadata", "null counts as empty: the schema forbids it")
	}
	if len(f.variants) == 0 {
		d.warn(at, ".variants", "there are none")
	}
	for i := range f.variants {
		v := &f.variants[i]
		if v.served.Name == "" {
			d.warn(at, ".variants", "a variant has no name: the schema forbids it")
		}
		if v.kind != becket.KindAny && v.kind != becket.KindList || d.full() {
			continue
		}
		below := ".variants" + wording.Below(v.served.Name)
		if v.kind == becket.KindAny {
			d.warn(at, below, "null is not a value: subjects that are served it get the default")
		} else {
			d.warn(at, below, "a list is not an object: code that asks for one gets the default")
		}
	}
	if f.kind == becket.KindAny && len(f.variants) > 0 {
		d.warn(at, ".variants", "the values are of several types")
	}
	if f.key == "" {
		d.warn(at, "", "the flag has no key: no code can ask for it")
	}
}
