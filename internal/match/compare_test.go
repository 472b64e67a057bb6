package match

import (
	"cmp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVersionsAreOrderedBySemVersPrecedence(t *testing.T) {
	t.Parallel()
	ordered := []string{
		"0.0.0-0", "0.0.0", "0.0.1", "0.1.0", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-99999999999999999999",
		"1.0.0-100000000000000000000", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
		"1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
		"18446744073709551600.0.0",
	}
	for i, a := range ordered {
		v, ok := ParseVersion(a)
		require.True(t, ok, a)
		for j, b := range ordered {
			w, ok := ParseVersion(b + "+build.007")
			require.True(t, ok, b)
			assert.Equal(t, cmp.Compare(i, j), v.Compare(w), "%s, %s", a, b)
		}
	}
}

func TestVersionsAreReadStrictlyOrLoosely(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text          string
		strict, loose bool
		want          Version
	}{
		{"1.2.3", true, true, Version{1, 2, 3, ""}},
		{"1.2.3-rc.1+b.01", true, true, Version{1, 2, 3, "rc.1"}},
		{"1.2.3+a-b", true, true, Version{1, 2, 3, ""}},
		{"v1.2.3", false, true, Version{1, 2, 3, ""}},
		{"V2", false, true, Version{2, 0, 0, ""}},
		{"2.9", false, true, Version{2, 9, 0, ""}},
		{"2.9-rc", false, true, Version{2, 9, 0, "rc"}},
		{"2+b", false, true, Version{2, 0, 0, ""}},
		{"1.2.3.4", false, false, Version{}},
		{"01.2.3", false, true, Version{1, 2, 3, ""}},
		{"1.02.3", false, true, Version{1, 2, 3, ""}},
		{"2026.04.1", false, true, Version{2026, 4, 1, ""}},
		{"1.2.", false, false, Version{}},
		{"", false, false, Version{}},
		{"v", false, false, Version{}},
		{"vv1", false, false, Version{}},
		{"1.2.x", false, false, Version{}},
		{"1.2.3-", false, false, Version{}},
		{"1.2.3-a..b", false, false, Version{}},
		{"1.2.3-01", false, false, Version{}},
		{"1.2.3-a_b", false, false, Version{}},
		{"1.2.3+", false, false, Version{}},
		{"1.2.3+a+b", false, false, Version{}},
		{"1.2.3rc", false, false, Version{}},
		{"18446744073709551616.0.0", false, false, Version{}},
		{" 1.2.3", false, false, Version{}},
	} {
		v, ok := ParseVersion(test.text)
		assert.Equal(t, test.strict, ok, test.text)
		if ok {
			assert.Equal(t, test.want, v, test.text)
		}
		v, ok = ParseLooseVersion(test.text)
		assert.Equal(t, test.loose, ok, test.text)
		if ok {
			assert.Equal(t, test.want, v, test.text)
		}
	}
}

func TestFoldedTextsAreEqualWhenUnicodeFoldsThemToEachOther(t *testing.T) {
	t.Parallel()
	fold := func(s string) string { return string(AppendFold(nil, s)) }
	for _, pair := range [][2]string{
		{"straße", "STRASSE"}, {"k", "\u212a"}, {"s", "ſ"}, {"σ", "ς"}, {"Ångström", "ångström"}, {"ǅ", "ǆ"},
		{"abc", "ABC"}, {"abc", "abd"}, {"", ""}, {"a\xff", "A\xff"}, {"a\xff", "A\ufffd"}, {"@[`{", "`{@["},
		{"İ", "i"},
	} {
		assert.Equal(t,
			strings.EqualFold(pair[0], pair[1]) && !strings.Contains(pair[0]+pair[1], "\xff") ||
				pair[0] == "a\xff" && pair[1] == "A\xff",
			fold(pair[0]) == fold(pair[1]), "%q, %q", pair[0], pair[1])
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		next := unicode.SimpleFold(r)
		if next != r && !assert.Equal(t, fold(string(r)), fold(string(next)), "%U, %U", r, next) {
			break
		}
	}
	assert.Equal(t, "beforeABC", string(AppendFold([]byte("before"), "abc")))
}

func TestInstantsAreStrictRFC3339(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026-11-15T12:00:00Z":           time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC),
		"2026-11-15T12:00:00.000000001Z": time.Date(2026, 11, 15, 12, 0, 0, 1, time.UTC),
		"2026-11-15T12:00:00+02:00":      time.Date(2026, 11, 15, 10, 0, 0, 0, time.UTC),
		"2026-11-15T12:00:00.5-23:59":    time.Date(2026, 11, 16, 11, 59, 0, 500_000_000, time.UTC),
		"0001-01-01T00:00:00Z":           {},
		"9999-12-31T23:59:59.999999999Z": time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		"2024-02-29T00:00:00Z":           time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
	} {
		i, ok := ParseInstant(text)
		require.True(t, ok, text)
		assert.Equal(t, want, i.Time(), text)
		assert.Equal(t, InstantOf(want), i, text)
	}
	for _, text := range []string{
		"", "2026-11-15", "2026-11-15T12:00:00", "2026-11-15 12:00:00Z", "2026-11-15T1:00:00Z",
		"2026-11-15T12:00:00,5Z", "2026-11-15T12:00:00+24:00", "2026-11-15T12:00:00+02:60", "2026-02-29T00:00:00Z",
		"2026-11-15T25:00:00Z", "2026-11-15T12:00:00.Z", "tomorrow, at noon sharp",
	} {
		_, ok := ParseInstant(text)
		assert.False(t, ok, text)
	}
}

func TestInstantsCompareAndSubtract(t *testing.T) {
	t.Parallel()
	early, late := Instant{-1, 999_999_999}, Instant{0, 1}
	assert.True(t, early.Before(late))
	assert.False(t, late.Before(early))
	assert.False(t, late.Before(late))
	assert.True(t, Instant{5, 1}.Before(Instant{5, 2}))
	assert.InDelta(t, 2e-9, late.Sub(early), 1e-15)
	assert.Equal(t, -1.5, Instant{1, 0}.Sub(Instant{2, 500_000_000}))
}

func TestFoldingMakesNoTextLonger(t *testing.T) {
	t.Parallel()
	for r := range unicode.MaxRune + 1 {
		text := string(r)
		if folded := AppendFold(nil, text); len(folded) > len(text) {
			t.Fatalf("%q becomes %q", text, folded)
		}
	}
	assert.Equal(t, "\xff\xc3A", string(AppendFold(nil, "\xff\xc3a")), "bytes that are not UTF-8 stay")
}
