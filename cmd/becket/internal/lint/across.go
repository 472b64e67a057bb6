package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// prerequisites finds requirements and conditions that ask for a variant that the other flag never
// serves.
func (c *checker) prerequisites() {
	for i, required := range c.flag.Requires {
		if why := c.unmet(required); why != "" {
			c.find(UnmetPrerequisite, required.At, fmt.Sprintf("%s.requires[%d]", c.path, i),
				"the flag is always off: %s", why)
		}
	}
	for i := range c.flag.Rules {
		r := &c.flag.Rules[i]
		ruleset.Walk(r.If, false, func(condition *native.Condition, negated bool) {
			if condition.Form != native.InFlag || negated {
				return
			}
			if why := c.unmet(condition.Reference); why != "" {
				c.find(UnmetPrerequisite, condition.At, rulePath(c.flag, r)+".if",
					"the condition is never true: %s", why)
			}
		})
	}
}

// unmet says why a flag never serves any of the variants. It returns "" if the flag can serve one.
func (c *checker) unmet(on *native.Reference) string {
	f := c.ruleset.Flag(on.Key)
	if f == nil {
		return "" // the flag is invalid, which is an error of its own
	}
	wanted := strings.Join(on.Variants, ", ")
	if !f.Enabled {
		off := f.OffName()
		if off == "" {
			return fmt.Sprintf("%q is switched off and serves no variant", f.Key)
		}
		if !slices.Contains(on.Variants, off) {
			return fmt.Sprintf("%q is switched off and serves %s, not %s", f.Key, off, wanted)
		}
		return ""
	}
	served := c.served(f)
	if slices.ContainsFunc(on.Variants, func(name string) bool { return served[name] || name == f.OffName() }) {
		return ""
	}
	return fmt.Sprintf("%q never serves %s", f.Key, wanted)
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
