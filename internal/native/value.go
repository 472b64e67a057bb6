package native

import (
	"math"

	"github.com/becketflags/becket/internal/match"
)

// Kind is the type of a flag or a value.
type Kind uint8

// The types of flags and values.
const (
	Untyped Kind = iota // the flag does not declare a type
	Bool
	Text
	Int
	Float
	Object // an object or an array
)

var kindNames = [...]string{"any", "boolean", "string", "integer", "float", "object"}

// String returns the kind's name as documents write it.
func (k Kind) String() string { return kindNames[k] }

// Value is a value of a document.
type Value struct {
	// Text is the text, or the JSON of an object or array, which shares the memory of the document.
	Text     string
	bits     uint64 // the bits of a number; 1 for true
	Kind     Kind
	unsigned bool // the integer is unsigned
	minus    bool // the integer 0 was written as the float -0
}

func textValue(text string) Value { return Value{Text: text, Kind: Text} }

func boolValue(b bool) Value {
	if b {
		return Value{bits: 1, Kind: Bool}
	}
	return Value{Kind: Bool}
}

func numberValue(n match.Number) Value {
	switch {
	case !n.IsInt():
		return Value{bits: math.Float64bits(n.Float()), Kind: Float}
	case n.IsUnsigned():
		return Value{bits: n.Uint(), Kind: Int, unsigned: true}
	default:
		return Value{bits: uint64(n.Int()), Kind: Int, minus: math.Signbit(n.Float())}
	}
}

// Bool returns the boolean.
func (v Value) Bool() bool { return v.bits != 0 }

// Number returns the number.
func (v Value) Number() match.Number {
	switch {
	case v.Kind == Float:
		return match.DecimalNumber(math.Float64frombits(v.bits))
	case v.unsigned:
		return match.UintNumber(v.bits)
	case v.bits == 0 && v.minus:
		return match.FloatNumber(math.Copysign(0, -1))
	default:
		return match.IntNumber(int64(v.bits))
	}
}

// Any returns a scalar as a bool, string, int64 (uint64 above the range of int64) or float64.
func (v Value) Any() any {
	switch {
	case v.Kind == Bool:
		return v.Bool()
	case v.unsigned:
		return v.bits
	case v.Kind == Int:
		return int64(v.bits)
	case v.Kind == Float:
		return math.Float64frombits(v.bits)
	default:
		return v.Text
	}
}

// fits reports whether a flag of the given kind may have the value. A float flag may have an
// integer.
func (v Value) fits(kind Kind) bool { return match.Readable(v.Kind, kind) }
