package flagd

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

func TestObjectsOfASubjectAreFoundAsTheyWerePassed(t *testing.T) {
	var data map[string]any
	require.NoError(t,
		json.Unmarshal([]byte(`{"o": {"a.b": {"c": 1, "d.e": null}, "x": {"app.kubernetes.io/name": "web", "y": {"z.z": [2]}}, "x.y": 3},
		"p.q": {"r.s": true, "t": false}, "l": ["beta", null, {"m.n": 1}]}`), &data))
	var attributes []becket.Attribute
	for name, value := range data {
		attributes = append(attributes, becket.Any(name, value))
	}
	attributes = append(attributes, becket.Float("minus", math.Copysign(0, -1)),
		becket.Any("written", json.Number("-0")))
	subject := becket.NewSubject("", attributes...)
	for rule, want := range map[string]string{
		`{"var": "o"}`:                  `{"a.b": {"c": 1, "d.e": null}, "x": {"app.kubernetes.io/name": "web", "y": {"z.z": [2]}}, "x.y": 3}`,
		`{"var": "o.x"}`:                `{"app.kubernetes.io/name": "web", "y": {"z.z": [2]}}`,
		`{"var": "o.x.y"}`:              `{"z.z": [2]}`,
		`{"var": "o.a.b"}`:              `null`,
		`{"var": "o.a"}`:                `null`,
		`{"var": "o.a.b.c"}`:            `null`,
		`{"var": "o.x.y.z.z"}`:          `null`,
		`{"var": "p"}`:                  `null`,
		`{"var": "p.q"}`:                `null`,
		`{"var": "l"}`:                  `["beta", null, {"m.n": 1}]`,
		`{"in": ["beta", {"var":"l"}]}`: `true`,
		`{"var": ["o.a.b", "default"]}`: `"default"`,
		`{"missing": ["o.a.b", "o.x"]}`: `["o.a.b"]`,
		`{"cat": [{"var": "minus"}, {"var": "written"}]}`: `"-0-0"`,
	} {
		var decoded any
		require.NoError(t, json.Unmarshal([]byte(rule), &decoded))
		c := compiler{}
		n := c.compile(parsed(decoded))
		e := evaluation{at: standing, subject: &subject}
		got := e.eval(&n)
		require.False(t, e.failed, rule)
		text, err := json.Marshal(got.any())
		require.NoError(t, err)
		assert.JSONEq(t, want, string(text), rule)
	}
	n := (&compiler{}).compile(parsed(map[string]any{"var": ""}))
	e := evaluation{at: standing, subject: &subject}
	all, ok := e.eval(&n).any().(map[string]any)
	require.True(t, ok)
	for name := range data {
		assert.Equal(t, data[name], all[name], name)
	}
}

func TestViolationsOfTheSchemaAreWarnings(t *testing.T) {
	for rule, warning := range map[string]string{
		`{"in": ["a", ["a"], "b"]}`:                          `"in" has 3 arguments`,
		`{"==": [1]}`:                                        `"==" has 1 arguments`,
		`{"<": [1, 2, 3, 4]}`:                                `"<" has 4 arguments`,
		`{"cat": "a"}`:                                       `the arguments of "cat" are not a list`,
		`{"if": []}`:                                         `"if" has 0 arguments`,
		`{"abs": [1]}`:                                       `the operator "abs" is not in the schema`,
		`{"starts_with": [{"var": "a"}, 1]}`:                 `neither a text nor a rule`,
		`{"sem_ver": ["1.0", "=", "1.0.0"]}`:                 `argument 1 of "sem_ver"`,
		`{"sem_ver": [{"var": "v"}, "==", "1.0.0"]}`:         `the operator of "sem_ver"`,
		`{"fractional": [["a", 1.5], ["b", 1]]}`:             `a weight of "fractional"`,
		`{"fractional": [["a", -1], ["b", 1]]}`:              `a weight of "fractional"`,
		`{"fractional": ["a", ["b", 1]]}`:                    `argument 1 of "fractional"`,
		`{"fractional": [["a", 1, 2]]}`:                      `has 3 elements`,
		`{"var": ["a", {"var": "b"}]}`:                       `"var" needs a text`,
		`{"var": "$flagd.bogus"}`:                            `there is no "$flagd.bogus"`,
		`{"missing": [1]}`:                                   `"missing" has a list with other values`,
		`{"missing_some": ["1", ["a"]]}`:                     `"missing_some" needs a number`,
		`true`:                                               `it is not a rule`,
		`{"if": [{"!": [{"in": ["a"]}]}, "x", {"==": [1]}]}`: `"in" has 1 arguments`,
	} {
		rules := load(t, `{"flags": {"f": {"state": "ENABLED", "variants": {"x": 1}, "targeting": `+rule+`}}}`)
		if assert.NotEmpty(t, rules.Info().Warnings, rule) {
			assert.ErrorContains(t, rules.Info().Warnings[0], warning, rule)
		}
	}
	for _, rule := range []string{
		`{"if": [{"in": [{"var": "a"}, ["x"]]}, "x", null]}`, `{"!": {"var": "a"}}`, `{"<": [1, {"var": ["a", 2]}, 3]}`,
		`{}`,
		`{"fractional": [{"cat": [{"var": "$flagd.flagKey"}, "x"]}, ["x", 1], ["x", {"+": [1, 2]}]]}`,
		`{"fractional": [["x"], ["x", 2]]}`,
		`{"sem_ver": [{"var": "v"}, "^", "1.2.3-beta.1"]}`, `{"missing": ["a"]}`, `{"missing_some": [1, ["a", "b"]]}`,
	} {
		rules := load(t, `{"flags": {"f": {"state": "ENABLED", "variants": {"x": 1}, "targeting": `+rule+`}}}`)
		assert.Empty(t, rules.Info().Warnings, rule)
	}
}
