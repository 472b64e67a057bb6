package becket

import (
	"math"
	"strconv"
	"time"
	"unsafe"

	"github.com/becketflags/becket/internal/match"
)

// Kind is the type of a [Value] and of a flag's variants. Flags have OpenFeature's types: boolean,
// string, integer, float and object. Attributes can also be instants and lists.
type Kind uint8

// The kinds of values. KindAny is the zero Kind. As the kind of an attribute's value it means that
// the attribute is missing; as the type that an evaluation asks for it means any type.
const (
	KindAny Kind = iota
	KindBool
	KindString
	KindInt
	KindFloat
	KindObject
	KindTime
	KindList
)

var kindNames = [...]string{"any", "boolean", "string", "integer", "float", "object", "instant", "list"}

// String returns the kind's name as a ruleset writes it, such as "boolean" or "integer".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Value is the value of an attribute or of a variant: a boolean, a text, a number, an instant, a
// list or an object. It is small, immutable and safe for concurrent use. The zero Value has the
// kind [KindAny] and means that there is no value.
//
// Integral numbers are integers, in documents and in attributes: NumberValue(2) has the kind
// KindInt.
type Value struct {
	// The meaning of pointer and number depends on the kind. For texts and lists, they are the
	// address of the first byte or element, and the length. For numbers, number holds the bits; for
	// instants, the Unix seconds.
	pointer unsafe.Pointer
	number  uint64
	meta
}

// meta holds the rest of a value in one word. The lowest bits are the kind. The next ones are, for
// an attribute, the tag of its name. The highest ones are the fraction: an instant's nanoseconds,
// or a mark of other kinds. Value and Attribute have at most four words, because the compiler keeps
// structs up to that size in registers.
type meta uint64

const (
	tagAt      = 8  // position of the tag's lowest bit
	tagBits    = 24 // size of the tag; see tagOf
	tagMask    = meta(1<<tagBits-1) << tagAt
	fractionAt = 32
)

func (m meta) kind() Kind { return Kind(m) }

// tag returns the tag of the name, in the bits of the word where it is stored.
func (m meta) tag() meta { return m & tagMask }

func (m meta) fraction() uint32 { return uint32(m >> fractionAt) }

// BoolValue returns a Value of [KindBool].
func BoolValue(b bool) Value {
	if b {
		return Value{number: 1, meta: meta(KindBool)}
	}
	return Value{meta: meta(KindBool)}
}

// StringValue returns a Value of [KindString]. It does not copy s.
func StringValue(s string) Value {
	return Value{pointer: unsafe.Pointer(unsafe.StringData(s)), number: uint64(len(s)), meta: meta(KindString)}
}

// IntValue returns a Value of [KindInt].
func IntValue(i int64) Value {
	return Value{number: uint64(i), meta: meta(KindInt)}
}

// unsignedAbove marks, in the fraction, an integer above the range of int64, whose number is
// unsigned.
const unsignedAbove = 1

// uintValue returns a Value of [KindInt].
func uintValue(u uint64) Value {
	if u <= math.MaxInt64 {
		return IntValue(int64(u))
	}
	return Value{number: u, meta: meta(KindInt) | unsignedAbove<<fractionAt}
}

// minusZero marks, in the fraction, an integer 0 that was passed as the float -0, which flagd
// distinguishes from 0.
const minusZero = 2

// NumberValue returns a Value of [KindInt] if f is integral and from -2^63 to 2^64-1, and otherwise
// of [KindFloat].
func NumberValue(f float64) Value {
	if i := int64(f); float64(i) == f && f < 1<<63 && f >= -1<<63 {
		if i == 0 && math.Signbit(f) {
			return Value{meta: meta(KindInt) | minusZero<<fractionAt}
		}
		return IntValue(i)
	}
	if f >= 1<<63 && f < 1<<64 { // floats of this size are integral
		return uintValue(uint64(f))
	}
	return FloatValue(f)
}

// FloatValue returns a Value of [KindFloat], even for an integral number. It is for variants of
// float flags.
func FloatValue(f float64) Value {
	return Value{number: math.Float64bits(f), meta: meta(KindFloat)}
}

// valueOfNumber returns a Value of [KindInt] or [KindFloat].
func valueOfNumber(n match.Number) Value {
	switch {
	case !n.IsInt():
		return FloatValue(n.Float())
	case n.IsUnsigned():
		return uintValue(n.Uint())
	case n.Int() == 0:
		return NumberValue(n.Float()) // it may be -0
	default:
		return IntValue(n.Int())
	}
}

// timeValue returns a Value of [KindTime], with a precision of a nanosecond and without the time
// zone.
func timeValue(t time.Time) Value {
	return Value{number: uint64(t.Unix()), meta: meta(KindTime) | meta(t.Nanosecond())<<fractionAt}
}

// listValue returns a Value of [KindList]. It keeps the slice: the caller must not change it
// afterwards.
func listValue(elements []Value) Value {
	return Value{
		pointer: unsafe.Pointer(unsafe.SliceData(elements)), number: uint64(len(elements)), meta: meta(KindList),
	}
}

// stringsValue is listValue for a slice of texts, which needs no Value for each text. It is marked
// by the fraction 1.
func stringsValue(elements []string) Value {
	return Value{
		pointer: unsafe.Pointer(unsafe.SliceData(elements)), number: uint64(len(elements)),
		meta: meta(KindList) | 1<<fractionAt,
	}
}

// ObjectValue returns a Value of [KindObject] for a JSON object or array. It keeps the bytes, which
// must be valid JSON and must not be changed afterwards.
func ObjectValue(raw []byte) Value {
	return Value{pointer: unsafe.Pointer(&object{raw: raw}), meta: meta(KindObject)}
}

// Kind returns the kind of v.
func (v Value) Kind() Kind { return v.kind() }

// Bool returns the boolean that v holds, or false for any other kind.
func (v Value) Bool() bool { return v.kind() == KindBool && v.number != 0 }

// Text returns the text that v holds, or "" for any other kind.
func (v Value) Text() string {
	if v.kind() != KindString {
		return ""
	}
	return unsafe.String((*byte)(v.pointer), int(v.number))
}

// Int returns the integer that v holds, math.MaxInt64 for a larger integer, or 0 for any other
// kind.
func (v Value) Int() int64 {
	switch {
	case v.kind() != KindInt:
		return 0
	case v.isUnsigned():
		return math.MaxInt64
	default:
		return int64(v.number)
	}
}

// Uint returns the integer that v holds, or 0 for a negative integer or any other kind. Integers
// are in the range from -2^63 to 2^64-1.
func (v Value) Uint() uint64 {
	if v.kind() != KindInt || !v.isUnsigned() && int64(v.number) < 0 {
		return 0
	}
	return v.number
}

// isUnsigned reports whether an integer is above the range of int64.
func (v Value) isUnsigned() bool { return v.fraction() == unsignedAbove }

// Float returns the number that v holds, or 0 for any other kind. An integer is returned as the
// nearest float64.
func (v Value) Float() float64 {
	switch v.kind() {
	case KindFloat:
		return math.Float64frombits(v.number)
	case KindInt:
		switch {
		case v.isUnsigned():
			return float64(v.number)
		case v.fraction() == minusZero:
			return math.Copysign(0, -1)
		}
		return float64(int64(v.number))
	default:
		return 0
	}
}

// Time returns the instant that v holds, in UTC, or the zero time for any other kind.
func (v Value) Time() time.Time {
	if v.kind() != KindTime {
		return time.Time{}
	}
	return time.Unix(int64(v.number), int64(v.fraction())).UTC()
}

// Len returns the number of elements of a list, or 0 for any other kind.
func (v Value) Len() int {
	if v.kind() != KindList {
		return 0
	}
	return int(v.number)
}

// At returns element i of a list, or the zero Value if there is no such element.
func (v Value) At(i int) Value {
	if i < 0 || i >= v.Len() {
		return Value{}
	}
	return v.at(i)
}

// at is At for an index within the list.
func (v Value) at(i int) Value {
	if v.fraction() == 1 {
		return StringValue(unsafe.Slice((*string)(v.pointer), v.Len())[i])
	}
	return unsafe.Slice((*Value)(v.pointer), v.Len())[i]
}

// Raw returns the JSON of an object, and nil for any other kind. The caller must not change it.
func (v Value) Raw() []byte {
	if v.kind() != KindObject {
		return nil
	}
	return (*object)(v.pointer).raw
}

// Any returns the value as a bool, string, int64 (uint64 above the range of int64), float64,
// time.Time or []any. An object is decoded by encoding/json into an any, which all callers share
// and must not change. For the zero Value, Any returns nil.
func (v Value) Any() any {
	switch v.kind() {
	case KindBool:
		return v.Bool()
	case KindString:
		return v.Text()
	case KindInt:
		if v.isUnsigned() {
			return v.number
		}
		return v.Int()
	case KindFloat:
		return v.Float()
	case KindTime:
		return v.Time()
	case KindList:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = v.at(i).Any()
		}
		return list
	case KindObject:
		decoded, _ := decodeObject[any](v)
		return decoded
	default:
		return nil
	}
}

// String returns v in a readable form: texts in quotes, instants in the format of RFC 3339, objects
// as JSON.
func (v Value) String() string { return string(v.append(nil)) }

// Equal reports whether v and w are equal. Numbers are compared by their values: an integer equals
// a float if the float64 nearest to the integer is that float. Lists are compared by their
// elements, in order, and objects by their content, regardless of white space and the order of
// members.
func (v Value) Equal(w Value) bool {
	switch {
	case v.kind() == KindFloat || w.kind() == KindFloat:
		return isNumber(v) && isNumber(w) && v.Float() == w.Float()
	case v.kind() != w.kind():
		return false
	case v.kind() == KindString:
		return v.Text() == w.Text()
	case v.kind() == KindObject:
		return canonical(v.Raw()) == canonical(w.Raw())
	case v.kind() == KindList:
		return v.equalElements(w)
	case v.kind() == KindInt:
		return v.number == w.number && v.isUnsigned() == w.isUnsigned()
	default:
		return v.number == w.number && v.fraction() == w.fraction()
	}
}

func (v Value) equalElements(w Value) bool {
	for i := range min(v.Len(), w.Len()) {
		if !v.at(i).Equal(w.at(i)) {
			return false
		}
	}
	return v.Len() == w.Len()
}

func (v Value) append(b []byte) []byte {
	switch v.kind() {
	case KindBool:
		return strconv.AppendBool(b, v.Bool())
	case KindString:
		return strconv.AppendQuote(b, v.Text())
	case KindInt:
		return v.appendInt(b)
	case KindFloat:
		return strconv.AppendFloat(b, v.Float(), 'g', -1, 64)
	case KindTime:
		return v.Time().AppendFormat(b, time.RFC3339Nano)
	case KindList:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = v.at(i).append(b)
		}
		return append(b, ']')
	case KindObject:
		return append(b, v.Raw()...)
	default:
		return append(b, "nothing"...)
	}
}

// appendInt appends the decimal digits of an integer.
func (v Value) appendInt(b []byte) []byte {
	if v.isUnsigned() {
		return strconv.AppendUint(b, v.number, 10)
	}
	return strconv.AppendInt(b, v.Int(), 10)
}

// as returns the value in the form that a flag of the given type needs, and whether it has that
// type.
func (v Value) as(kind Kind) (Value, bool) {
	if kind == KindFloat && v.kind() == KindInt {
		return Value{number: math.Float64bits(v.Float()), meta: meta(KindFloat)}, true
	}
	return v, v.kind() == kind
}

func isNumber(v Value) bool { return v.kind() == KindInt || v.kind() == KindFloat }

// textOf returns b as a string without copying it. The caller must not change b while the string is
// in use.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
