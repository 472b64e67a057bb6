package becket

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/internal/match"
)

func TestValuesReturnTheValuesTheyWereMadeOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	for _, test := range []struct {
		name  string
		value Value
		kind  Kind
		any   any
		text  string
	}{
		{"nothing", Value{}, KindAny, nil, "nothing"},
		{"true", BoolValue(true), KindBool, true, "true"},
		{"false", BoolValue(false), KindBool, false, "false"},
		{"a text", StringValue("a\"b\n"), KindString, "a\"b\n", `"a\"b\n"`},
		{"an empty text", StringValue(""), KindString, "", `""`},
		{"the least integer", IntValue(math.MinInt64), KindInt, int64(math.MinInt64), "-9223372036854775808"},
		{"a float", NumberValue(0.1), KindFloat, 0.1, "0.1"},
		{"an integral float", NumberValue(-4), KindInt, int64(-4), "-4"},
		{"minus nothing", NumberValue(math.Copysign(0, -1)), KindInt, int64(0), "0"},
		{
			"a float that is the least integer", NumberValue(-1 << 63), KindInt, int64(math.MinInt64),
			"-9223372036854775808",
		},
		{"a float above the signed integers", NumberValue(1 << 63), KindInt, uint64(1 << 63), "9223372036854775808"},
		{"a float beyond all integers", NumberValue(1 << 64), KindFloat, float64(1 << 64), "1.8446744073709552e+19"},
		{"the largest integer", uintValue(math.MaxUint64), KindInt, uint64(math.MaxUint64), "18446744073709551615"},
		{
			"an unsigned integer that an int64 holds", uintValue(math.MaxInt64), KindInt, int64(math.MaxInt64),
			"9223372036854775807",
		},
		{"infinity", NumberValue(math.Inf(-1)), KindFloat, math.Inf(-1), "-Inf"},
		{"an instant", timeValue(at.In(time.FixedZone("", -3600))), KindTime, at, "2026-01-02T03:04:05.000000678Z"},
		{
			"an instant before 1970", timeValue(time.Unix(-1, 5)), KindTime, time.Unix(-1, 5).UTC(),
			"1969-12-31T23:59:59.000000005Z",
		},
		{
			"a list", listValue([]Value{IntValue(1), StringValue("a"), listValue(nil)}), KindList,
			[]any{int64(1), "a", []any{}}, `[1, "a", []]`,
		},
		{"a list of texts", stringsValue([]string{"a", "b"}), KindList, []any{"a", "b"}, `["a", "b"]`},
		{"an object", ObjectValue([]byte(`{"a":[1]}`)), KindObject, map[string]any{"a": []any{1.0}}, `{"a":[1]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.kind, test.value.Kind())
			assert.Equal(t, test.any, test.value.Any())
			assert.Equal(t, test.text, test.value.String())
		})
	}
	assert.True(t, math.IsNaN(NumberValue(math.NaN()).Float()))
	assert.Equal(t, KindFloat, NumberValue(math.NaN()).Kind())
}

func TestReadingAValueAsAnotherKindGivesZero(t *testing.T) {
	t.Parallel()
	all := []Value{
		{}, BoolValue(true), StringValue("a"), IntValue(7), NumberValue(0.5), timeValue(time.Unix(7, 7)),
		listValue([]Value{IntValue(1)}), ObjectValue([]byte(`{}`)),
	}
	for _, v := range all {
		assert.Equal(t, v.Kind() == KindBool, v.Bool(), v)
		assert.Equal(t, v.Kind() == KindString, v.Text() != "", v)
		assert.Equal(t, v.Kind() == KindInt, v.Int() != 0, v)
		assert.Equal(t, v.Kind() == KindInt || v.Kind() == KindFloat, v.Float() != 0, v)
		assert.Equal(t, v.Kind() == KindTime, !v.Time().IsZero(), v)
		assert.Equal(t, v.Kind() == KindList, v.Len() != 0, v)
		assert.Equal(t, v.Kind() == KindObject, v.Raw() != nil, v)
	}
	for _, outside := range []Value{
		listValue([]Value{IntValue(1)}).At(1), stringsValue([]string{"a"}).At(-1), BoolValue(true).At(0),
	} {
		assert.Equal(t, Value{}, outside)
	}
}

func TestAValueIsReadableAsItsKindAndAsAnyAndAnIntegerAsAFloat(t *testing.T) {
	t.Parallel()
	kinds := []Kind{KindAny, KindBool, KindString, KindInt, KindFloat, KindObject, KindTime, KindList}
	var readable []string
	for _, kind := range kinds {
		for _, want := range kinds {
			if match.Readable(kind, want) && want != kind {
				readable = append(readable, kind.String()+" as "+want.String())
			}
		}
		assert.True(t, match.Readable(kind, kind), kind)
	}
	assert.Equal(t, []string{
		"boolean as any", "string as any", "integer as any", "integer as float", "float as any", "object as any",
		"instant as any", "list as any",
	}, readable)
}

func TestKindsAndTiersHaveNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "boolean", KindBool.String())
	assert.Equal(t, "list", KindList.String())
	assert.Equal(t, "unknown", Kind(77).String())
	assert.Equal(t, "network", TierNetwork.String())
	assert.Equal(t, "unknown", Tier(77).String())
	text, err := TierDisk.MarshalText()
	assert.NoError(t, err)
	assert.Equal(t, "disk", string(text))
	assert.Equal(t, []string{"false", "unknown", "true"}, []string{no.String(), unknown.String(), yes.String()})
}

func TestListsAreEqualIfTheirElementsAre(t *testing.T) {
	t.Parallel()
	list := Strings("a", "x", "y").value
	for name, test := range map[string]struct {
		other Value
		equal bool
	}{
		"the same elements": {Strings("b", "x", "y").value, true},
		"another element":   {Strings("a", "x", "z").value, false},
		"another first one": {Strings("a", "z", "y").value, false},
		"another order":     {Strings("a", "y", "x").value, false},
		"fewer":             {Strings("a", "x").value, false},
		"more":              {Strings("a", "x", "y", "z").value, false},
		"none":              {Strings("a").value, false},
		"a text":            {StringValue("x"), false},
	} {
		assert.Equal(t, test.equal, list.Equal(test.other), name)
		assert.Equal(t, test.equal, test.other.Equal(list), name)
	}
}

func TestIntegersOfAnySizeAreFloats(t *testing.T) {
	t.Parallel()
	number := func(text string) Value {
		rules := decodeFlags(t, flagOf(`"variants":{"a":`+text+`},"default":"a"`), "", nil)
		return rules.Variants("f")[0].Value
	}
	assert.InDelta(t, 18446744073709551615.0, number("18446744073709551615").Float(), 1)
	assert.InDelta(t, -9223372036854775808.0, number("-9223372036854775808").Float(), 1)
	assert.True(t, math.Signbit(Any("a", math.Copysign(0, -1)).value.Float()))
}

func TestLargeIntegersCompareWithFloats(t *testing.T) {
	t.Parallel()
	const half = 1 << 63
	for condition, tests := range map[string]map[float64]string{
		`"gt":9223372036854775808`:   {half: "off", half + 2048: "on", 1e300: "on", -1e300: "off"},
		`"lt":9223372036854775808`:   {half - 1024: "on", half: "off", -9.3e18: "on", 1e19: "off"},
		`"gte":18446744073709551615`: {2*half - 2048: "off", 2 * half: "on"},
		`"lte":-9223372036854775808`: {-half: "on", -half - 2048: "on", -half + 1024: "off"},
		`"gt":3`:                     {3: "off", 3.25: "on", 2.75: "off"},
		`"lt":-3`:                    {-3: "off", -3.25: "on", -2.75: "off"},
	} {
		rules := decodeFlags(t, ruleOf(`"if":{"attribute":"a",`+condition+`}`), "", nil)
		for number, variant := range tests {
			subject := NewSubject("u", Float("a", number))
			result := rules.Evaluate("f", KindBool, &subject, nil)
			assert.Equal(t, variant, variantName(result), "%s %v", condition, number)
		}
	}
}
