package becket

import (
	"regexp"
	"slices"
	"sync"
	"unsafe"

	"github.com/becketflags/becket/internal/lending"
)

// clone copies the attributes that count, with everything they refer to, for hooks and sinks, which
// may keep what they are given.
func (s *Subject) clone() Subject {
	var c copier
	c.makeRoom(s.cloneSize())
	for i := int(s.count) - 1; i >= 0; i-- {
		a := &s.list()[i]
		if a.value.kind() != kindGroup {
			c.addCounting(a)
			continue
		}
		group := a.value.group()
		for j := len(group) - 1; j >= 0; j-- {
			c.addCounting(&group[j])
		}
	}
	return NewSubject(c.text(s.Key()), c.attributes...)
}

// ownSubject is a subject with a flag's key for the rules of somebody else's format, which may keep
// both for ever.
type ownSubject struct {
	subject Subject
	flag    string
}

// newOwnSubject copies a subject as it was passed, attributes that do not count included.
func newOwnSubject(s *Subject, flag string) *ownSubject {
	size := s.cloneSize()
	size.texts += len(flag)
	size.addGroups(s)
	var c copier
	c.makeRoom(size)
	return &ownSubject{subject: c.subject(s), flag: c.text(flag)}
}

// addGroups adds the maps themselves, which a clone does not have.
func (c *cloneSize) addGroups(s *Subject) {
	attributes := s.list()
	for i := range attributes {
		if attributes[i].value.kind() == kindGroup {
			c.attributes++
			c.texts += len(attributes[i].named())
		}
	}
}

// copier copies subjects. It hands no part of them to a function value, an interface or a map, so
// that escape analysis sees that nothing is kept, and the caller's subject can stay on the stack.
// All texts go into one piece of memory, and so do attributes and values. A piece that has no room
// left is replaced by a larger one; copies that are in it already stay where they are.
type copier struct {
	memory     []byte
	attributes []Attribute
	values     []Value
	names      map[string]struct{} // of the attributes copied so far, once there are many
}

// cloneSize is how much a copy of a subject takes: bytes of texts and objects, attributes, and
// elements of lists.
type cloneSize struct{ texts, attributes, values int }

// cloneSize measures a subject with the entries of its maps. Attributes that do not count are
// measured too, but for the texts that say why they are left out.
func (s *Subject) cloneSize() cloneSize {
	size := cloneSize{texts: int(s.keyLength)}
	attributes := s.list()
	for i := range attributes {
		if attributes[i].value.kind() != kindGroup {
			size.add(&attributes[i])
			continue
		}
		group := attributes[i].value.group()
		for j := range group {
			size.add(&group[j])
		}
	}
	return size
}

func (c *cloneSize) add(a *Attribute) {
	c.attributes++
	c.values += a.value.Len()
	c.texts += len(a.named()) + len(a.value.Text()) + len(a.value.Raw())
	for _, name := range a.value.path() {
		c.texts += len(name)
	}
	for i := range a.value.Len() {
		c.texts += len(a.value.at(i).Text())
	}
}

// bytes returns how much memory that is.
func (c cloneSize) bytes() int {
	return c.texts + c.attributes*int(unsafe.Sizeof(Attribute{})) + c.values*int(unsafe.Sizeof(Value{}))
}

// makeRoom makes room for copies of that size.
func (c *copier) makeRoom(size cloneSize) {
	c.memory, c.attributes = make([]byte, 0, size.texts), make([]Attribute, 0, size.attributes)
	if size.values > 0 {
		c.values = make([]Value, 0, size.values)
	}
}

// subject copies a subject as it was passed: maps stay maps, and nothing is left out. The entries
// of maps come behind the attributes.
func (c *copier) subject(s *Subject) Subject {
	list := s.list()
	for range list {
		c.attributes = append(c.attributes, Attribute{})
	}
	for i := range list {
		a := c.attribute(&list[i]) // first, since the attributes may move on the way
		c.attributes[i] = a
	}
	return NewSubject(c.text(s.Key()), c.attributes[:len(list)]...)
}

// text copies a text.
func (c *copier) text(s string) string {
	at := len(c.memory)
	c.memory = append(c.memory, s...)
	return textOf(c.memory[at:])
}

func (c *copier) attribute(a *Attribute) Attribute {
	return attribute(c.text(a.named()), c.value(a.value))
}

// addCounting copies the attribute if it counts: if it has a meaning, and a name that none of the
// copies has, which come later in the subject.
func (c *copier) addCounting(a *Attribute) {
	if a.value.isValue() && a.named() != keyName && !c.taken(a) {
		c.attributes = append(c.attributes, c.attribute(a))
	}
}

// many is the number of attributes from which on names are hashed and not compared.
const many = 32

// taken reports whether a copy has the attribute's name. The map holds the names of copies alone.
func (c *copier) taken(a *Attribute) bool {
	if len(c.attributes) < many {
		for i := range c.attributes {
			if c.attributes[i].value.tag() == a.value.tag() && c.attributes[i].named() == a.named() {
				return true
			}
		}
		return false
	}
	if c.names == nil {
		c.names = map[string]struct{}{}
	}
	for i := len(c.names); i < len(c.attributes); i++ {
		c.names[c.attributes[i].named()] = struct{}{}
	}
	_, taken := c.names[a.named()]
	return taken
}

// value copies a value with everything that it refers to. A group holds no groups.
func (c *copier) value(v Value) Value {
	switch v.kind() {
	case KindString, kindIgnored:
		text := c.text(unsafe.String((*byte)(v.pointer), int(v.number)))
		return Value{pointer: unsafe.Pointer(unsafe.StringData(text)), number: v.number, meta: v.meta}
	case KindList:
		return c.list(v)
	case KindObject:
		return ObjectValue(slices.Clone(v.Raw()))
	case kindPath:
		path := make([]string, len(v.path()))
		for i := range path {
			path[i] = c.text(v.path()[i])
		}
		return pathValue(path)
	case kindGroup:
		group, at := v.group(), len(c.attributes)
		for i := range group {
			c.attributes = append(c.attributes, c.attribute(&group[i]))
		}
		return Value{pointer: unsafe.Pointer(unsafe.SliceData(c.attributes[at:])), number: v.number, meta: v.meta}
	default:
		return Value{number: v.number, meta: v.meta}
	}
}

// list copies a list of an attribute, whose elements are all scalars.
func (c *copier) list(v Value) Value {
	at := len(c.values)
	for i := range v.Len() {
		c.values = append(c.values, c.scalar(v.at(i)))
	}
	list := listValue(c.values[at:])
	if v.fraction() == restOfList {
		list.meta |= restOfList << fractionAt
	}
	return list
}

// scalar copies an element of a list.
func (c *copier) scalar(v Value) Value {
	if v.kind() == KindString {
		return StringValue(c.text(v.Text()))
	}
	return Value{number: v.number, meta: v.meta}
}

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
