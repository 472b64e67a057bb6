package flagd

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withTargeting is a document of one flag with that rule.
func withTargeting(rule string) string {
	return `{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}, "targeting": ` + rule + `}}}`
}

func TestRulesThatTheSchemaForbidsAreWarnings(t *testing.T) {
	for rule, warning := range map[string]string{
		`{"$ref": "e"}`:                   `a reference alone is not a rule`,
		`{"==": [1, 1], "!=": [1, 2]}`:    `it has several operators`,
		`"x"`:                             `it is not a rule`,
		`[]`:                              `it is not a rule`,
		`null`:                            `it is not a rule`,
		`{"-": [{}, 1]}`:                  `an argument of "-" is an object that is not a rule`,
		`{"in": ["x", {"a": 1, "b": 2}]}`: `an argument of "in" is an object that is not a rule`,
		`{"!": {}}`:                       `an argument of "!" is an object that is not a rule`,
		`{"if": [{"!!": {"a": 1, "b": 2}}, "x"]}`:   `an argument of "!!" is an object that is not a rule`,
		`{"fractional": [[{}, 1]]}`:                 `an argument of "fractional" is an object that is not a rule`,
		`{"fractional": [["x", {"$ref": "e"}]]}`:    `a weight of "fractional" is not an integer from 0 on`,
		`{"fractional": [["x", {"a":1,"b":2}]]}`:    `a weight of "fractional" is not an integer from 0 on`,
		`{"fractional": [["x", 1.5]]}`:              `a weight of "fractional" is not an integer from 0 on`,
		`{"fractional": [["x", -1]]}`:               `a weight of "fractional" is not an integer from 0 on`,
		`{"fractional": [{"$ref": "e"}, ["x", 1]]}`: `argument 1 of "fractional" is not a bucket`,
		`{"starts_with": [{"$ref": "e"}, "x"]}`:     `an argument of "starts_with" is neither a text nor a rule`,
		`{"ends_with": ["x", {}]}`:                  `an argument of "ends_with" is neither a text nor a rule`,
		`{"sem_ver": ["v1.2", "=", "1.0.0"]}`:       `argument 1 of "sem_ver" is neither a version`,
		`{"sem_ver": ["1.0.0", "=", "1.0"]}`:        `argument 3 of "sem_ver" is neither a version`,
		`{"sem_ver": ["1.0.0", "=", "01.0.0"]}`:     `argument 3 of "sem_ver" is neither a version`,
		`{"sem_ver": ["1.0.0", "==", "1.0.0"]}`:     `the operator of "sem_ver" is none of`,
		`{"*": [2]}`:                                `"*" has 1 arguments`,
		`{"abs": [2]}`:                              `the operator "abs" is not in the schema`,
		`{"var": "$flagd.key"}`:                     `there is no "$flagd.key"`,
		`{"missing": [1]}`:                          `"missing" has a list with other values than texts`,
	} {
		document := `{"$evaluators": {"e": {"var": "x"}}, ` + withTargeting(rule)[1:]
		warnings := load(t, document).Info().Warnings
		require.NotEmpty(t, warnings, rule)
		assert.ErrorContains(t, warnings[0], `flags.a.targeting at 1:53: `, rule)
		assert.ErrorContains(t, warnings[0], warning, rule)
		assert.ErrorContains(t, warnings[0], "the schema", rule)
	}
}

func TestFieldsThatTheSchemaForbidsAreWarnings(t *testing.T) {
	const flags = `"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}}}`
	flag := func(fields string) string { return `{"flags": {"a": {` + fields + `}}}` }
	for _, row := range [][2]string{
		{flag(`"variants": {"x": 1}`), `flags.a.state at 1:17: "" counts as ENABLED`},
		{flag(`"state": null, "variants": {"x": 1}`), `flags.a.state at 1:17: "" counts as ENABLED`},
		{flag(`"State": "ENABLED", "variants": {"x": 1}`), `flags.a.State at 1:17: it counts as "state"`},
		{flag(`"state": "ENABLED", "VARIANTS": {"x": 1}`), `flags.a.VARIANTS at 1:17: it counts as "variants"`},
		{flag(`"state": "ENABLED", "variants": {"": 1}`), `flags.a.variants at 1:17: a variant has no name`},
		{flag(`"state": "ENABLED", "variants": null`), `flags.a.variants at 1:17: there are none`},
		{
			flag(`"state": "ENABLED", "variants": {"x": 1}, "metadata": null`),
			`flags.a.metadata at 1:17: null counts as empty`,
		},
		{
			flag(`"state": "ENABLED", "variants": {"x": 1}, "metadata": {"m": null}`),
			`flags.a.metadata.m at 1:17: neither text`,
		},
		{`{"FLAGS": {}}`, `FLAGS: it counts as "flags"`},
		{`{"flags": null}`, `flags at 1:11: null counts as empty`},
		{`{"metadata": null, ` + flags + `}`, `metadata at 1:14: null counts as empty`},
		{`{"metadata": {"m": null}, ` + flags + `}`, `metadata.m at 1:14: neither text, number nor boolean`},
		{`{"metadata": {"m": [1]}, ` + flags + `}`, `metadata.m at 1:14: neither text, number nor boolean`},
		{`{"$evaluators": null, ` + flags + `}`, `$evaluators at 1:17: null counts as empty`},
		{`{"$evaluators": {"e": [[]]}, ` + flags + `}`, `$evaluators.e at 1:23: it is not a rule`},
		{`{"$evaluators": {"e": "x"}, ` + flags + `}`, `$evaluators.e at 1:23: it is not a rule`},
		{`{"$evaluators": {"": {"var": "x"}}, ` + flags + `}`, `$evaluators[""] at 1:22: an evaluator has no name`},
		{
			`{"$evaluators": {"e": {"or": [1], "and": [1]}}, ` + flags + `}`,
			`$evaluators.e at 1:23: it has several operators`,
		},
		{
			`{"$evaluators": {"e": {"starts_with": ["x"]}}, ` + flags + `}`,
			`$evaluators.e at 1:23: "starts_with" has 1 arguments`,
		},
	} {
		document, warning := row[0], row[1]
		warnings := load(t, document).Info().Warnings
		require.NotEmpty(t, warnings, document)
		assert.ErrorContains(t, warnings[0], warning, document)
	}
}

func TestDocumentsThatTheSchemaAllowsGiveNoWarning(t *testing.T) {
	for _, rule := range []string{
		`{}`, `{"!": [1, 2]}`, `{"!": []}`, `{"!!": {"var": "x"}}`, `{"if": [{"$ref": "e"}, "x", null]}`,
		`{"in": [{"var": "x"}, [{}, {"a": 1, "b": 2}]]}`, `{"fractional": [["x", 1.0], ["x"]]}`,
		`{"fractional": [{"var": "x"}, [{"var": "y"}, 1e10], ["x", {"-": [1, {"var": "y"}]}]]}`,
		`{"sem_ver": [{"var": "v"}, "^", "1.0.0-rc.1+build.7"]}`, `{"starts_with": [{"cat": ["a"]}, "x"]}`,
		`{"var": ["x", null]}`, `{"var": "$flagd.timestamp"}`, `{"<": [1, {"var": "x"}, 3]}`, `{"-": [1]}`,
	} {
		document := `{"$evaluators": {"e": {"var": "x"}}, "metadata": {"m": "x", "n": 1.5, "o": true}, ` +
			withTargeting(rule)[1:]
		assert.Empty(t, load(t, document).Info().Warnings, rule)
	}
	for _, document := range []string{
		`{"flags": {"a": {"state": "DISABLED", "variants": {"x": {}, "y": {"z": null}}, "defaultVariant": null}}}`,
		`{"flags": [{"key": "a", "state": "ENABLED", "variants": {"x": 1, "y": 2.5}, "more": [null]}], "more": null}`,
	} {
		assert.Empty(t, load(t, document).Info().Warnings, document)
	}
}
