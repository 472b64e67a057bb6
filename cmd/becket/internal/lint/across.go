package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// prerequisites finds requirements and conditions on flags that never serve what is asked of them.
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

// unmet says why a flag never serves one of the variants, or "".
func (c *checker) unmet(on *native.Condition) string {
	f := c.ruleset.Flag(on.Key)
	if f == nil {
		return "" // set aside: that is an error of its own
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
	served := append(outcomes(f), f.Off)
	if slices.ContainsFunc(on.Variants, func(name string) bool { return slices.Contains(served, name) }) {
		return ""
	}
	return fmt.Sprintf("%q never serves %s", f.Key, wanted)
}

// segments finds those that no flag uses, be it through other segments. Flags that were set aside count: what they use is used.
func (c *checker) segments() {
	used := map[string]bool{}
	var mark func(*native.Node)
	mark = func(n *native.Node) {
		key := n.Member("segment").String()
		if key == "" || used[key] {
			return
		}
		used[key] = true
		c.ruleset.Root.Member("segments").Member(key).Walk(mark)
	}
	c.ruleset.Root.Member("flags").Walk(mark)
	for _, s := range c.ruleset.Segments {
		if !used[s.Key] {
			c.find(UnusedSegment, s.At, "segments"+native.PathStep(s.Key), "no flag uses the segment %q", s.Key)
		}
	}
}

// use is a rule's share of a layer.
type use struct {
	flag *native.Flag
	rule *native.Rule
}

// layers finds rules of two flags that share a part of a layer: one subject can meet both.
func (c *checker) layers() {
	uses := map[[2]string][]use{}
	for _, f := range c.ruleset.Flags {
		for _, r := range f.Rules {
			if r.Layer == nil || !f.Enabled || r.Layer.From >= r.Layer.To {
				continue
			}
			c.flag = f
			layer := [2]string{r.Layer.Name, r.By}
			for _, other := range uses[layer] {
				if other.flag != f && r.Layer.From < other.rule.Layer.To && other.rule.Layer.From < r.Layer.To {
					c.find(OverlappingLayers, r.Layer.Node.At, r.Path+".layer", "the range %s to %s of layer %q overlaps with %s to %s of %s",
						number(r.Layer.From), number(r.Layer.To), r.Layer.Name, number(other.rule.Layer.From), number(other.rule.Layer.To), other.rule.Path)
				}
			}
			uses[layer] = append(uses[layer], use{f, r})
		}
	}
	c.flag = nil
}
