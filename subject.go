package becket

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// Subject is whom a flag is evaluated for: a targeting key and attributes. It is OpenFeature's
// evaluation context under a name that does not collide with context.Context. The zero Subject has
// no key and no attributes. Copying it is cheap; it is safe for concurrent use as long as nobody
// changes the slice of attributes.
//
// Key and attributes are kept as pointers with their lengths: a Subject of three words stays in
// registers on its way into an evaluation, which a struct of a string and a slice does not.
type Subject struct {
	key        *byte
	attributes *Attribute
	keyLength  uint32
	count      uint32
}

// NewSubject returns a subject. The key is what percentages and splits hash: something that stays
// the same for one user, account or device; without one ("") they do not apply. NewSubject keeps
// the slice it is given; the caller must not change it afterwards. Of two attributes with one name
// the last counts, and one named "key" is ignored. A key is cut after 2 GiB.
func NewSubject(key string, attributes ...Attribute) Subject {
	return Subject{
		key:        unsafe.StringData(key),
		attributes: unsafe.SliceData(attributes),
		keyLength:  uint32(min(len(key), math.MaxInt32)),
		count:      uint32(min(len(attributes), math.MaxInt32)),
	}
}

// Key returns the targeting key, "" where there is none.
func (s Subject) Key() string { return unsafe.String(s.key, int(s.keyLength)) }

// list returns the attributes as they were passed.
func (s *Subject) list() []Attribute { return unsafe.Slice(s.attributes, int(s.count)) }

// IsZero reports whether the subject was made without a key and without a single attribute: there
// is nobody. A nil Subject is zero.
func (s *Subject) IsZero() bool { return s == nil || s.keyLength == 0 && s.count == 0 }

// Attribute returns the attribute of that name, exactly as written, and whether there is one. The
// name "key" is the targeting key, which is missing when it is empty.
func (s *Subject) Attribute(name string) (Value, bool) {
	switch {
	case s == nil || name == "":
		return Value{}, false
	case name == keyName:
		return StringValue(s.Key()), s.keyLength > 0
	}
	value, _ := s.locate(&attributeName{text: name, tag: tagOf(name)})
	return value, value.kind() != KindAny
}

// Entry returns an attribute by how it was passed, for formats that tell a nested name from one
// with a dot in it. With an empty root it is the attribute that was itself given that name, also
// one named "key", and no map. Else it is an entry of the map that [Any] was given as root, under
// its dotted name, which begins with root; each dot behind the root parts two names of nested maps.
// The last attribute of the name counts, as in [Subject.Attribute].
func (s *Subject) Entry(root, name string) (Value, bool) {
	if s == nil {
		return Value{}, false
	}
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
		return a.value.nested(name)
	}
	return Value{}, false
}

// Entries calls yield for each attribute as it was passed until it returns false, the last ones
// first: root is "" for one that stands by itself, and the map's name for an entry of a map that
// [Any] was given. path has the names that lead to an entry, the root's first; it is nil where
// those below the root have no dots, so that the dots of name part them. An entry that is nil has
// the zero Value. Of several attributes with one name, all are told.
func (s *Subject) Entries(yield func(root, name string, path []string, value Value) bool) {
	if s == nil {
		return
	}
	attributes := s.list()
	for i := len(attributes) - 1; i >= 0; i-- {
		a := &attributes[i]
		if a.value.isValue() {
			if !yield("", a.named(), nil, a.value) {
				return
			}
			continue
		}
		group := a.value.group()
		for j := range group {
			value, path, ok := asPassed(group, j)
			if ok && !yield(a.named(), group[j].named(), path, value) {
				return
			}
		}
	}
}

// asPassed returns an entry of a group for formats, and false for one that they do not see.
func asPassed(group []Attribute, i int) (value Value, path []string, ok bool) {
	value = group[i].value
	switch {
	case value.kind() == kindPath, value.kind() == KindList && value.fraction() == restOfList:
		return Value{}, nil, false
	case value.kind() == kindIgnored:
		if value.fraction() != ignoredNil {
			return Value{}, nil, false
		}
		value = Value{}
	}
	if i+1 < len(group) {
		path = group[i+1].value.path()
	}
	return value, path, true
}

// nested returns the entry of a group to which the names lead that the dots of a name part.
func (v Value) nested(name string) (Value, bool) {
	group, tag := v.group(), tagOf(name)
	for i := range group {
		if group[i].value.tag() != tag || group[i].named() != name {
			continue
		}
		if value, path, ok := asPassed(group, i); ok && path == nil && value.kind() != KindAny {
			return value, true
		}
	}
	return Value{}, false
}

// All calls yield for each attribute that counts, those of maps under their dotted names, until it
// returns false.
func (s Subject) All(yield func(name string, value Value) bool) {
	seen := map[string]bool{keyName: true}
	walkBackwards(s.list(), func(a Attribute) bool {
		if seen[a.named()] || !a.value.isValue() {
			return true
		}
		seen[a.named()] = true
		return yield(a.named(), a.value)
	})
}

// Ignored tells what of the subject's attributes cannot be used and why: values without a meaning,
// and attributes named "key".
func (s Subject) Ignored() []error {
	var errs []error
	walkBackwards(s.list(), func(a Attribute) bool {
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

// locate returns the value of an attribute, the zero Value where it is missing, and its place in
// the list, -1 where it has none. It scans from the end, so that the last of two with one name
// wins. A handful of attributes is faster scanned than hashed; the name's tag rules out nearly all
// others.
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
		case a.value.tag() == name.tag && a.value.isValue() && a.named() == name.text:
			return a.value, i
		}
	}
	return value, -1
}

// hasEntriesOf reports whether [Any] was given a map of that name, or one that holds a map of that
// dotted name.
func (s *Subject) hasEntriesOf(name string) bool {
	attributes := s.list()
	for i := range attributes {
		a := &attributes[i]
		if a.value.kind() != kindGroup || !strings.HasPrefix(name, a.named()) {
			continue
		}
		group := a.value.group()
		for j := range group {
			entry := group[j].named()
			if len(entry) > len(name) && entry[len(name)] == '.' && entry[:len(name)] == name {
				return true
			}
		}
	}
	return false
}

// unit returns the text of an attribute as it is hashed, "" where it gives none. It may be a part
// of the subject or of the room.
func (s *Subject) unit(attribute string, room []byte) string {
	value, _ := s.Attribute(attribute)
	switch value.kind() {
	case KindString:
		return value.Text()
	case KindInt:
		return textOf(value.appendInt(room))
	case KindBool:
		return strconv.FormatBool(value.Bool())
	default:
		return ""
	}
}

// entry returns the attribute of that name out of a group, which holds no groups, the zero Value
// where it has none. It does not call locate: of functions that call each other escape analysis
// takes for kept what one returns for another.
func (v Value) entry(name *attributeName) Value {
	group := v.group()
	for i := len(group) - 1; i >= 0; i-- {
		if a := &group[i]; a.value.tag() == name.tag && a.value.isValue() && a.named() == name.text {
			return a.value
		}
	}
	return Value{}
}

// walkBackwards visits attributes and entries of groups, the last ones first. It hands over copies:
// a pointer into the list would keep the list from the caller's stack.
func walkBackwards(attributes []Attribute, visit func(Attribute) bool) bool {
	for _, a := range slices.Backward(attributes) {
		if a.value.kind() != kindGroup {
			if !visit(a) {
				return false
			}
			continue
		}
		for _, entry := range slices.Backward(a.value.group()) {
			if !visit(entry) {
				return false
			}
		}
	}
	return true
}

// group returns the attributes of a group, none of any other value.
func (v Value) group() []Attribute {
	if v.kind() != kindGroup {
		return nil
	}
	return unsafe.Slice((*Attribute)(v.pointer), int(v.number))
}
