package becket

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOperatorsCountTheStepsForWhatTheyRead(t *testing.T) {
	t.Parallel()
	const length = 100
	for operator, steps := range map[string]int{
		`"contains":["ab","cd","ef"]`:                        3 * (2 + length/4),
		`"contains":["ab","cd","ef"],"ignore_case":true`:     3*(2+length/4) + 2*length,
		`"starts_with":["ab","cd","ef"]`:                     3,
		`"ends_with":["ab","cd","ef"],"ignore_case":true`:    3 + 2*length,
		`"cidr":["10.0.0.0/8","2001:db8::/32"]`:              10 + 2,
		`"semver":">=1"`:                                     10,
		`"before":"2026-01-01T00:00:00Z"`:                    10,
		`"starts_with":"` + letters(7) + `"`:                 1,
		`"matches":"^a(b|c)*d$"`:                             0, // see below
		`"matches":"^a(b|c)*d$","ignore_case":true`:          0,
		`"contains":"` + letters(7) + `","ignore_case":true`: 2 + length/4 + 2*length,
	} {
		rules := decodeFlags(t, ruleOf(`"if":{"attribute":"a",`+operator+`}`), "", nil)
		c := &rules.flags.find("f").rules[0].conditions[0]
		if c.rest != nil && c.rest.pattern != nil {
			steps = (length + 1) * 2 * c.rest.pattern.Effort
			assert.Positive(t, c.rest.pattern.Effort)
		}
		assert.Equal(t, steps, c.effortOfText(length), operator)
	}
	assert.Equal(t, math.MaxInt32, saturated(1<<20, 1<<20))
	assert.Equal(t, 1<<30, saturated(1<<20, 1<<10))
	assert.Zero(t, saturated(1<<20, 0))
	assert.Equal(t, 1+1+9000, costOf(t, ruleOf(`"if":{"attribute":"a","contains":[`+copies(50_000, `"a%d"`)+`]}`), ""),
		"one operator counts as 9,000 evaluations at most")
}

func TestStepsAreSpentUntilNoneIsLeft(t *testing.T) {
	t.Parallel()
	var spent effort
	require.True(t, spent.spend(99_999))
	require.True(t, spent.spend(1), "the last one")
	require.False(t, spent.spend(1))
	spent = 0
	require.False(t, spent.spend(100_001))
	require.False(t, spent.spend(1), "nothing is left of it")

	spent = 0
	require.True(t, spent.hashing(letters(256)))
	assert.Zero(t, spent, "short texts are free")
	require.True(t, spent.hashing(letters(257)))
	assert.EqualValues(t, 16, spent)
}
