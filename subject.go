package becket

import (
	"fmt"
	"math"
	"reflect"
	"sort"
	"time"
	"unsafe"
)

// keyName is the attribute by which conditions name the targeting key.
const keyName = "key"

// Subject is whom a flag is evaluated for: a targeting key and attributes. It is OpenFeature's evaluation context under a name
// that does not collide with context.Context. The zero Subject has no key and no attributes. Copying it is cheap; it is safe
// for concurrent use as long as nobody changes the slice of attributes.
type Subject struct {
	key        string
	attributes []Attribute
}

// Attribute is one named property of a subject. Attributes are made by [String], [Int], [Int64], [Float], [Bool], [Time],
// [Strings] and [Any].
type Attribute struct {
	name  string
	value Value
}

// NewSubject returns a subject. The key is what percentages and splits hash: something that stays the same for one user, account
// or device; without one ("") they do not apply. NewSubject keeps the slice it is given; the caller must not change it afterwards.
// Of two attributes with one name the last counts, and one named "key" is ignored.
func NewSubject(key string, attributes ...Attribute) Subject {
	return Subject{key: key, attributes: attributes}
}

// String returns a text attribute.
func String(name, value string) Attribute { return Attribute{name, StringValue(value)} }

// Int returns an integer attribute.
func Int(name string, value int) Attribute { return Attribute{name, IntValue(int64(value))} }

// Int64 returns an integer attribute.
func Int64(name string, value int64) Attribute { return Attribute{name, IntValue(value)} }

// Float returns a number attribute. An integral number is an integer, however it is passed. NaN satisfies no comparison.
func Float(name string, value float64) Attribute { return Attribute{name, FloatValue(value)} }

// Bool returns a boolean attribute.
func Bool(name string, value bool) Attribute { return Attribute{name, BoolValue(value)} }

// Time returns an attribute that is an instant.
func Time(name string, value time.Time) Attribute { return Attribute{name, TimeValue(value)} }

// Strings returns an attribute that is a list of texts: an operator holds when it holds for any of them. The slice is kept; the
// caller must not change it afterwards.
func Strings(name string, values ...string) Attribute { return Attribute{name, stringsValue(values)} }

// Any returns an attribute of whatever value is: a boolean, text, a number of any type, a time.Time, a slice or array of these, or a
// map with text keys, whose entries become attributes with dotted names ("address.country"). Pointers are followed and
// named types are read as what they are made of. What has no meaning as an attribute (nil, channels, functions, structs,
// integers beyond 64 bits) is left out; [Subject.Ignored] tells.
func Any(name string, value any) Attribute {
	if v, ok := anyValue(reflect.ValueOf(value)); ok {
		return Attribute{name, v}
	}
	group := flatten(nil, name, reflect.ValueOf(value))
	return Attribute{"", Value{kind: kindGroup, pointer: unsafe.Pointer(unsafe.SliceData(group)), number: uint64(len(group))}}
}

// Two kinds that only this file knows. A group is the attributes that a map became; an ignored one could not be read.
const (
	kindGroup Kind = iota + 100
	kindIgnored
)

// Key returns the targeting key, "" where there is none.
func (s Subject) Key() string { return s.key }

// Attribute returns the attribute of that name, exactly as written, and whether there is one. The name "key" is the targeting
// key, which is missing when it is empty.
func (s *Subject) Attribute(name string) (Value, bool) {
	if name == keyName {
		return StringValue(s.key), s.key != ""
	}
	return find(s.attributes, name)
}

// All calls yield for each attribute that counts, those of maps under their dotted names, until it returns false.
func (s Subject) All(yield func(name string, value Value) bool) {
	seen := map[string]bool{keyName: true}
	walkBackwards(s.attributes, func(a *Attribute) bool {
		if seen[a.name] || a.value.kind == kindIgnored {
			return true
		}
		seen[a.name] = true
		return yield(a.name, a.value)
	})
}

// Ignored tells what of the subject's attributes cannot be used and why: values without a meaning, and attributes named "key".
func (s Subject) Ignored() []error {
	var errs []error
	walkBackwards(s.attributes, func(a *Attribute) bool {
		switch {
		case a.value.kind == kindIgnored:
			errs = append(errs, fmt.Errorf("becket: attribute %q is left out: %s", a.name, unsafe.String((*byte)(a.value.pointer), int(a.value.number)))) //nolint:gosec // a length
		case a.name == keyName:
			errs = append(errs, fmt.Errorf("becket: attribute %q is left out: the name stands for the targeting key", a.name))
		}
		return true
	})
	return errs
}

// find scans from the end, so that the last of two attributes with one name wins. A handful of attributes is faster
// scanned than hashed; Go compares the lengths of two texts first.
func find(attributes []Attribute, name string) (Value, bool) {
	for i := len(attributes) - 1; i >= 0; i-- {
		a := &attributes[i]
		if a.name == name && a.value.kind < kindGroup {
			return a.value, true
		}
		if a.value.kind == kindGroup {
			if v, ok := find(a.value.group(), name); ok {
				return v, true
			}
		}
	}
	return Value{}, false
}

func walkBackwards(attributes []Attribute, visit func(*Attribute) bool) bool {
	for i := len(attributes) - 1; i >= 0; i-- {
		a := &attributes[i]
		if a.value.kind == kindGroup {
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
	return unsafe.Slice((*Attribute)(v.pointer), int(v.number)) //nolint:gosec // it was a length
}

// clone copies the subject with everything it refers to, for hooks and sinks, which may keep what they are given.
func (s *Subject) clone() Subject {
	c := Subject{key: s.key + ""}
	walk := func(name string, value Value) bool {
		c.attributes = append(c.attributes, Attribute{name, value.clone()})
		return true
	}
	c.key = string([]byte(s.key))
	(*s).All(walk)
	return c
}

func (v Value) clone() Value {
	switch v.kind {
	case KindString:
		return StringValue(string([]byte(v.Text())))
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

// flatten turns a map into attributes with dotted names, in the order of the names, and anything else into one attribute.
func flatten(group []Attribute, name string, value reflect.Value) []Attribute {
	value = follow(value)
	if v, ok := anyValue(value); ok {
		return append(group, Attribute{name, v})
	}
	if value.IsValid() && value.Kind() == reflect.Map && value.Type().Key().Kind() == reflect.String {
		keys := value.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
		for _, key := range keys {
			group = flatten(group, name+"."+key.String(), value.MapIndex(key))
		}
		return group
	}
	ignored := StringValue("it is nil")
	if value.IsValid() {
		ignored = StringValue("a " + value.Type().String() + " has no meaning as an attribute")
	}
	ignored.kind = kindIgnored
	return append(group, Attribute{name, ignored})
}

// follow returns what pointers and interfaces lead to, at most eight deep: a pointer to itself is nothing.
func follow(value reflect.Value) reflect.Value {
	for range 8 {
		if !value.IsValid() || value.Kind() != reflect.Pointer && value.Kind() != reflect.Interface {
			return value
		}
		value = value.Elem()
	}
	return reflect.Value{}
}

func anyValue(value reflect.Value) (Value, bool) {
	value = follow(value)
	if !value.IsValid() {
		return Value{}, false
	}
	if value.Type() == reflect.TypeFor[time.Time]() && value.CanInterface() {
		return TimeValue(value.Interface().(time.Time)), true
	}
	switch value.Kind() {
	case reflect.Bool:
		return BoolValue(value.Bool()), true
	case reflect.String:
		return StringValue(value.String()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return IntValue(value.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		u := value.Uint()
		return IntValue(int64(u)), u <= math.MaxInt64 //nolint:gosec // told apart beside it
	case reflect.Float32, reflect.Float64:
		return FloatValue(value.Float()), true
	case reflect.Slice, reflect.Array:
		return listValue(value)
	default:
		return Value{}, false
	}
}

// listValue reads a list whose elements are all scalars; a list with anything else in it has no meaning.
func listValue(value reflect.Value) (Value, bool) {
	elements := make([]Value, value.Len())
	for i := range elements {
		v, ok := anyValue(value.Index(i))
		if !ok || v.kind == KindList {
			return Value{}, false
		}
		elements[i] = v
	}
	return ListValue(elements), true
}
