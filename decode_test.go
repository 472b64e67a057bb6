package becket

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Equal parts of a document are stored once. In these documents, equal texts have different
// meanings, which must not be mixed up.
func TestEqualPartsOfADocumentKeepTheirOwnMeaning(t *testing.T) {
	rules := decodeFlags(t, `
		"base": {"default": "on"},
		"country": {"rules": [{"if": {"attribute": "country", "in": ["on"]}, "serve": "on"}]},
		"flag": {"rules": [{"if": {"flag": "base", "in": ["on"]}, "serve": "on"}]},
		"flag, operand first": {"rules": [{"if": {"in": ["on"], "flag": "base"}, "serve": "on"}]},
		"folded": {"rules": [{"if": {"attribute": "country", "in": ["de"], "ignore_case": true}, "serve": "on"}]},
		"not folded": {"rules": [{"if": {"attribute": "country", "in": ["de"]}, "serve": "on"}]},
		"folded, said first": {"rules": [{"if": {"ignore_case": true, "in": ["de"], "attribute": "country"},
			"serve": "on"}]},
		"negated": {"rules": [{"if": {"attribute": "country", "not_in": ["de"]}, "serve": "on"}]},
		"texts": {"rules": [{"if": {"attribute": "country", "in": ["1"]}, "serve": "on"}]},
		"numbers": {"rules": [{"if": {"not": {"attribute": "country", "in": [1]}}, "serve": "on"}]}`, ``, nil)

	require.Empty(t, rules.Info().Bad)
	for flag, variant := range map[string]string{
		"country": "off", "flag": "on", "flag, operand first": "on", "folded": "on", "not folded": "off",
		"folded, said first": "on", "negated": "on", "texts": "off", "numbers": "off",
	} {
		assert.Equal(t, variant, variantName(answer(rules, flag)), flag)
	}
}

func TestEqualInvalidListsAreReportedInEachFlag(t *testing.T) {
	const bad = `{"tags": [1], "rules": [{"if": {"attribute": "a", "in": [null]}, "serve": "on"}]}`
	rules := decodeFlags(t, `"one": `+bad+`, "two": `+bad, ``, nil)

	require.Len(t, rules.Info().Bad, 2)
	for _, b := range rules.Info().Bad {
		assert.Contains(t, b.Error(), "flags."+b.Key+".tags[0]")
		assert.Contains(t, b.Error(), "flags."+b.Key+".rules[0].if.in[0]")
	}
}

func TestProblemsOfAConditionComeInTheOrderOfTheDocument(t *testing.T) {
	rules := decodeFlags(t,
		`"a": {"rules": [{"if": {"gte": "x", "attribute": 7, "semver": "?", "lit": 1}, "serve": "on"}]}`, ``, nil)

	require.Len(t, rules.Info().Bad, 1)
	var places []string
	for line := range strings.Lines(rules.Info().Bad[0].Err.Error()) {
		place, _, _ := strings.Cut(strings.TrimPrefix(line, "becket: flags.a.rules[0]."), " ")
		places = append(places, place)
	}
	assert.Equal(t, []string{"if.gte", "if.attribute", "if.semver", "if"}, places)
}

func TestDanglingReferencesAreFoundHoweverDeepTheyAre(t *testing.T) {
	for condition, path := range map[string]string{
		`{"segment": "gone"}`:                                             `.if`,
		`{"all": [{"segment": "gone"}]}`:                                  `.if.all[0]`,
		`{"all": [{"any": []}, {"segment": "gone"}]}`:                     `.if.all[1]`,
		`{"not": {"any": [{"any": []}, {"flag": "gone", "in": ["on"]}]}}`: `.if.not.any[1]`,
	} {
		rules := decodeFlags(t, `"a": {"rules": [{"serve": "off"}, {"if": `+condition+`, "serve": "on"}]}`, ``, nil)

		require.Len(t, rules.Info().Bad, 1)
		assert.Contains(t, rules.Info().Bad[0].Error(), "flags.a.rules[1]"+path+" at 1:", condition)
	}
}

func TestDatesAreReportedAsTheyAreWritten(t *testing.T) {
	for _, date := range []string{"0001-01-01", "1969-12-31", "1970-01-01", "2027-02-01", "9999-12-31"} {
		rules := decodeFlags(t, fmt.Sprintf(`"a": {"created": %q, "expires": %q}`, date, date), ``, nil)

		info, ok := rules.Flag("a")
		require.True(t, ok)
		assert.Equal(t, date, info.Created.Format(time.DateOnly))
		assert.Equal(t, time.UTC, info.Expires.Location())
		assert.Equal(t, date, info.Expires.Format(time.DateOnly))
	}
}

// Allocations take most of the time of a start and of a refresh, so this test limits them to the
// number that a compiled flag needs.
func TestDecodingAllocatesFewPartsAFlag(t *testing.T) {
	const flags, parts = 500, 16
	var b strings.Builder
	for i := range flags {
		fmt.Fprintf(&b,
			`%s"flag-%d": {"description": "Flag %d", "owner": "team", "tags": ["a", "b"], "created": "2026-11-01", "rules": [
			{"name": "countries", "if": {"attribute": "country", "in": ["DE", "FR"]}, "serve": "on"},
			{"name": "versions", "if": {"all": [{"attribute": "plan", "in": ["team"]},
				{"attribute": "version", "semver": ">=2.1.0"}]}, "serve": "on"},
			{"name": "share", "if": {"attribute": "age", "gte": 18}, "percent": 20, "serve": "on"}]}`, ","[:min(i, 1)],
			i, i)
	}
	document := fmt.Appendf(nil, `{"schema": 1, "flags": {%s}}`, b.String())

	allocations := testing.AllocsPerRun(5, func() {
		if _, err := Native.Decode(document); err != nil {
			t.Error(err)
		}
	})

	assert.Less(t, allocations/flags, float64(parts))
}

func TestARuleMustNotTakeTheNameOfOneWithoutAName(t *testing.T) {
	rules := decodeFlags(t, `"f": {"rules": [{"name": "[1]", "serve": "on"}, {"serve": "off"}]}`, ``, nil)
	require.Len(t, rules.Info().Bad, 1)
	assert.ErrorContains(t, rules.Info().Bad[0], `flags.f.rules[1].name`)
	assert.ErrorContains(t, rules.Info().Bad[0], `the name "[1]" is that of rules[0] already`)
}

func TestADocumentOfAnotherFormatNamesTheOptionThatReadsIt(t *testing.T) {
	document := `{"flags": {"a": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}}}`
	_, err := New(Bytes([]byte(document)))
	require.ErrorContains(t, err, "the document is one of flagd: read it with WithFormat(flagd.Format)")
	_, err = New(Bytes([]byte(`{"flags": {"a": {"enabled": true}}}`)))
	require.ErrorContains(t, err, `the document has no "schema"`)
	assert.NotContains(t, err.Error(), "WithFormat")
}
