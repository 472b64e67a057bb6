package becket

import (
	"regexp"
	"slices"
	"sync"
	"unsafe"

	"github.com/becketflags/becket/internal/lending"
	"github.com/becketflags/becket/internal/match"
)

// clone copies the attributes that count, with everything that they refer to. It is for hooks and
// sinks, which may keep the subject.
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

// ownSubject is a copy of a subject and of a flag's key, for the rules of another module's format,
// which may keep both forever.
type ownSubject struct {
	subject Subject
	flag    string
}

// newOwnSubject copies a whole subject, including attributes that do not count.
func newOwnSubject(s *Subject, flag string) *ownSubject {
	size := s.cloneSize()
	size.texts += len(flag)
	size.addGroups(s)
	var c copier
	c.makeRoom(size)
	return &ownSubject{subject: c.subject(s), flag: c.text(flag)}
}

// addGroups adds the size of the groups, which a clone does not have.
func (c *cloneSize) addGroups(s *Subject) {
	attributes := s.list()
	for i := range attributes {
		if attributes[i].value.kind() == kindGroup {
			c.attributes++
			c.texts += len(attributes[i].named())
		}
	}
}

// copier copies subjects. It passes no part of them to a function value, an interface or a map.
// Escape analysis therefore sees that nothing is kept, and the caller's subject can stay on the
// stack. All texts go into one slice of bytes; attributes and values have a slice each. A slice
// that is full is replaced by a larger one, and the copies that it already holds stay where they
// are.
type copier struct {
	memory     []byte
	attributes []Attribute
	values     []Value
	names      map[string]struct{} // names of the copied attributes; only used once there are many
}

// cloneSize is the size of a subject's copy: bytes of texts and objects, the number of attributes,
// and the number of list elements.
type cloneSize struct{ texts, attributes, values int }

// cloneSize measures a subject with the entries of its maps. It includes attributes that do not
// count, without the texts that say why they are left out.
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

// bytes returns the size in bytes of memory.
func (c cloneSize) bytes() int {
	return c.texts + c.attributes*int(unsafe.Sizeof(Attribute{})) + c.values*int(unsafe.Sizeof(Value{}))
}

// makeRoom allocates memory for copies of the given size.
func (c *copier) makeRoom(size cloneSize) {
	c.memory, c.attributes = make([]byte, 0, size.texts), make([]Attribute, 0, size.attributes)
	if size.values > 0 {
		c.values = make([]Value, 0, size.values)
	}
}

// subject copies a whole subject: groups stay groups, and nothing is left out. The entries of
// groups come after the attributes.
func (c *copier) subject(s *Subject) Subject {
	list := s.list()
	for range list {
		c.attributes = append(c.attributes, Attribute{})
	}
	for i := range list {
		// before c.attributes is indexed, because the call may replace the slice
		a := c.attribute(&list[i])
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

// addCounting copies the attribute if it counts: it has a value, and no attribute that was copied
// before has its name. Attributes are copied from the last to the first, because the last one of a
// name counts.
func (c *copier) addCounting(a *Attribute) {
	if a.value.isValue() && a.named() != keyName && !c.taken(a) {
		c.attributes = append(c.attributes, c.attribute(a))
	}
}

// many is the number of attributes above which names are looked up in a map instead of compared one
// by one.
const many = 32

// taken reports whether a copied attribute has the same name. The map's keys are names of copies,
// never names of the caller.
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

// value copies a value with everything that it refers to. A group never contains groups.
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

// list copies the list of an attribute. All of its elements are scalars.
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

// While a regexp runs, it stores the text in an object on the heap. Rules behind an interface may
// keep a subject, as far as escape analysis can see. If the caller's text or subject were passed to
// them, the compiler would allocate every text and every subject of a caller on the heap. They get
// a copy instead, in pooled memory on the heap.

// textCopy is the memory for one copied text. The room is large enough for nearly all texts.
type textCopy struct {
	room [512]byte
	long []byte // for longer texts; nil before the first one
}

// keptText is the longest text whose memory goes back into the pool. No check spends the effort
// that a longer one takes.
const keptText = 64 << 10

var textCopies = sync.Pool{New: func() any { return new(textCopy) }}

func borrowTextCopy() *textCopy {
	return textCopies.Get().(*textCopy) //nolint:errcheck // the pool holds nothing else
}

// empty returns memory for a text of the given length in bytes.
func (c *textCopy) empty(length int) []byte {
	if length <= len(c.room) {
		return c.room[:0]
	}
	c.long = slices.Grow(c.long[:0], length)
	return c.long
}

func (c *textCopy) giveBack() {
	if cap(c.long) > 2*keptText {
		c.long = nil
	}
	textCopies.Put(c)
}

// matches reports whether the pattern matches a copy of the text.
func matches(pattern *regexp.Regexp, text string) bool {
	c := borrowTextCopy()
	matches := pattern.Match(append(c.empty(len(text)), text...))
	c.giveBack()
	return matches
}

// fold returns the text in the form that [match.AppendFold] gives it, which is never longer. The
// result is valid until c is given back.
func (c *textCopy) fold(text string) string {
	return textOf(match.AppendFold(c.empty(len(text)), text))
}

// lentSubject is a copy of a subject and of a flag's key, for rules that do not keep them; see
// [lending.Borrower]. It is one allocation, large enough for nearly all subjects.
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

// giveBack returns the memory to the pool. It clears every pointer of the copy, so memory that a
// large subject needed beyond the room can be freed.
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

// poison overwrites the copies. Their memory is not used again, so rules that kept a copy always
// read the poison. If slices were replaced by larger ones during the copy, only the room and the
// last slices are overwritten; nothing refers to the ones between.
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

// poisonByte never occurs in valid UTF-8.
const poisonByte = 0xff
