package lint

import (
	"fmt"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// Finding is a legal but suspicious part of a ruleset.
type Finding struct {
	Severity report.Severity
	Name     string
	At       int // offset in the document
	Path     string
	Flag     *native.Flag // nil if the finding is not about a flag
	Message  string
}

// Check returns the findings of a ruleset at a given time, in no particular order. It compares the
// attributes that the ruleset asks for with the declared ones, if there are any.
func Check(all *ruleset.Ruleset, now time.Time, declared declare.Attributes) []Finding {
	c := checker{ruleset: all, now: now, declared: declared, steps: stepsOfRuleset, ofFlag: map[*native.Flag]int{},
		outcomes: map[*native.Flag]map[string]bool{}}
	for _, f := range all.Flags {
		c.flag, c.path = f, wording.Member(native.Flags, f.Key)
		c.people()
		c.rules()
		c.reach()
		c.splits()
		c.variants()
		c.alwaysOn()
		c.prerequisites()
	}
	c.flag = nil
	c.segments()
	c.segmentContradictions()
	c.layers()
	c.addresses()
	c.salts()
	c.attributes()
	return c.findings
}

type checker struct {
	ruleset  *ruleset.Ruleset
	now      time.Time
	declared declare.Attributes // none if the attributes are not known
	flag     *native.Flag       // the flag that is being checked
	path     string             // the path to it
	findings []Finding
	ofFlag   map[*native.Flag]int // number of findings by flag
	steps    int                  // the rest of stepsOfRuleset
	outcomes map[*native.Flag]map[string]bool
}

// Limits of the number of findings. More findings would not help anybody.
const (
	mostOfFlag    = 100
	mostOfRuleset = 10_000
)

// full reports whether the present flag has reached its limit of findings.
func (c *checker) full() bool {
	return c.ofFlag[c.flag] >= mostOfFlag || len(c.findings) >= mostOfRuleset
}

// find adds a finding with its usual severity.
func (c *checker) find(name string, at int, path, format string, arguments ...any) {
	c.grade(Names.Severity(name), name, at, path, format, arguments...)
}

// grade adds a finding whose severity depends on its circumstances.
func (c *checker) grade(s report.Severity, name string, at int, path, format string, arguments ...any) {
	if c.full() {
		return
	}
	if c.flag != nil {
		c.ofFlag[c.flag]++
	}
	c.findings = append(c.findings, Finding{s, name, at, path, c.flag, fmt.Sprintf(format, arguments...)})
}

func rulePath(f *native.Flag, r *native.Rule) string {
	return fmt.Sprintf("%s.rules[%d]", wording.Member(native.Flags, f.Key), r.Index)
}

// people checks the fields that are for people.
func (c *checker) people() {
	f := c.flag
	if f.About.Description == "" {
		c.find(MissingDescription, f.KeyAt, c.path, "the flag has no description")
	}
	if f.About.Owner == "" {
		c.find(MissingOwner, f.KeyAt, c.path, "the flag has no owner")
	}
	if expires := f.About.Expires; !expires.IsZero() && !c.now.Before(expires.AddDate(0, 0, 1)) {
		c.find(Expired, f.Written.Field("expires").At, c.path+".expires", "the flag expired on %s",
			expires.Format(time.DateOnly))
	}
}

// rules checks a flag's rules one by one.
func (c *checker) rules() {
	now := match.InstantOf(c.now)
	for i := range c.flag.Rules {
		r := &c.flag.Rules[i]
		if r.HasPercent && r.Percent == 0 {
			c.findIn(r, "percent", Percent0, "rule %q applies to nobody: 0 %%", r.Name)
		}
		if r.HasPercent && r.Percent == 100 {
			c.findIn(r, "percent", Percent100,
				"rule %q applies to every subject with a key: 100 %% only excludes subjects without one", r.Name)
		}
		if r.HasUntil && !now.Before(r.Until) {
			c.findIn(r, "until", PastWindow, "rule %q ended at %s and applies to nobody", r.Name,
				r.Written.Field("until").Text())
		}
		c.recurrence(r)
		if !r.HasRamp {
			continue
		}
		if last := r.Ramp.Steps[len(r.Ramp.Steps)-1]; !now.Before(last.At) {
			c.findIn(r, "ramp", FinishedRamp, "the ramp of rule %q ended at %s and stays at %s %%",
				r.Name, last.Written.Field("at").Text(), describe.Number(last.Percent))
		}
	}
}

// recurrence finds recurring windows that a rule's from and until leave no room for.
func (c *checker) recurrence(r *native.Rule) {
	if !r.HasEvery || !r.HasFrom || !r.HasUntil || c.steps <= 0 {
		return
	}
	occurs, minutes := ruleset.Occurs(&r.Every, r.From, r.Until)
	if c.steps -= minutes; !occurs {
		c.findIn(r, "every", EmptyWindow, "rule %q applies to nobody: its every (%s) never occurs from %s until %s",
			r.Name,
			describe.Every(&r.Every), r.Written.Field("from").Text(), r.Written.Field("until").Text())
	}
}

// findIn reports a field of a rule of the present flag.
func (c *checker) findIn(r *native.Rule, field, name, format string, arguments ...any) {
	c.find(name, r.Written.Field(field).At, rulePath(c.flag, r)+"."+field, format, arguments...)
}

// splits checks every split of a flag.
func (c *checker) splits() {
	for i := range c.flag.Rules {
		r := &c.flag.Rules[i]
		c.split(&r.Serve, rulePath(c.flag, r)+".serve")
	}
	c.split(&c.flag.Default, c.path+".default")
}

func (c *checker) split(s *native.Serve, path string) {
	if served := ruleset.Served(s); s.IsSplit && len(served) == 1 {
		c.find(OneArmSplit, s.At, path, "the split always gives %q: serve it by name", served[0])
	}
}

// variants finds variants that nothing serves. It leaves out the implied on and off, because nobody
// can remove them.
func (c *checker) variants() {
	if c.flag.Implied {
		return
	}
	served := map[string]bool{c.flag.OffName(): true}
	add := func(s *native.Serve) {
		for _, name := range ruleset.Named(s) {
			served[name] = true
		}
	}
	add(&c.flag.Default)
	for i := range c.flag.Rules {
		add(&c.flag.Rules[i].Serve)
	}
	for _, v := range ruleset.Variants(c.flag) {
		if !served[v.Name] {
			c.find(UnusedVariant, v.At, wording.Member(c.path+".variants", v.Name), "nothing serves the variant %q",
				v.Name)
		}
	}
}

// alwaysOn finds flags that have become constants, which the code no longer needs. It leaves out
// permanent flags, and flags with a single variant, which are configuration.
func (c *checker) alwaysOn() {
	f := c.flag
	if f.About.Permanent || !f.Enabled || len(f.Variants) < 2 || len(f.Requires) > 0 || f.MaxAge > 0 {
		return
	}
	served := c.served(f)
	if len(served) != 1 || served[f.OffName()] {
		return
	}
	for name := range served {
		c.find(AlwaysOn, f.KeyAt, c.path,
			"the flag serves %q to everybody: keep that variant in the code and remove the flag, or "+
				"make the flag permanent", name)
	}
}

// served returns the variants that a flag's rules and default can serve. It keeps the result,
// because many conditions may ask for the same flag.
func (c *checker) served(f *native.Flag) map[string]bool {
	served, known := c.outcomes[f]
	if !known {
		served = outcomes(f)
		c.outcomes[f] = served
	}
	return served
}

func outcomes(f *native.Flag) map[string]bool {
	served := map[string]bool{}
	add := func(s *native.Serve) {
		for _, name := range ruleset.Served(s) {
			served[name] = true
		}
	}
	for i := range f.Rules {
		add(&f.Rules[i].Serve)
		if ruleset.Always(&f.Rules[i]) {
			return served
		}
	}
	add(&f.Default)
	return served
}
