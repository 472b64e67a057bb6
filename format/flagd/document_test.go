package flagd

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

func TestInvalidDocumentsAreRefused(t *testing.T) {
	for document, message := range map[string]string{
		``:                                "not valid JSON",
		`{"flags": {`:                     "not valid JSON",
		`{"flags": {}} x`:                 "1:15: not valid JSON",
		"{\n \"flags\": {},}":             "2:14: not valid JSON",
		`[]`:                              "not a flagd document",
		`5`:                               "not a flagd document",
		`{}`:                              `no "flags"`,
		`null`:                            `no "flags"`,
		`{"flags": "x"}`:                  "flags: not a flagd document",
		`{"flags": {}, "metadata": 5}`:    "metadata",
		`{"flags": {}, "$evaluators": 5}`: "not a flagd document",
		`{"flags": {}, "$evaluators": {"a": {}}}`:                      `$evaluators.a at 1:36: the evaluator is empty`,
		`{"flags": {"a": ` + strings.Repeat("[", 20_000) + `}}`:        "not valid JSON",
		`{"flags": {"a": {"targeting": ` + nested(11_000, "1") + `}}}`: "not valid JSON",
	} {
		_, err := Format.Decode([]byte(document))
		require.Error(t, err, document)
		assert.ErrorContains(t, err, message)
		assert.True(t, strings.HasPrefix(err.Error(), "becket: "), err.Error())
		assert.Less(t, len(err.Error()), 1000)
	}
}

// nested returns a rule within the given number of negations.
func nested(depth int, rule string) string {
	return strings.Repeat(`{"!":[`, depth) + rule + strings.Repeat(`]}`, depth)
}

func TestABadFlagIsReportedAndTheOthersAreServed(t *testing.T) {
	for _, row := range [][2]string{
		{`"a": 5`, "flags.a at 3:6: not a flagd document: expected an object"},
		{`"a": {"state": 5}`, "flags.a at 3:6: not a flagd document: expected a text"},
		{`"a": {"source": 5}`, "flags.a at 3:6"},
		{`"a": {"key": 5}`, "flags.a at 3:6"},
		{`"a": {"variants": []}`, "flags.a at 3:6"},
		{`"a": {"metadata": 5}`, "flags.a at 3:6"},
		{`"a": {"metadata": {"m": 1e999}}`, "flags.a.metadata.m at 3:6"},
		{
			`"a": {"variants": {"x": 1e999}}`,
			"flags.a.variants.x at 3:25: not a flagd document: the number 1e999 is too large",
		},
		{`"a": {"variants": {"x": {"y": [1e999]}}}`, "flags.a.variants.x at 3:25"},
		{`"a": {"targeting": {"==": [1, 1e999]}}`, "flags.a.targeting at 3:20"},
		{
			`"a": {"defaultVariant": "x", "variants": {}}`,
			`flags.a.defaultVariant at 3:6: the default variant "x" is not a variant`,
		},
	} {
		bad, message := row[0], row[1]
		rules, err := Format.Decode([]byte("{\n \"flags\": {\n" + bad +
			`, "good": {"state": "ENABLED", "variants": {"x": 1}, "defaultVariant": "x"}}}`))
		require.NoError(t, err, bad)
		require.Len(t, rules.Info().Bad, 1, bad)
		assert.ErrorContains(t, rules.Info().Bad[0], message, bad)
		assert.Equal(t, "a", rules.Info().Bad[0].Key)
		info, ok := rules.Flag("a")
		assert.True(t, ok)
		assert.ErrorContains(t, info.Err, message)
		r := rules.Evaluate("a", becket.KindAny, nil, nil)
		assert.Equal(t, becket.ReasonError, r.Reason)
		assert.ErrorIs(t, r.Err, becket.ErrParse)
		assert.ErrorContains(t, r.Err, message)
		r = rules.Evaluate("good", becket.KindInt, nil, nil)
		require.Nil(t, r.Err)
		assert.Equal(t, int64(1), r.Variant.Value.Int(), "the other flag is served")
	}
	rules := load(t, `{"flags": [{"key": "b", "state": 5}, 5, {"key": "c", "state": "ENABLED", "variants": {"x": 1}}]}`)
	require.Len(t, rules.Info().Bad, 2)
	assert.ErrorContains(t, rules.Info().Bad[0], "flags[0] at 1:12")
	assert.Equal(t, "b", rules.Info().Bad[0].Key)
	assert.ErrorContains(t, rules.Info().Bad[1], "flags[1] at 1:38")
	assert.Equal(t, 2, rules.Info().Flags, "b and c")

	_, err := Format.Decode([]byte(`{"flags": [` + strings.Repeat("5,", mostBad) + `5]}`))
	assert.ErrorContains(t, err, "more than 10000 flags cannot be read")
}

func TestProblemsFarDownHaveTheirLine(t *testing.T) {
	document := "\xef\xbb\xbf {" + strings.Repeat("\n", 10_000) + "  \"flags\": {\"a\":\n\t5}}"
	rules := load(t, document)
	require.Len(t, rules.Info().Bad, 1)
	assert.ErrorContains(t, rules.Info().Bad[0], "flags.a at 10002:2: ")
}

func TestMistakesThatAreOnlyWarnings(t *testing.T) {
	for _, row := range [][2]string{
		{`{"flags": {"a": null}}`, `flags.a.state at 1:17: "" counts as ENABLED`},
		{`{"flags": {"a": {"state": "disabled", "variants": {"x": 1}}}}`, `"disabled" counts as ENABLED`},
		{`{"flags": {"a": {"state": "ENABLED"}}}`, `flags.a.variants at 1:17: there are none`},
		{
			`{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1, "y": "z"}}}}`,
			`flags.a.variants at 1:17: the values are of several types`,
		},
		{`{"flags": {"a": {"state": "ENABLED", "variants": {"x": null}}}}`, `flags.a.variants.x at 1:17: null`},
		{`{"flags": {"a": {"state": "ENABLED", "variants": {"x": []}}}}`, `flags.a.variants.x at 1:17: a list`},
		{
			`{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}, "metadata": {"m": [1]}}}}`,
			`flags.a.metadata.m at 1:17: neither`,
		},
		{
			`{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}, "targeting": {"bogus": 1}}}}`,
			`flags.a.targeting at 1:17: unknown operator "bogus"`,
		},
		{
			`{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}, "targeting": {"$ref": "b"}}}}`,
			`unknown evaluator "b"`,
		},
		{
			`{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}, "targeting": {"if": true}}}}`,
			`the arguments of "if" are not a list`,
		},
		{
			`{"flags": {}, "$evaluators": {"a": {"$ref": "b"}, "b": true}}`,
			`$evaluators.a at 1:36: unknown evaluator "b"`,
		},
		{`{"flags": {"": {"state": "ENABLED", "variants": {"x": 1}}}}`, `flags[""] at 1:16: the flag has no key`},
		{
			`{"flags": [{"key": "a", "state": "ENABLED", "variants": {"x": 1}}, {"key": "a", "state": "ENABLED", "variants": {"x": 1}}]}`, `flags[1] at 1:68: the key "a" occurs twice`,
		},
	} {
		document, warning := row[0], row[1]
		compiled := load(t, document)
		require.NotEmpty(t, compiled.Info().Warnings, document)
		assert.ErrorContains(t, compiled.Info().Warnings[0], warning, document)
	}
	assert.Empty(t, load(t, "\xef\xbb\xbf"+`{"flags": {}}`).Info().Warnings)
	var many []string
	for range mostWarnings + 500 {
		many = append(many, `{"key": "a"}`)
	}
	assert.Len(t, load(t, `{"flags": [`+strings.Join(many, ",")+`]}`).Info().Warnings, mostWarnings+1)
}

func TestFieldNamesMatchInUpperAndLowerCase(t *testing.T) {
	compiled := load(t, `{"FLAGS": {"a": {"State": "DISABLED", "Variants": {"x": 1}}}}`)
	assert.True(t, compiled.flags["a"].disabled)
}

func TestTheLastFlagSetCountsWhereAKeyStandsTwice(t *testing.T) {
	flag := func(set, value string) string {
		return `{"key": "a", "state": "ENABLED", "variants": {"x": "` + value +
			`"}, "defaultVariant": "x", "metadata": {"flagSetId": "` + set + `"}}`
	}
	for _, flags := range []string{
		flag("a", "wrong") + "," + flag("b", "right"),
		flag("b", "right") + "," + flag("a", "wrong"),
		flag("a", "wrong") + "," + flag("a", "right"),
	} {
		subject := becket.NewSubject("")
		got := load(t, `{"flags": [`+flags+`]}`).Evaluate("a", becket.KindString, &subject, standing)
		assert.Equal(t, "right", got.Variant.Value.Text(), flags)
	}
}

func TestFlagsAreDescribed(t *testing.T) {
	compiled := loadFile(t)
	infos := slices.Collect(compiled.Flags())
	require.Len(t, infos, 16)
	assert.Equal(t, 16, compiled.Info().Flags)
	assert.True(t, slices.IsSortedFunc(infos, func(a, b becket.FlagInfo) int { return strings.Compare(a.Key, b.Key) }))
	greeting, ok := compiled.Flag("greeting")
	require.True(t, ok)
	assert.Equal(t, becket.KindString, greeting.Kind)
	assert.Equal(t, []string{"de", "dev", "en"}, greeting.Variants)
	assert.True(t, greeting.Enabled)
	assert.Equal(t,
		map[string]any{"flagSetId": "shop", "team": "web", "owner": "web", "weight": int64(2), "share": 0.5},
		greeting.Metadata)
	for key, kind := range map[string]becket.Kind{
		"static": becket.KindBool, "limit": becket.KindFloat, "split": becket.KindInt, "huge": becket.KindFloat,
		"page": becket.KindAny,
	} {
		info, _ := compiled.Flag(key)
		assert.Equal(t, kind, info.Kind, key)
	}
	off, _ := compiled.Flag("off")
	assert.False(t, off.Enabled)
	_, ok = compiled.Flag("nobody")
	assert.False(t, ok)
}

func TestDigestsShowChanges(t *testing.T) {
	digests := func(flag, evaluators string) (definition, behaviour uint64) {
		info, _ := load(t, `{"flags": {"a": `+flag+`}, "$evaluators": {"e": `+evaluators+`}}`).Flag("a")
		return info.Definition, info.Behaviour
	}
	definition, behaviour := digests(`{"state": "ENABLED", "variants": {"x": 1}, "targeting": {"$ref": "e"}}`, `true`)
	for flag, changed := range map[string][2]bool{
		`{"variants": {"x": 1.0}, "targeting": {"$ref": "e"}, "state": "ENABLED"}`: {
			false, false,
		},
		`{"state": "ENABLED", "variants": {"x": 1}, "targeting": {"$ref": "e"}, "metadata": {"m": true}}`: {
			true, false,
		},
		`{"state": "ENABLED", "variants": {"x": 2}, "targeting": {"$ref": "e"}}`:                        {true, true},
		`{"state": "DISABLED", "variants": {"x": 1}, "targeting": {"$ref": "e"}}`:                       {true, true},
		`{"state": "ENABLED", "variants": {"x": 1}, "targeting": {"!": true}}`:                          {true, true},
		`{"state": "ENABLED", "variants": {"x": 1}, "defaultVariant": "x", "targeting": {"$ref": "e"}}`: {true, true},
	} {
		d, b := digests(flag, `true`)
		assert.Equal(t, changed[0], d != definition, flag)
		assert.Equal(t, changed[1], b != behaviour, flag)
	}
	_, b := digests(`{"state": "ENABLED", "variants": {"x": 1}, "targeting": {"$ref": "e"}}`, `false`)
	assert.NotEqual(t, behaviour, b, "an evaluator that the flag refers to is part of it")
}

// The encodings are from RFC 8949, appendix A.
func TestCBOR(t *testing.T) {
	for written, want := range map[string]string{
		`0`: "\x00", `10`: "\x0a", `23`: "\x17", `24`: "\x18\x18", `100`: "\x18\x64", `1000`: "\x19\x03\xe8",
		`1000000`: "\x1a\x00\x0f\x42\x40", `1000000000000`: "\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00", `-1`: "\x20",
		`-10`: "\x29", `-100`: "\x38\x63", `-1000`: "\x39\x03\xe7", `-0.0`: "\x00", `1.0`: "\x01",
		`1.1`: "\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a", `1.5`: "\xf9\x3e\x00", `0.00006103515625`: "\xf9\x04\x00",
		`5.960464477539063e-8`: "\xf9\x00\x01", `0.333251953125`: "\xf9\x35\x55",
		`1.0e+300`: "\xfb\x7e\x37\xe4\x3c\x88\x00\x75\x9c", `3.4028234663852886e+38`: "\xfa\x7f\x7f\xff\xff",
		`-4.1`: "\xfb\xc0\x10\x66\x66\x66\x66\x66\x66", `0.50048828125`: "\xf9\x38\x01",
		`0.500030517578125`: "\xfa\x3f\x00\x02\x00", `9223372036854775808`: "\x1b\x80\x00\x00\x00\x00\x00\x00\x00",
		`-9223372036854775808`: "\x3b\x7f\xff\xff\xff\xff\xff\xff\xff",
		`false`:                "\xf4", `true`: "\xf5", `null`: "\xf6", `""`: "\x60", `"a"`: "\x61a",
		`"IETF"`: "\x64IETF", `"ü"`: "\x62\xc3\xbc", `[]`: "\x80", `[1,[2,3]]`: "\x82\x01\x82\x02\x03", `{}`: "\xa0",
		`{"b":[2,3],"a":1,"aa":0}`: "\xa3\x61a\x01\x61b\x82\x02\x03\x62aa\x00",
	} {
		var value any
		require.NoError(t, json.Unmarshal([]byte(written), &value))
		d := datumOf(value)
		assert.Equal(t, want, string(appendCBOR(nil, &d)), written)
	}
	long := text(strings.Repeat("x", 300))
	assert.Equal(t, "\x79\x01\x2c"+long.text, string(appendCBOR(nil, &long)))
	members := object(map[string]datum{long.text: number(1), "b": number(2)})
	assert.Equal(t, "\xa2\x61b\x02\x79\x01\x2c"+long.text+"\x01", string(appendCBOR(nil, &members)))
}

func TestFractionalV3(t *testing.T) {
	document := `{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1, "y": 2, "d": 0}, "defaultVariant": "d", "targeting": {"fractional": %s}}}}`
	assign := func(f becket.Format, arguments string, subject becket.Subject) string {
		compiled, err := f.Decode([]byte(strings.Replace(document, "%s", arguments, 1)))
		require.NoError(t, err)
		return compiled.Evaluate("a", becket.KindInt, &subject, standing).Variant.Name
	}
	nobody, somebody := becket.NewSubject("", becket.Int("size", 5)), becket.NewSubject("user-1", becket.Int("age", 31))
	assert.Equal(t, "d", assign(FractionalV3, `[null, ["x", 1]]`, somebody), "null is not the targeting key")
	assert.Equal(t, "x", assign(Format, `[null, ["x", 1]]`, somebody))
	assert.Equal(t, "x", assign(FractionalV3, `[{"var": "size"}, ["x", 1]]`, nobody), "a number can be hashed")
	assert.Equal(t, "d", assign(Format, `[{"var": "age"}, ["x", 1]]`, somebody))
	assert.Equal(t, "d", assign(FractionalV3, `[["x", 1]]`, nobody), "without a targeting key")
	assert.Equal(t, "x", assign(FractionalV3, `[["x", 1]]`, somebody))
	moved := 0
	for i := range 100 {
		subject := becket.NewSubject("user-" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
		if assign(FractionalV3, `[["x", 1], ["y", 1]]`, subject) != assign(Format, `[["x", 1], ["y", 1]]`, subject) {
			moved++
		}
	}
	assert.InDelta(t, 50, moved, 20, "every subject is assigned anew")
	assert.NotEqual(t, Format.Name(), FractionalV3.Name())
}

func TestPlainTextIsTextThatJSONWritesUnchanged(t *testing.T) {
	for _, s := range []string{
		"", "a", "a b", "größe", "日本", "<", ">", "&", `"`, `\`, "\n", "\t", "\x00", "\x1f", "\x7f", "\u2028", "\u2029",
		"a\xff", "\ufffd", "'", "/", "😀",
	} {
		written, err := json.Marshal(s)
		require.NoError(t, err)
		assert.Equal(t, string(written) == `"`+s+`"`, plainText(s), "%q", s)
	}
}

func TestADocumentOverTheLimitIsRefused(t *testing.T) {
	_, err := Format.Decode(make([]byte, 64<<20+1))
	assert.ErrorIs(t, err, becket.ErrTooLarge)
}

// datumOf converts a value that encoding/json has decoded into an any.
func datumOf(value any) datum {
	written, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	d, err := parse(written)
	if err != nil {
		panic(err)
	}
	return d
}

func parsed(value any) *datum {
	d := datumOf(value)
	return &d
}
