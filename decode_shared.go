package becket

import (
	"slices"
	"time"
)

// shared is what equal parts of a document have in common: the same names, countries and versions stand in many flags, and
// are kept once.
type shared struct {
	texts      map[string]string
	attributes map[string]*attributeName
	sets       map[string]*set     // small operands of in, as they are written
	versions   map[string]*operand // by their constraint
	tags       map[string][]string // as they are written
	keySources map[string]*keySource
	zones      map[string]*time.Location // nil for a name that is none

	variantLists map[variantsKey][]Variant
}

// variantsKey is the type of a flag's variants, and the object that they are written as.
type variantsKey struct {
	kind Kind
	text string
}

const (
	longestShared = 256     // bytes that a list may be written in to be compared with the others
	mostShared    = 1 << 15 // texts that are compared with others; further ones are kept as often as they stand in the document
)

func newShared() shared {
	return shared{
		texts:      map[string]string{},
		attributes: map[string]*attributeName{},
		sets:       map[string]*set{},
		versions:   map[string]*operand{},
		tags:       map[string][]string{},
		keySources: map[string]*keySource{},
		zones:      map[string]*time.Location{},

		variantLists: map[variantsKey][]Variant{},
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

// attribute returns the one name of that text.
func (s *shared) attribute(text string) *attributeName {
	if kept, ok := s.attributes[text]; ok {
		return kept
	}
	kept := newAttributeName(text)
	s.attributes[text] = kept
	return kept
}

// scratch is room for what is being read and is not yet known in full. Taking copies from it leaves a ruleset without spare room.
type scratch struct {
	values     []Value
	strings    []string
	conditions []condition
	tests      []testDraft
	rules      []ruleDraft
	variants   []variantDraft
	arms       []armDraft
}

// push appends to a list that may become long. It doubles the room: append takes smaller steps, and copies what there is more often.
func push[T any](list *[]T, element T) {
	if len(*list) == cap(*list) {
		*list = slices.Grow(*list, max(4, len(*list)))
	}
	*list = append(*list, element)
}

// take returns a copy of what a buffer holds from an index on, and cuts it off there.
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
