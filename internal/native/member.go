package native

import (
	"fmt"
	"math"
	"strings"

	"github.com/becketflags/becket/internal/match"
)

const (
	maxKey = 256 // greatest length of the key of a flag or segment, in bytes
	// a longer key is cut to this many bytes in lists of invalid flags and segments
	maxShownKey = 1024

	// MaxBad is the greatest number of invalid flags and segments. A document with more is refused,
	// because each of them takes memory.
	MaxBad = 10_000
)

var tooManyBad = fmt.Sprintf("more than %d flags and segments are invalid", MaxBad)

// Member is the result of reading a flag or a segment.
type Member struct {
	Compiled any  // the compiler's result; nil if the member is invalid
	Bad      *Bad // nil if the member is valid
	At       int  // offset of the key
}

// Bad is an invalid flag or segment: one that could not be read.
type Bad struct {
	Key      string
	Written  Written // the value of the flag or segment
	Problems []*Problem
}

// section reads the flags or the segments. Each of them has its own list of problems.
func (r *reader) section(d *Document, b Builder, section string) {
	if !r.enter('{') {
		return
	}
	document := r.account
	var read [][]Member
	if section == Flags {
		read = r.readFlags()
	} else {
		read = [][]Member{r.readUntil(section, math.MaxInt, nil)}
	}
	if r.broken == nil {
		b.Add(d, section, read)
	}
	r.account = document
}

// refuseBad refuses the document because too many of its members are invalid.
func (r *reader) refuseBad(section string, at int) {
	r.broken = r.problem(at, section, tooManyBad)
}

// readUntil reads and appends members up to the end of their object or to the offset stop.
func (r *reader) readUntil(section string, stop int, read []Member) []Member {
	bad := 0
	for r.at < stop && r.more() {
		m := r.member(section)
		push(&read, m)
		if m.Bad != nil {
			bad++
		}
		if bad > MaxBad {
			r.refuseBad(section, m.At)
		}
	}
	return read
}

func (r *reader) member(section string) Member {
	m := Member{At: r.at}
	key := string(r.inner(r.token()))
	r.account = account{begin: r.at}
	r.path = append(r.path, step{name: key})
	r.checkKey(key, m.At)
	at := r.at
	switch {
	case len(key) > maxKey:
		r.skip()
		key = match.Shorten(key, maxShownKey)
	case section == Flags:
		m.Compiled = r.flag(key, m.At)
	default:
		m.Compiled = r.segment(key, m.At)
	}
	key = r.checkMember(key, m.At, r.end)
	if len(r.problems) > 0 {
		m.Compiled, m.Bad = nil, &Bad{key, r.written(at), r.noted()}
	}
	r.up()
	return m
}

func (r *reader) checkKey(key string, at int) {
	switch {
	case key == "":
		r.fail(at, "the key is empty")
	case len(key) > maxKey:
		r.fail(at, "the key has %d bytes, more than %d", len(key), maxKey)
	case containsControl(key):
		r.fail(at, "the key %q holds control characters", match.Brief(key))
	}
}

// containsControl reports whether a key contains control characters.
func containsControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
}
