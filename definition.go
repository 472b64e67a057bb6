package becket

import "slices"

// definition is a flag or a segment to the linker.
type definition interface {
	// name names the definition.
	name() name

	// isBad reports whether it could not be read, and nothing else counts.
	isBad() bool

	// keptFor returns why the definition is an earlier document's, nil if it is not.
	keptFor() error

	// references returns the references to other definitions, nil for none.
	references() []*reference

	// evaluations returns what one decision counts, without what it refers to; at most one more
	// than maxEvaluations.
	evaluations() int

	// ownTime reports whether the definition itself looks at the clock.
	ownTime() bool

	// placed returns the place of the definition among the others, to be read and set.
	placed() *placement
}

// leaf is the place of a flag or a segment that is not in the graph.
const leaf = -1

// leafOf returns the placement of a definition that refers to nothing.
func leafOf(d definition) placement {
	return placement{node: leaf, cost: int32(d.evaluations()), timed: d.ownTime()}
}

func (f *flag) name() name         { return name{inFlags, f.key} }
func (f *flag) isBad() bool        { return f.failure() != nil }
func (f *flag) placed() *placement { return &f.placement }

// references returns those of the requirements, then those of the rules' conditions.
func (f *flag) references() []*reference {
	references := slices.Clone(f.requires())
	for i := range f.rules {
		for j := range f.rules[i].conditions {
			references = f.rules[i].conditions[j].references(references)
		}
	}
	return references
}

func (s *segment) name() name               { return name{inSegments, s.key} }
func (s *segment) isBad() bool              { return s.err != nil }
func (s *segment) keptFor() error           { return s.kept }
func (s *segment) placed() *placement       { return &s.placement }
func (s *segment) references() []*reference { return s.condition.references(nil) }

func (s *segment) ownTime() bool { return s.condition != nil && s.condition.isTimed() }

func (s *segment) evaluations() int { return min(1+s.condition.evaluations(), maxEvaluations+1) }

// references appends the references in a condition, which may be nil.
func (c *condition) references(references []*reference) []*reference {
	if c == nil || c.more == nil {
		return references
	}
	if c.more.reference != nil {
		if len(references) == cap(references) {
			references = slices.Grow(references, len(references)+1) // doubled: there may be many
		}
		references = append(references, c.more.reference)
	}
	for i := range c.more.parts {
		references = c.more.parts[i].references(references)
	}
	return references
}
