package lint

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/internal/native"
)

// use is a rule's range of a layer.
type use struct {
	flag  *native.Flag
	rule  *native.Rule
	order int // position in the document
}

// layers finds rules of two flags with overlapping ranges of one layer, and rules that hash a layer
// by different attributes. One subject can be in both.
func (c *checker) layers() {
	uses := map[[2]string][]use{}
	first := map[string]use{} // the first use of each layer
	order := 0
	for _, f := range c.ruleset.Flags {
		for i := range f.Rules {
			r := &f.Rules[i]
			if !r.HasLayer || !f.Enabled || r.Layer.From >= r.Layer.To {
				continue
			}
			layer := [2]string{r.Layer.Name, strings.Join(r.By, "\x00")}
			uses[layer] = append(uses[layer], use{f, r, order})
			order++
			if one, ok := first[r.Layer.Name]; !ok {
				first[r.Layer.Name] = use{f, r, order}
			} else if !slices.Equal(one.rule.By, r.By) {
				c.mixed(one, use{f, r, order})
			}
		}
	}
	inOrder := func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }
	for _, layer := range slices.SortedFunc(maps.Keys(uses), inOrder) {
		c.overlaps(uses[layer])
	}
	c.flag = nil
}

// overlaps visits the ranges of a layer in the order of their starts, so that it compares a range
// only with those that overlap it. It reports the later rule of each pair.
func (c *checker) overlaps(shares []use) {
	slices.SortStableFunc(shares, func(a, b use) int { return cmp.Compare(a.rule.Layer.From, b.rule.Layer.From) })
	var open []use // ranges that have started and not ended
	for _, next := range shares {
		open = slices.DeleteFunc(open, func(u use) bool { return u.rule.Layer.To <= next.rule.Layer.From })
		for _, other := range open {
			if c.steps--; c.steps <= 0 || len(c.findings) >= mostOfRuleset {
				return
			}
			if other.flag != next.flag {
				c.overlap(other, next)
			}
		}
		c.steps -= len(open)
		open = append(open, next)
	}
}

// mixed reports a rule that hashes a layer by other attributes than the layer's first rule.
func (c *checker) mixed(first, other use) {
	c.flag = other.flag
	c.findIn(other.rule, "layer", MixedLayer,
		"layer %q is hashed by %s here and by %s in %s: one subject can be in both ranges",
		other.rule.Layer.Name, describe.Attributes(other.rule.By), describe.Attributes(first.rule.By),
		rulePath(first.flag, first.rule))
}

func (c *checker) overlap(a, b use) {
	if a.order > b.order {
		a, b = b, a
	}
	c.flag = b.flag
	one, other := b.rule.Layer, a.rule.Layer
	c.find(OverlappingLayers, b.rule.Written.Field("layer").At, rulePath(b.flag, b.rule)+".layer",
		"the range %s to %s of layer %q overlaps with %s to %s of %s",
		describe.Number(one.From), describe.Number(one.To), one.Name, describe.Number(other.From),
		describe.Number(other.To), rulePath(a.flag, a.rule))
}
