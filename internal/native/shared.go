package native

import (
	"slices"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// shared is the parts that definitions of a document have in common: the same names, countries and
// versions stand in many flags, and are kept once.
type shared struct {
	texts    map[string]string
	lists    map[string]*List             // short ones, by their text
	versions map[string]*match.Constraint // by their text
	tags     map[string][]string          // by their text
	zones    map[string]*time.Location    // nil for a name that no zone has

	keptLists  arena[List]
	keptValues rooms[Value]
}

const (
	// longestShared is how many bytes a list may be written in to be compared with the others.
	longestShared = 256

	// mostShared is how many texts are compared with others. Further ones are kept as often as they
	// stand in the document.
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

// once returns one copy of equal texts.
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

// scratch is room for the definition that is being read. It is used again for the next one, unless
// definitions are to stay.
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

// reuse makes the room of the definition before free for another one. Where that is to stay, other
// room follows.
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

// push appends to a list that may become long. It doubles the room: append takes smaller steps, and
// copies the elements more often.
func push[T any](list *[]T, element T) {
	if len(*list) == cap(*list) {
		*list = slices.Grow(*list, max(4, len(*list)))
	}
	*list = append(*list, element)
}

// take returns a copy of the elements of a buffer from an index on, and cuts it off there.
func take[T any](buffer *[]T, from int) []T {
	part := exact((*buffer)[from:])
	clear((*buffer)[from:])
	*buffer = (*buffer)[:from]
	return part
}

// exact returns a copy without spare room, nil for nothing.
func exact[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return append(make([]T, 0, len(s)), s...)
}
