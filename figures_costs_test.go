package becket

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/figuretest"
	"github.com/becketflags/becket/internal/match"
)

const pageOfFormats = "docs/formats.md"

var figuresOfCosts = []figure{
	{pageOfRulesets, "| evaluations that one check may take | 10,000 |", func(t *testing.T) {
		validUpTo(t, 10_000, func(n int) string { // the flag and "any" count as two of them
			return document(flagOf(`"rules":[{"serve":"on","if":{"any":[`+copies(n-2, comparison)+`]}}]`), "")
		})
	}},
	{pageOfRulesets, "- a flag or a segment: one; - each condition, also within `all`, `any` and `not`: one; " +
		"- a rule with `percent`, `ramp` or `layer`: one; - eight arms of a split: one;", func(t *testing.T) {
		assert.Equal(t, 1, costOf(t, `"f":{}`, ""))
		assert.Equal(t, 1, costOf(t, `"f":{"rules":[{"serve":"on"}]}`, ""), "a rule alone costs nothing")
		assert.Equal(t, 3, costOf(t, ruleOf(`"if":{"segment":"s"}`), `"s":{}`))
		assert.Equal(t, 2, costOf(t, ruleOf(`"if":`+comparison), ""))
		assert.Equal(t, 3, costOf(t, ruleOf(`"if":{"not":`+comparison+`}`), ""))
		assert.Equal(t, 5, costOf(t, ruleOf(`"if":{"any":[`+copies(3, comparison)+`]}`), ""))
		for _, gate := range []string{
			`"percent":5`, `"layer":{"name":"l","from":0,"to":5}`,
			`"ramp":{"steps":[{"at":"2026-12-01T09:00:00Z","percent":1}]}`,
		} {
			assert.Equal(t, 2, costOf(t, ruleOf(gate), ""), gate)
		}
		for arms, cost := range map[int]int{7: 1, 8: 2, 15: 2, 16: 3, 800: 101} {
			names, weights := copies(arms, `"%d":"v%d"`), copies(arms, `"%d":1`)
			split := `{"split":{` + weights + `}}`
			assert.Equal(t, cost, costOf(t, flagOf(`"variants":{`+names+`},"default":`+split), ""), "%d arms", arms)
			rule := flagOf(`"variants":{` + names + `},"default":"0","rules":[{"serve":` + split + `}]`)
			assert.Equal(t, cost, costOf(t, rule, ""), "%d arms in a rule", arms)
		}
	}},
	{pageOfRulesets, "each reference to another flag or segment: everything that the other one", func(t *testing.T) {
		segment := `"s":{"if":{"any":[` + copies(8, comparison) + `]}}`
		for references := range 5 {
			cost := costOf(t, ruleOf(`"if":{"any":[`+copies(references, `{"segment":"s"}`)+`]}`), segment)
			assert.Equal(t, 2+references*(1+10), cost, "%d references", references)
		}
	}},
	{pageOfRulesets, "as many as they take for a text of 32 bytes", func(t *testing.T) {
		flags := ruleOf(`"if":{"attribute":"a","contains":[` + copies(400, `"part-%d"`) + `]}`)
		c := &decodeFlags(t, flags, "", nil).flags.find("f").rules[0].conditions[0]
		// a step takes five nanoseconds, and an evaluation a tenth of a microsecond
		const stepsEach = 20
		assert.Equal(t, 2+c.effortOfText(32)/stepsEach, costOf(t, flags, ""))
	}},
	{pageOfRulesets, "So flags that require each other in a diamond, 28 levels deep, make one invalid flag",
		TestADiamondOfRequirementsIsOneBadFlag},
	{pageOfRulesets, "A check takes at most about a millisecond, for any document",
		figuretest.By(".", "TestNoDocumentAndNoAttributesMakeACheckLong")},
	{"SECURITY.md", "and a check takes at most about a millisecond",
		figuretest.By(".", "TestNoDocumentAndNoAttributesMakeACheckLong")},
	{pageOfRulesets, "an e-mail address in a pattern of 150 domains, or for a list of a thousand words",
		TestOrdinaryPatternsAndTextsAreWithinTheLimits},
	{pageOfRulesets, "while it runs, and has half a millisecond for them", func(t *testing.T) {
		// Half a millisecond is a hundred thousand steps, and a key takes one for each 16 bytes.
		rules := decodeFlags(t, ruleOf(`"percent":100`), "", nil)
		for steps, variant := range map[int]string{100_000: "on", 100_001: "off"} {
			subject := NewSubject(letters(16 * steps))
			assert.Equal(t, variant, variantName(rules.Evaluate("f", KindBool, &subject, nil)), steps)
		}
	}},
	{pageOfRulesets, "A text of more than 256 bytes is not an instant, version or address", func(t *testing.T) {
		for operator, text := range map[string]func(length int) string{
			`"after":"2020-01-01T00:00:00Z"`: func(n int) string {
				return "2026-01-01T00:00:00." + strings.Repeat("0", n-21) + "Z"
			},
			`"semver":">=1"`:       func(n int) string { return "2.0.0-" + letters(n-6) },
			`"cidr":"fe80::1/128"`: func(n int) string { return "fe80::1%" + letters(n-8) },
		} {
			rules := decodeFlags(t, ruleOf(`"if":{"attribute":"a",`+operator+`}`), "", nil)
			for length, variant := range map[int]string{256: "on", 257: "off"} {
				subject := NewSubject("u", String("a", text(length)))
				assert.Equal(t, variant, variantName(rules.Evaluate("f", KindBool, &subject, nil)), operator)
			}
		}
	}},
	{pageOfRulesets, "at most 40 bytes for each of its bytes plus 8 MiB; for a byte of a version " +
		"constraint it allocates at most 200 bytes",
		figuretest.By(".", "TestDecodingAHostileDocumentTakesMemoryAndTimeInProportionToItsSize")},
	{pageOfRulesets, "and for an instruction of a pattern 1,000",
		figuretest.By(".", "TestADocumentWithTooManyInstructionsOfPatternsIsRefused")},
	{pageOfFormats, "It abandons a `Decode` after ten seconds and ten microseconds per byte", func(t *testing.T) {
		for size, limit := range map[int]time.Duration{1: 10 * time.Second, 1_000_000: 20 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan struct{})
				began := time.Now()
				_, err := New(newScript(failing(errDown)), WithFormat(stuck{Native, free, false}),
					WithBootstrap(make([]byte, size)))
				require.ErrorIs(t, err, errFormatHangs)
				assert.Equal(t, limit, time.Since(began).Round(time.Second), "%d bytes", size)
				close(free)
			})
		}
	}},
	{pageOfFormats, "The copy costs three allocations per check, and a fourth where there are lists",
		figuretest.By(".", "TestCopiesForHooksAndFormatsAreMadeInFewAllocations")},
	{pageOfFormats, "The client passes no document above 64 MiB to a format",
		figuretest.By(".", "TestNoSourceAndNoFormatDecodesADocumentOverTheLimit")},
	{"docs/performance.md", "A key of up to 15 bytes and its length fit into two words", func(t *testing.T) {
		assert.Equal(t, 15, match.Exact)
		assert.EqualValues(t, 16, reflect.TypeFor[match.Fingerprint]().Size())
	}},
	{"docs/performance.md", "A subject has three words and an attribute four", func(t *testing.T) {
		word := reflect.TypeFor[uintptr]().Size()
		assert.Equal(t, 3*word, reflect.TypeFor[Subject]().Size())
		assert.Equal(t, 4*word, reflect.TypeFor[Attribute]().Size())
	}},
}

// comparison is a condition that counts as one evaluation.
const comparison = `{"attribute":"a","lt":1}`

// ruleOf is the flag "f" with one rule.
func ruleOf(fields string) string { return `"f":{"rules":[{` + fields + `,"serve":"on"}]}` }

// costOf returns how many evaluations the flag "f" counts as.
func costOf(t *testing.T, flags, segments string) int {
	t.Helper()
	rules := decodeFlags(t, flags, segments, nil)
	require.Empty(t, rules.Info().Bad)
	return int(rules.flags.find("f").placement.cost)
}
