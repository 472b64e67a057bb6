package native

import (
	"slices"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// shared holds parts that several definitions of a document have in common. The same names,
// countries and versions occur in many flags, and are stored once.
type shared struct {
	texts    map[string]string
	lists    map[string]*List             // short lists, by their JSON text
	versions map[string]*match.Constraint // by their text
	tags     map[string][]string          // by their text
	zones    map[string]*time.Location    // by name; nil if there is no such zone

	keptLists  arena[List]
	keptValues rooms[Value]
}

const (
	// longestShared is the greatest length of a list's JSON text, in bytes, that is compared with
	// others and shared.
	longestShared = 256

	// mostShared is the greatest number of texts that are shared. Further texts are stored each
	// time they occur.
	mostShared = 1 << 15
)

func newShared() shared {
	return shared{
		texts:    map[string]string{},
		lists:    map[string]*List{},
		versions: map[string]*match.Constraint{},
		tags:     map[string][]string{},
		zones:    map[string]*time.Location{},
	}
}

// once returns the same string for equal texts.
func (s *shared) once(text []byte) string {
	if kept, ok := s.texts[string(text)]; ok {
		return kept
	}
	kept := string(text)
	if len(s.texts) < mostShared {
		s.texts[kept] = kept
	}
	return kept
}

// scratch is memory for the definition that is being read. It is used again for the next
// definition, unless stay is true.
type scratch struct {
	stay              bool
	definition        Flag
	segmentDefinition Segment
	rules             []Rule
	variants          []Variant
	arms              []Arm
	steps             []Step
	requires          []*Reference
	strings           []string
	conditions        arena[Condition]
	tests             arena[Test]
	references        arena[Reference]
	lists             arena[List]
	values            rooms[Value]
}

// reuse makes the memory of the last definition available for the next one. If stay is true, the
// next definition gets other memory.
func (s *scratch) reuse() {
	if s.stay {
		s.rules, s.variants, s.arms, s.steps, s.requires = nil, nil, nil, nil, nil
		return
	}
	s.rules, s.variants, s.arms, s.steps = s.rules[:0], s.variants[:0], s.arms[:0], s.steps[:0]
	s.requires = s.requires[:0]
	s.conditions.rewind(0)
	s.tests.rewind(0)
	s.references.rewind(0)
	s.lists.rewind(0)
	s.values.reuse()
}

// push appends an element to a slice that may become long. It doubles the capacity; append grows in
// smaller steps and copies the elements more often.
func push[T any](list *[]T, element T) {
	if len(*list) == cap(*list) {
		*list = slices.Grow(*list, max(4, len(*list)))
	}
	*list = append(*list, element)
}

// take removes the elements from an index on from a buffer, and returns a copy of them.
func take[T any](buffer *[]T, from int) []T {
	part := exact((*buffer)[from:])
	clear((*buffer)[from:])
	*buffer = (*buffer)[:from]
	return part
}

// exact returns a copy without spare capacity, or nil for an empty slice.
func exact[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return append(make([]T, 0, len(s)), s...)
}
