package match

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Number is a number of a document: an integer from -2^63 to 2^64-1, or a float.
type Number struct {
	bits uint64
	form numberForm
}

type numberForm uint8

const (
	signed    numberForm = iota
	unsigned             // an integer above the range of int64
	minusZero            // the integer 0 that was written as the float -0
	float
)

// IntNumber returns an integer.
func IntNumber(i int64) Number { return Number{bits: uint64(i)} }

// UintNumber returns an integer.
func UintNumber(u uint64) Number {
	if u <= math.MaxInt64 {
		return IntNumber(int64(u))
	}
	return Number{u, unsigned}
}

// FloatNumber returns an integer if f is integral and from -2^63 to 2^64-1, and otherwise a float.
func FloatNumber(f float64) Number {
	if i := int64(f); float64(i) == f && f < 1<<63 && f >= -1<<63 {
		if i == 0 && math.Signbit(f) {
			return Number{form: minusZero}
		}
		return IntNumber(i)
	}
	if f >= 1<<63 && f < 1<<64 { // floats of this size are integral
		return UintNumber(uint64(f))
	}
	return DecimalNumber(f)
}

// DecimalNumber returns a float, even if f is integral.
func DecimalNumber(f float64) Number { return Number{math.Float64bits(f), float} }

// IsInt reports whether the number is an integer.
func (n Number) IsInt() bool { return n.form != float }

// IsUnsigned reports whether the number is an integer above the range of int64.
func (n Number) IsUnsigned() bool { return n.form == unsigned }

// Int returns the integer, math.MaxInt64 for a larger integer, or 0 for a float.
func (n Number) Int() int64 {
	switch n.form {
	case signed, minusZero:
		return int64(n.bits)
	case unsigned:
		return math.MaxInt64
	default:
		return 0
	}
}

// Uint returns the integer if it is not negative, or 0 for any other number.
func (n Number) Uint() uint64 {
	if n.form == float || n.form == signed && int64(n.bits) < 0 {
		return 0
	}
	return n.bits
}

// Float returns the number as the nearest float64.
func (n Number) Float() float64 {
	switch n.form {
	case signed:
		return float64(int64(n.bits))
	case unsigned:
		return float64(n.bits)
	case minusZero:
		return math.Copysign(0, -1)
	default:
		return math.Float64frombits(n.bits)
	}
}

// String writes the number in decimal.
func (n Number) String() string {
	switch n.form {
	case signed, minusZero:
		return strconv.FormatInt(int64(n.bits), 10)
	case unsigned:
		return strconv.FormatUint(n.bits, 10)
	default:
		return strconv.FormatFloat(n.Float(), 'g', -1, 64)
	}
}

// ParseNumber reads a number of JSON. It returns an integer if the value is integral, in any
// notation ("1", "1.0", "1e3"), and otherwise a float. An integer outside 64 bits and a float that
// overflows are problems.
func ParseNumber(text string) (number Number, problem string) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return IntNumber(i), ""
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return UintNumber(u), ""
	}
	if !strings.ContainsAny(text, ".eE") {
		return Number{}, outside64Bits(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return Number{}, TooLarge(text)
	case f < -1<<63 || f > 1<<64:
		return Number{}, outside64Bits(text)
	case f > -1<<53 && f < 1<<53:
		return FloatNumber(f), ""
	}
	return parseLargeNumber(text, f)
}

// parseLargeNumber reads a number that a float64 may not hold exactly. f is the nearest float64.
func parseLargeNumber(text string, f float64) (number Number, problem string) {
	const digits = 1000 // a longer number is not computed exactly, because that would take too long
	exact, ok := new(big.Rat), false
	if len(text) <= digits {
		_, ok = exact.SetString(text)
	}
	switch whole := ok && exact.IsInt(); {
	case whole && exact.Num().IsInt64():
		return IntNumber(exact.Num().Int64()), ""
	case whole && exact.Num().IsUint64():
		return UintNumber(exact.Num().Uint64()), ""
	case whole || f >= 1<<64:
		return Number{}, outside64Bits(text)
	}
	return FloatNumber(f), ""
}

// ParseDecimal is [ParseNumber] for numbers that may be floats: for an integer outside 64 bits it
// returns the nearest float64.
func ParseDecimal(text string) (number Number, problem string) {
	if number, problem = ParseNumber(text); problem == "" {
		return number, ""
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Number{}, TooLarge(text)
	}
	return DecimalNumber(f), ""
}

// Overflows reports whether no float64 can hold a number of JSON.
func Overflows(number []byte) bool {
	const short = 300 // a number of this many digits fits into a float64
	if len(number) <= short && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0 {
		return false
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err != nil
}

// TooLarge is the problem of a number that no float64 can hold.
func TooLarge(text string) string { return "the number " + Brief(text) + " is too large" }

func outside64Bits(text string) string {
	return "the integer " + Brief(text) + " is outside 64 bits"
}
