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
	require.NoError(t, json.Unmarshal([]byte(`{"o": {"a.b": {"c": 1, "d.e": null}, "x": {"app.kubernetes.io/name": "web", "y": {"z.z": [2]}}, "x.y": 3},
		"p.q": {"r.s": true, "t": false}, "l": ["beta", null, {"m.n": 1}]}`), &data))
	var attributes []becket.Attribute
	for name, value := range data {
		attributes = append(attributes, becket.Any(name, value))
	}
	attributes = append(attributes, becket.Float("minus", math.Copysign(0, -1)), becket.Any("written", json.Number("-0")))
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
	all := e.eval(&n).any().(map[string]any)
	for name := range data {
		assert.Equal(t, data[name], all[name], name)
	}
}
