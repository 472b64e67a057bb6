package match

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNumbersAreIntegersHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Number{
		"0": IntNumber(0), "-0": IntNumber(0), "1": IntNumber(1), "1.0": IntNumber(1), "1e3": IntNumber(1000),
		"-2.50e1": IntNumber(-25), "0.5": FloatNumber(0.5), "1e-3": FloatNumber(0.001),
		"9223372036854775807": IntNumber(math.MaxInt64), "-9223372036854775808": IntNumber(math.MinInt64),
		"9223372036854775807.0": IntNumber(math.MaxInt64), "9007199254740993.0": IntNumber(9007199254740993),
		"-9223372036854775808.0": IntNumber(math.MinInt64), "45035996273704955e-1": FloatNumber(4503599627370495.5),
		"4503599627370495.5": FloatNumber(4503599627370495.5), "1e-400": IntNumber(0),
		"9223372036854775808": UintNumber(1 << 63), "1e19": UintNumber(1e19),
		"9223372036854775808.0": UintNumber(1 << 63), "18446744073709551615": UintNumber(math.MaxUint64),
		"18446744073709551615.0": UintNumber(math.MaxUint64),
	} {
		number, problem := ParseNumber(text)
		assert.Empty(t, problem, text)
		assert.Equal(t, want, number, text)
	}
	for text, want := range map[string]string{
		"18446744073709551616": "outside 64 bits", "-9223372036854775809": "outside 64 bits",
		"18446744073709551616.0": "outside 64 bits", "1e20": "outside 64 bits", "1e400": "too large",
		"1" + strings.Repeat("0", 99): "…",
	} {
		_, problem := ParseNumber(text)
		assert.Contains(t, problem, want, text)
	}
	number, problem := ParseNumber("9007199254740993." + strings.Repeat("0", 2000))
	assert.Empty(t, problem, "a number of absurd length is read as a float, soon")
	assert.True(t, number.IsInt())
}

func TestNumbersReportTheirKinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		number     Number
		isInt      bool
		isUnsigned bool
		asInt      int64
		asUint     uint64
		asFloat    float64
		text       string
	}{
		{IntNumber(-3), true, false, -3, 0, -3, "-3"},
		{IntNumber(7), true, false, 7, 7, 7, "7"},
		{UintNumber(7), true, false, 7, 7, 7, "7"},
		{UintNumber(1 << 63), true, true, math.MaxInt64, 1 << 63, 1 << 63, "9223372036854775808"},
		{FloatNumber(2), true, false, 2, 2, 2, "2"},
		{FloatNumber(1 << 63), true, true, math.MaxInt64, 1 << 63, 1 << 63, "9223372036854775808"},
		{FloatNumber(math.Copysign(0, -1)), true, false, 0, 0, 0, "0"},
		{DecimalNumber(2), false, false, 0, 0, 2, "2"},
		{FloatNumber(0.5), false, false, 0, 0, 0.5, "0.5"},
		{FloatNumber(1e300), false, false, 0, 0, 1e300, "1e+300"},
	} {
		n := test.number
		assert.Equal(t, test.isInt, n.IsInt(), test.text)
		assert.Equal(t, test.isUnsigned, n.IsUnsigned(), test.text)
		assert.Equal(t, test.asInt, n.Int(), test.text)
		assert.Equal(t, test.asUint, n.Uint(), test.text)
		assert.Equal(t, test.asFloat, n.Float(), test.text)
		assert.Equal(t, test.text, n.String())
	}
}

func TestFloatsHaveTheRangeOfFloat64(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Number{
		"1": IntNumber(1), "1e308": DecimalNumber(1e308), "18446744073709551616": DecimalNumber(1 << 64),
		"-9223372036854775809": DecimalNumber(-1 << 63), "-0.0": FloatNumber(math.Copysign(0, -1)),
	} {
		number, problem := ParseDecimal(text)
		assert.Empty(t, problem, text)
		assert.Equal(t, want, number, text)
		assert.False(t, Overflows([]byte(text)), text)
	}
	_, problem := ParseDecimal("1e309")
	assert.Equal(t, "the number 1e309 is too large", problem)
	assert.True(t, Overflows([]byte("1e309")))
	assert.True(t, Overflows([]byte(strings.Repeat("9", 400))))
	assert.True(t, math.Signbit(FloatNumber(math.Copysign(0, -1)).Float()))
}
