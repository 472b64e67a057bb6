package becket

import (
	"slices"
	"strings"
)

// link returns a new reference, which stands at an offset.
func (r *reader) link(key string, at int) *link {
	r.links++
	return &link{key: key, at: at, path: r.pathText()}
}

// links returns the flag's references: of its requirements, then of its rules' conditions.
func (f *flag) links() []*link {
	links := slices.Clone(f.requires())
	for i := range f.rules {
		for j := range f.rules[i].conditions {
			links = f.rules[i].conditions[j].links(links)
		}
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

func (n *node) path() string {
	var b strings.Builder
	name := n.name()
	writeStep(&b, step{name: name.section})
	writeStep(&b, step{name: name.key})
	return b.String()
}

// unlinked returns a copy of the flag whose references are its own, to be linked in another ruleset. The rest is shared.
func (f *flag) unlinked(kept error) *flag {
	c := *f
	c.linked = linked{}
	c.rare = &rareFields{kept: kept}
	if f.rare != nil {
		c.rare.maxAge = f.rare.maxAge
	}
	for _, l := range f.requires() {
		c.rare.requires = append(c.rare.requires, l.unlinked())
	}
	c.rules = slices.Clone(f.rules)
	for i := range c.rules {
		c.rules[i].conditions = unlinkedAll(c.rules[i].conditions)
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
	more.parts = unlinkedAll(more.parts)
	return &copied
}

func unlinkedAll(conditions []condition) []condition {
	copied := slices.Clone(conditions)
	for i := range copied {
		copied[i] = *copied[i].unlinked()
	}
	return copied
}

func (l *link) unlinked() *link {
	return &link{key: l.key, toFlag: l.toFlag, variants: l.variants}
}
