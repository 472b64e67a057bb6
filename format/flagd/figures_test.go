package flagd

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/figuretest"
)

const (
	pageOfFormats = "docs/formats.md"
	pageOfFaults  = "docs/reliability.md"
)

// Each row quotes a page and holds the behaviour. The numbers are written out, so that a change of
// the code or of the page alone fails.
func TestTheFiguresOfThePagesAboutFlagdHold(t *testing.T) {
	for _, row := range []struct {
		page, words string
		holds       func(t *testing.T)
	}{
		{"docs/moving.md", "So does a rule that is nested more than 500 levels deep", func(t *testing.T) {
			reasons := map[int]becket.Reason{499: becket.ReasonTargetingMatch, 500: becket.ReasonError}
			for depth, reason := range reasons {
				rules := load(t, `{"flags": {"a": {"state": "ENABLED", "variants": {"true": 1, "false": 2},
					"defaultVariant": "true", "targeting": `+nested(depth, "1")+`}}}`)
				subject := becket.NewSubject("u")
				assert.Equal(t, reason, rules.Evaluate("a", becket.KindAny, &subject, nil).Reason, depth)
			}
		}},
		{pageOfFormats, "flagd's format records 100 per flag and 1,000 per document", func(t *testing.T) {
			flag := func(warnings int) string {
				variants := make([]string, warnings)
				for i := range variants {
					variants[i] = `"` + strings.Repeat("v", i+1) + `": null`
				}
				return `"` + strings.Repeat("f", warnings) + `": {"state": "ENABLED", "variants": {` +
					strings.Join(variants, ",") + `}}`
			}
			warnings := func(flags ...string) int {
				return len(load(t, `{"flags": {`+strings.Join(flags, ",")+`}}`).Info().Warnings)
			}
			require.Equal(t, 99, warnings(flag(98)), "one is about the default")
			assert.LessOrEqual(t, warnings(flag(300)), 101, "a hundred and how many more there are")
			assert.GreaterOrEqual(t, warnings(flag(300)), 100)
			many := make([]string, 30)
			for i := range many {
				many[i] = flag(50 + i)
			}
			assert.LessOrEqual(t, warnings(many...), 1001, "a thousand and how many more there are")
			assert.GreaterOrEqual(t, warnings(many...), 1000)
		}},
		{pageOfFormats, "A flagd document takes at most 40 bytes per byte and a mebibyte",
			figuretest.By("format/flagd", "TestDecodingTakesMemoryAndTimeInProportionToTheDocument")},
		{pageOfFaults, "Decoding a flagd document takes memory and time in proportion to its size, at most 40 bytes per byte",
			figuretest.By("format/flagd", "TestDecodingTakesMemoryAndTimeInProportionToTheDocument")},
		{pageOfFaults, "Decoding a ConfigCat document takes memory and time in proportion to its size, at most 80 bytes per",
			figuretest.By("format/configcat", "TestDecodingTakesMemoryAndTimeInProportionToTheDocument")},
		{pageOfFaults, "A check of a flagd rule takes at most a millisecond",
			figuretest.By("format/flagd", "TestHostileRulesTakeBoundedTimeAndMemory")},
		{pageOfFaults, "A check of a ConfigCat setting takes at most a millisecond",
			figuretest.By("format/configcat", "TestHostileConditionsTakeBoundedTimeAndMemory")},
	} {
		t.Run(row.words, func(t *testing.T) {
			figuretest.Says(t, row.page, row.words)
			row.holds(t)
		})
	}
}
