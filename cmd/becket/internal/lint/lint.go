package lint

import (
	"fmt"
	"strconv"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// Finding is a legal but suspicious part of a ruleset.
type Finding struct {
	Name    string
	At      int // offset in the document
	Path    string
	Flag    *native.Flag // nil if the finding is not about a flag
	Message string
}

// Check returns the findings of a ruleset at a given time, in no particular order.
func Check(ruleset *native.Ruleset, now time.Time) []Finding {
	c := checker{ruleset: ruleset, now: now, steps: stepsOfRuleset, ofFlag: map[*native.Flag]int{}, outcomes: map[*native.Flag]map[string]bool{}}
	for _, f := range ruleset.Flags {
		c.flag = f
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
	c.layers()
	return c.findings
}

type checker struct {
	ruleset  *native.Ruleset
	now      time.Time
	flag     *native.Flag // the flag that is being checked
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

func (c *checker) find(name string, at int, path, format string, arguments ...any) {
	if c.full() {
		return
	}
	if c.flag != nil {
		c.ofFlag[c.flag]++
	}
	c.findings = append(c.findings, Finding{name, at, path, c.flag, fmt.Sprintf(format, arguments...)})
}

// people checks the fields that are for people.
func (c *checker) people() {
	f := c.flag
	if f.Description == "" {
		c.find(MissingDescription, f.At, f.Path, "the flag has no description")
	}
	if f.Owner == "" {
		c.find(MissingOwner, f.At, f.Path, "the flag has no owner")
	}
	if !f.Expires.IsZero() && !c.now.Before(f.Expires.AddDate(0, 0, 1)) {
		c.find(Expired, f.Node.Member("expires").At, f.Path+".expires", "the flag expired on %s", f.Expires.Format(time.DateOnly))
	}
}

// rules checks a flag's rules one by one.
func (c *checker) rules() {
	for _, r := range c.flag.Rules {
		if r.Percent != nil && *r.Percent == 0 {
			c.find(Percent0, r.Node.Member("percent").At, r.Path+".percent", "rule %q applies to nobody: 0 %%", r.Name)
		}
		if r.Percent != nil && *r.Percent == 100 {
			c.find(Percent100, r.Node.Member("percent").At, r.Path+".percent", "rule %q applies to every subject with a key: 100 %% only excludes subjects without one", r.Name)
		}
		if !r.Until.IsZero() && !c.now.Before(r.Until) {
			c.find(PastWindow, r.Node.Member("until").At, r.Path+".until", "rule %q ended at %s and applies to nobody", r.Name, r.Until.Format(time.RFC3339))
		}
		if r.Ramp != nil && len(r.Ramp.Steps) > 0 {
			if last := r.Ramp.Steps[len(r.Ramp.Steps)-1]; !c.now.Before(last.At) {
				c.find(FinishedRamp, r.Ramp.Node.At, r.Path+".ramp", "the ramp of rule %q ended at %s and stays at %s %%", r.Name, last.At.Format(time.RFC3339), number(last.Percent))
			}
		}
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// splits checks every split of a flag.
func (c *checker) splits() {
	check := func(s *native.Serve, path string) {
		if s == nil || s.Arms == nil {
			return
		}
		if served := s.Served(); len(served) == 1 {
			c.find(OneArmSplit, s.Node.At, path, "the split always gives %q: serve it by name", served[0])
		}
	}
	for _, r := range c.flag.Rules {
		check(r.Serve, r.Path+".serve")
	}
	check(c.flag.Default, c.flag.Path+".default")
}

// variants finds variants that nothing serves. It leaves out the implied on and off, because nobody
// can remove them.
func (c *checker) variants() {
	if c.flag.Implied {
		return
	}
	served := map[string]bool{c.flag.Off: true}
	add := func(names []string) {
		for _, name := range names {
			served[name] = true
		}
	}
	add(c.flag.Default.Named())
	for _, r := range c.flag.Rules {
		add(r.Serve.Named())
	}
	for _, v := range c.flag.Variants {
		if !served[v.Name] {
			c.find(UnusedVariant, v.At, c.flag.Path+".variants"+native.PathStep(v.Name), "nothing serves the variant %q", v.Name)
		}
	}
}

// alwaysOn finds flags that have become constants, which the code no longer needs. It leaves out
// permanent flags, and flags with a single variant, which are configuration.
func (c *checker) alwaysOn() {
	f := c.flag
	if f.Permanent || !f.Enabled || len(f.Variants) < 2 || len(f.Requires) > 0 || f.MaxAge != "" {
		return
	}
	served := c.served(f)
	if len(served) != 1 || served[f.Off] {
		return
	}
	for name := range served {
		c.find(AlwaysOn, f.At, f.Path, "the flag serves %q to everybody: keep that variant in the code and remove the flag, or make the flag permanent", name)
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
		for _, name := range s.Served() {
			served[name] = true
		}
	}
	for _, r := range f.Rules {
		add(r.Serve)
		if r.Always() {
			return served
		}
	}
	add(f.Default)
	return served
}
