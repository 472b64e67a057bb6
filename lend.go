package becket

import (
	"regexp"
	"sync"

	"github.com/becketflags/becket/internal/lending"
)

// The machine of a regexp holds the text while it runs, and rules behind an interface may keep a
// subject as far as escape analysis knows. Handed to them, a text that was put together on a caller's
// stack would have to be on the heap, and the whole subject with it. They are lent a copy instead,
// which is on the heap, in memory that is used again.

// textCopy is one allocation, and large enough for nearly all texts.
type textCopy struct{ room [512]byte }

var textCopies = sync.Pool{New: func() any { return new(textCopy) }}

// matches reports whether the pattern matches a copy of the text. The copy of a longer text than the
// room holds is not kept.
func matches(pattern *regexp.Regexp, text string) bool {
	c := textCopies.Get().(*textCopy)
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
	l := lentSubjects.Get().(*lentSubject)
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

// poison overwrites the copies, in memory that is not used again: whoever kept them reads poison for
// ever. Pieces that were too small on the way are left alone, but for the room: they
// are never used again, poisoned or not.
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
