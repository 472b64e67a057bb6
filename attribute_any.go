package becket

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/becketflags/becket/internal/match"
)

// Any returns an attribute of a value whose type is not known at compile time: a boolean, a text, a
// number of any type, a time.Time, a slice or an array of these, or a map. The keys of a map must
// be texts, integers or implement encoding.TextMarshaler; its entries become attributes with dotted
// names ("address.country"). If two entries get the same name, the one with the longer key counts.
// Pointers are followed, and a named type is read as its underlying type, with these exceptions:
//   - json.Number, big.Int, big.Float and big.Rat are numbers: an integer from -2^63 to 2^64-1, or
//     else the nearest float64.
//   - Slices of bytes are text if they are valid UTF-8.
//   - Slices, arrays and structs that implement encoding.TextMarshaler, such as IP addresses and
//     UUIDs, are their text.
//
// A list keeps the elements that are scalars. A list without scalars whose elements can be written
// as JSON (maps, lists, nil) becomes a value of [KindObject], and so does an empty map; the
// operator exists is the only one that accepts such a value. Values that have no meaning as an
// attribute (nil, channels, functions, structs, numbers that no float64 holds) are left out, in
// lists too; [Subject.Ignored] lists them.
func Any(name string, value any) Attribute {
	v := follow(reflect.ValueOf(value))
	if scalar, ok := scalarValue(v); ok {
		return attribute(name, scalar)
	}
	if list, left := plainList(v); left == "" {
		return attribute(name, list)
	}
	f := flattener{left: mostEntries}
	f.add(name, v, 0, nil)
	group := f.group
	return attribute(name,
		Value{pointer: unsafe.Pointer(unsafe.SliceData(group)), number: uint64(len(group)), meta: meta(kindGroup)})
}

// Limits for one value of [Any]. Maps and lists that contain themselves have no end, and maps and
// lists that share parts can become arbitrarily large when they are written out.
const (
	deepest     = 64
	mostEntries = 100_000
)

// flattener turns a map or a list into attributes with dotted names.
type flattener struct {
	group []Attribute
	left  int // how many more entries may be read
}

// add appends the entries of a map in the order of their names, and any other value as one
// attribute. path lists the names that lead to the value if a key of a map on the way contains a
// dot, and is nil otherwise.
func (f *flattener) add(name string, value reflect.Value, depth int, path []string) {
	value = follow(value)
	f.left--
	if v, ok := scalarValue(value); ok {
		f.append(name, v, path)
		return
	}
	switch kind := value.Kind(); {
	case kind == reflect.Slice || kind == reflect.Array:
		f.addList(name, value, path)
	case kind == reflect.Map && depth < deepest && f.left > 0:
		f.addMap(name, value, depth, path)
	default:
		f.ignore(name, value, path)
	}
}

// append appends an attribute, and its path if it has one.
func (f *flattener) append(name string, value Value, path []string) {
	f.group = append(f.group, attribute(name, value))
	if path != nil {
		f.group = append(f.group, attribute(name, pathValue(path)))
	}
}

// ignore records that the value is left out.
func (f *flattener) ignore(name string, value reflect.Value, path []string) {
	ignored := ignoredValue(whyIgnored(value))
	if !value.IsValid() {
		ignored.meta |= ignoredNil << fractionAt
	}
	f.append(name, ignored, path)
}

// ignorePart records that a part of the value is left out.
func (f *flattener) ignorePart(name, why string) {
	ignored := ignoredValue(why)
	ignored.meta |= ignoredPart << fractionAt
	f.group = append(f.group, attribute(name, ignored))
}

// whyIgnored says why a value is left out.
func whyIgnored(value reflect.Value) string {
	switch {
	case !value.IsValid():
		return "it is nil"
	case isBytes(value):
		return "its bytes are not valid UTF-8"
	}
	if number, ok := reflect.TypeAssert[json.Number](value); ok {
		return match.Brief(strconv.Quote(number.String())) + " is not a number, or is too large for a float64"
	}
	return "a " + value.Type().String() + " has no meaning as an attribute"
}

// entryOf is an entry of a map, with its key as text.
type entryOf struct {
	name string
	// among keys with the same text, the highest rank counts; a string key has the highest
	rank  int
	value reflect.Value
}

func (f *flattener) addMap(name string, value reflect.Value, depth int, path []string) {
	if value.Len() == 0 {
		f.append(name, ObjectValue([]byte("{}")), path)
		return
	}
	for _, entry := range f.entries(name, value) {
		below := path
		if path != nil || strings.IndexByte(entry.name, '.') >= 0 {
			below = append(slices.Clip(pathTo(name, path, depth)), entry.name)
		}
		f.add(name+"."+entry.name, entry.value, depth+1, below)
	}
}

// pathTo returns the names that lead to a map. If path is nil, only the first of these names can
// contain dots.
func pathTo(name string, path []string, depth int) []string {
	if path != nil {
		return path
	}
	path = make([]string, depth+1, depth+2)
	for i := depth; i > 0; i-- {
		dot := strings.LastIndexByte(name, '.')
		name, path[i] = name[:dot], name[dot+1:]
	}
	path[0] = name
	return path
}

// entries lists a map's entries in the order of their names. A longer name comes later and
// therefore wins: {"b.c": 1} is more specific than {"b": {"c": 2}}.
func (f *flattener) entries(name string, value reflect.Value) []entryOf {
	entries := make([]entryOf, 0, value.Len())
	for each := value.MapRange(); each.Next(); {
		key, rank, ok := keyText(each.Key())
		if !ok {
			ignored := "a key of type " + follow(each.Key()).Type().String() + " has no text"
			f.ignorePart(name, ignored)
			continue
		}
		entries = append(entries, entryOf{key, rank, each.Value()})
	}
	slices.SortFunc(entries, func(a, b entryOf) int { return cmp.Or(cmp.Compare(a.name, b.name), a.rank-b.rank) })
	kept := entries[:0]
	for i := range entries {
		if i+1 == len(entries) || entries[i].name != entries[i+1].name {
			kept = append(kept, entries[i])
		}
	}
	return kept
}

// keyText returns the key of a map in the form of encoding/json. It returns false for a key that
// has no text.
func keyText(key reflect.Value) (text string, rank int, ok bool) {
	key = follow(key)
	if !key.IsValid() {
		return "null", 0, true
	}
	if key.Kind() == reflect.String {
		return key.String(), 2, true
	}
	if text, knows, err := marshaledText(key); knows {
		return text, 1, err == nil
	}
	if v, ok := scalarValue(key); ok && v.kind() == KindInt {
		return string(v.appendInt(nil)), 0, true
	}
	return "", 0, false
}

// addList appends the scalars of a list, and records which elements are left out. It puts the whole
// list before them, for formats that can read more than scalars.
func (f *flattener) addList(name string, value reflect.Value, path []string) {
	if isBytes(value) {
		f.ignore(name, value, path)
		return
	}
	list, left := plainList(value)
	whole, made := f.jsonList(value, left)
	if made {
		f.append(name, whole, path)
	}
	switch {
	case left == "":
		f.append(name, list, path)
	case list.Len() > 0:
		if made {
			list.meta |= restOfList << fractionAt
			path = nil
		}
		f.append(name, list, path)
		f.ignorePart(name, left)
	case !made:
		f.ignore(name, value, path)
	}
}

// plainList returns the scalars of a list. left says why the other elements are left out; it is ""
// if there are no others. For a value that is not a list, left says so.
func plainList(value reflect.Value) (list Value, left string) {
	if kind := value.Kind(); kind != reflect.Slice && kind != reflect.Array || isBytes(value) {
		return Value{}, "it is not a list"
	}
	elements := make([]Value, 0, value.Len())
	for i := range value.Len() {
		element := follow(value.Index(i))
		if v, ok := scalarValue(element); ok {
			elements = append(elements, v)
		} else if left == "" {
			left = fmt.Sprintf("element [%d]: %s", i, whyIgnored(element))
		}
	}
	if others := value.Len() - len(elements) - 1; others > 0 {
		left = fmt.Sprintf("%s; and %d more", left, others)
	}
	return listValue(elements), left
}
