package becket

import "slices"

// Keep returns the ruleset to serve. Each invalid definition is replaced by a valid definition of
// previous, if there is one, which is linked with the other definitions of this ruleset. A
// condition or requirement of such an old definition that refers to a flag or segment that no
// longer exists is not true. Keep must be called at most once, before the ruleset is used.
func (r *decoded) Keep(previous Rules) Rules {
	served := servedBy(previous)
	if served == nil || len(r.info.Bad) == 0 {
		return r.ruleset
	}
	bad := r.info.Bad
	r.info.Bad = nil
	segmentAtFault := map[name]bool{}
	for _, n := range r.aside {
		if n.cause != nil {
			r.restore(n.definition)
			segmentAtFault[n.name()] = true
		}
	}
	// An invalid definition is replaced before cycles are searched again: it must not form a cycle
	// with earlier definitions.
	for _, b := range bad {
		if member := (name{b.Section, b.Key}); !segmentAtFault[member] {
			r.replace(member, b.Err, served)
		}
	}
	// Each round replaces invalid definitions or marks them as invalid, which can make other
	// definitions invalid. After some rounds no more definitions are replaced, so that the loop
	// ends.
	const rounds = 8
	for round := 0; ; round++ {
		settled := r.settle()
		if len(settled) == 0 {
			break
		}
		for _, n := range settled {
			switch {
			case round >= rounds || n.isKept():
				r.invalidate(n.name(), n.firstProblem())
			case n.cause == nil || r.segments[n.cause.key].err != nil:
				r.replace(n.name(), n.problem, served)
			// nothing to do: the segment that caused it has been replaced, or gets another round
			default:
			}
		}
	}
	r.finish()
	return r.ruleset
}

// servedBy returns the native ruleset in previous, or nil if it has none. A program that decodes
// the first document itself may not have called its Keep.
func servedBy(previous Rules) *ruleset {
	switch p := previous.(type) {
	case *ruleset:
		return p
	case *decoded:
		return p.ruleset
	default:
		return nil
	}
}

// replace replaces an invalid definition by the definition of previous, or marks it as invalid if
// previous has no valid one.
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
	r.invalidate(member, err)
}

func (r *decoded) restore(d definition) {
	switch d := d.(type) {
	case *flag:
		r.flags.set(d)
	case *segment:
		r.segments[d.key] = d
	}
}

// unlinked returns a copy of the flag with its own references, which are to be linked in another
// ruleset. All other parts are shared.
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

// refers reports whether a condition, which may be nil, contains a reference.
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
