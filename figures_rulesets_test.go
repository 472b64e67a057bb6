package becket

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const pageOfRulesets = "docs/ruleset.md"

var figuresOfRulesets = []figure{
	{pageOfRulesets, "| `revision` | integer from 0 to 2^53-1, absent: 0 |", func(t *testing.T) {
		for revision, good := range map[string]bool{
			"0": true, "9007199254740991": true, "9007199254740992": false, "-1": false,
		} {
			_, err := Native.Decode([]byte(`{"schema":1,"flags":{},"revision":` + revision + `}`))
			assert.Equal(t, good, err == nil, revision)
		}
		rules, err := Native.Decode([]byte(`{"schema":1,"flags":{}}`))
		require.NoError(t, err)
		assert.Zero(t, rules.Info().Revision)
	}},
	{pageOfRulesets, "The keys of flags and segments have 1 to 256 bytes", func(t *testing.T) {
		key := func(length int) string { return `"` + letters(length) + `":{}` }
		validUpTo(t, 256, func(n int) string { return document(key(n), "") })
		validUpTo(t, 256, func(n int) string { return document("", key(n)) })
		assert.NotEmpty(t, invalidIn(t, document(key(0), "")))
		assert.NotEmpty(t, invalidIn(t, document("", key(0))))
	}},
	{pageOfRulesets, "Integers range from -2^63 to 2^64-1", func(t *testing.T) {
		for number, good := range map[string]bool{
			"-9223372036854775808": true, "-9223372036854775809": false,
			"18446744073709551615": true, "18446744073709551616": false,
		} {
			invalid := invalidIn(t, document(`"f":{"variants":{"a":`+number+`},"default":"a"}`, ""))
			assert.Equal(t, good, len(invalid) == 0, number)
		}
	}},
	{pageOfRulesets, "`d` means 24 hours", func(t *testing.T) {
		rules := decodeFlags(t, flagOf(`"rules":[{"if":{"attribute":"a","newer_than":"2d"},"serve":"on"}]`), "", nil)
		now := time.Unix(1e9, 0)
		for age, variant := range map[time.Duration]string{48*time.Hour - 1: "on", 48 * time.Hour: "off"} {
			subject := NewSubject("u", Time("a", now.Add(-age)))
			assert.Equal(t, variant, variantName(rules.Evaluate("f", KindBool, &subject, MomentAt(now, 0))))
		}
	}},
	{pageOfRulesets, "`percent` | 0 to 100, any fraction", func(t *testing.T) {
		for percent, good := range map[string]bool{
			"0": true, "12.345": true, "100": true, "-0.001": false, "100.001": false,
		} {
			invalid := invalidIn(t, document(flagOf(`"rules":[{"serve":"on","percent":`+percent+`}]`), ""))
			assert.Equal(t, good, len(invalid) == 0, percent)
		}
	}},
	{pageOfRulesets, "or an array of 1 to 16 different attributes", func(t *testing.T) {
		validUpTo(t, 16, func(n int) string {
			return document(flagOf(`"rules":[{"serve":"on","percent":5,"by":[`+copies(n, `"a%d"`)+`]}]`), "")
		})
		assert.NotEmpty(t, invalidIn(t, document(flagOf(`"rules":[{"serve":"on","percent":5,"by":[]}]`), "")))
	}},
	{pageOfRulesets, "times of day, hours and minutes. Absent: `00:00` and `24:00`", func(t *testing.T) {
		rules := decodeFlags(t, flagOf(`"rules":[{"every":{"days":["mon"]},"serve":"on"}]`), "", nil)
		midnight := time.Date(2026, 12, 7, 0, 0, 0, 0, time.UTC) // a Monday
		subject := NewSubject("u")
		for after, variant := range map[time.Duration]string{
			-time.Second: "off", 0: "on", 24*time.Hour - time.Second: "on", 24 * time.Hour: "off",
		} {
			at := MomentAt(midnight.Add(after), 0)
			assert.Equal(t, variant, variantName(rules.Evaluate("f", KindBool, &subject, at)), after)
		}
	}},
	{pageOfRulesets, "A constraint has at most 512 bytes and 32 alternatives", func(t *testing.T) {
		constraint := func(text string) string {
			return document(flagOf(`"rules":[{"serve":"on","if":{"attribute":"a","semver":"`+text+`"}}]`), "")
		}
		validUpTo(t, 512, func(n int) string { return constraint("1.0" + strings.Repeat(" ", n-6) + "1.0") })
		validUpTo(t, 32, func(n int) string { return constraint(strings.Repeat("1||", n-1) + "1") })
	}},
	{pageOfRulesets, "it has more than 10,000 invalid flags and segments", func(t *testing.T) {
		invalid := func(n int) string { return document(copies(5000, `"%d":3`), copies(n-5000, `"%d":3`)) }
		assert.Len(t, invalidIn(t, invalid(10_000)), 10_000)
		_, err := Native.Decode([]byte(invalid(10_001)))
		require.Error(t, err)
	}},
	{pageOfRulesets, "| nested objects and arrays | 64 levels, including the document", func(t *testing.T) {
		lists := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
		// the document, its flags, the flag and its variants are four levels
		inFlag := func(n int) string {
			return document(flagOf(`"variants":{"a":`+lists(n-4)+`},"default":"a"`), "")
		}
		validUpTo(t, 64, inFlag)
		assert.Len(t, invalidIn(t, inFlag(65)), 1)
		refusedFrom(t, 65, func(n int) string { return `{"schema":1,"flags":{},"x-list":` + lists(n-1) + `}` })
	}},
	{pageOfRulesets, "beyond 10,000 levels, the document is refused in any case", func(t *testing.T) {
		refusedFrom(t, 10_001, func(n int) string {
			lists := strings.Repeat("[", n-4) + strings.Repeat("]", n-4)
			return document(flagOf(`"variants":{"a":`+lists+`},"default":"a"`), "")
		})
	}},
	{pageOfRulesets, "show up to 1 KiB of the key", func(t *testing.T) {
		for length, shown := range map[int]int{257: 257, 1024: 1024, 1025: 1024, 100_000: 1024} {
			invalid := invalidIn(t, document(`"`+letters(length)+`":{}`, ""))
			require.Len(t, invalid, 1)
			assert.Len(t, strings.TrimSuffix(invalid[0].Key, "…"), shown)
		}
	}},
	{pageOfRulesets, "| rules of a flag | 1,000 |", func(t *testing.T) {
		validUpTo(t, 1000, func(n int) string {
			return document(flagOf(`"rules":[`+copies(n, `{"serve":"on"}`)+`]`), "")
		})
	}},
	{pageOfRulesets, "| pattern of `matches` | 4 KiB |", func(t *testing.T) {
		validUpTo(t, 4096, func(n int) string { return matching(letters(n)) })
	}},
	{pageOfRulesets, "| instructions of a pattern | 5,000 |", func(t *testing.T) {
		repeated := func(n int) string { // a repetition has at most a thousand
			return matching(fmt.Sprintf("a{1000}b{1000}c{1000}d{1000}e{900}f{%d}", n-4900))
		}
		assert.Empty(t, invalidIn(t, repeated(4980)))
		assert.NotEmpty(t, invalidIn(t, repeated(5000)))
	}},
	{pageOfRulesets, "A Unicode class such as `\\pL` adds 40 to its letters", func(t *testing.T) {
		// 5000 instructions are 116 times 43 and a little more
		classes := func(n int) string { return matching(strings.Repeat(`\\pL`, n)) }
		assert.Empty(t, invalidIn(t, classes(116)))
		assert.NotEmpty(t, invalidIn(t, classes(117)))
	}},
	{pageOfRulesets, "| instructions of all different patterns of a document | 100,000 |", func(t *testing.T) {
		patterns := func(n int) string { // each of the first hundred thousand counts a little more
			const rule = `{"if":{"attribute":"a","matches":"a{990}%d"},"serve":"on"}`
			return document(copies(n, `"%d":{"rules":[`+rule+`]}`), "")
		}
		refusedAfter(t, 98, 101, patterns)
	}},
}

// document is a document of flags and segments.
func document(flags, segments string) string {
	return `{"schema":1,"flags":{` + flags + `},"segments":{` + segments + `}}`
}

// flagOf is a flag with the key "f".
func flagOf(fields string) string { return `"f":{` + fields + `}` }

func matching(pattern string) string {
	return document(flagOf(`"rules":[{"serve":"on","if":{"attribute":"a","matches":"`+pattern+`"}}]`), "")
}

// copies repeats a part with commas between. "%d" in it becomes the copy's number.
func copies(count int, part string) string {
	parts := make([]string, count)
	for i := range parts {
		parts[i] = strings.ReplaceAll(part, "%d", fmt.Sprint(i))
	}
	return strings.Join(parts, ",")
}

// invalidIn returns the invalid flags and segments of a document that is not refused.
func invalidIn(t *testing.T, document string) []Bad {
	t.Helper()
	rules, err := Native.Decode([]byte(document))
	require.NoError(t, err)
	return rules.Info().Bad
}

// validUpTo checks that the document is valid with most of something, and that one more makes a
// flag or segment invalid.
func validUpTo(t *testing.T, most int, document func(count int) string) {
	t.Helper()
	assert.Empty(t, invalidIn(t, document(most)))
	assert.Len(t, invalidIn(t, document(most+1)), 1)
}

// refusedFrom checks that the document is refused with that many of something, and not with one
// less.
func refusedFrom(t *testing.T, count int, document func(count int) string) {
	t.Helper()
	refusedAfter(t, count-1, count, document)
}

func refusedAfter(t *testing.T, accepted, refused int, document func(count int) string) {
	t.Helper()
	_, err := Native.Decode([]byte(document(accepted)))
	require.NoError(t, err)
	_, err = Native.Decode([]byte(document(refused)))
	require.Error(t, err)
}

// problemsOf returns the problems of an invalid flag or segment.
func problemsOf(bad *Bad) []error {
	joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](bad.Err)
	if !ok {
		return []error{bad.Err}
	}
	return joined.Unwrap()
}
