package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// reading gives a command its standard input.
func reading(text string) func(*env) {
	return func(e *env) { e.stdin = strings.NewReader(text) }
}

func TestCheckRecognisesFlagdDocumentsThatItsSchemaForbids(t *testing.T) {
	for _, test := range []struct{ document, finding string }{
		{
			`{"flags": {"a": {"variants": {"x": 1}, "defaultVariant": "x"}}}`,
			`1:17: warning: flags.a.state: "" counts as ENABLED`,
		},
		{
			`{"flags": {"a": {"State": "ENABLED", "variants": {"x": 1}}}}`,
			`1:17: warning: flags.a.State: it counts as "state"`,
		},
		{
			`{"flags": {"b": {}, "a": {"state": "on", "variants": {}}}}`,
			`1:26: warning: flags.a.state: "on" counts as ENABLED`,
		},
		{
			`{"flags": {"a": {"targeting": {"if": [{}]}}}}`,
			`1:17: warning: flags.a.targeting: an argument of "if"`,
		},
		{
			`{"flags": [{"key": "a"}]}`,
			`1:12: warning: flags[0].variants: there are none`,
		},
		{
			`{"metadata": {"m": null}, "flags": {"a": {"state": "ENABLED", "variants": {"x": 1}}}}`,
			`1:14: warning: metadata.m: neither text`,
		},
		{
			`{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}, "defaultVariant": "y"}}}`,
			`1:17: error: flags.a.defaultVariant: the default variant "y" is not a variant`,
		},
	} {
		code, stdout, stderr := command(t, reading(test.document), "check", "-", "--strict")
		assert.Equal(t, exitFinding, code, test.document)
		assert.Contains(t, stdout, test.finding, test.document+stderr)
	}
	_, stdout, _ := command(t, reading(`{"flags": {"a": {"variants": {"x": 1}, "default": "x"}}}`), "check", "-")
	assert.Contains(t, stdout, `the document has no "schema"`, "a native document without its schema")
}
