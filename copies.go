package becket

import (
	"regexp"
	"sync"
)

// A few functions of the standard library keep a text where escape analysis does not see the end of it, if only while they run: regexp
// in its machine, netip in its errors. Handed to them, a text that was put together on a caller's stack would have to be on the heap,
// and the whole subject with it. They get a copy on the heap instead, in memory that is used again.

// textCopy is one allocation, and large enough for nearly all texts.
type textCopy struct{ room [512]byte }

var textCopies = sync.Pool{New: func() any { return new(textCopy) }}

// matches reports whether the pattern matches a copy of the text.
func matches(pattern *regexp.Regexp, text string) bool {
	c := textCopies.Get().(*textCopy)
	matches := pattern.Match(append(c.room[:0], text...))
	textCopies.Put(c)
	return matches
}

// lentSubject is a subject on the heap, which foreign rules are asked with: what is behind their interface may keep it, as far as
// escape analysis knows. It is used again once they have answered. It is one allocation, and large enough for nearly all subjects.
type lentSubject struct {
	copier
	subject Subject
	flag    string
	room    struct {
		memory     [512]byte
		attributes [16]Attribute
		values     [16]Value
	}
}

var lentSubjects = sync.Pool{New: func() any { return new(lentSubject) }}

func lend(s *Subject, flag string) *lentSubject {
	l := lentSubjects.Get().(*lentSubject)
	l.memory, l.attributes, l.values = l.room.memory[:0], l.room.attributes[:0], l.room.values[:0]
	list := s.list()
	for i := range list {
		l.attributes = append(l.attributes, l.attribute(&list[i]))
	}
	l.subject = NewSubject(l.text(s.Key()), l.attributes...)
	l.flag = l.text(flag)
	return l
}

// giveBack is called when the rules have answered or panicked.
func (l *lentSubject) giveBack() { lentSubjects.Put(l) }
