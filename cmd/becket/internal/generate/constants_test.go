package generate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// generated returns the code for a native document.
func generated(t *testing.T, flags string) string {
	t.Helper()
	code, err := Go("flags", "", flagsOf(t, `{"schema": 1, "flags": `+flags+`}`))
	require.NoError(t, err)
	return string(code)
}

func TestVariantsGetConstantsByTheirTypes(t *testing.T) {
	code := generated(t, `{
		"theme": {"variants": {"dark": "#000", "light-2": "#fff"}, "default": "dark"},
		"limit": {"variants": {"low": 1, "high": 2}, "default": "low"},
		"spoken": {"variants": {"off": "no", "on": "yes"}, "default": "off"},
		"agreed": {"variants": {"no": false, "yes": true}, "default": "no"},
		"checkout": {}}`)
	names := compiled(t, []byte(code))
	for _, line := range []string{
		`	ThemeDark = "#000"`, `	ThemeVariantDark = "dark"`,
		`	ThemeLight2 = "#fff"`, `	ThemeVariantLight2 = "light-2"`,
		`	LimitVariantHigh = "high"`, `	SpokenOn = "yes"`,
		`	SpokenVariantOff = "off"`, `	AgreedVariantYes = "yes"`,
		`	// ThemeDark is the value of the variant "dark".`,
		`	// ThemeVariantDark is the name of the variant "dark".`,
	} {
		assert.Contains(t, code, line+"\n")
	}
	for _, name := range []string{"LimitHigh", "AgreedYes", "CheckoutVariantOn", "CheckoutOn"} {
		assert.NotContains(t, names, name)
	}
}

// A constant gives way, so that a new variant never changes the name of a handle or of a type.
func TestConstantsWithCollidingNamesAllGetOtherNames(t *testing.T) {
	code := generated(t, `{
		"theme":
			{"default": "x", "variants": {"dark": "a", "Dark": "b", "---": "c", "variant-x": "d", "x": "e", "+1": "f",
			"日": "g", "plain": "h"}},
		"hand": {"variants": {"les": "a", "!": "b"}, "default": "les"}, "theme-x": {}, "handles": {}}`)
	names := compiled(t, []byte(code))
	assert.Subset(t, names, []string{"ThemeX", "Theme", "Hand", "Theme1", "Theme日", "ThemePlain", "ThemeVariantPlain"})
	assert.Contains(t, code, `ThemeX = becket.BoolFlag{Key: "theme-x"}`)
	for _, name := range []string{"ThemeDark", "ThemeVariantDark", "ThemeVariantX"} {
		assert.NotContains(t, names, name, "names that two constants would get are given to neither")
	}
	constants := 0
	for _, name := range names {
		if strings.HasPrefix(name, "Theme_") || strings.HasPrefix(name, "Hand_") ||
			strings.HasPrefix(name, "Handles_") {
			constants++
		}
	}
	assert.Equal(t, 3, constants, "two variants without letters, and the flag that is called as the function")
}

func TestVariantsOfAFormatThatListsNoValuesGetOnlyNames(t *testing.T) {
	code, err := Go("flags", "", []Flag{{
		FlagInfo: becket.FlagInfo{Key: "f", Kind: becket.KindString, Variants: []string{"b", "a"}},
		Values:   []becket.Variant{{Name: "a", Value: becket.StringValue("x")}},
		Default:  "a",
	}})
	require.NoError(t, err)
	assert.Equal(t, []string{"F", "FVariantA", "FVariantB", "Handles"}, compiled(t, code))
}

func TestTheSameFlagsGiveTheSameCode(t *testing.T) {
	const flags = `{
		"a-b": {"variants": {"x": {"deep": {"y": 1}}, "z": {"deep": {"w": [1]}}}, "default": "x"},
		"a_b": {"variants": {"x": "1", "X": "2", "-": "3"}, "default": "x"},
		"a": {"variants": {"b": "1", "variant-b": "2"}, "default": "b"}}`
	first := generated(t, flags)
	for range 20 {
		require.Equal(t, first, generated(t, flags))
	}
}

func TestDifferencesNameTheFlags(t *testing.T) {
	before := generated(t, `{"theme": {"variants": {"a": "x", "b": "y"}, "default": "a"},
		"old": {"variants": {"a": "x"}, "default": "a"}, "kept": {},
		"box": {"variants": {"a": {"size": 1}}, "default": "a"},
		"limit": {"variants": {"a": 1}, "default": "a"}, "a-b": {}}`)
	after := generated(
		t,
		`{"theme": {"variants": {"a": "z", "c": "y"}, "default": "a"}, "new": {}, "kept": {"owner": "payments"},
		"box": {"variants": {"a": {"size": "big"}}, "default": "a"}, "limit": {"variants": {"a": 1.5}, "default": "a"},
		"a-b": {}, "a_b": {}}`,
	)
	assert.Nil(t, Differences([]byte(before), []byte(before)))
	got := Differences([]byte(before), []byte(after))
	for _, sentence := range []string{
		`the flag "new" is new`, `the flag "old" is gone`, `the default of the flag "theme" changes`,
		`the type of the flag "limit" changes from IntFlag to FloatFlag`, `the constant ThemeA changes`,
		`the constant ThemeC is new`, `the constant ThemeVariantB is gone`, `the type BoxValue changes`,
		`the description, the owner, the dates or the variants of the flag "kept" change`, `the flag "a_b" is new`,
	} {
		assert.Contains(t, got, sentence)
	}
	assert.NotContains(t, got, "the constant OldA is gone", "the flag is gone with its constants")
	assert.Regexp(t, `the handle of the flag "a-b" changes from AB to AB_[0-9a-f]{8}`, strings.Join(got, "\n"))

	for name, row := range map[string]struct{ from, to, want string }{
		"another package": {"package flags", "package shop", "the package changes from shop to flags"},
		"an added line": {"// Handles ", "// all of them\n//\n// Handles ", "only comments, " +
			"the order or the layout differ"},
		"other text": {"package flags", "# flags", "the file is not Go code: 3:1: illegal character U+0023 '#'"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(before, row.from, row.to, 1)
			got := Differences([]byte(changed), []byte(before))
			require.Len(t, got, 1)
			assert.True(t, strings.HasPrefix(got[0], row.want), got[0])
		})
	}
}
