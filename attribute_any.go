package becket

import (
	"encoding"
	"encoding/json"
	"reflect"
	"sort"
	"time"
	"unsafe"
)

// Any returns an attribute of whatever value is: a boolean, text, a number of any type, a time.Time, a slice or array of these, or a
// map with text keys, whose entries become attributes with dotted names ("address.country"). Pointers are followed and
// named types are read as what they are made of, but for json.Number, which is a number, and for slices, arrays and structs that
// know their text (encoding.TextMarshaler), such as IP addresses and UUIDs. A list of other things that JSON knows (maps, lists, nil) and an empty map become
// values of [KindObject], which no operator of the native format is for. What has no meaning as an attribute (nil, channels,
// functions, structs) is left out; [Subject.Ignored] tells.
func Any(name string, value any) Attribute {
	if v, ok := anyValue(reflect.ValueOf(value)); ok {
		return attribute(name, v)
	}
	f := flattener{left: mostEntries}
	f.add(name, reflect.ValueOf(value), 0)
	group := f.group
	return attribute(name, Value{pointer: unsafe.Pointer(unsafe.SliceData(group)), number: uint64(len(group)), meta: meta(kindGroup)})
}

// Bounds of one value of [Any]: maps and lists that hold themselves have no end, and those that share their parts grow without
// measure when they are written out.
const (
	deepest     = 64
	mostEntries = 100_000
)

// flattener turns a map into attributes with dotted names.
type flattener struct {
	group []Attribute
	left  int // how many more entries may be looked at
}

// add appends a map's entries in the order of their names, and anything else as one attribute.
func (f *flattener) add(name string, value reflect.Value, depth int) {
	value = follow(value)
	f.left--
	if v, ok := anyValue(value); ok {
		f.group = append(f.group, attribute(name, v))
		return
	}
	if v, ok := f.jsonList(value); ok {
		f.group = append(f.group, attribute(name, v))
		return
	}
	if depth < deepest && f.left > 0 && value.IsValid() && value.Kind() == reflect.Map && value.Type().Key().Kind() == reflect.String {
		f.addMap(name, value, depth)
		return
	}
	ignored := StringValue("it is nil")
	ignored.meta = meta(kindIgnored) | ignoredNil<<fractionAt
	if value.IsValid() {
		ignored = StringValue("a " + value.Type().String() + " has no meaning as an attribute")
		ignored.meta = meta(kindIgnored)
	}
	f.group = append(f.group, attribute(name, ignored))
}

func (f *flattener) addMap(name string, value reflect.Value, depth int) {
	keys := value.MapKeys()
	if len(keys) == 0 {
		f.group = append(f.group, attribute(name, ObjectValue([]byte("{}"))))
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	for _, key := range keys {
		f.add(name+"."+key.String(), value.MapIndex(key), depth+1)
	}
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
	if v, ok := knownValue(value); ok {
		return v, true
	}
	switch value.Kind() {
	case reflect.Bool:
		return BoolValue(value.Bool()), true
	case reflect.String:
		return StringValue(value.String()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return IntValue(value.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return UintValue(value.Uint()), true
	case reflect.Float32, reflect.Float64:
		return FloatValue(value.Float()), true
	case reflect.Slice, reflect.Array:
		return listValue(value)
	default:
		return Value{}, false
	}
}

// knownValue reads what says itself how it is meant: instants, numbers of encoding/json, and addresses, IDs and the like, which
// are made of bytes or fields and know their text.
func knownValue(value reflect.Value) (Value, bool) {
	if !value.CanInterface() {
		return Value{}, false
	}
	if at, ok := reflect.TypeAssert[time.Time](value); ok {
		return TimeValue(at), true
	}
	if number, ok := reflect.TypeAssert[json.Number](value); ok {
		return attributeNumber(number.String())
	}
	switch value.Kind() {
	case reflect.Slice, reflect.Array, reflect.Struct:
		if known, ok := reflect.TypeAssert[encoding.TextMarshaler](value); ok {
			text, err := known.MarshalText()
			return StringValue(string(text)), err == nil
		}
	}
	return Value{}, false
}

// listValue reads a list whose elements are all scalars; a list with anything else in it has no meaning.
func listValue(value reflect.Value) (Value, bool) {
	elements := make([]Value, value.Len())
	for i := range elements {
		element := follow(value.Index(i))
		if kind := element.Kind(); kind == reflect.Slice || kind == reflect.Array {
			return Value{}, false // not looked into: a list may hold itself
		}
		v, ok := anyValue(element)
		if !ok {
			return Value{}, false
		}
		elements[i] = v
	}
	return ListValue(elements), true
}

// jsonList reads a list with more than scalars in it as JSON, if that is what it is made of.
func (f *flattener) jsonList(value reflect.Value) (Value, bool) {
	if !value.IsValid() || value.Kind() != reflect.Slice && value.Kind() != reflect.Array || !f.jsonMade(value, 0) {
		return Value{}, false
	}
	raw, err := json.Marshal(value.Interface())
	return ObjectValue(raw), err == nil
}

// jsonMade reports whether value is made of lists, maps with text keys and scalars alone, at most so deep.
func (f *flattener) jsonMade(value reflect.Value, depth int) bool {
	value = follow(value)
	if !value.IsValid() {
		return true
	}
	if f.left--; f.left < 0 || !value.CanInterface() || depth > deepest {
		return false
	}
	switch value.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			if !f.jsonMade(value.Index(i), depth+1) {
				return false
			}
		}
		return true
	case reflect.Map:
		if value.Type().Key().Kind() != reflect.String {
			return false
		}
		for entries := value.MapRange(); entries.Next(); {
			if !f.jsonMade(entries.Value(), depth+1) {
				return false
			}
		}
		return true
	default:
		_, ok := anyValue(value)
		return ok
	}
}
