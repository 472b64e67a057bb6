package becket

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// Attribute is one named property of a subject. Attributes are made by [String], [Int], [Int64],
// [Float], [Bool], [Time], [Strings] and [Any].
type Attribute struct {
	name  *byte // value.nameLength bytes
	value Value
}

// String returns a text attribute.
func String(name, value string) Attribute { return attribute(name, StringValue(value)) }

// Int returns an integer attribute.
func Int(name string, value int) Attribute { return attribute(name, IntValue(int64(value))) }

// Int64 returns an integer attribute.
func Int64(name string, value int64) Attribute { return attribute(name, IntValue(value)) }

// Float returns a number attribute. An integral number is an integer, however it is passed. NaN
// satisfies no comparison.
func Float(name string, value float64) Attribute { return attribute(name, NumberValue(value)) }

// Bool returns a boolean attribute.
func Bool(name string, value bool) Attribute { return attribute(name, BoolValue(value)) }

// Time returns an attribute that is an instant.
func Time(name string, value time.Time) Attribute { return attribute(name, timeValue(value)) }

// Strings returns an attribute that is a list of texts: an operator holds when it holds for any of
// them. The slice is kept; the caller must not change it afterwards.
func Strings(name string, values ...string) Attribute { return attribute(name, stringsValue(values)) }

// attribute gives a value its name.
func attribute(name string, value Value) Attribute {
	value.meta = value.meta&^tagMask | tagOf(name)
	return Attribute{unsafe.StringData(name), value}
}

const (
	lengthBits  = 16 // of a tag: the length of the name
	longestName = 1<<lengthBits - 1
)

// tagOf returns the length of a name and its last byte, which together tell most names of a subject
// apart. The compiler computes it for a name that is a constant. A name of more than 64 KiB is cut:
// no condition asks for one.
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

// keyName is the attribute by which conditions name the targeting key.
const keyName = "key"

// attributeName is the name of an attribute. A ruleset has one of each, so that comparing numbers
// tells whether two are the same.
type attributeName struct {
	text   string
	tag    meta   // see tagOf
	number uint64 // no other name in the process has it; not 0
	ofKey  bool   // it stands for the targeting key
	self   *attributeName
}

// far returns n, two pointers further than the compiler knows; see [snapshot.far].
func (n *attributeName) far() *attributeName { return n.self.self }

var attributeNames atomic.Uint64

func newAttributeName(text string) *attributeName {
	n := &attributeName{text, tagOf(text), attributeNames.Add(1), text == keyName, nil}
	n.self = n
	return n
}

var keyAttribute = newAttributeName(keyName)

// Kinds that stand in a subject's list besides values. A group is the attributes that a map became;
// an ignored one could not be read; a path stands in a group behind an entry and has the names that
// lead to it, where one of them has a dot in it.
const (
	kindGroup Kind = iota + 100
	kindIgnored
	kindPath
)

// isValue reports whether m is of a value that an attribute has.
func (m meta) isValue() bool { return m.kind() < kindGroup }

// ignoredNil is the fraction of an ignored value that was nil.
const ignoredNil = 1

// restOfList is the fraction of a list of an entry that formats see as the object before it.
const restOfList = 2

// ignoredValue returns a value that says why there is none.
func ignoredValue(why string) Value {
	v := StringValue(why)
	v.meta = meta(kindIgnored)
	return v
}

// pathValue returns the value of a path.
func pathValue(path []string) Value {
	return Value{pointer: unsafe.Pointer(unsafe.SliceData(path)), number: uint64(len(path)), meta: meta(kindPath)}
}

// path returns the names of a path, nil of any other value.
func (v Value) path() []string {
	if v.kind() != kindPath {
		return nil
	}
	return unsafe.Slice((*string)(v.pointer), int(v.number))
}
