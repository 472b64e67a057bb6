package becket

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// portion is how many flags are worth a goroutine of their own.
	portion = 256

	// maxReaders bounds how many goroutines read one document. Each keeps what its flags have in common by itself.
	maxReaders = 4

	// maxBad is how many flags and segments may be bad before the document counts as no ruleset at all: each costs memory.
	maxBad = 100_000
)

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

// outline checks a document's syntax, and notes where, every so many flags, the next one begins.
func (r *reader) outline(d *jsontext.Decoder) error {
	return eachName(d, func(name jsontext.Token) error {
		if r.portions != nil || name.String() != inFlags {
			return skipValue(d)
		}
		count := 0
		return eachName(d, func(jsontext.Token) error {
			err := skipValue(d)
			if count++; count%portion == 0 {
				r.portions = append(r.portions, int(d.InputOffset()))
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
func (r *reader) members(rules *ruleset, section string) {
	if !r.enter('{') {
		return
	}
	document := r.problems
	read := r.readAll(section)
	if section == inFlags {
		rules.flags = newFlagTable(total(read))
	}
	for _, portion := range read {
		for i := range portion {
			if r.broken == nil {
				r.take(rules, section, &portion[i])
			}
		}
	}
	r.problems = document
}

func total(portions [][]member) (count int) {
	for _, members := range portions {
		count += len(members)
	}
	return count
}

// take puts a member into rules.
func (r *reader) take(rules *ruleset, section string, m *member) {
	named := name{section, m.key()}
	problems := rules.linking.problems[named]
	if rules.has(named) {
		r.problems = problems
		r.failBelow(m.at, []step{{name: named.key}}, "%q stands twice", shorten(named.key))
		problems = r.problems
	}
	if m.bad != nil {
		problems = append(problems, m.bad.problems...)
	}
	switch {
	case len(problems) > 0:
		rules.linking.problems[named] = problems
	case m.flag != nil:
		rules.flags.set(m.flag)
	default:
		rules.segments[named.key] = m.segment
	}
	if len(rules.linking.problems) > maxBad {
		r.refuseBad(m.at)
	}
}

// refuseBad refuses the document for the number of its bad members.
func (r *reader) refuseBad(at int) {
	r.broken = r.problem(at, r.pathText(), fmt.Sprintf("more than %d flags and segments are bad", maxBad))
}

// readAll reads the members of an object that has been entered, many flags by several goroutines.
func (r *reader) readAll(section string) [][]member {
	if section != inFlags || r.goroutines < 2 || len(r.portions) == 0 {
		return r.readUntil(section, math.MaxInt)
	}
	readers := r.divide()
	read := make([][][]member, len(readers))
	panics := make([]any, len(readers))
	var done sync.WaitGroup
	for i, reader := range readers {
		stop := math.MaxInt
		if i+1 < len(readers) {
			stop = readers[i+1].at
		}
		done.Go(func() {
			defer func() { panics[i] = recover() }()
			read[i] = reader.readUntil(section, stop)
		})
	}
	done.Wait()
	for i, cause := range panics {
		if cause != nil {
			panic(cause) // where it can be recovered
		}
		if r.broken == nil {
			r.broken = readers[i].broken
		}
	}
	last := readers[len(readers)-1]
	r.at, r.end, r.depth = last.at, last.end, last.depth
	return slices.Concat(read...)
}

// divide returns readers for about equal parts of the flags.
func (r *reader) divide() []*reader {
	count := min(r.goroutines, maxReaders, len(r.portions)+1)
	readers := make([]*reader, count)
	for i := range readers {
		next := &reader{document: r.document, portions: r.portions, depth: r.depth, path: slices.Clone(r.path), shared: newShared()}
		next.at, next.end = r.at, r.end
		if i > 0 {
			next.pass(r.portions[i*(len(r.portions)+1)/count-1])
		}
		readers[i] = next
	}
	return readers
}

// readUntil reads members up to the end of their object, or up to an offset. It returns them in portions.
func (r *reader) readUntil(section string, stop int) [][]member {
	read := make([][]member, 1)
	if r.portions != nil {
		read[0] = make([]member, 0, portion)
	}
	bad := 0
	for r.at < stop && r.more() {
		last := &read[len(read)-1]
		if len(*last) == portion {
			read = append(read, make([]member, 0, portion))
			last = &read[len(read)-1]
		}
		m := r.member(section)
		*last = append(*last, m)
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
	r.problems = nil
	r.path = append(r.path, step{name: key})
	r.checkKey(key, m.at)
	if section == inFlags {
		m.flag = r.flag(key, r.at)
	} else {
		m.segment = r.segment(key)
	}
	r.up()
	if len(r.problems) > 0 {
		m.flag, m.segment, m.bad = nil, nil, &badMember{key, r.problems}
	}
	return m
}
