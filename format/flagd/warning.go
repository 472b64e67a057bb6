package flagd

import "github.com/becketflags/becket"

// The numbers of warnings that are kept for a document and for a flag.
const (
	mostWarnings = 1000
	mostOfFlag   = 100
)

func (d *decoder) warnAll(at place, below string, c *compiler) {
	for _, problem := range c.problems {
		d.warn(at, below, "%s: where it is reached, the evaluation fails", problem)
	}
	for _, forbidden := range c.forbidden {
		d.warn(at, below, "%s: the schema forbids it", forbidden)
	}
}

// full reports whether no more warnings are kept, for the current flag or at all.
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

// check warns of parts that the schema forbids and flagd reads nevertheless.
func (d *decoder) check(at place, f *flag, def *flagDefinition) {
	if def.state != "ENABLED" && def.state != "DISABLED" {
		d.warn(at, ".state", "%q counts as ENABLED", shorten(def.state))
	}
	if len(f.variants) == 0 {
		d.warn(at, ".variants", "there are none")
	}
	for i := range f.variants {
		v := &f.variants[i]
		if v.kind != becket.KindAny && v.kind != becket.KindList || d.full() {
			continue
		}
		below := member(".variants", v.served.Name)
		if v.kind == becket.KindAny {
			d.warn(at, below, "null is no value: subjects that are served it get the default")
		} else {
			d.warn(at, below, "a list is no object: code that asks for one gets the default")
		}
	}
	if f.kind == becket.KindAny && len(f.variants) > 0 {
		d.warn(at, ".variants", "the values are of several types")
	}
	if f.key == "" {
		d.warn(at, "", "the flag has no key: nobody can ask for it")
	}
}
