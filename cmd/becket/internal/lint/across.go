package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// prerequisites finds requirements and conditions that ask for a variant that the other flag never
// serves.
func (c *checker) prerequisites() {
	for i, required := range c.flag.Requires {
		if why, severity := c.unmet(required); why != "" {
			c.grade(severity, UnmetPrerequisite, required.At, fmt.Sprintf("%s.requires[%d]", c.path, i),
				"the flag is always off: %s", why)
		}
	}
	for i := range c.flag.Rules {
		r := &c.flag.Rules[i]
		ruleset.Walk(r.If, false, func(condition *native.Condition, negated bool) {
			if condition.Form != native.InFlag || negated {
				return
			}
			if why, severity := c.unmet(condition.Reference); why != "" {
				c.grade(severity, UnmetPrerequisite, condition.At, rulePath(c.flag, r)+".if",
					"the condition is never true: %s", why)
			}
		})
	}
}

// unmet says why a flag never serves any of the variants. It returns "" if the flag can serve one.
//
// A flag that is switched off, or that rests at one variant because its rollout has not begun, is a
// warning: nobody may be kept from switching a flag off because others require it. It is an error
// if the flag serves other variants and never the wanted one.
func (c *checker) unmet(on *native.Reference) (why string, severity report.Severity) {
	f := c.ruleset.Flag(on.Key)
	if f == nil {
		return "", 0 // the flag is invalid, which is an error of its own
	}
	wanted := strings.Join(on.Variants, ", ")
	off := f.OffName()
	if !f.Enabled {
		switch {
		case off == "":
			return fmt.Sprintf("%q is switched off and serves no variant", f.Key), report.Warning
		case !slices.Contains(on.Variants, off):
			return fmt.Sprintf("%q is switched off and serves %s, not %s", f.Key, off, wanted), report.Warning
		}
		return "", 0
	}
	served := c.served(f)
	if slices.ContainsFunc(on.Variants, func(name string) bool { return served[name] || name == off }) {
		return "", 0
	}
	return fmt.Sprintf("%q never serves %s", f.Key, wanted), lightIf(rests(f, served))
}

// rests reports whether a flag serves nothing but its off variant or its default.
func rests(f *native.Flag, served map[string]bool) bool {
	for name := range served {
		if name != f.OffName() && (f.Default.IsSplit || name != f.Default.Name) {
			return false
		}
	}
	return true
}

// segments finds segments that no flag uses, not even through other segments.
func (c *checker) segments() {
	used := c.ruleset.UsedSegments()
	for _, s := range c.ruleset.Segments {
		if !used[s.Key] {
			c.find(UnusedSegment, s.KeyAt, wording.Member(native.Segments, s.Key), "no flag uses the segment %q", s.Key)
		}
	}
}
