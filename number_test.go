package becket

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumbersAreIntegersHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"0": int64(0), "-0": int64(0), "1": int64(1), "1.0": int64(1), "1e3": int64(1000), "-2.50e1": int64(-25), "0.5": 0.5, "1e-3": 0.001,
		"9223372036854775807": int64(math.MaxInt64), "-9223372036854775808": int64(math.MinInt64), "9223372036854775807.0": int64(math.MaxInt64),
		"9007199254740993.0": int64(9007199254740993), "-9223372036854775808.0": int64(math.MinInt64), "45035996273704955e-1": 4503599627370495.5,
		"4503599627370495.5": 4503599627370495.5, "1e-400": int64(0), "9223372036854775808": uint64(1 << 63), "1e19": uint64(1e19),
		"9223372036854775808.0": uint64(1 << 63), "18446744073709551615": uint64(math.MaxUint64), "18446744073709551615.0": uint64(math.MaxUint64),
	} {
		value, problem := parseNumber(text)
		assert.Empty(t, problem, text)
		assert.Equal(t, want, value.Any(), text)
	}
	for text, want := range map[string]string{
		"18446744073709551616": "outside 64 bits", "-9223372036854775809": "outside 64 bits", "18446744073709551616.0": "outside 64 bits",
		"1e20": "outside 64 bits", "1e400": "too large", "1" + strings.Repeat("0", 99): "…",
	} {
		_, problem := parseNumber(text)
		assert.Contains(t, problem, want, text)
	}
	value, problem := parseNumber("9007199254740993." + strings.Repeat("0", 2000))
	assert.Empty(t, problem, "a number of absurd length is read as a float, soon")
	assert.Equal(t, KindInt, value.Kind())
}

func TestFloatsReachAsFarAsFloat64(t *testing.T) {
	t.Parallel()
	const document = `{"schema":1,"flags":{
		"declared":{"type":"float","variants":{"a":1e308,"b":18446744073709551616},"default":"a","metadata":{"limit":1e300}},
		"inferred":{"variants":{"a":-1e308,"b":0.5},"default":"a"},
		"integer":{"variants":{"a":1e308},"default":"a"},
		"object":{"variants":{"a":{"limit":[1e999]}},"default":"a"},
		"weights":{"variants":{"a":"a","b":"b"},"default":{"split":{"a":1e308,"b":1.7e308}}}}}`
	client := newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)))
	v := client.For(NewSubject("user-1"))
	assert.Equal(t, 1e308, v.Float("declared", 0))
	assert.Equal(t, -1e308, v.Float("inferred", 0))
	info, _ := v.Flag("declared")
	assert.Equal(t, map[string]any{"limit": 1e300}, info.Metadata)
	assert.Equal(t, []string{"a", "b"}, info.Variants)
	assert.NotEmpty(t, v.String("weights", ""))

	for _, key := range []string{"integer", "object"} {
		require.ErrorIs(t, v.AnyDetail(key).Err, ErrParse, key)
		require.ErrorIs(t, v.FloatDetail(key, 0).Err, ErrParse, key)
		require.ErrorIs(t, JSONDetail[any](v, key, nil).Err, ErrParse, key)
	}
	bad := client.Status().Bad
	require.Len(t, bad, 2)
	assert.ErrorContains(t, bad[0], `flags.integer.variants.a at 4:26: the integer 1e308 is outside 64 bits, unless "type" is "float"`)
	assert.ErrorContains(t, bad[1], "flags.object.variants.a.limit[0] at 5:39: the number 1e999 is too large")
}

func TestLongTextsAreQuotedShort(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "short", shorten("short"))
	assert.Equal(t, strings.Repeat("a", 40)+"…", shorten(strings.Repeat("a", 41)))
	assert.Equal(t, strings.Repeat("a", 39)+"…", shorten(strings.Repeat("a", 39)+"ü"), "no half of a letter")
}

func TestPositionsAreLinesAndColumns(t *testing.T) {
	t.Parallel()
	document := []byte(strings.Repeat("0123456789\n", 1000) + "end")
	var l lines
	for _, at := range []int{0, 5, 10, 11, 4095, 4096, 4097, 8192, 10_999, 11_000, 11_003} {
		line, column := l.position(document, at)
		before := string(document[:at])
		assert.Equal(t, strings.Count(before, "\n")+1, line, at)
		assert.Equal(t, at-strings.LastIndex(before, "\n"), column, at)
	}
	line, column := l.position(document, 1<<30)
	assert.Equal(t, []int{1001, 4}, []int{line, column}, "beyond the end is the end")
	var empty lines
	line, column = empty.position(nil, 0)
	assert.Equal(t, []int{1, 1}, []int{line, column})
	var long lines
	line, column = long.position([]byte(strings.Repeat("x", 10_000)), 9999)
	assert.Equal(t, []int{1, 10_000}, []int{line, column}, "a line longer than a block")
}

func TestEvaluationErrorsAreTheSameByTheirCodes(t *testing.T) {
	t.Parallel()
	cause := errors.New("becket: at 1:2: bad")
	err := &EvaluationError{Code: CodeParseError, Message: "could not be read", Cause: cause}
	require.ErrorIs(t, err, ErrParse)
	require.ErrorIs(t, err, cause)
	require.NotErrorIs(t, err, ErrGeneral)
	require.EqualError(t, err, "becket: could not be read: at 1:2: bad")
	require.EqualError(t, TypeMismatch(KindBool, KindString), "becket: the flag is of type string, not boolean")
	first := TypeMismatch(KindInt, KindFloat)
	assert.Same(t, first, TypeMismatch(KindInt, KindFloat), "made once")
	assert.Same(t, ErrTypeMismatch, TypeMismatch(KindList, KindBool))
	assert.Same(t, ErrTypeMismatch, TypeMismatch(KindBool, Kind(99)))
	bad := Bad{Section: inFlags, Key: "a", Err: cause}
	require.ErrorIs(t, bad, cause)
	require.EqualError(t, bad, cause.Error())
}
