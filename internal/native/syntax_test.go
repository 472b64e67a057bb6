package native

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASlipInJSONHasItsRemedy(t *testing.T) {
	t.Parallel()
	for document, advice := range map[string]string{
		`{"schema": 1, "flags": {"f": {"tags": ["a" "b"]}}}`: `write a comma before it`,
		`{"schema": 1, "flags": {"f": {"tags": ["a",]}}}`:    `leave out the comma before ]`,
		`{"schema": 1, "flags": {"f" {}}}`:                   `write : between the name and the value`,
		`{"schema": 1, "flags": {"f": }}`:                    `write a value after the colon`,
		`{"schema": 1, "flags": {"f": {"owner": payments}}}`: `write it in double quotes, "payments"`,
		`{"schema": 1, "flags": {"f": {"off": off}}}`:        `write false`,
		`{"schema": 1, "flags": {on: {}}}`:                   `write it in double quotes, "on"`,
		`{"schema": 1, "flags": {"f": {"owner": None}}}`: `a value cannot ` +
			`be missing, leave the field out`,
		`{"schema": 1, "flags": {"f": {"rules": [{"percent": +5}]}}}`:   `write 5`,
		`{"schema": 1, "flags": {"f": {"rules": [{"percent": 12,5}]}}}`: `write 12.5`,
		`{"schema": 1, "flags": {"f": {"rules": [{"percent": 007}]}}}`:  `write 7`,
		"{\"schema\": 1, \"flags\": {\"f\": {\"description\": \"a\nb\"}}}": `a text has no end on ` +
			`its line, write " after it, or \n for a line break in it`,
		"{\"schema\": 1, \"flags\": {\"f\": {\"description\": \"a\tb\"}}}": `write \t for a tab in a text`,
		"{\"schema\": 1, \"flags\":\ufeff{}}": `write an ordinary ` +
			`space instead of this invisible character`,
		`{"schema": 1, "flags": {"f": {"rules": [{"if": {"attribute": "a"`: `the document ` +
			`ends early, write }}]}}} at its end`,
		`{"schema": 1, "flags": {"f": {"description": "a \"{", "tags": ["x"`: `the document ` +
			`ends early, write ]}}} at its end`,
		`[]]`: `there is one ] too many before it or here`,
		" \n": `the document is empty, write {"schema": 1, "flags": {}}`,
	} {
		problems := problemsOf(document)
		require.Len(t, problems, 1, document)
		assert.True(t, strings.HasSuffix(problems[0].Message, ": "+advice), "%s: %s", document, problems[0].Message)
	}
}

func TestSomeSlipsHaveNoRemedy(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`<html>`, "\x00", strings.Repeat("[", 20_000), `{"schema": 1, "flags": {"a": 1.}}`, `{"a": @}`,
		`{"a": ` + strings.Repeat("1,", 100) + `}`, `{"a": ` + strings.Repeat("x", 100) + `}`,
	} {
		problems := problemsOf(document)
		require.Len(t, problems, 1, document)
		assert.NotContains(t, problems[0].Message, "write", document)
	}
	for _, at := range []int{-1, 0, 5, 6, 100} {
		assert.NotPanics(t, func() { SyntaxRemedy([]byte("{\"a\""), at, "invalid") }, at)
	}
}

func FuzzSyntaxRemedy(f *testing.F) {
	f.Add([]byte(`{"a": 5,5}`), 8, "invalid character")
	f.Add([]byte(`{"a": "\`), 6, "invalid literal: \"")
	f.Add([]byte(`“`), 0, "after object value")
	f.Fuzz(func(t *testing.T, document []byte, at int, message string) {
		advice := SyntaxRemedy(document, at, message)
		assert.Less(t, len(advice), MaxMessage)
		assert.Equal(t, advice, SyntaxRemedy(document, at, message))
	})
}
