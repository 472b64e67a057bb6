package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// prerequisites finds requirements and conditions that ask for a variant that the other flag never
// serves.
func (c *checker) prerequisites() {
	for i, required := range c.flag.Requires {
		if why := c.unmet(required); why != "" {
			c.find(UnmetPrerequisite, required.Node.At, fmt.Sprintf("%s.requires[%d]", c.flag.Path, i), "the flag is always off: %s", why)
		}
	}
	for _, r := range c.flag.Rules {
		r.If.Walk(false, func(condition *native.Condition, negated bool) {
			if condition.Form != native.InFlag || negated {
				return
			}
			if why := c.unmet(condition); why != "" {
				c.find(UnmetPrerequisite, condition.Node.At, r.Path+".if", "the condition is never true: %s", why)
			}
		})
	}
}

// unmet says why a flag never serves any of the variants. It returns "" if the flag can serve one.
func (c *checker) unmet(on *native.Condition) string {
	f := c.ruleset.Flag(on.Key)
	if f == nil {
		return "" // the flag is invalid, which is an error of its own
	}
	wanted := strings.Join(on.Variants, ", ")
	if !f.Enabled {
		if f.Off == "" {
			return fmt.Sprintf("%q is switched off and serves no variant", f.Key)
		}
		if !slices.Contains(on.Variants, f.Off) {
			return fmt.Sprintf("%q is switched off and serves %s, not %s", f.Key, f.Off, wanted)
		}
		return ""
	}
	served := c.served(f)
	if slices.ContainsFunc(on.Variants, func(name string) bool { return served[name] || name == f.Off }) {
		return ""
	}
	return fmt.Sprintf("%q never serves %s", f.Key, wanted)
}

// segments finds segments that no flag uses, not even through other segments. The segments of
// invalid flags count as used.
func (c *checker) segments() {
	nodes := map[string]*native.Node{}
	if all := c.ruleset.Root.Member("segments"); all != nil {
		for i := range all.Members {
			nodes[all.Members[i].Name] = all.Members[i].Value
		}
	}
	used := map[string]bool{}
	var mark func(*native.Node)
	mark = func(n *native.Node) {
		key := n.Member("segment").String()
		if key == "" || used[key] {
			return
		}
		used[key] = true
		nodes[key].Walk(mark)
	}
	c.ruleset.Root.Member("flags").Walk(mark)
	for _, s := range c.ruleset.Segments {
		if !used[s.Key] {
			c.find(UnusedSegment, s.At, "segments"+native.PathStep(s.Key), "no flag uses the segment %q", s.Key)
		}
	}
}
