package native

import (
	"fmt"
	"math"
	"strings"

	"github.com/becketflags/becket/internal/match"
)

const (
	maxKey     = 256  // bytes of the key of a flag or segment
	maxToldKey = 1024 // bytes of a longer key that lists of bad flags and segments hold

	// MaxBad is how many flags and segments may be bad before the document counts as no ruleset at
	// all: each costs memory.
	MaxBad = 10_000
)

var tooManyBad = fmt.Sprintf("more than %d flags and segments are bad", MaxBad)

// Member is a flag or a segment that has been read.
type Member struct {
	Compiled any  // the result of the compiler; nil where the member is bad
	Bad      *Bad // nil where it is good
	At       int  // where its key stands
}

// Bad is a flag or a segment that could not be read.
type Bad struct {
	Key      string
	Written  Written // the value
	Problems []*Problem
}

// section reads the flags or segments, each with problems of its own.
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

// refuseBad refuses the document for the number of its bad members.
func (r *reader) refuseBad(section string, at int) {
	r.broken = r.problem(at, section, tooManyBad)
}

// readUntil appends members, up to the end of their object or to an offset.
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
		key = match.Shorten(key, maxToldKey)
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

// containsControl reports whether a key holds control characters.
func containsControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
}
