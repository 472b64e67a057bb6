package describe_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/internal/native"
)

// ruleOf reads a rule with these fields.
func ruleOf(t *testing.T, fields string) *native.Rule {
	t.Helper()
	if !strings.Contains(fields, `"serve"`) {
		fields += `, "serve": "on"`
	}
	d, problems := native.ReadDefinitions(fmt.Appendf(nil, `{"schema": 1, "flags": {"f": {"rules": [{%s}]}}}`, fields))
	require.Empty(t, problems)
	require.Empty(t, d.Bad)
	return &d.Flags[0].Rules[0]
}

func TestConditionsInWords(t *testing.T) {
	long := `"` + strings.Repeat("a", 61) + `"`
	for want, condition := range map[string]string{
		`segment s`:                                  `{"segment": "s"}`,
		`flag g in on, off`:                          `{"flag": "g", "in": ["on", "off"]}`,
		`age gte 18 and age lt 30`:                   `{"attribute": "age", "gte": 18, "lt": 30}`,
		`not (age gte 18 and age lt 30)`:             `{"not": {"attribute": "age", "gte": 18, "lt": 30}}`,
		`c in ["DE","FR"] ignoring case`:             `{"attribute": "c", "in": ["DE", "FR"], "ignore_case": true}`,
		`c exists true and c in "DE" ignoring case`:  `{"attribute":"c","exists":true,"in":"DE","ignore_case":true}`,
		`segment s and (segment t or not segment u)`: `{"all": [{"segment": "s"}, {"any": [{"segment": "t"}, {"not": {"segment": "u"}}]}]}`,
		`segment s` + " or segment t":                `{"any": [{"all": [{"segment": "s"}]}, {"segment": "t"}]}`,
		`everybody`:                                  `{"all": []}`,
		`not nobody`:                                 `{"not": {"any": []}}`,
		`c in [1,22,333, … 40 in all]`: `{"attribute": "c", "in": [1, 22, 333` +
			strings.Repeat(`, 4`, 37) + `]}`,
		`c contains "` + strings.Repeat("a", 59) + `…`:     `{"attribute": "c", "contains": ` + long + `}`,
		`c in ["` + strings.Repeat("a", 59) + `… 1 in all`: `{"attribute": "c", "in": [` + long + `]}`,
	} {
		want = strings.Replace(want, `a… 1 in all`, `a…, … 1 in all]`, 1)
		assert.Equal(t, want, describe.Condition(ruleOf(t, `"if": `+condition).If))
	}
	assert.Equal(t, "everybody", describe.Condition(nil))
}

func TestPartsOfRulesInWords(t *testing.T) {
	plain := ruleOf(t, `"name": "plain"`)
	assert.Equal(t, "on", describe.Serve(&plain.Serve))
	assert.Equal(t, "everybody", describe.Share(plain))
	assert.Equal(t, "none", describe.Layer(plain))
	assert.Equal(t, "the key", describe.Attributes(plain.By))

	r := ruleOf(t,
		`"ramp": {"steps": [{"at": "2026-01-01T00:00:00+01:00", "percent": 0.5}, {"at": "2026-02-01T00:00:00Z", "percent": 100}], "linear": true},
		"layer": {"name": "l", "from": 12.5, "to": 40}, "by": ["org", "key"],
			"serve": {"split": {"on": 1, "off": 0.25}}`)
	assert.Equal(t, "a split of on 1, off 0.25", describe.Serve(&r.Serve))
	assert.Equal(t, "a ramp of 0.5 % at 2026-01-01T00:00:00+01:00, 100 % at 2026-02-01T00:00:00Z (linear)",
		describe.Share(r))
	assert.Equal(t, "l 12.5 to 40", describe.Layer(r))
	assert.Equal(t, "org or the key", describe.Attributes(r.By))
	for want, every := range map[string]string{
		"every day all day in UTC":          `{}`,
		"sun, mon all day in Europe/Berlin": `{"days": ["mon", "sun"], "zone": "Europe/Berlin"}`,
		"fri 22:00–06:00 in UTC":            `{"days": ["fri"], "from": "22:00", "until": "06:00"}`,
		"every day 09:00–24:00 in UTC":      `{"from": "09:00"}`,
		"every day 00:00–00:00 in UTC":      `{"until": "00:00"}`,
	} {
		assert.Equal(t, want, describe.Every(&ruleOf(t, `"every": `+every).Every))
	}
	assert.Equal(t, "12.5 %", describe.Share(ruleOf(t, `"percent": 12.5`)))
}
