package becket

import (
	"iter"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// ruleset is a compiled native document.
type ruleset struct {
	flags    flagTable
	segments map[string]*segment
	info     RulesInfo
	// returns the flags' keys, sorted; computed on demand, since evaluations do not need them
	keys func() []string
}

// name names a flag or a segment.
type name struct{ section, key string }

const (
	inFlags    = "flags"
	inSegments = "segments"
)

// defines reports whether a valid flag or segment with that name has been read.
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

// leastMaxAge returns the shortest max_age of the flags, or 0 if none has one.
func leastMaxAge(rules Rules) (least time.Duration) {
	native, ok := rules.(*ruleset)
	if !ok {
		return 0
	}
	for _, f := range native.flags.places {
		if f != nil && f.rare != nil && f.rare.maxAge > 0 && (least == 0 || f.rare.maxAge < least) {
			least = f.rare.maxAge
		}
	}
	return least
}

// flagTable finds flags by their keys. It is a hash table with open addressing and linear probing.
// The flags themselves hold the fingerprints of their keys, so a check reads an entry of the table
// and the flag, and no other memory. The zero table is empty and has no room. The table does not
// change once its ruleset is published.
type flagTable struct {
	places []*flag // the length is a power of two; at least one is nil, so that searches end
	count  int
}

// newFlagTable makes a table that is at most half full with the given number of flags.
func newFlagTable(room int) flagTable {
	return flagTable{places: make([]*flag, 1<<bits.Len(uint(2*room)))}
}

// find returns the flag with the given key, or nil if there is none.
func (t *flagTable) find(key string) *flag {
	if len(t.places) == 0 {
		return nil
	}
	fingerprint := match.FingerprintOf(key)
	mask := uint64(len(t.places) - 1)
	for i := fingerprint.Hash(); ; i++ {
		if f := t.places[i&mask]; f == nil ||
			f.fingerprint == fingerprint && (len(key) <= match.Exact || f.key == key) {
			return f
		}
	}
}

// set puts a flag into the table. It replaces a flag with the same key.
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

// keys returns the keys, sorted.
func (t *flagTable) keys() []string {
	keys := make([]string, 0, t.count)
	for f := range t.all() {
		keys = append(keys, f.key)
	}
	slices.Sort(keys)
	return keys
}

// compareNames orders flags before segments, and both by key.
func compareNames(a, b name) int {
	if c := strings.Compare(a.section, b.section); c != 0 {
		return c
	}
	return strings.Compare(a.key, b.key)
}

// definition is a flag or a segment, as the linker uses it.
type definition interface {
	// name returns the section and the key of the definition.
	name() name

	// isBad reports whether the definition is invalid; if so, only its name and error are used.
	isBad() bool

	// keptFor returns why the definition is an earlier document's, or nil if it is not.
	keptFor() error

	// references returns the references to other definitions, or nil if there are none.
	references() []*reference

	// evaluations returns the number of evaluations that one decision counts as, without the
	// definitions that it refers to; at most maxEvaluations + 1.
	evaluations() int

	// ownTime reports whether the definition itself depends on the time, without the definitions
	// that it refers to.
	ownTime() bool

	// placed returns the definition's placement, which the linker reads and sets.
	placed() *placement
}

// leaf is the node number of flags and segments that are not in the graph.
const leaf = -1

// leafOf returns the placement of a definition without references.
func leafOf(d definition) placement {
	return placement{node: leaf, cost: int32(d.evaluations()), timed: d.ownTime()}
}

func (f *flag) name() name         { return name{inFlags, f.key} }
func (f *flag) isBad() bool        { return f.failure() != nil }
func (f *flag) placed() *placement { return &f.placement }

// references returns the references of the requirements, and then the references of the rules'
// conditions.
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
			// doubled, because there may be many
			references = slices.Grow(references, len(references)+1)
		}
		references = append(references, c.rest.reference)
	}
	for i := range c.rest.parts {
		references = c.rest.parts[i].references(references)
	}
	return references
}

// askedFlags collects the flags that are evaluated for another flag's requirements and conditions,
// for their exposures.
type askedFlags struct{ list []askedFlag }

// asking points to askedFlags through two more pointers than it needs; see [tracing] for the
// reason.
type asking struct{ *farAsked }

type farAsked struct{ *askedFlags }

// askedFlag is the key and the result of one of these flags.
type askedFlag struct {
	key    string
	result Result
}

// decideAndNote decides a flag for another one, and records it if it is to be tracked. That depends
// only on the percentages, ramps, layers and splits that this flag itself evaluates.
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

// asks reports whether there is a flag with that key that may evaluate other flags.
func (r *ruleset) asks(key string) bool {
	f := r.flags.find(key)
	return f != nil && f.asks
}

// askedBy decides a flag once more, and returns the flags that are evaluated for it and are to be
// tracked.
func (r *ruleset) askedBy(key string, subject *Subject, at *Moment) []askedFlag {
	found := askedFlags{}
	e := evaluation{subject: *subject, asked: &asking{&farAsked{&found}}}
	r.flags.find(key).answer(&e, KindAny, at)
	return found.list
}
