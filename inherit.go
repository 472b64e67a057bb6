package becket

import "slices"

// Keep returns the ruleset with the definitions that previous had for what had to be set aside,
// linked with the others of today. What they refer to and is gone is not met. It must be called at
// most once, before the ruleset is used.
func (r *decoded) Keep(previous Rules) Rules {
	served, ok := previous.(*ruleset)
	if !ok || len(r.info.Bad) == 0 {
		return r.ruleset
	}
	bad := r.info.Bad
	r.info.Bad = nil
	for i := range r.aside {
		r.restore(r.aside[i].definition)
	}
	for _, b := range bad {
		member := name{b.Section, b.Key}
		if _, decoded := r.problems[member]; decoded {
			r.replace(member, b.Err, served)
		}
	}
	// Every round replaces definitions, or gives up on them, which can make others bad. After some
	// rounds nothing is replaced any more, so that it ends.
	const rounds = 8
	for round := 0; ; round++ {
		settled := r.settle()
		if len(settled) == 0 {
			break
		}
		for _, n := range settled {
			switch {
			case round >= rounds || n.isKept():
				r.setAside(n.name(), n.firstProblem())
			case n.cause == nil || r.segments[n.cause.key].err != nil:
				r.replace(n.name(), n.problem, served)
			default: // it stays: the segment has its last definition now, or is itself to be looked at again
			}
		}
	}
	r.finish()
	return r.ruleset
}

// replace puts the definition that previous has in the place of a bad one, if it has one.
func (r *decoded) replace(member name, err error, previous *ruleset) {
	if member.section == inFlags {
		if f := previous.flags.find(member.key); f != nil && f.failure() == nil {
			r.flags.set(f.unlinked(err))
			return
		}
	} else if s := previous.segments[member.key]; s != nil && s.err == nil {
		r.segments[member.key] = s.unlinked(err)
		return
	}
	r.setAside(member, err)
}

func (r *decoded) restore(d definition) {
	switch d := d.(type) {
	case *flag:
		r.flags.set(d)
	case *segment:
		r.segments[d.key] = d
	}
}

// unlinked returns a copy of the flag whose references are its own, to be linked in another
// ruleset. The rest is shared.
func (f *flag) unlinked(kept error) *flag {
	c := *f
	c.placement = placement{}
	c.rare = &rareFields{kept: kept}
	if f.rare != nil {
		c.rare.maxAge = f.rare.maxAge
	}
	for _, r := range f.requires() {
		c.rare.requires = append(c.rare.requires, r.unlinked())
	}
	c.rules = slices.Clone(f.rules)
	for i := range c.rules {
		c.rules[i].conditions = unlinkedAll(c.rules[i].conditions)
	}
	return &c
}

func (s *segment) unlinked(kept error) *segment {
	c := *s
	c.kept, c.placement = kept, placement{}
	c.condition = s.condition.unlinked()
	return &c
}

func (c *condition) unlinked() *condition {
	if !c.refers() {
		return c
	}
	copied := *c
	more := *c.rest
	copied.rest = &more
	if more.reference != nil {
		more.reference = more.reference.unlinked()
	}
	more.parts = unlinkedAll(more.parts)
	return &copied
}

// refers reports whether there is a reference in a condition, which may be nil.
func (c *condition) refers() bool {
	if c == nil || c.rest == nil {
		return false
	}
	return c.rest.reference != nil ||
		slices.ContainsFunc(c.rest.parts, func(part condition) bool { return part.refers() })
}

func unlinkedAll(conditions []condition) []condition {
	copied := slices.Clone(conditions)
	for i := range copied {
		copied[i] = *copied[i].unlinked()
	}
	return copied
}

func (r *reference) unlinked() *reference {
	return &reference{key: r.key, toFlag: r.toFlag, variants: r.variants}
}
