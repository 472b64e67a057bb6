package becket

import (
	"fmt"
	"math"

	"github.com/go-json-experiment/json/jsontext"
)

// maxBad is how many flags and segments may be unreadable before the document counts as no ruleset at all: each costs memory.
const maxBad = 10_000

// member is a flag or a segment as it was read: one of the three.
type member struct {
	flag    *flag
	segment *segment
	bad     *badMember
	at      int // where its key stands
}

// badMember is what is left of a flag or a segment that could not be read.
type badMember struct {
	key      string
	problems []*DocumentError
}

func (m *member) key() string {
	switch {
	case m.bad != nil:
		return m.bad.key
	case m.flag != nil:
		return m.flag.key
	default:
		return m.segment.key
	}
}

// outline checks a document's syntax, and hands its flags to the crew.
func (r *reader) outline(d *jsontext.Decoder) error {
	seen := false
	return eachName(d, func(name jsontext.Token) error {
		if seen || name.String() != inFlags {
			return skipValue(d)
		}
		seen = true
		count, from := 0, tokenAt(r.document, tokenAt(r.document, int(d.InputOffset()))+1)
		return eachName(d, func(jsontext.Token) error {
			err := skipValue(d)
			if count++; err == nil && count%portionSize == 0 {
				to := tokenAt(r.document, int(d.InputOffset()))
				r.crew.add(&portion{from: from, to: to})
				from = to
			}
			return err
		})
	})
}

// eachName calls value for each name of an object, to read what it names. It skips what is no object.
func eachName(d *jsontext.Decoder, value func(name jsontext.Token) error) error {
	if d.PeekKind() != '{' {
		return skipValue(d)
	}
	_, _ = d.ReadToken()
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := value(name); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func skipValue(d *jsontext.Decoder) error {
	_, err := d.ReadValue()
	return err
}

// members reads the flags or segments into rules, each with problems of its own. A key that stands twice is a problem of both.
func (r *reader) members(rules *decoded, section string) {
	if !r.enter('{') {
		return
	}
	document := r.account
	var read [][]member
	if section == inFlags {
		read = r.readFlags()
		rules.flags = newFlagTable(total(read))
	} else {
		read = [][]member{r.readUntil(section, math.MaxInt, nil)}
		rules.segments = make(map[string]*segment, total(read))
	}
	for _, members := range read {
		for i := range members {
			if r.broken == nil {
				r.take(rules, section, &members[i])
			}
		}
	}
	r.account = document
}

func total(portions [][]member) (count int) {
	for _, members := range portions {
		count += len(members)
	}
	return count
}

// take puts a member into rules.
func (r *reader) take(rules *decoded, section string, m *member) {
	named := name{section, m.key()}
	problems := rules.problems[named]
	if len(problems) < maxProblems && (len(problems) > 0 || rules.defines(named)) {
		problems = append(problems, r.twice(m, named.key))
	}
	if m.bad != nil {
		problems = append(problems, m.bad.problems...)
	}
	if len(problems) > 0 {
		noted := len(rules.problems[named])
		most := min(maxProblems, max(noted, 1, noted+maxNoted-rules.noted))
		problems = problems[:min(len(problems), most)]
		rules.noted += len(problems) - noted
	}
	switch {
	case len(problems) > 0:
		rules.problems[named] = problems
	case m.flag != nil:
		rules.flags.set(m.flag)
	default:
		rules.segments[named.key] = m.segment
	}
	if len(rules.problems) > maxBad {
		r.refuseBad(m.at)
	}
}

// twice is the problem of a key that stands in the document before.
func (r *reader) twice(m *member, key string) *DocumentError {
	r.path = append(r.path, step{name: key})
	defer r.up()
	return r.problem(m.at, r.pathText(), fmt.Sprintf("%q stands twice", shorten(key)))
}

// refuseBad refuses the document for the number of its bad members.
func (r *reader) refuseBad(at int) {
	r.broken = r.problem(at, r.pathText(), fmt.Sprintf("more than %d flags and segments are bad", maxBad))
}

// readUntil appends members, up to the end of their object or to an offset.
func (r *reader) readUntil(section string, stop int, read []member) []member {
	bad := 0
	for r.at < stop && r.more() {
		m := r.member(section)
		push(&read, m)
		if m.bad != nil {
			bad++
		}
		if bad > maxBad {
			r.refuseBad(m.at)
		}
	}
	return read
}

func (r *reader) member(section string) member {
	m := member{at: r.at}
	key := string(r.inner(r.token()))
	r.account = account{begin: r.at}
	r.path = append(r.path, step{name: key})
	r.checkKey(key, m.at)
	switch {
	case len(key) > maxKey:
		r.skip()
		key = cut(key, maxToldKey)
	case section == inFlags:
		m.flag = r.flag(key, r.at)
	default:
		m.segment = r.segment(key)
	}
	key = r.checkMember(key, m.at, r.end)
	if len(r.problems) > 0 {
		m.flag, m.segment, m.bad = nil, nil, &badMember{key, r.noted()}
	}
	r.up()
	return m
}
