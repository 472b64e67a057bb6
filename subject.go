package becket

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unsafe"
)

// keyName is the attribute by which conditions name the targeting key.
const keyName = "key"

// Subject is whom a flag is evaluated for: a targeting key and attributes. It is OpenFeature's evaluation context under a name
// that does not collide with context.Context. The zero Subject has no key and no attributes. Copying it is cheap; it is safe
// for concurrent use as long as nobody changes the slice of attributes.
//
// Key and attributes are kept as pointers with their lengths: a Subject of three words stays in registers on its way into an
// evaluation, which a struct of a string and a slice does not.
type Subject struct {
	key        *byte
	attributes *Attribute
	keyLength  uint32
	count      uint32
}

// Attribute is one named property of a subject. Attributes are made by [String], [Int], [Int64], [Float], [Bool], [Time],
// [Strings] and [Any].
type Attribute struct {
	name  *byte // value.nameLength bytes
	value Value
}

// attribute gives a value its name.
func attribute(name string, value Value) Attribute {
	value.meta = value.meta&^tagMask | tagOf(name)
	return Attribute{unsafe.StringData(name), value}
}

const (
	lengthBits  = 16 // of a tag: the length of the name
	longestName = 1<<lengthBits - 1
)

// tagOf returns the length of a name and its last byte, which together tell most names of a subject apart. The compiler computes it
// for a name that is a constant. A name of more than 64 KiB is cut: no condition asks for one.
func tagOf(name string) meta {
	if name == "" {
		return 0
	}
	length := min(len(name), longestName)
	return meta(length)<<tagAt | meta(name[length-1])<<(tagAt+lengthBits)
}

// named returns the attribute's name.
func (a *Attribute) named() string {
	return unsafe.String(a.name, int(a.value.meta>>tagAt&longestName))
}

// NewSubject returns a subject. The key is what percentages and splits hash: something that stays the same for one user, account
// or device; without one ("") they do not apply. NewSubject keeps the slice it is given; the caller must not change it afterwards.
// Of two attributes with one name the last counts, and one named "key" is ignored. A key is cut after 2 GiB.
func NewSubject(key string, attributes ...Attribute) Subject {
	return Subject{
		key:        unsafe.StringData(key),
		attributes: unsafe.SliceData(attributes),
		keyLength:  uint32(min(len(key), math.MaxInt32)),
		count:      uint32(min(len(attributes), math.MaxInt32)),
	}
}

// String returns a text attribute.
func String(name, value string) Attribute { return attribute(name, StringValue(value)) }

// Int returns an integer attribute.
func Int(name string, value int) Attribute { return attribute(name, IntValue(int64(value))) }

// Int64 returns an integer attribute.
func Int64(name string, value int64) Attribute { return attribute(name, IntValue(value)) }

// Float returns a number attribute. An integral number is an integer, however it is passed. NaN satisfies no comparison.
func Float(name string, value float64) Attribute { return attribute(name, FloatValue(value)) }

// Bool returns a boolean attribute.
func Bool(name string, value bool) Attribute { return attribute(name, BoolValue(value)) }

// Time returns an attribute that is an instant.
func Time(name string, value time.Time) Attribute { return attribute(name, TimeValue(value)) }

// Strings returns an attribute that is a list of texts: an operator holds when it holds for any of them. The slice is kept; the
// caller must not change it afterwards.
func Strings(name string, values ...string) Attribute { return attribute(name, stringsValue(values)) }

// Key returns the targeting key, "" where there is none.
func (s Subject) Key() string { return unsafe.String(s.key, int(s.keyLength)) }

// list returns the attributes as they were passed.
func (s *Subject) list() []Attribute { return unsafe.Slice(s.attributes, int(s.count)) }

// IsZero reports whether the subject was made without a key and without a single attribute: there is nobody.
func (s *Subject) IsZero() bool { return s.keyLength == 0 && s.count == 0 }

// Attribute returns the attribute of that name, exactly as written, and whether there is one. The name "key" is the targeting
// key, which is missing when it is empty.
func (s *Subject) Attribute(name string) (Value, bool) {
	switch name {
	case keyName:
		return StringValue(s.Key()), s.keyLength > 0
	case "":
		return Value{}, false
	}
	value, _ := s.locate(&attributeName{text: name, tag: tagOf(name)})
	return value, value.kind() != KindAny
}

// Entry returns an attribute by how it was passed, for formats that tell a nested name from one with a dot in it. With an empty root
// it is the attribute that was itself given that name, also one named "key". Else it is an entry of the map that [Any] was given
// as root, under its dotted name, which begins with root. The last attribute of the name counts, as in [Subject.Attribute].
func (s *Subject) Entry(root, name string) (Value, bool) {
	top := root
	if root == "" {
		top = name
	}
	attributes := s.list()
	for i := len(attributes) - 1; i >= 0; i-- {
		a := &attributes[i]
		if a.named() != top || a.value.kind() == kindIgnored {
			continue
		}
		if a.value.kind() != kindGroup {
			return a.value, root == ""
		}
		if root == "" {
			return Value{}, false
		}
		value := a.value.entry(&attributeName{text: name, tag: tagOf(name)})
		return value, value.kind() != KindAny
	}
	return Value{}, false
}

// Entries calls yield for each attribute as it was passed until it returns false, the last ones first: root is "" for one that
// stands by itself, and the map's name for an entry of a map that [Any] was given. An entry that is nil has the zero Value. Of
// several with one name, all are told.
func (s *Subject) Entries(yield func(root, name string, value Value) bool) {
	attributes := s.list()
	for i := len(attributes) - 1; i >= 0; i-- {
		a := &attributes[i]
		if a.value.kind() != kindGroup {
			if a.value.kind() != kindIgnored && !yield("", a.named(), a.value) {
				return
			}
			continue
		}
		for _, entry := range a.value.group() {
			value := entry.value
			if value.kind() == kindIgnored {
				if value.fraction() != ignoredNil {
					continue
				}
				value = Value{}
			}
			if !yield(a.named(), entry.named(), value) {
				return
			}
		}
	}
}

// All calls yield for each attribute that counts, those of maps under their dotted names, until it returns false.
func (s Subject) All(yield func(name string, value Value) bool) {
	seen := map[string]bool{keyName: true}
	walkBackwards(s.list(), func(a *Attribute) bool {
		if seen[a.named()] || a.value.kind() == kindIgnored {
			return true
		}
		seen[a.named()] = true
		return yield(a.named(), a.value)
	})
}

// Ignored tells what of the subject's attributes cannot be used and why: values without a meaning, and attributes named "key".
func (s Subject) Ignored() []error {
	var errs []error
	walkBackwards(s.list(), func(a *Attribute) bool {
		switch {
		case a.value.kind() == kindIgnored:
			errs = append(errs, fmt.Errorf("becket: attribute %q is left out: %s", a.named(), unsafe.String((*byte)(a.value.pointer), int(a.value.number))))
		case a.named() == keyName:
			errs = append(errs, fmt.Errorf("becket: attribute %q is left out: the name stands for the targeting key", a.named()))
		}
		return true
	})
	return errs
}

// locate returns the value of an attribute, the zero Value where it is missing, and its place in the list, -1 where it has none. It
// scans from the end, so that the last of two with one name wins. A handful of attributes is faster scanned than hashed; the
// name's tag rules out nearly all others.
func (s *Subject) locate(name *attributeName) (value Value, place int) {
	if name.ofKey {
		if s.keyLength > 0 {
			value = StringValue(s.Key())
		}
		return value, -1
	}
	attributes := s.list()
	for i := len(attributes) - 1; i >= 0; i-- {
		a := &attributes[i]
		switch {
		case a.value.kind() == kindGroup:
			if found := a.value.entry(name); found.kind() != KindAny {
				return found, -1
			}
		case a.value.tag() == name.tag && a.value.kind() != kindIgnored && a.named() == name.text:
			return a.value, i
		}
	}
	return value, -1
}

// entry returns the attribute of that name out of a group, the zero Value where it has none.
func (v Value) entry(name *attributeName) Value {
	group := NewSubject("", v.group()...)
	value, _ := group.locate(name)
	return value
}

func walkBackwards(attributes []Attribute, visit func(*Attribute) bool) bool {
	for i := len(attributes) - 1; i >= 0; i-- {
		a := &attributes[i]
		if a.value.kind() == kindGroup {
			if !walkBackwards(a.value.group(), visit) {
				return false
			}
		} else if !visit(a) {
			return false
		}
	}
	return true
}

func (v Value) group() []Attribute {
	return unsafe.Slice((*Attribute)(v.pointer), int(v.number))
}

// clone copies the subject with everything it refers to, for hooks and sinks, which may keep what they are given.
func (s *Subject) clone() Subject {
	attributes := make([]Attribute, 0, s.count)
	for name, value := range s.All {
		attributes = append(attributes, attribute(strings.Clone(name), value.clone()))
	}
	return NewSubject(strings.Clone(s.Key()), attributes...)
}

func (v Value) clone() Value {
	switch v.kind() {
	case KindString:
		return StringValue(strings.Clone(v.Text()))
	case KindList:
		elements := make([]Value, v.Len())
		for i := range elements {
			elements[i] = v.At(i).clone()
		}
		return ListValue(elements)
	default:
		return v
	}
}
