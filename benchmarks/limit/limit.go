// Package limit does the work of each workload as a handwritten program would do it, without any
// library: an atomic pointer load, a map look-up of the flag, a switch on the flag's kind, and the
// set look-up or the hash of the workload. It has no reasons, details, types and errors. It is
// exactly as fast as a careful program: it uses no knowledge of the users or the loop.
package limit

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"

	"github.com/twmb/murmur3"

	"github.com/becketflags/becket/benchmarks/scene"
)

// Subject is the struct that a handwritten program has for its user. It holds the version as text
// and, if a rule needs it, packed for comparison.
type Subject struct {
	Key     string
	Country string
	Version string
	Plan    string
	Age     int
	Beta    bool
	Packed  uint64
}

// ReadVersion sets the version in both of its forms.
func (s *Subject) ReadVersion(version string) {
	s.Version, s.Packed = version, pack(version)
}

// Flags are the flags of the program. Another goroutine may replace them.
type Flags struct {
	current atomic.Pointer[map[string]*flag]
}

type flag struct {
	kind      scene.Kind
	on        bool
	set       map[string]struct{} // countries or keys
	rules     []rule
	seed      uint32
	threshold uint64 // of 2^53
	arms      []arm
	table     bool
}

type rule struct {
	countries map[string]struct{}
	minimum   uint64
}

type arm struct {
	value  string
	hash   uint64
	weight float64
	upTo   uint64 // of 2^53, cumulative
}

// Enabled answers for every kind except the split.
func (f *Flags) Enabled(key string, s *Subject) bool {
	flag, ok := (*f.current.Load())[key]
	if !ok {
		return false
	}
	switch flag.kind {
	case scene.Plain:
		return flag.on
	case scene.Country:
		_, in := flag.set[s.Country]
		return in
	case scene.Rules:
		for i := range flag.rules {
			r := &flag.rules[i]
			if _, in := r.countries[s.Country]; in && s.Packed >= r.minimum {
				return true
			}
		}
		return false
	case scene.Percent:
		return hash(s.Key, flag.seed)>>11 < flag.threshold
	case scene.KeyList:
		_, in := flag.set[s.Key]
		return in
	}
	return false
}

// Text answers for the split.
func (f *Flags) Text(key string, s *Subject) string {
	flag, ok := (*f.current.Load())[key]
	if !ok || flag.kind != scene.Split {
		return ""
	}
	if flag.table {
		return flag.fromTable(hash(s.Key, flag.seed) >> 11)
	}
	return flag.rendezvous(hash(s.Key, flag.seed))
}

func (f *flag) fromTable(place uint64) string {
	for i := range f.arms {
		if place < f.arms[i].upTo {
			return f.arms[i].value
		}
	}
	return f.arms[len(f.arms)-1].value
}

func (f *flag) rendezvous(h uint64) string {
	best, value := math.Inf(1), ""
	for i := range f.arms {
		a := &f.arms[i]
		u := float64(fmix64(h^a.hash)>>11) / (1 << 53)
		if draw := -math.Log(1-u) / a.weight; draw < best {
			best, value = draw, a.value
		}
	}
	return value
}

// hash is by the library that becket hashes with, the fastest known.
func hash(s string, seed uint32) uint64 {
	return murmur3.SeedStringSum64(uint64(seed), s)
}

// fmix64 is the finaliser of MurmurHash3.
func fmix64(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	k *= 0xc4ceb9fe1a85ec53
	k ^= k >> 33
	return k
}

// pack reads a plain version into a number that compares as the version does.
func pack(version string) uint64 {
	packed, part := uint64(0), uint64(0)
	for i := range len(version) {
		if c := version[i]; c == '.' {
			packed, part = packed<<21|part, 0
		} else {
			part = part*10 + uint64(c-'0')
		}
	}
	return packed<<21 | part
}

// New returns the flags of one workload. With table, the split uses cumulative weights instead of
// rendezvous hashing.
func New(w scene.Workload, table bool) *Flags {
	flags := map[string]*flag{}
	for _, key := range scene.Fillers() {
		flags[key] = &flag{kind: scene.Plain}
	}
	f := &flag{kind: w.Kind, on: true, seed: uint32(hash(w.Flag, 0)), table: table}
	flags[strings.Clone(w.Flag)] = f
	switch w.Kind {
	case scene.Country:
		f.set = setOf(scene.Listed)
	case scene.Rules:
		for _, r := range scene.TenRules() {
			f.rules = append(f.rules, rule{setOf(r.Countries), pack(r.Minimum)})
		}
	case scene.Percent:
		f.threshold = scene.Share * (1 << 53) / 100
	case scene.KeyList:
		f.set = setOf(scene.Members(w.ListSize))
	case scene.Split:
		f.arms = armsOf(w.Flag)
	}
	result := &Flags{}
	result.current.Store(&flags)
	return result
}

func armsOf(salt string) []arm {
	sum := 0
	arms := make([]arm, len(scene.Arms))
	for i, a := range scene.Arms {
		sum += a.Weight
		arms[i] = arm{
			value:  a.Name,
			hash:   hash(fmt.Sprintf("%s/%s", salt, a.Name), 0),
			weight: float64(a.Weight),
			upTo:   uint64(sum) * (1 << 53) / 100,
		}
	}
	return arms
}

func setOf(texts []string) map[string]struct{} {
	set := make(map[string]struct{}, len(texts))
	for _, t := range texts {
		set[strings.Clone(t)] = struct{}{}
	}
	return set
}
