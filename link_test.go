package becket

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decodeFlags decodes a document with these flags, after the rules that were served before, if any.
func decodeFlags(t testing.TB, flags, segments string, previous Rules) *ruleset {
	t.Helper()
	rules, err := Native.Decode(fmt.Appendf(nil, `{"schema":1,"flags":{%s},"segments":{%s}}`, flags, segments))
	require.NoError(t, err)
	kept, ok := rules.(Keeper).Keep(previous).(*ruleset)
	require.True(t, ok)
	return kept
}

// answer evaluates a flag for a subject that has a key and a country.
func answer(rules Rules, flag string) Result {
	subject := NewSubject("user-1", String("country", "DE"))
	return rules.Evaluate(flag, KindAny, &subject, MomentAt(time.Unix(0, 0), 0))
}

func variantName(r Result) string {
	if r.Variant == nil {
		return ""
	}
	return r.Variant.Name
}

func TestABadFlagDoesNotStopTheOthers(t *testing.T) {
	rules := decodeFlags(t, `"bad": {"rules": [{"percnt": 5, "serve": "on"}]}, "good": {"default": "on"}`, ``, nil)

	assert.Equal(t, "on", variantName(answer(rules, "good")))
	r := answer(rules, "bad")
	assert.Nil(t, r.Variant)
	assert.Equal(t, CodeParseError, r.Err.Code)
	require.Len(t, rules.Info().Bad, 1)
	assert.EqualError(t, rules.Info().Bad[0],
		`becket: flags.bad.rules[0] at 1:41: unknown field "percnt" (did you mean "percent"?)`)
}

func TestEveryErrorOfAFlagIsReported(t *testing.T) {
	rules := decodeFlags(t,
		`"bad": {"enabled": 1, "of": "on", "rules": [{"if": {"attribute": "a", "lt": "x"}, "serve": "on"}]}`, ``, nil)

	text := rules.Info().Bad[0].Error()
	assert.Contains(t, text, "flags.bad.enabled")
	assert.Contains(t, text, `unknown field "of" (did you mean "off"?)`)
	assert.Contains(t, text, "flags.bad.rules[0].if.lt")
}

func TestABadFlagKeepsItsEarlierDefinition(t *testing.T) {
	first := decodeFlags(t, `"a": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]}`, `"s": {"include": ["user-1"]}`,
		nil)
	second := decodeFlags(t, `"a": {"rules": 7}`, `"s": {"include": ["user-2"]}`, first)
	assert.Equal(t, "off", variantName(answer(second, "a")), "the earlier definition uses the present segment")
	require.Len(t, second.Info().Bad, 1)
	assert.True(t, second.Info().Bad[0].Kept)
	info, ok := second.Flag("a")
	require.True(t, ok)
	assert.True(t, info.Kept)
	require.ErrorContains(t, info.Err, "flags.a.rules")

	third := decodeFlags(t, `"a": {"rules": 7}`, ``, second)
	r := answer(third, "a")
	assert.Equal(t, "off", variantName(r), "the segment is gone, so it is not met")
	assert.Nil(t, r.Err)

	fourth := decodeFlags(t, `"a": {"default": "on"}`, ``, third)
	assert.Equal(t, "on", variantName(answer(fourth, "a")))
	assert.Empty(t, fourth.Info().Bad)
}

func TestAKeptRequirementOnARemovedFlagIsNotMet(t *testing.T) {
	first := decodeFlags(t, `"a": {"requires": [{"flag": "b", "in": ["off"]}], "default": "on"}, "b": {}`, ``, nil)
	require.Equal(t, "on", variantName(answer(first, "a")))

	second := decodeFlags(t, `"a": null`, ``, first)
	r := answer(second, "a")
	assert.Equal(t, ReasonPrerequisiteFailed, r.Reason)
	assert.Equal(t, "off", variantName(r))
}

func TestABadSegmentMakesItsFlagsBadUnlessItsEarlierDefinitionIsKnown(t *testing.T) {
	const flags = `"a": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]}, "b": {"default": "on"}`
	alone := decodeFlags(t, flags, `"s": {"includes": []}`, nil)
	assert.Equal(t, CodeParseError, answer(alone, "a").Err.Code)
	assert.Equal(t, "on", variantName(answer(alone, "b")))
	assert.Len(t, alone.Info().Bad, 2)

	earlier := decodeFlags(t, flags, `"s": {"include": ["user-1"]}`, nil)
	kept := decodeFlags(t, flags, `"s": {"includes": []}`, earlier)
	assert.Equal(t, "on", variantName(answer(kept, "a")))
	require.Len(t, kept.Info().Bad, 1)
	assert.Equal(t, "segments", kept.Info().Bad[0].Section)
}

func TestOnlyFlagsInACycleAreBad(t *testing.T) {
	rules := decodeFlags(t, `
		"a": {"requires": [{"flag": "b", "in": ["on"]}]},
		"b": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]},
		"self": {"requires": [{"flag": "self", "in": ["on"]}]},
		"outside": {"requires": [{"flag": "a", "in": ["on"]}], "default": "on"}`,
		`"s": {"if": {"flag": "a", "in": ["on"]}}`, nil)

	for _, key := range []string{"a", "b", "self"} {
		require.NotNil(t, answer(rules, key).Err, key)
		assert.ErrorContains(t, answer(rules, key).Err, "cycle", key)
	}
	r := answer(rules, "outside")
	assert.Nil(t, r.Err)
	assert.Equal(t, ReasonPrerequisiteFailed, r.Reason)
}

func TestAKeptDefinitionMustNotCloseACycle(t *testing.T) {
	first := decodeFlags(t, `"a": {"requires": [{"flag": "b", "in": ["on"]}], "default": "on"}, "b": {"default": "on"}`,
		``, nil)
	second := decodeFlags(t, `"a": 1, "b": {"requires": [{"flag": "a", "in": ["on"]}], "default": "on"}`, ``, first)

	assert.NotNil(t, answer(second, "a").Err)
	r := answer(second, "b")
	assert.Nil(t, r.Err)
	assert.Equal(t, "on", variantName(r), "the present definition is part of the cycle, so the earlier one is kept")
}

func TestADiamondOfRequirementsIsOneBadFlag(t *testing.T) {
	var flags strings.Builder
	for level := range 28 {
		fmt.Fprintf(&flags,
			`"f%d": {"default": "on", "requires": [{"flag": "f%d", "in": ["on"]}, {"flag": "f%d", "in": ["on"]}]},`,
			level, level+1, level+1)
	}
	flags.WriteString(`"f28": {"default": "on"}`)
	rules := decodeFlags(t, flags.String(), ``, nil)

	assert.Equal(t, "on", variantName(answer(rules, "f16")), "2^13 - 1 evaluations are allowed")
	assert.ErrorContains(t, answer(rules, "f15").Err, "10000 evaluations")
	assert.Nil(t, answer(rules, "f0").Err, "f0 asks bad flags only, which cost nothing")
	assert.Equal(t, ReasonPrerequisiteFailed, answer(rules, "f0").Reason)
}

func TestAChainOfTenThousandFlagsIsEvaluated(t *testing.T) {
	const length = 10_000
	var flags strings.Builder
	for i := range length {
		fmt.Fprintf(&flags, `"f%05d": {"default": "on", "requires": [{"flag": "f%05d", "in": ["on"]}]},`, i, i+1)
	}
	fmt.Fprintf(&flags, `"f%05d": {"default": "on"}`, length)
	rules := decodeFlags(t, flags.String(), ``, nil)

	assert.Equal(t, "on", variantName(answer(rules, "f00001")))
	assert.ErrorContains(t, answer(rules, "f00000").Err, "10000 evaluations")
}

func TestAMissingReferenceIsReportedForTheFlagThatRefers(t *testing.T) {
	rules := decodeFlags(t, `
		"a": {"rules": [{"if": {"all": [{"not": {"segment": "stuff"}}]}, "serve": "on"}]},
		"b": {"requires": [{"flag": "aa", "in": ["on"]}]}`, `"staff": {}`, nil)

	assert.ErrorContains(t, answer(rules, "a").Err,
		`flags.a.rules[0].if.all[0].not at 2:43: there is no segment "stuff" (did you mean "staff"?)`)
	assert.ErrorContains(t, answer(rules, "b").Err, `flags.b.requires[0] at 3:22: there is no flag "aa"`)
}

func TestAFlagDefinedTwiceIsInvalid(t *testing.T) {
	rules := decodeFlags(t, `"a": {"default": "on"}, "b": {}, "a": {"default": "off"}`, ``, nil)
	assert.ErrorContains(t, answer(rules, "a").Err, `"a" occurs twice`)
	assert.Nil(t, answer(rules, "b").Err)
}

func TestAFlagDependsOnTimeThroughItsReferences(t *testing.T) {
	rules := decodeFlags(t, `
		"a": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]},
		"timed": {"rules": [{"from": "2026-01-01T00:00:00Z", "serve": "on"}]}`,
		`"s": {"if": {"flag": "timed", "in": ["on"]}}`, nil)
	subject := NewSubject("user-1")
	for year, want := range map[int]string{2025: "off", 2026: "on"} {
		at := MomentAt(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC), 0)
		assert.Equal(t, want, variantName(rules.Evaluate("a", KindBool, &subject, at)), year)
	}
}

func TestAMillionBadFlagsAreRefusedBeforeTheyCostMemory(t *testing.T) {
	document := []byte(`{"schema":1,"flags":{`)
	for i := range 1_000_000 {
		document = fmt.Appendf(document, "\"%d\":0,\n", i)
	}
	document = append(document[:len(document)-2], "}}"...)

	_, err := Native.Decode(document)
	require.EqualError(t, err, `becket: flags at 10001:1: more than 10000 flags and segments are invalid`)
}

func TestFlagsThatAreNotValidHaveNoVariants(t *testing.T) {
	t.Parallel()
	rules := decodeFlags(t, `"f":{},"bad":{"enabled":3}`, "", nil)
	assert.Len(t, rules.Variants("f"), 2)
	assert.Empty(t, rules.Variants("bad"))
	assert.Empty(t, rules.Variants("none"))
}

func TestAReferenceIsComparedWithAtMostAThousandNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		flags, segments  int
		toFlag, suggests bool
	}{
		{10, 10, true, true},
		{10, 10, false, true},
		{1100, 10, true, false},
		{1100, 10, false, true},
		{10, 1100, true, true},
		{10, 1100, false, false},
	} {
		var flags, segments []string
		for i := range test.flags {
			flags = append(flags, fmt.Sprintf(`"flag-%d": {"default": "on"}`, 1000+i))
		}
		for i := range test.segments {
			segments = append(segments, fmt.Sprintf(`"segment-%d": {"include": ["a"]}`, 1000+i))
		}
		reference := `"bad": {"rules": [{"if": {"segment": "segmnt-1001"}, "serve": "on"}]}`
		if test.toFlag {
			reference = `"bad": {"requires": [{"flag": "flg-1001", "in": ["on"]}], "default": "on"}`
		}
		flags = append(flags, reference)
		rules := decodeFlags(t, strings.Join(flags, ","), strings.Join(segments, ","), nil)
		require.Len(t, rules.Info().Bad, 1)
		text := rules.Info().Bad[0].Error()
		assert.Equal(t, test.suggests, strings.Contains(text, "did you mean"), "%+v: %s", test, text)
	}
}

// A flag whose rules have only one test each is decided on a shorter way.
func TestARuleWithAShareAWindowOrASplitIsDecidedByMoreThanItsTest(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{
		"a share":  `"percent": 0, "serve": "on"`,
		"a window": `"until": "1965-01-01T00:00:00Z", "serve": "on"`,
		"a ramp":   `"ramp": {"steps": [{"at": "2100-01-01T00:00:00Z", "percent": 100}]}, "serve": "on"`,
		"a split":  `"serve": {"split": {"off": 1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flag := `"a": {"rules": [{"if": {"attribute": "country", "in": ["DE"]}, ` + rule + `}], "default": "off"}`
			rules := decodeFlags(t, flag, ``, nil)
			require.Empty(t, rules.Info().Bad)
			assert.Equal(t, "off", variantName(answer(rules, "a")))
			clock := func() time.Time { return time.Unix(0, 0) }
			view := View{newSnapshot(rules, TierNetwork, clock, nil), NewSubject("user-1", String("country", "DE"))}
			assert.False(t, view.Enabled("a"))
		})
	}
}
