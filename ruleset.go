package becket

import (
	"iter"
	"math/bits"
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/match"
)

// ruleset is a compiled native document.
type ruleset struct {
	flags    flagTable
	segments map[string]*segment
	info     RulesInfo
	keys     func() []string // of the flags, sorted; on demand, since evaluation does not need them

}

// name names a flag or a segment.
type name struct{ section, key string }

const (
	inFlags    = "flags"
	inSegments = "segments"
)

// defines reports whether a good member of that name has been read.
func (r *ruleset) defines(member name) bool {
	if member.section == inFlags {
		return r.flags.find(member.key) != nil
	}
	return r.segments[member.key] != nil
}

// Flags lists the flags in the order of their keys.
func (r *ruleset) Flags() iter.Seq[FlagInfo] {
	return func(yield func(FlagInfo) bool) {
		for _, key := range r.keys() {
			if !yield(r.flags.find(key).info()) {
				return
			}
		}
	}
}

// Flag describes one flag.
func (r *ruleset) Flag(key string) (FlagInfo, bool) {
	f := r.flags.find(key)
	if f == nil {
		return FlagInfo{}, false
	}
	return f.info(), true
}

// Info describes the document.
func (r *ruleset) Info() RulesInfo { return r.info }

// Variants lists a flag's variants.
func (r *ruleset) Variants(key string) []Variant {
	f := r.flags.find(key)
	if f == nil || f.failure() != nil {
		return nil
	}
	return f.variants
}

// flagTable finds flags by their keys. It is a hash table with open addressing and linear probing.
// The flags themselves hold what tells their keys apart, so a check touches a place of the table
// and the flag, and nothing else. The zero table is empty and has no room. Nothing changes it once
// its ruleset is published.
type flagTable struct {
	places []*flag // a power of two; at least one is nil, which is where a search ends
	count  int
}

// newFlagTable makes a table that so many flags fill by half at most.
func newFlagTable(room int) flagTable {
	return flagTable{places: make([]*flag, 1<<bits.Len(uint(2*room)))}
}

// find returns the flag of that key, nil where there is none. The zero table has none.
func (t *flagTable) find(key string) *flag {
	if len(t.places) == 0 {
		return nil
	}
	fingerprint := match.FingerprintOf(key)
	mask := uint64(len(t.places) - 1)
	for i := fingerprint.Hash(); ; i++ {
		if f := t.places[i&mask]; f == nil || f.fingerprint == fingerprint && (len(key) <= match.Exact || f.key == key) {
			return f
		}
	}
}

// set puts a flag into the table, in the place of one that has its key.
func (t *flagTable) set(f *flag) {
	mask := uint64(len(t.places) - 1)
	for i := f.fingerprint.Hash(); ; i++ {
		place := &t.places[i&mask]
		if *place == nil {
			t.count++
		}
		if *place == nil || (*place).key == f.key {
			*place = f
			return
		}
	}
}

// all calls yield for each flag, in no order, until it returns false.
func (t *flagTable) all() iter.Seq[*flag] {
	return func(yield func(*flag) bool) {
		for _, f := range t.places {
			if f != nil && !yield(f) {
				return
			}
		}
	}
}

// keys returns the keys in their order.
func (t *flagTable) keys() []string {
	keys := make([]string, 0, t.count)
	for f := range t.all() {
		keys = append(keys, f.key)
	}
	slices.Sort(keys)
	return keys
}

// compareNames orders flags before segments, and each by key.
func compareNames(a, b name) int {
	if c := strings.Compare(a.section, b.section); c != 0 {
		return c
	}
	return strings.Compare(a.key, b.key)
}

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
	if c == nil || c.rest == nil {
		return references
	}
	if c.rest.reference != nil {
		if len(references) == cap(references) {
			references = slices.Grow(references, len(references)+1) // doubled: there may be many
		}
		references = append(references, c.rest.reference)
	}
	for i := range c.rest.parts {
		references = c.rest.parts[i].references(references)
	}
	return references
}

// askedFlags collects the flags that a decision asks on its way, for their exposures.
type askedFlags struct{ list []askedFlag }

// asking leads to the flags over two pointers more than it takes, for the reason of [tracing].
type asking struct{ *farAsked }

type farAsked struct{ *askedFlags }

// askedFlag is a flag and what it served.
type askedFlag struct {
	key    string
	result Result
}

// decideAndNote decides a flag that another one asks and notes it. Whether it is to be tracked depends
// on what was consulted for it alone.
func (a *askedFlags) decideAndNote(e *evaluation, f *flag) *Variant {
	consulted := e.consulted
	e.consulted = false
	variant := f.decide(e)
	if variant != nil && e.failed == 0 && f.tracks(e) {
		r := e.result(f, KindAny, variant)
		r.Track = true
		a.list = append(a.list, askedFlag{f.key, r})
	}
	e.consulted = e.consulted || consulted
	return variant
}

// asks reports whether there is a flag of that key that may ask others.
func (r *ruleset) asks(key string) bool {
	f := r.flags.find(key)
	return f != nil && f.asks
}

// askedBy decides a flag once more and returns the flags that it asks on its way and that are to be
// tracked.
func (r *ruleset) askedBy(key string, subject *Subject, at *Moment) []askedFlag {
	found := askedFlags{}
	e := evaluation{subject: *subject, asked: &asking{&farAsked{&found}}}
	r.flags.find(key).answer(&e, KindAny, at)
	return found.list
}
