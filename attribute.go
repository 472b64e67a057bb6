package becket

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// Attribute is one named property of a subject. Attributes are made by [String], [Int], [Int64],
// [Float], [Bool], [Time], [Strings] and [Any].
type Attribute struct {
	name  *byte // first byte of the name; its length is in the tag
	value Value
}

// String returns a text attribute.
func String(name, value string) Attribute { return attribute(name, StringValue(value)) }

// Int returns an integer attribute.
func Int(name string, value int) Attribute { return attribute(name, IntValue(int64(value))) }

// Int64 returns an integer attribute.
func Int64(name string, value int64) Attribute { return attribute(name, IntValue(value)) }

// Float returns a number attribute. An integral number becomes an integer attribute. NaN satisfies
// no comparison.
func Float(name string, value float64) Attribute { return attribute(name, NumberValue(value)) }

// Bool returns a boolean attribute.
func Bool(name string, value bool) Attribute { return attribute(name, BoolValue(value)) }

// Time returns a time attribute: an instant, regardless of its time zone.
func Time(name string, value time.Time) Attribute { return attribute(name, timeValue(value)) }

// Strings returns an attribute that is a list of texts. An operator is true if it is true for any
// of them. The attribute keeps the slice; the caller must not change it afterwards.
func Strings(name string, values ...string) Attribute { return attribute(name, stringsValue(values)) }

// attribute returns the attribute of that name and value.
func attribute(name string, value Value) Attribute {
	value.meta = value.meta&^tagMask | tagOf(name)
	return Attribute{unsafe.StringData(name), value}
}

const (
	lengthBits  = 16 // bits of a tag that hold the length of the name
	longestName = 1<<lengthBits - 1
)

// tagOf returns the length of a name and its last byte, which together distinguish most names of a
// subject. The compiler computes it for a name that is a constant. The length of a name above 64
// KiB is cut; no condition uses such a name.
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

// keyName is the name of the targeting key in conditions.
const keyName = "key"

// attributeName is the name of an attribute. A ruleset has one attributeName for each text, so that
// two of them are the same if their numbers are equal.
type attributeName struct {
	text   string
	tag    meta   // see tagOf
	number uint64 // unique in the process; never 0
	ofKey  bool   // the name is "key", the targeting key
	self   *attributeName
}

// far returns n through two more pointers than necessary; see [snapshot.far].
func (n *attributeName) far() *attributeName { return n.self.self }

var attributeNames atomic.Uint64

func newAttributeName(text string) *attributeName {
	n := &attributeName{text, tagOf(text), attributeNames.Add(1), text == keyName, nil}
	n.self = n
	return n
}

var keyAttribute = newAttributeName(keyName)

// Kinds of entries in a subject's list that are not attribute values. A group holds the attributes
// that a map was turned into. An ignored entry is an attribute that could not be read. A path
// follows an entry of a group and lists the names that lead to the entry, if one of these names
// contains a dot.
const (
	kindGroup Kind = iota + 100
	kindIgnored
	kindPath
)

// isValue reports whether m belongs to the value of an attribute, and not to a group, an ignored
// entry or a path.
func (m meta) isValue() bool { return m.kind() < kindGroup }

// Marks in the fraction of an ignored value.
const (
	ignoredNil  = 1 // the value was nil
	ignoredPart = 2 // only a part of the value is left out
)

// restOfList marks, in the fraction of a list, that the list holds only the scalars of an entry.
// Formats see the whole entry as the object before it.
const restOfList = 2

// ignoredValue returns the entry for an attribute that could not be read, with the reason.
func ignoredValue(why string) Value {
	v := StringValue(why)
	v.meta = meta(kindIgnored)
	return v
}

// pathValue returns the value of a path.
func pathValue(path []string) Value {
	return Value{pointer: unsafe.Pointer(unsafe.SliceData(path)), number: uint64(len(path)), meta: meta(kindPath)}
}

// path returns the names of a path, or nil for any other value.
func (v Value) path() []string {
	if v.kind() != kindPath {
		return nil
	}
	return unsafe.Slice((*string)(v.pointer), int(v.number))
}
