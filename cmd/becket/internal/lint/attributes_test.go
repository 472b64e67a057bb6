package lint_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

var declared = declare.Attributes{
	"country": {Type: "string", Values: []any{"DE", "FR", "PL"}},
	"plan":    {Values: []any{"free", "paid", int64(3)}},
	"age":     {Type: "number"},
	"beta":    {Type: "boolean"},
	"joined":  {Type: "time"},
	"roles":   {Type: "list", Values: []any{"admin", "editor"}},
	"address": {Type: "object"},
	"device":  {},
	"os.name": {Type: "string"},
}

// about returns the findings of a document about attributes, with their severities and messages.
func about(t *testing.T, document string, declared declare.Attributes) (found []string) {
	t.Helper()
	all, err := ruleset.Read([]byte(document), nil)
	require.NoError(t, err)
	for _, f := range lint.Check(all, now, declared) {
		switch f.Name {
		case lint.UndeclaredAttribute, lint.UnknownValue, lint.AttributeType, lint.SimilarAttributes,
			lint.Contradiction,
			lint.SharedSalt:
			found = append(found, fmt.Sprintf("%s: %s: %s", f.Path, f.Severity, f.Message))
		}
	}
	return found
}

func TestConditionsAreComparedWithDeclarations(t *testing.T) {
	const at = "flags.f.rules[0].if: "
	for _, row := range []struct{ condition, want string }{
		{`{"attribute": "country", "in": ["DE", "FR"]}`, ""},
		{
			`{"attribute": "Country", "in": ["DE"]}`,
			at + `error: the attribute "Country" is not declared (did you mean "country"?)`,
		},
		{
			`{"attribute": "os_name", "in": ["x"]}`,
			at + `error: the attribute "os_name" is not declared (did you mean "os.name"?)`,
		},
		{
			`{"attribute": "os.nme", "in": ["x"]}`,
			at + `error: the attribute "os.nme" is not declared (did you mean "os.name"?)`,
		},
		{`{"attribute": "os", "exists": true}`, ""},
		{`{"attribute": "address.city", "in": ["Bonn"]}`, ""},
		{`{"attribute": "address", "exists": true}`, ""},
		{
			`{"attribute": "address", "in": ["Bonn"]}`,
			at + `error: "address" is declared as an object, but in compares texts`,
		},
		{`{"attribute": "key", "in": ["u1"]}`, ""},
		{`{"attribute": "tenant", "in": ["x"]}`, at + `warning: the attribute "tenant" is not declared`},
		{
			`{"attribute": "country", "in": ["Germany"]}`,
			at + `error: "Germany" is not a known value of "country": the known values are "DE", "FR", "PL"`,
		},
		{
			`{"attribute": "country", "not_in": ["DE", "pl"]}`,
			at + `error: "pl" is not a known value of "country" (did you mean "PL"?)`,
		},
		{`{"attribute": "country", "in": "pl", "ignore_case": true}`, ""},
		{`{"attribute": "country", "starts_with": "D"}`, ""},
		{
			`{"attribute": "country", "starts_with": ["D", "E"]}`,
			at + `error: no known value of "country" starts with "E": the known values are "DE", "FR", "PL"`,
		},
		{`{"attribute": "country", "contains": "e", "ignore_case": true}`, ""},
		{
			`{"attribute": "country", "gte": 2}`,
			at + `error: "country" is declared as a string, but gte compares numbers`,
		},
		{`{"attribute": "country", "in": ["DE", 5]}`, at + `error: "country" holds texts, so it never equals 5`},
		{`{"attribute": "age", "in": ["30"]}`, at + `error: "age" is declared as a number, but in compares texts`},
		{
			`{"attribute": "age", "semver": ">=2.0.0"}`,
			at + `error: "age" is declared as a number, but semver compares texts`,
		},
		{`{"attribute": "age", "gte": 30, "lt": 40}`, ""},
		{
			`{"attribute": "age", "gte": 40, "lt": 30}`,
			at + `error: never true: age gte 40 and age lt 30 exclude each other`,
		},
		{`{"attribute": "beta", "in": true}`, ""},
		{`{"attribute": "beta", "in": "true"}`, at + `error: "beta" is declared as a boolean, but in compares texts`},
		{`{"attribute": "joined", "newer_than": "7d"}`, ""},
		{
			`{"attribute": "joined", "in": ["2026-01-01T00:00:00Z"]}`,
			at + `error: "joined" is declared as a time, but in compares texts`,
		},
		{`{"attribute": "country", "before": "2026-01-01T00:00:00Z"}`, ""},
		{`{"attribute": "roles", "in": ["admin"]}`, ""},
		{
			`{"attribute": "roles", "in": ["admni"]}`,
			at + `error: "admni" is not a known value of "roles" (did you mean "admin"?)`,
		},
		{`{"attribute": "plan", "in": ["free", 3]}`, ""},
		{
			`{"attribute": "plan", "in": [3.5]}`,
			at + `error: 3.5 is not a known value of "plan": the known values are "free", "paid", 3`,
		},
		{
			`{"attribute": "plan", "in": [true]}`,
			at + `error: "plan" is declared as one of some values, but in compares booleans`,
		},
		{`{"attribute": "device", "gte": 1}`, ""},
		{`{"all": [{"attribute": "roles", "in": ["admin"]}, {"attribute": "roles", "in": ["editor"]}]}`, ""},
		{
			`{"all": [{"attribute": "country", "in": ["DE"]}, {"attribute": "country", "in": ["FR"]}]}`,
			at + `error: never true: country in ["DE"] and country in ["FR"] exclude each other`,
		},
	} {
		t.Run(row.condition, func(t *testing.T) {
			var findings []string
			if row.want != "" {
				findings = []string{row.want}
			}
			assert.Equal(t, findings, about(t, `{"schema": 1, "flags": {"f": {"rules": [{"if": `+
				row.condition+`, "serve": "on"}]}}}`, declared))
		})
	}
}

func TestHashedAttributesAndSegmentsAreComparedWithDeclarations(t *testing.T) {
	assert.Equal(t, []string{
		`flags.f.rules[0].by: error: the attribute "Country" is not declared (did you mean "country"?)`,
		`flags.f.rules[1].serve.by: error: "joined" is declared as a time, which is never a key to hash`,
		`flags.f.default.by: error: "roles" is declared as a list, which is never a key to hash`,
		`segments.s.if: warning: the attribute "tenant" is not declared`,
	}, about(t, `{"schema": 1, "segments": {"s": {"if": {"attribute": "tenant", "exists": true}}}, "flags": {"f": {
		"rules": [{"percent": 5, "by": ["Country", "key"], "serve": "on"},
			{"if": {"segment": "s"}, "serve": {"split": {"on": 1, "off": 1}, "by": "joined"}}],
		"default": {"split": {"on": 1, "off": 1}, "by": "roles"}}}}`, declared))
}

func TestAttributesAreComparedWithEachOtherIfNoneIsDeclared(t *testing.T) {
	rule := func(condition string) string { return `{"if": ` + condition + `, "serve": "on"}` }
	for name, row := range map[string]struct {
		flags string
		want  []string
	}{
		"names that differ by case": {
			`"f": {"rules": [` + rule(`{"attribute": "Country", "in": ["DE"]}`) + `]},
			"g": {"rules": [` + rule(`{"attribute": "country", "in": ["DE"]}`) + `, ` +
				rule(`{"attribute": "country", "in": ["FR"]}`) + `]}`,
			[]string{`flags.f.rules[0].if: warning: the attribute "Country" is not "country", which flags.g.rules[0].if asks for`},
		},
		"names that differ by separators, equally frequent": {
			`"f": {"rules": [` + rule(`{"attribute": "user_plan", "in": ["a"]}`) +
				`, {"percent": 5, "by": "user-plan", "serve": "on"}]}`,
			[]string{`flags.f.rules[1].by: warning: the attribute "user-plan" is not "user_plan", which flags.f.rules[0].if asks for`},
		},
		"names of other letters": {
			`"f": {"rules": [` + rule(`{"attribute": "plan", "in": ["a"]}`) + `,
				` + rule(`{"attribute": "plane", "in": ["b"]}`) + `]}`, nil,
		},
		"a number and a text": {
			`"f": {"rules": [` + rule(`{"attribute": "age", "gte": 30}`) + `,
				` + rule(`{"attribute": "age", "in": ["29"]}`) + `]}`,
			[]string{`flags.f.rules[1].if: warning: "age" is compared with texts here and with numbers in flags.f.rules[0].if (age gte 30)`},
		},
		"a list of both": {
			`"f": {"rules": [` + rule(`{"attribute": "age", "gte": 30}`) + `,
				` + rule(`{"attribute": "age", "in": ["29", 29]}`) + `]}`, nil,
		},
		"an instant as a text": {
			`"f": {"rules": [` + rule(`{"attribute": "day", "after": "2026-01-01T00:00:00Z"}`) + `,
				` + rule(`{"attribute": "day", "in": ["never"]}`) + `]}`, nil,
		},
		"two values at once": {
			`"f": {"rules": [` +
				rule(`{"all": [{"attribute": "c", "in": ["a"]}, {"attribute": "c", "in": ["b"]}]}`) + `]}`,
			[]string{`flags.f.rules[0].if: warning: never true: c in ["a"] and c in ["b"] exclude each other unless the attribute is a list`},
		},
		"an impossible range": {
			`"f": {"rules": [` + rule(`{"not": {"any": [{"attribute": "c", "exists": true}, {"attribute": "c", "exists": false}]}}`) + `, ` +
				rule(`{"attribute": "n", "gte": 30, "lt": 20}`) + `]}`,
			[]string{
				`flags.f.rules[0].if: error: never true: not (c exists true) and not (c exists false) exclude each other`,
				`flags.f.rules[1].if: error: never true: n gte 30 and n lt 20 exclude each other unless the attribute is a list`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, row.want, about(t, `{"schema": 1, "flags": {`+row.flags+`}}`, nil))
		})
	}
}

func TestSharesThatDrawTheSameSubjectsAreReported(t *testing.T) {
	const saltOne, saltTwo = "salt-8235", "salt-33298" // a search for one seed found them
	for name, row := range map[string]struct {
		flags string
		want  []string
	}{
		"the key of another flag as a salt": {
			`"a": {"rules": [{"percent": 5, "serve": "on"}]}, "b": {"rules": [{"percent": 5, "salt": "a", "serve": "on"}]}`,
			[]string{`flags.b.rules[0].salt: warning: the salt "a" is also that of the flag "a": both draw the same subjects`},
		},
		"a salt as a flag's key": {
			`"a": {"rules": [{"percent": 5, "salt": "b", "serve": "on"}]}, "b": {"rules": [{"ramp": {"steps": [{"at": "2027-01-01T00:00:00Z", "percent": 5}]}, "serve": "on"}]}`,
			[]string{`flags.b.rules[0]: warning: the salt "b" is also that of the flag "a": both draw the same subjects`},
		},
		"the key of a flag that hashes as a layer": {
			`"layer/page": {"rules": [{"percent": 5, "serve": "on"}]}, "b": {"rules": [{"layer": {"name": "page", "from": 0, "to": 50}, "serve": "on"}]}`,
			[]string{`flags["layer/page"].rules[0]: warning: the salt "layer/page" is also that of the layer "page": both draw the same subjects`},
		},
		"splits of the same variants": {
			`"a": {"default": {"split": {"on": 1, "off": 1}, "salt": "x"}}, "b": {"default": {"split": {"off": 9, "on": 1}, "salt": "x"}}`,
			[]string{`flags.b.default.salt: warning: the salt "x" is also that of the flag "a": both draw the same subjects`},
		},
		"splits of other variants": {
			`"a": {"default": {"split": {"on": 1, "off": 1}, "salt": "x"}},
			"b": {"variants": {"p": 1, "q": 2}, "default": {"split": {"p": 9, "q": 1}, "salt": "x"}}`, nil,
		},
		"a percentage and a split": {`"a": {"rules": [{"percent": 5, "serve": "on"}]}, "b": {"default": {"split": {"on": 1, "off": 1}, "salt": "a"}}`, nil},
		"other attributes":         {`"a": {"rules": [{"percent": 5, "serve": "on"}]}, "b": {"rules": [{"percent": 5, "by": "org", "salt": "a", "serve": "on"}]}`, nil},
		"a flag that is off":       {`"a": {"enabled": false, "rules": [{"percent": 5, "serve": "on"}]}, "b": {"rules": [{"percent": 5, "salt": "a", "serve": "on"}]}`, nil},
		"a share of everybody":     {`"a": {"rules": [{"percent": 5, "serve": "on"}]}, "b": {"rules": [{"percent": 100, "salt": "a", "serve": "on"}]}`, nil},
		"two rules of one flag": {
			`"a": {"rules": [{"percent": 5, "serve": "on"}, {"percent": 9, "serve": "off"}]}`,
			nil,
		},
		"a layer that two flags share": {`"a": {"rules": [{"layer": {"name": "l", "from": 0, "to": 5}, "serve": "on"}]}, "b": {"rules": [{"layer": {"name": "l", "from": 5, "to": 9}, "serve": "on"}]}`, nil},
		"two salts with the same hash": {
			`"a": {"rules": [{"percent": 5, "salt": "` + saltOne + `", "serve": "on"}]},
			"b": {"rules": [{"percent": 5, "salt": "` + saltTwo + `", "serve": "on"}]}`,
			[]string{
				`flags.b.rules[0].salt: warning: the salt "` + saltTwo + `" has the same hash as the salt "` + saltOne +
					`" of the flag "a": both draw the same subjects`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, row.want, about(t, `{"schema": 1, "flags": {`+row.flags+`}}`, nil))
		})
	}
}
