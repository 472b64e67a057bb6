package ruleset

import (
	"iter"

	"github.com/becketflags/becket/internal/native"
)

// Walk calls visit for the condition, unless it is nil, and for every condition below it. negated
// says whether the number of "not" above the condition is odd.
func Walk(c *native.Condition, negated bool, visit func(c *native.Condition, negated bool)) {
	if c == nil {
		return
	}
	visit(c, negated)
	for part := range c.EachPart() {
		Walk(part, negated != (c.Form == native.Not), visit)
	}
}

// OfFlag returns the references of a flag: its requirements, and those of its rules' conditions.
func OfFlag(f *native.Flag) iter.Seq[*native.Reference] {
	return func(yield func(*native.Reference) bool) {
		for _, ref := range f.Requires {
			if !yield(ref) {
				return
			}
		}
		for i := range f.Rules {
			for ref := range f.Rules[i].If.EachReference() {
				if !yield(ref) {
					return
				}
			}
		}
	}
}

// OfSegment returns the references of a segment's condition.
func OfSegment(s *native.Segment) iter.Seq[*native.Reference] { return s.If.EachReference() }

// UsedSegments returns the keys of the segments that flags use, also through other segments. The
// references of an invalid flag or segment are not known: every text in it counts as such a key.
func (r *Ruleset) UsedSegments() map[string]bool {
	u := search{r, map[string]bool{}}
	for _, f := range r.Flags {
		u.references(OfFlag(f))
	}
	for n, values := range r.invalid {
		if n.section == native.Flags {
			u.texts(values)
		}
	}
	return u.used
}

// search is a search for the segments in use.
type search struct {
	*Ruleset
	used map[string]bool
}

func (u *search) references(all iter.Seq[*native.Reference]) {
	for ref := range all {
		if !ref.ToFlag {
			u.segment(ref.Key)
		}
	}
}

func (u *search) texts(values []native.Written) {
	for _, w := range values {
		for text := range w.AllTexts() {
			u.segment(text)
		}
	}
}

// segment records that the key is used. A text in an invalid definition may not be a key.
func (u *search) segment(key string) {
	s := u.Segment(key)
	values, bad := u.invalid[name{native.Segments, key}]
	if u.used[key] || s == nil && !bad {
		return
	}
	u.used[key] = true
	if s != nil {
		u.references(OfSegment(s))
	}
	u.texts(values)
}
