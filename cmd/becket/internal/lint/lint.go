package lint

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// Finding is one thing that is hardly meant.
type Finding struct {
	Name    string
	At      int // the offset in the document
	Path    string
	Flag    *native.Flag // nil for what is about no flag
	Message string
}

// Check returns the findings in a ruleset at a time, in no particular order.
func Check(ruleset *native.Ruleset, now time.Time) []Finding {
	c := checker{ruleset: ruleset, now: now}
	for _, f := range ruleset.Flags {
		c.flag = f
		c.people()
		c.rules()
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
	flag     *native.Flag // the one being checked
	findings []Finding
}

func (c *checker) find(name string, at int, path, format string, arguments ...any) {
	c.findings = append(c.findings, Finding{name, at, path, c.flag, fmt.Sprintf(format, arguments...)})
}

// people checks what a flag says to people.
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
			c.find(Percent0, r.Node.Member("percent").At, r.Path+".percent", "rule %q is for nobody: 0 %%", r.Name)
		}
		if r.Percent != nil && *r.Percent == 100 {
			c.find(Percent100, r.Node.Member("percent").At, r.Path+".percent", "rule %q is for everybody who has a key: 100 %% does no more than keep out who has none", r.Name)
		}
		if !r.Until.IsZero() && !c.now.Before(r.Until) {
			c.find(PastWindow, r.Node.Member("until").At, r.Path+".until", "rule %q ended at %s and applies to nobody", r.Name, r.Until.Format(time.RFC3339))
		}
		if r.Ramp != nil && len(r.Ramp.Steps) > 0 {
			if last := r.Ramp.Steps[len(r.Ramp.Steps)-1]; !c.now.Before(last.At) {
				c.find(FinishedRamp, r.Ramp.Node.At, r.Path+".ramp", "the ramp of rule %q ended at %s and stays at %s %%", r.Name, last.At.Format(time.RFC3339), number(last.Percent))
			}
		}
		c.reachable(r)
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

// variants finds those that nothing serves. The implied on and off are nobody's to remove.
func (c *checker) variants() {
	if c.flag.Implied {
		return
	}
	served := append(c.flag.Default.Named(), c.flag.Off)
	for _, r := range c.flag.Rules {
		served = append(served, r.Serve.Named()...)
	}
	for _, v := range c.flag.Variants {
		if !slices.Contains(served, v.Name) {
			c.find(UnusedVariant, v.At, c.flag.Path+".variants"+native.PathStep(v.Name), "nothing serves the variant %q", v.Name)
		}
	}
}

// alwaysOn finds flags that have become a constant: the code can do without them. A permanent flag is meant to stay, and one without
// alternatives is configuration.
func (c *checker) alwaysOn() {
	f := c.flag
	if f.Permanent || !f.Enabled || len(f.Variants) < 2 || len(f.Requires) > 0 || f.MaxAge != "" {
		return
	}
	served := outcomes(f)
	if len(served) == 1 && served[0] != f.Off {
		c.find(AlwaysOn, f.At, f.Path, "the flag serves %q to everybody: keep that in the code and remove the flag, or make it permanent", served[0])
	}
}

// outcomes lists the variants that a flag's rules and default can give.
func outcomes(f *native.Flag) (served []string) {
	add := func(s *native.Serve) {
		for _, name := range s.Served() {
			if !slices.Contains(served, name) {
				served = append(served, name)
			}
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
