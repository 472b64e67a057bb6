package becket

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// Subject is the user, device or other thing that a flag is evaluated for: a targeting key and
// attributes. OpenFeature calls it evaluation context; the name Context would collide with
// context.Context. The zero Subject has no key and no attributes. Copying a Subject is cheap. It is
// safe for concurrent use as long as the slice of attributes is not changed.
//
// Key and attributes are stored as pointers with their lengths. A Subject thus has three words and
// is passed to an evaluation in registers; a struct with a string and a slice is not.
type Subject struct {
	key        *byte
	attributes *Attribute
	keyLength  uint32
	count      uint32
}

// NewSubject returns a subject. Percentages and splits hash the key, so it should stay the same for
// one user, account or device. Without a key, they do not apply, unless they hash an attribute
// instead. NewSubject keeps the slice of attributes; the caller must not change it afterwards. If
// two attributes have the same name, the last one counts. An attribute named "key" is ignored. A
// key is cut after 2 GiB.
func NewSubject(key string, attributes ...Attribute) Subject {
	return Subject{
		key:        unsafe.StringData(key),
		attributes: unsafe.SliceData(attributes),
		keyLength:  uint32(min(len(key), math.MaxInt32)),
		count:      uint32(min(len(attributes), math.MaxInt32)),
	}
}

// Key returns the targeting key, or "" if there is none.
func (s Subject) Key() string { return unsafe.String(s.key, int(s.keyLength)) }

// list returns the slice of attributes that was passed to NewSubject.
func (s *Subject) list() []Attribute { return unsafe.Slice(s.attributes, int(s.count)) }

// IsZero reports whether the subject has no key and no attributes. It is for formats that treat
// such a subject as absent. A nil Subject is zero.
func (s *Subject) IsZero() bool { return s == nil || s.keyLength == 0 && s.count == 0 }

// Attribute returns the attribute with the given name, and whether there is one. Names are
// case-sensitive. The name "key" returns the targeting key, which counts as missing if it is "".
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

// Entry is for formats that distinguish a nested name from a name that contains a dot. With an
// empty root, it returns the attribute that was passed with exactly this name, including one named
// "key", but not a map. Otherwise it returns an entry of the map that was passed to [Any] under the
// name root. name is then the dotted name of the entry, which begins with root, and each dot after
// the root separates two names of nested maps. If several attributes have the name, the last one
// counts, as in [Subject.Attribute].
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

// Entries is for formats, like [Subject.Entry]. It calls yield for each attribute and each entry of
// a map until yield returns false, from the last attribute to the first. If several attributes have
// the same name, it lists all of them. root is "" for an attribute that is not a map, and otherwise
// the name of the map that was passed to [Any]. path lists the names that lead to an entry,
// beginning with root; it is nil if the names below the root contain no dots, so that the dots of
// name separate them. The value of an entry that is nil is the zero Value.
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

// asPassed returns an entry of a group in the form for formats, or false for an entry that formats
// do not get.
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

// nested returns the entry of a group with the given dotted name, whose dots separate the names of
// nested maps.
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

// All calls yield for each attribute that counts until yield returns false. Entries of maps have
// dotted names.
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

// Ignored returns an error for each attribute that cannot be used, or only in part. The error says
// why: a value may have no meaning as an attribute, and the name "key" stands for the targeting
// key.
func (s Subject) Ignored() []error {
	var errs []error
	walkBackwards(s.list(), func(a Attribute) bool {
		switch {
		case a.value.kind() == kindIgnored:
			left := "is left out"
			if a.value.fraction() == ignoredPart {
				left = "is left out in part"
			}
			why := unsafe.String((*byte)(a.value.pointer), int(a.value.number))
			errs = append(errs, fmt.Errorf("becket: attribute %q %s: %s", a.named(), left, why))
		case a.named() == keyName:
			errs = append(errs,
				fmt.Errorf("becket: attribute %q is left out: the name stands for the targeting key", a.named()))
		}
		return true
	})
	return errs
}

// locate returns the value of an attribute and its index in the list. The value is the zero Value
// if the attribute is missing; the index is -1 if the attribute is missing, in a group, or the
// targeting key. It scans from the end, so that the last attribute of a name counts. For a few
// attributes, scanning is faster than hashing, and the tags exclude nearly all other names.
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

// hasEntriesOf reports whether a map with that name was passed to [Any], or a map that contains a
// map with that dotted name.
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

// unit returns the text of an attribute that is hashed, or "" if the attribute cannot be hashed.
// The text may share the memory of the subject or of room.
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

// entry returns the value of an attribute in a group, or the zero Value if there is none. It does
// not call locate, because escape analysis assumes that functions that call each other keep the
// values that they pass on.
func (v Value) entry(name *attributeName) Value {
	group := v.group()
	for i := len(group) - 1; i >= 0; i-- {
		if a := &group[i]; a.value.tag() == name.tag && a.value.isValue() && a.named() == name.text {
			return a.value
		}
	}
	return Value{}
}

// walkBackwards visits attributes and entries of groups, from the last to the first. It passes
// copies to visit, because with a pointer into the list, the list could not be on the caller's
// stack.
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

// group returns the attributes of a group, or nil for any other value.
func (v Value) group() []Attribute {
	if v.kind() != kindGroup {
		return nil
	}
	return unsafe.Slice((*Attribute)(v.pointer), int(v.number))
}
