package becket

import (
	"fmt"
	"slices"
	"strconv"
)

// links returns the flag's references: of its requirements, then of its rules' conditions.
func (f *flag) links() []*link {
	links := slices.Clone(f.requires)
	for i := range f.rules {
		links = f.rules[i].condition.links(links)
	}
	return links
}

// links appends the references in a condition, which may be nil.
func (c *condition) links(links []*link) []*link {
	if c == nil || c.more == nil {
		return links
	}
	if c.more.link != nil {
		links = append(links, c.more.link)
	}
	for i := range c.more.parts {
		links = c.more.parts[i].links(links)
	}
	return links
}

// path returns where a reference stands, or the node itself for nil.
func (n *node) path(l *link) string {
	if n.segment != nil {
		path := inSegments + stepText(n.segment.key)
		below, _ := n.segment.condition.pathTo(l, ".if")
		return path + below
	}
	path := inFlags + stepText(n.flag.key)
	if l == nil {
		return path
	}
	if i := slices.Index(n.flag.requires, l); i >= 0 {
		return fmt.Sprintf("%s.requires[%d]", path, i)
	}
	for i := range n.flag.rules {
		if below, found := n.flag.rules[i].condition.pathTo(l, ".if"); found {
			return fmt.Sprintf("%s.rules[%d]%s", path, i, below)
		}
	}
	return path
}

// pathTo returns the path of a reference below a condition, which may be nil.
func (c *condition) pathTo(l *link, path string) (string, bool) {
	if c == nil || c.more == nil || l == nil {
		return "", false
	}
	if c.more.link == l {
		return path, true
	}
	for i := range c.more.parts {
		below := path + formSteps[c.form]
		if c.form != formNot {
			below += "[" + strconv.Itoa(i) + "]"
		}
		if found, ok := c.more.parts[i].pathTo(l, below); ok {
			return found, true
		}
	}
	return "", false
}

var formSteps = map[form]string{formAll: ".all", formAny: ".any", formNot: ".not"}

// unlinked returns a copy of the flag whose references are its own, to be linked in another ruleset. The rest is shared.
func (f *flag) unlinked(kept error) *flag {
	c := *f
	c.kept, c.linked = kept, linked{}
	c.requires = make([]*link, len(f.requires))
	for i, l := range f.requires {
		c.requires[i] = l.unlinked()
	}
	c.rules = slices.Clone(f.rules)
	for i := range c.rules {
		c.rules[i].condition = c.rules[i].condition.unlinked()
	}
	return &c
}

func (s *segment) unlinked(kept error) *segment {
	c := *s
	c.kept, c.linked = kept, linked{}
	c.condition = s.condition.unlinked()
	return &c
}

func (c *condition) unlinked() *condition {
	if c == nil || len(c.links(nil)) == 0 {
		return c
	}
	copied := *c
	more := *c.more
	copied.more = &more
	if more.link != nil {
		more.link = more.link.unlinked()
	}
	more.parts = slices.Clone(more.parts)
	for i := range more.parts {
		more.parts[i] = *more.parts[i].unlinked()
	}
	return &copied
}

func (l *link) unlinked() *link {
	return &link{key: l.key, toFlag: l.toFlag, variants: l.variants}
}
