// Package ruleset finds the definitions of a native document and their references. The types of the
// definitions are the library's.
package ruleset

import (
	"cmp"
	"errors"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/native"
)

// Ruleset holds the valid definitions of a document.
type Ruleset struct {
	Flags    []*native.Flag // in the order of the document
	Segments []*native.Segment

	flags    map[string]*native.Flag
	segments map[string]*native.Segment
	// the JSON of invalid members; two values if a key occurs twice
	invalid map[name][]native.Written
}

// name is the name of a flag or a segment.
type name struct{ section, key string }

// Read reads a document that the library accepts. bad lists its invalid flags and segments.
func Read(body []byte, bad []becket.Bad) (*Ruleset, error) {
	d, problems := native.ReadDefinitions(body)
	if problems != nil {
		return nil, errors.New(problems[0].Message)
	}
	r := &Ruleset{
		flags: map[string]*native.Flag{}, segments: map[string]*native.Segment{}, invalid: map[name][]native.Written{},
	}
	for _, b := range bad {
		r.invalid[name{b.Section, b.Key}] = nil
	}
	for section, members := range d.Bad {
		for _, m := range members {
			r.invalid[name{section, m.Key}] = append(r.invalid[name{section, m.Key}], m.Written)
		}
	}
	for _, s := range d.Segments {
		if r.accepts(name{native.Segments, s.Key}, s.Written) {
			r.Segments, r.segments[s.Key] = append(r.Segments, s), s
		}
	}
	for _, f := range d.Flags {
		if r.accepts(name{native.Flags, f.Key}, f.Written) {
			r.Flags, r.flags[f.Key] = append(r.Flags, f), f
		}
	}
	return r, nil
}

// accepts reports whether a definition is valid. It stores the JSON of an invalid definition.
func (r *Ruleset) accepts(n name, written native.Written) bool {
	values, bad := r.invalid[n]
	if bad {
		r.invalid[n] = append(values, written)
	}
	return !bad
}

// Flag returns the flag with the given key, or nil.
func (r *Ruleset) Flag(key string) *native.Flag { return r.flags[key] }

// Segment returns the segment with the given key, or nil.
func (r *Ruleset) Segment(key string) *native.Segment { return r.segments[key] }

// Variants returns a flag's variants in the order of the document.
func Variants(f *native.Flag) []native.Variant {
	inOrder := func(a, b native.Variant) int { return cmp.Compare(a.At, b.At) }
	return slices.SortedStableFunc(slices.Values(f.Variants), inOrder)
}

// Named returns the variants that s names, including arms with a weight of 0.
func Named(s *native.Serve) (names []string) {
	if !s.IsSplit {
		return []string{s.Name}
	}
	for i := range s.Arms {
		names = append(names, s.Arms[i].Name)
	}
	return names
}

// Served returns the variants that s can give.
func Served(s *native.Serve) (names []string) {
	if !s.IsSplit {
		return []string{s.Name}
	}
	for i := range s.Arms {
		if s.Arms[i].Weight > 0 {
			names = append(names, s.Arms[i].Name)
		}
	}
	return names
}

// Rolls reports whether a hash decides which subjects the rule applies to.
func Rolls(r *native.Rule) bool { return r.HasPercent || r.HasRamp || r.HasLayer }

// Always reports whether the rule applies to everybody at all times.
func Always(r *native.Rule) bool {
	return r.If == nil && !Rolls(r) && !r.HasFrom && !r.HasUntil && !r.HasEvery
}
