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
