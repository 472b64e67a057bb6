package becket

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// succession decodes documents one after another. Each may use the definitions of the rules before
// it.
func succession(t *testing.T, documents ...string) *ruleset {
	t.Helper()
	var served Rules
	for _, document := range documents {
		rules, err := decodeNative([]byte(document), 1)
		require.NoError(t, err)
		keeper, ok := rules.(Keeper)
		require.True(t, ok)
		served = keeper.Keep(served)
	}
	native, ok := served.(*ruleset)
	require.True(t, ok)
	return native
}

func TestADefinitionIsKeptFromRulesWhoseKeepWasNotCalled(t *testing.T) {
	t.Parallel()
	first, err := Native.Decode([]byte(`{"schema": 1, "flags": {"f": {"default": "on"}}}`))
	require.NoError(t, err)
	second, err := Native.Decode([]byte(`{"schema": 1, "flags": {"f": {"default": "onn"}}}`))
	require.NoError(t, err)
	keeper, ok := second.(Keeper)
	require.True(t, ok)
	r := keeper.Keep(first).Evaluate("f", KindBool, &Subject{}, MomentAt(time.Unix(0, 0), 0))
	require.Nil(t, r.Err)
	assert.Equal(t, "on", r.Variant.Name)
}

func TestACycleRemovesNoKeptDefinition(t *testing.T) {
	t.Parallel()
	subject := NewSubject("u")
	rules := succession(t,
		`{"schema": 1, "flags": {
			"a": {"requires": [{"flag": "b", "in": "on"}], "default": "on"}, "b": {"default": "on"},
				"c": {"default": "on"}}}`,
		`{"schema": 1, "flags": {"a": {"x": 1},
			"b": {"requires": [{"flag": "a", "in": "on"}, {"flag": "c", "in": "on"}], "default": "on"},
			"c": {"requires": [{"flag": "b", "in": "on"}], "default": "on"}}}`)
	for _, flag := range []string{"a", "b", "c"} {
		r := rules.Evaluate(flag, KindBool, &subject, MomentAt(time.Unix(0, 0), 0))
		require.Nil(t, r.Err, flag)
		assert.Equal(t, "on", r.Variant.Name, flag)
	}
	require.Len(t, rules.Info().Bad, 3)

	rules = succession(t,
		`{"schema": 1, "flags": {"c": {"rules": [{"if": {"flag": "new", "in": ["on"]}, "serve": "on"}]}, "new": {}}}`,
		`{"schema": 1, "segments": {"s": {"if": {"not": {"flag": "c", "in": ["on"]}}}}, "flags": {"c": {"x": 1},
			"new": {"requires": [{"flag": "new", "in": "on"}], "rules": [{"if": {"segment": "s"}, "serve": "on"}]},
			"of s": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]}}}`)
	var bad []string
	for _, b := range rules.Info().Bad {
		bad = append(bad, b.Key)
		assert.True(t, b.Kept, b.Key)
	}
	assert.Equal(t, []string{"c", "new"}, bad, "the present segment is valid")
	r := rules.Evaluate("of s", KindBool, &subject, MomentAt(time.Unix(0, 0), 0))
	require.Nil(t, r.Err)
	assert.Equal(t, "on", r.Variant.Name)
}

func TestAFlagCanBeSwitchedOffBesideABrokenSegment(t *testing.T) {
	t.Parallel()
	const first = `{"schema": 1, "segments": {"s": {"include": ["u"]}, "of s": {"if": {"segment": "s"}}}, "flags": {
		"f": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]},
			"g": {"rules": [{"if": {"segment": "of s"}, "serve": "on"}]}}}`
	for name, broken := range map[string]string{
		"refers to nothing":      `{"if": {"segment": "gone"}}`,
		"is on a cycle":          `{"if": {"segment": "s"}}`,
		"cannot be read":         `{"if": {"attribute": "a", "matchez": "x"}}`,
		"refers to a bad one":    `{"if": {"segment": "bad"}}`,
		"refers to one that has": `{"if": {"segment": "dangles"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := succession(t, first, `{"schema": 1, "segments": {
				"s": `+broken+`, "of s": {"if": {"segment": "s"}},
				"bad": {"x": 1}, "dangles": {"if": {"segment": "nowhere"}}}, "flags": {
				"f": {"enabled": false, "rules": [{"if": {"segment": "s"}, "serve": "on"}]},
				"g": {"rules": [{"if": {"segment": "of s"}, "serve": "on"}], "description": "today's"},
				"new": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]}}}`)
			subject := NewSubject("u")
			ask := func(flag string) Result {
				return rules.Evaluate(flag, KindBool, &subject, MomentAt(time.Unix(0, 0), 0))
			}

			assert.Equal(t, ReasonDisabled, ask("f").Reason)
			assert.Equal(t, "off", ask("f").Variant.Name)
			for _, flag := range []string{"g", "new"} {
				r := ask(flag)
				require.Nil(t, r.Err, flag)
				assert.Equal(t, "on", r.Variant.Name, "%s uses the segment's last definition", flag)
				info, _ := rules.Flag(flag)
				assert.False(t, info.Kept, "%s is itself today's", flag)
			}
			kept := map[string]bool{}
			for _, bad := range rules.Info().Bad {
				kept[bad.Section+" "+bad.Key] = bad.Kept
			}
			assert.True(t, kept["segments s"])
			assert.NotContains(t, kept, "flags f")
			assert.NotContains(t, kept, "segments of s")
		})
	}
}

func TestABadSegmentWithoutAnEarlierDefinitionMakesItsUsersBad(t *testing.T) {
	t.Parallel()
	rules := succession(t, `{"schema": 1, "flags": {"f": {"default": "on"}}}`,
		`{"schema": 1, "segments": {"s": {"if": {"segment": "gone"}}, "of s": {"if": {"segment": "s"}}}, "flags": {
			"f": {"rules": [{"if": {"segment": "of s"}, "serve": "on"}]},
			"new": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]}}}`)
	subject := NewSubject("u")
	r := rules.Evaluate("f", KindBool, &subject, MomentAt(time.Unix(0, 0), 0))
	require.Nil(t, r.Err)
	assert.Equal(t, "on", r.Variant.Name, "the flag has its earlier definition")
	r = rules.Evaluate("new", KindBool, &subject, MomentAt(time.Unix(0, 0), 0))
	assert.Equal(t, CodeParseError, r.Err.Code)
}

func TestAKeptFlagIsEvaluatedWhenItsSegmentReturnsInvalid(t *testing.T) {
	t.Parallel()
	const broken = `"f": {"rules": [{"if": {"attribute": "a", "matchez": "x"}, "serve": "on"}]}`
	rules := succession(t,
		`{"schema": 1, "segments": {"s": {"include": ["u"]}}, "flags": {
			"f": {"rules": [{"if": {"not": {"segment": "s"}}, "serve": "off"}], "default": "on"}}}`,
		`{"schema": 1, "flags": {`+broken+`}}`,
		`{"schema": 1, "segments": {"s": {"if": {"segment": "gone"}}}, "flags": {`+broken+`}}`,
		`{"schema": 1, "segments": {"s": {"unknown": 1}}, "flags": {`+broken+`}}`)
	subject := NewSubject("somebody")
	r := rules.Evaluate("f", KindBool, &subject, MomentAt(time.Unix(0, 0), 0))
	require.Nil(t, r.Err)
	assert.Equal(t, "on", r.Variant.Name, "an invalid segment is unknown, and its negation is, too")
}

func TestLongChainsOfBadSegmentsAreResolvedInAFewRounds(t *testing.T) {
	t.Parallel()
	const length = 3000
	chain := func(first string) string {
		segments := []string{`"s0": ` + first}
		for i := 1; i < length; i++ {
			segments = append(segments, fmt.Sprintf(`"s%d": {"if": {"segment": "s%d"}}`, i, i-1))
		}
		return `{"schema": 1, "segments": {` + strings.Join(segments, ",") + `},
			"flags": {"f": {"rules": [{"if": {"segment": "s2999"}, "serve": "on"}]}}}`
	}
	rules := succession(t, chain(`{"include": ["u"]}`), chain(`{"if": {"segment": "gone"}}`))
	subject := NewSubject("u")
	r := rules.Evaluate("f", KindBool, &subject, MomentAt(time.Unix(0, 0), 0))
	require.Nil(t, r.Err)
	assert.Equal(t, "on", r.Variant.Name)
	assert.Len(t, rules.Info().Bad, 1)

	rules = succession(t, `{"schema": 1, "flags": {"f": {"default": "on"}}}`, chain(`{"if": {"segment": "gone"}}`))
	assert.Len(t, rules.Info().Bad, length+1)
}
