package match

import (
	"math"
	"strconv"
)

// AppendNumber appends f in the form of JavaScript's Number::toString (ECMA-262, 6.1.6.1.20): the
// shortest digits that identify f, with an exponent if the number is below 1e-6 or from 1e21 on;
// "NaN"; "Infinity"; and "0" for both zeros.
func AppendNumber(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	case f == 0:
		return append(b, '0')
	}
	if size := math.Abs(f); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	// Go writes at least two digits of the exponent, JavaScript only as many as needed.
	if n := len(b); b[n-2] == '0' && (b[n-3] == '+' || b[n-3] == '-') {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}
