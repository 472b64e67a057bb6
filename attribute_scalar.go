package becket

import (
	"encoding"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/becketflags/becket/internal/match"
)

// follow returns the value that pointers and interfaces lead to. It follows eight of them at most,
// and then returns the zero Value, so that it ends for a pointer to itself.
func follow(value reflect.Value) reflect.Value {
	for range 8 {
		if !value.IsValid() || value.Kind() != reflect.Pointer && value.Kind() != reflect.Interface {
			return value
		}
		value = value.Elem()
	}
	return reflect.Value{}
}

// scalarValue reads a value that is neither a list nor a map. The caller has followed pointers.
func scalarValue(value reflect.Value) (Value, bool) {
	if !value.IsValid() {
		return Value{}, false
	}
	switch value.Kind() {
	case reflect.Bool:
		return BoolValue(value.Bool()), true
	case reflect.String:
		if number, ok := reflect.TypeAssert[json.Number](value); ok {
			return attributeNumber(number.String())
		}
		return StringValue(value.String()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return IntValue(value.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return uintValue(value.Uint()), true
	case reflect.Float32, reflect.Float64:
		return NumberValue(value.Float()), true
	case reflect.Slice, reflect.Array, reflect.Struct:
		return knownValue(value)
	default:
		return Value{}, false
	}
}

// knownValue reads structs, slices and arrays that represent a single value: instants, large
// numbers, bytes, and types that implement encoding.TextMarshaler, such as addresses and IDs.
func knownValue(value reflect.Value) (Value, bool) {
	if at, ok := reflect.TypeAssert[time.Time](value); ok {
		return timeValue(at), true
	}
	switch pointer := pointerTo(value).(type) {
	case *big.Int:
		return attributeNumber(pointer.String())
	case *big.Rat:
		return ratValue(pointer)
	case *big.Float:
		exact, _ := pointer.Rat(nil)
		if exact == nil {
			return Value{}, false // an infinity
		}
		return ratValue(exact)
	}
	if text, knows, err := marshaledText(value); knows {
		return StringValue(text), err == nil
	}
	if isBytes(value) && utf8.Valid(value.Bytes()) {
		return StringValue(string(value.Bytes())), true
	}
	return Value{}, false
}

// ratValue returns a fraction as a number.
func ratValue(r *big.Rat) (Value, bool) {
	if r.IsInt() {
		return attributeNumber(r.Num().String())
	}
	f, _ := r.Float64()
	return NumberValue(f), f-f == 0
}

// isBytes reports whether value is a slice of bytes.
func isBytes(value reflect.Value) bool {
	return value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Uint8
}

// pointerTo returns a pointer to the value, or to a copy of a value that has no address.
func pointerTo(value reflect.Value) any {
	if value.CanAddr() {
		return value.Addr().Interface()
	}
	pointer := reflect.New(value.Type())
	pointer.Elem().Set(value)
	return pointer.Interface()
}

// marshaledText returns the text of a value if the value, or a pointer to it, implements
// encoding.TextMarshaler. knows is false if neither does.
func marshaledText(value reflect.Value) (text string, knows bool, err error) {
	known, ok := reflect.TypeAssert[encoding.TextMarshaler](value)
	if !ok && reflect.PointerTo(value.Type()).Implements(textMarshaler) {
		known, ok = pointerTo(value).(encoding.TextMarshaler)
	}
	if !ok {
		return "", false, nil
	}
	raw, err := known.MarshalText()
	return string(raw), true, err
}

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// jsonList returns a list as JSON if it contains more than scalars and all of it can be written as
// JSON. left is "" for a list of scalars.
func (f *flattener) jsonList(value reflect.Value, left string) (Value, bool) {
	if left == "" {
		return Value{}, false
	}
	made, ok := f.jsonMade(value, 0)
	if !ok {
		return Value{}, false
	}
	raw, err := json.Marshal(made)
	return ObjectValue(raw), err == nil
}

// jsonMade returns a value in a form that encoding/json can write. It returns false if the value
// contains anything but lists, maps, scalars and nil, or is too large or too deep.
func (f *flattener) jsonMade(value reflect.Value, depth int) (any, bool) {
	value = follow(value)
	if !value.IsValid() {
		return nil, true
	}
	if f.left--; f.left < 0 || depth > deepest {
		return nil, false
	}
	if v, ok := scalarValue(value); ok {
		return v.Any(), true
	}
	switch kind := value.Kind(); {
	case isBytes(value):
		return nil, false
	case kind == reflect.Slice || kind == reflect.Array:
		list := make([]any, value.Len())
		for i := range list {
			element, ok := f.jsonMade(value.Index(i), depth+1)
			if !ok {
				return nil, false
			}
			list[i] = element
		}
		return list, true
	case kind == reflect.Map:
		members := make(map[string]any, value.Len())
		for entries := value.MapRange(); entries.Next(); {
			name, _, named := keyText(entries.Key())
			member, ok := f.jsonMade(entries.Value(), depth+1)
			if !ok || !named {
				return nil, false
			}
			members[name] = member
		}
		return members, true
	default:
		return nil, false
	}
}

// attributeNumber reads a number that a program passes as a text: an integer from -2^63 to 2^64-1,
// or else the nearest float64. It returns false for a text that is not a number, and for a number
// that is too large for a float64.
func attributeNumber(text string) (Value, bool) {
	if strings.Trim(text, "+-0123456789.eE") != "" {
		return Value{}, false
	}
	if number, problem := match.ParseNumber(text); problem == "" {
		if number.Uint() == 0 && number.Float() == 0 && strings.HasPrefix(text, "-") {
			return NumberValue(math.Copysign(0, -1)), true
		}
		return valueOfNumber(number), true
	}
	f, err := strconv.ParseFloat(text, 64)
	return FloatValue(f), err == nil
}
