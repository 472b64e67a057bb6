package becket

import (
	"regexp"
	"sync"

	"github.com/becketflags/becket/internal/lending"
)

// A regexp keeps the text that it matches in a machine on the heap while it runs, and rules behind
// an interface may keep a subject as far as escape analysis knows. If a text went to them as it is,
// the compiler would put every text that a caller makes, and every subject, on the heap. They are
// lent a copy instead, which lies on the heap, in memory that is used again.

// textCopy is one allocation, and large enough for nearly all texts.
type textCopy struct{ room [512]byte }

var textCopies = sync.Pool{New: func() any { return new(textCopy) }}

// matches reports whether the pattern matches a copy of the text. A text that does not fit into the
// room costs an allocation, which is not kept.
func matches(pattern *regexp.Regexp, text string) bool {
	c := textCopies.Get().(*textCopy) //nolint:errcheck // the pool holds nothing else
	matches := pattern.Match(append(c.room[:0], text...))
	textCopies.Put(c)
	return matches
}

// lentSubject is a copy of a subject and of a flag's key for rules that keep nothing, see
// [lending.Borrower]. It is one allocation, and large enough for nearly all subjects.
type lentSubject struct {
	copier
	lent Subject
	flag string
	room struct {
		memory     [512]byte
		attributes [16]Attribute
		values     [16]Value
	}
}

var lentSubjects = sync.Pool{New: func() any { return new(lentSubject) }}

func lend(s *Subject, flag string) *lentSubject {
	l := lentSubjects.Get().(*lentSubject) //nolint:errcheck // the pool holds nothing else
	l.memory, l.attributes, l.values = l.room.memory[:0], l.room.attributes[:0], l.room.values[:0]
	l.lent = l.subject(s)
	l.flag = l.text(flag)
	return l
}

// giveBack lets the memory be used again. What a large subject took beyond the room is not kept: no
// pointer of the copy remains.
func (l *lentSubject) giveBack() {
	if lending.Poisoned.Load() {
		l.poison()
		return
	}
	clear(l.room.attributes[:min(len(l.attributes), len(l.room.attributes))])
	clear(l.room.values[:min(len(l.values), len(l.room.values))])
	l.copier, l.lent, l.flag = copier{}, Subject{}, ""
	lentSubjects.Put(l)
}

// poison overwrites the copies, in memory that is not used again, so that rules that kept a copy
// read poison for ever. Of the pieces that became too small while a large subject was copied, only
// the room is overwritten: nothing else leads to the others once they are replaced.
func (l *lentSubject) poison() {
	for i := range l.memory {
		l.memory[i] = poisonByte
	}
	for i := range l.room.memory {
		l.room.memory[i] = poisonByte
	}
	for i := range l.attributes {
		l.attributes[i].value = IntValue(poisonByte)
	}
	for i := range l.values {
		l.values[i] = IntValue(poisonByte)
	}
}

// poisonByte occurs in no text of UTF-8.
const poisonByte = 0xff
