package compare_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

func version(t *testing.T, document string) compare.Version {
	t.Helper()
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err, document)
	require.Empty(t, rules.Info().Bad, document)
	all, err := ruleset.Read([]byte(document), nil)
	require.NoError(t, err)
	return compare.Version{Name: "x", Rules: rules, Native: all}
}

func people(t *testing.T, size int) *population.Population {
	t.Helper()
	var columns []population.Column
	for _, text := range []string{"c=DE:2,FR:2,US:1,:1", "n=0..9", "account=1..200"} {
		column, err := population.ParseColumn(text, noon.Now())
		require.NoError(t, err)
		columns = append(columns, column)
	}
	return population.Made(size, 1, columns)
}

var noon = becket.MomentAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), 0)

// flagF wraps the fields of the flag "f" into a document.
func flagF(fields string) string {
	return `{"schema": 1, "segments": {"s": {"if": {"attribute": "c", "in": ["DE"]}}},
		"flags": {"f": {` + fields + `}, "other": {"rules": [{"percent": 50, "serve": "on"}]}}}`
}

func edits(t *testing.T, before, after string) (lines []string) {
	t.Helper()
	a, b := version(t, flagF(before)), version(t, flagF(after))
	for _, e := range compare.Flags(a.Native.Flag("f"), b.Native.Flag("f")) {
		mark := "- "
		if e.Takes {
			mark = "! "
		}
		lines = append(lines, mark+e.Text)
	}
	return lines
}

func TestEditsInWords(t *testing.T) {
	const (
		germany = `{"name": "g", "if": {"attribute": "c", "in": ["DE"]}, "percent": 10, "serve": "on"}`
		staff   = `{"name": "s", "if": {"segment": "s"}, "serve": "on"}`
		blocked = `{"name": "b", "if": {"attribute": "n", "lt": 3}, "serve": "off"}`
	)
	rules := func(rules ...string) string { return `"rules": [` + strings.Join(rules, ", ") + `]` }
	with := func(rule, old, now string) string { return strings.Replace(rule, old, now, 1) }
	every := func(every string) string { return rules(with(staff, `"serve"`, `"every": `+every+`, "serve"`)) }
	age := func(operator, age string) string {
		return rules(`{"name": "a", "if": {"attribute": "t", "` + operator + `": "` + age + `"}, "serve": "on"}`)
	}
	hashed := func(by string) string { return rules(`{"name": "h", "percent": 50, "by": ` + by + `, "serve": "on"}`) }
	for name, row := range map[string]struct {
		before, after string
		want          []string
	}{
		"nothing": {rules(germany), rules(germany), nil},
		"white space, order of fields and comments of people do not count": {
			`"owner": "a", "enabled": false`, `"enabled":   false, "owner": "a"`, nil},
		"switched off": {
			rules(germany), `"enabled": false, ` + rules(germany), []string{"! the flag is switched off"},
		},
		"switched on": {`"enabled": false`, `"enabled": true`, []string{"- the flag is switched on"}},
		"a percentage falls": {
			rules(germany), rules(with(germany, "10", "5")),
			[]string{`! rule "g": the percentage falls from 10 % to 5 %`},
		},
		"a percentage rises": {
			rules(germany), rules(with(germany, "10", "12.5")),
			[]string{`- rule "g": the percentage rises from 10 % to 12.5 %`},
		},
		"a rising percentage of off takes from the rules below": {
			rules(with(germany, `"on"`, `"off"`), staff),
			rules(with(with(germany, `"on"`, `"off"`), "10", "20"), staff),
			[]string{`! rule "g": the percentage rises from 10 % to 20 %`}},
		"a percentage is removed": {
			rules(germany), rules(with(germany, `"percent": 10, `, "")),
			[]string{`- rule "g": its share changes from 10 % to everybody`},
		},
		"a ramp in place of it": {rules(germany),
			rules(with(germany, `"percent": 10`, `"ramp": {"steps": [{"at": "2026-12-01T00:00:00Z", "percent": 50}]}`)),
			[]string{`! rule "g": its share changes from 10 % to a ramp of 50 % at 2026-12-01T00:00:00Z`}},
		"another salt": {
			rules(germany), rules(with(germany, `"percent"`, `"salt": "new", "percent"`)),
			[]string{`! rule "g": the salt changes from "f" to "new": other subjects are in`},
		},
		"the salt that counted anyway": {
			rules(germany), rules(with(germany, `"percent"`, `"salt": "f", "percent"`)), nil,
		},
		"another key to hash": {
			rules(germany), rules(with(germany, `"percent"`, `"by": "account", "percent"`)),
			[]string{`! rule "g": it hashes account and not the key: other subjects are in`},
		},
		"a wider condition": {rules(germany), rules(with(germany, `["DE"]`, `["DE", "FR"]`)),
			[]string{`- rule "g": the condition changes from c in ["DE"] to c in ["DE","FR"] (wider)`}},
		"a narrower condition": {rules(with(germany, `["DE"]`, `["DE", "FR"]`)), rules(germany),
			[]string{`! rule "g": the condition changes from c in ["DE","FR"] to c in ["DE"] (narrower)`}},
		"another condition": {
			rules(germany), rules(with(germany, "DE", "FR")),
			[]string{`! rule "g": the condition changes from c in ["DE"] to c in ["FR"]`},
		},
		"a rule is removed": {
			rules(staff, germany), rules(staff),
			[]string{`! rule "g" is removed (it served on to 10 % of c in ["DE"])`},
		},
		"a rule of off is removed": {
			rules(blocked, staff), rules(staff), []string{`- rule "b" is removed (it served off to n lt 3)`},
		},
		"a rule is added": {
			rules(staff), rules(staff, germany), []string{`- rule "g" is added as number 2: on to 10 % of c in ["DE"]`},
		},
		"a rule of off is added before others": {
			rules(staff), rules(blocked, staff), []string{`! rule "b" is added as number 1: off to n lt 3`},
		},
		"a rule of off is added behind others": {
			rules(staff), rules(staff, blocked), []string{`- rule "b" is added as number 2: off to n lt 3`},
		},
		"a rule of off moves up": {
			rules(staff, germany, blocked), rules(blocked, staff, germany),
			[]string{`! rule "b" moved up, before "s", "g"`},
		},
		"rules that serve the same change places": {
			rules(staff, germany), rules(germany, staff), []string{`- rule "g" moved up, before "s"`},
		},
		"a window that ends": {
			rules(staff), rules(with(staff, `"serve"`, `"until": "2026-12-01T00:00:00Z", "serve"`)),
			[]string{`! rule "s": until changes from none to 2026-12-01T00:00:00Z`},
		},
		"a window that opens earlier": {rules(with(staff, `"serve"`, `"from": "2026-12-01T00:00:00Z", "serve"`)),
			rules(staff),
			[]string{`- rule "s": from changes from 2026-12-01T00:00:00Z to none`}},
		"a layer": {rules(staff), rules(with(staff, `"serve"`, `"layer": {"name": "l", "from": 0, "to": 40}, "serve"`)),
			[]string{`! rule "s": the layer changes from none to l 0 to 40`}},
		"a requirement": {
			rules(staff), `"requires": [{"flag": "other", "in": ["on"]}], ` + rules(staff),
			[]string{"! it now requires flag other in on"},
		},
		"a requirement less": {
			`"requires": [{"flag": "other", "in": ["on"]}], ` + rules(staff), rules(staff),
			[]string{"- it no longer requires flag other in on"},
		},
		"the variant of a rule": {
			rules(staff), rules(with(staff, `"on"`, `"off"`)),
			[]string{`! rule "s": what it serves changes from on to off`},
		},
		"weights of a split": {rules(with(staff, `"on"`, `{"split": {"on": 50, "off": 50}}`)),
			rules(with(staff, `"on"`, `{"split": {"on": 60, "off": 60}}`)),
			[]string{`- rule "s": what it serves changes from a split of on 50, off 50 to a split of on 60, off 60`}},
		"weights of a split that take": {rules(with(staff, `"on"`, `{"split": {"on": 50, "off": 50}}`)),
			rules(with(staff, `"on"`, `{"split": {"on": 40, "off": 60}}`)),
			[]string{`! rule "s": what it serves changes from a split of on 50, off 50 to a split of on 40, off 60`}},
		"the default": {
			`"default": "on"`, `"default": "off"`, []string{"! the default changes from on to off"},
		},
		"a longer max_age, in days": {
			`"max_age": "36h"`, `"max_age": "7d"`, []string{"- max_age changes from 36h to 7d"},
		},
		"a shorter max_age, in days": {
			`"max_age": "36h"`, `"max_age": "1d"`, []string{"! max_age changes from 36h to 1d"},
		},
		"the same age in other words":      {`"max_age": "36h"`, `"max_age": "1d12h"`, nil},
		"the tracking that counted anyway": {`"default": "on"`, `"default": "on", "track": "splits"`, nil},
		"other tracking": {
			`"default": "on"`, `"default": "on", "track": "all"`, []string{"- track changes from splits to all"},
		},
		"the key by its name": {rules(germany), rules(with(germany, `"percent"`, `"by": "key", "percent"`)), nil},
		"an instant in small letters": {rules(staff),
			rules(with(staff, `"serve"`, `"until": "2026-12-01t00:00:00z", "serve"`)),
			[]string{`! rule "s": until changes from none to 2026-12-01t00:00:00z`}},
		"instants in their own zones": {rules(with(staff, `"serve"`, `"from": "2026-12-01T01:00:00+01:00", "serve"`)),
			rules(with(staff, `"serve"`, `"from": "2026-12-01T02:00:00+01:00", "serve"`)),
			[]string{`! rule "s": from changes from 2026-12-01T01:00:00+01:00 to 2026-12-01T02:00:00+01:00`}},
		"the same instant in another zone": {
			rules(with(staff, `"serve"`, `"from": "2026-12-01T01:00:00+01:00", "serve"`)),
			rules(with(staff, `"serve"`, `"from": "2026-12-01T00:00:00Z", "serve"`)), nil,
		},
		"days in another order": {
			rules(with(staff, `"serve"`, `"every": {"days": ["mon", "tue"], "until": "24:00"}, "serve"`)),
			rules(with(staff, `"serve"`, `"every": {"days": ["tue", "mon"]}, "serve"`)), nil,
		},
		"other days": {rules(with(staff, `"serve"`, `"every": {"days": ["mon"]}, "serve"`)),
			rules(with(staff, `"serve"`, `"every": {"days": ["tue"]}, "serve"`)),
			[]string{`! rule "s": every changes from mon all day in UTC to tue all day in UTC`}},
		"more days": {every(`{"days": ["mon"], "zone": "Europe/Berlin"}`),
			every(`{"days": ["mon", "sun"], "zone": "Europe/Berlin"}`),
			[]string{
				`- rule "s": every changes from mon all day in Europe/Berlin to sun, mon all day in Europe/Berlin (wider)`,
			}},
		"fewer hours": {every(`{"from": "09:00", "until": "17:00"}`), every(`{"from": "09:00", "until": "16:59"}`),
			[]string{
				`! rule "s": every changes from every day 09:00–17:00 in UTC to every day 09:00–16:59 in UTC (narrower)`,
			}},
		"a night within another": {every(`{"days": ["sat"], "from": "22:00", "until": "06:00"}`),
			every(`{"days": ["sat", "sun"]}`),
			[]string{`- rule "s": every changes from sat 22:00–06:00 in UTC to sun, sat all day in UTC (wider)`}},
		"another zone": {every(`{"days": ["mon"]}`), every(`{"days": ["mon"], "zone": "Europe/Berlin"}`),
			[]string{`! rule "s": every changes from mon all day in UTC to mon all day in Europe/Berlin`}},
		"recurring times": {
			rules(staff), every(`{"until": "12:00"}`),
			[]string{`! rule "s": it applies only at recurring times: every day 00:00–12:00 in UTC`},
		},
		"no recurring times": {
			every(`{"until": "12:00"}`), rules(staff),
			[]string{`- rule "s": it no longer applies only at recurring times: every day 00:00–12:00 in UTC`},
		},
		"recurring times for ever": {
			rules(staff), every(`{}`),
			[]string{`- rule "s": it applies only at recurring times: every day all day in UTC`},
		},
		"a rule with recurring times": {rules(staff),
			rules(staff + `, {"name": "n", "every": {"days": ["fri"]}, "percent": 5, "serve": "on"}`),
			[]string{`- rule "n" is added as number 2: on to 5 % of everybody, only fri all day in UTC`}},
		"a requirement of more variants": {`"requires": [{"flag": "other", "in": "on"}], ` + rules(staff),
			`"requires": [{"flag": "other", "in": ["on", "off"]}], ` + rules(staff),
			[]string{"- it requires flag other in on, off, and before flag other in on"}},
		"a requirement of fewer variants": {`"requires": [{"flag": "other", "in": ["on", "off"]}], ` + rules(staff),
			`"requires": [{"flag": "other", "in": "on"}], ` + rules(staff),
			[]string{"! it requires flag other in on, and before flag other in on, off"}},
		"a requirement as a text": {
			`"requires": [{"flag": "other", "in": "on"}], ` + rules(staff),
			`"requires": [{"flag": "other", "in": ["on"]}], ` + rules(staff), nil,
		},
		"a second requirement of one flag": {
			`"requires": [{"flag": "other", "in": "on"}], ` + rules(staff),
			`"requires": [{"flag": "other", "in": "on"}, {"flag": "other", "in": ["on", "off"]}], ` + rules(staff),
			[]string{"! it now requires flag other in on, off"},
		},
		"an age that more have": {
			age("newer_than", "7d"), age("newer_than", "14d"),
			[]string{`- rule "a": the condition changes from t newer_than "7d" to t newer_than "14d" (wider)`},
		},
		"an age that fewer have": {
			age("older_than", "1d12h"), age("older_than", "7d"),
			[]string{`! rule "a": the condition changes from t older_than "1d12h" to t older_than "7d" (narrower)`},
		},
		"another attribute to hash, in need": {
			hashed(`"account"`), hashed(`["account", "device"]`),
			[]string{`- rule "h": it also hashes device, for subjects without account`},
		},
		"the key, in need": {
			hashed(`["account", "key"]`), hashed(`"account"`),
			[]string{`! rule "h": it no longer hashes the key, for subjects without account`},
		},
		"attributes to hash in another order": {
			hashed(`["account", "device"]`), hashed(`["device", "account"]`),
			[]string{`! rule "h": it hashes device or account and not account or device: other subjects are in`},
		},
		"a split's attribute, in need": {`"default": {"split": {"on": 1, "off": 1}}`,
			`"default": {"split": {"on": 1, "off": 1}, "by": ["key", "device"]}`,
			[]string{"- the split of the default also hashes device, for subjects without the key"}},
		"a split's attribute less": {`"default": {"split": {"on": 1, "off": 1}, "by": ["device", "key"]}`,
			`"default": {"split": {"on": 1, "off": 1}, "by": "device"}`,
			[]string{"! the split of the default no longer hashes the key, for subjects without device"}},
		"the fields of a condition in another order": {
			rules(germany), rules(with(germany, `"attribute": "c", "in": ["DE"]`, `"in": ["DE"], "attribute": "c"`)),
			nil,
		},
		"max_age": {
			`"default": "on"`, `"default": "on", "max_age": "1h"`, []string{"! max_age changes from none to 1h"},
		},
		"for people": {
			`"owner": "a"`, `"owner": "b", "tags": ["x"]`,
			[]string{`- owner changes from "a" to "b"`, `- tags is now ["x"]`},
		},
		"variants": {
			`"variants": {"a": 1, "b": 2}, "default": "a"`, `"variants": {"a": 1, "c": 3}, "default": "a"`,
			[]string{"- the variant b is removed", "- the variant c is added"},
		},
		"implied variants are written out": {
			`"default": "on"`, `"variants": {"on": true, "off": false}, "off": "off", "default": "on"`, nil,
		},
		"a rule without a name changes in its place": {
			rules(`{"percent": 5, "serve": "on"}`), rules(`{"percent": 4, "serve": "on"}`),
			[]string{`! rule "[0]": the percentage falls from 5 % to 4 %`},
		},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, row.want, edits(t, row.before, row.after)) })
	}
}

func TestLossesNameTheEditThatCausesThem(t *testing.T) {
	for name, row := range map[string]struct{ before, after, because string }{
		"a percentage that falls": {
			`{"name": "g", "percent": 50, "serve": "on"}`, `{"name": "g", "percent": 20, "serve": "on"}`,
			`rule "g": the percentage falls from 50 % to 20 %`},
		"a rule that now stands first": {
			`{"name": "a", "serve": "on"}, {"name": "b", "if": {"segment": "s"}, "serve": "off"}`,
			`{"name": "b", "if": {"segment": "s"}, "serve": "off"}, {"name": "a", "serve": "on"}`,
			`rule "b" moved up, before "a"`},
		"a rule that is gone": {
			`{"name": "a", "if": {"segment": "s"}, "serve": "on"}`, ``,
			`rule "a" is removed (it served on to segment s)`},
		"a rule that changed its place while it lost its name": {
			`{"percent": 50, "serve": "on"}`, `{"if": {"attribute": "c", "in": ["DE"]}, "percent": 50, "serve": "on"}`,
			`rule "[0]": the condition changes from everybody to c in ["DE"] (narrower)`},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := compare.Compare(t.Context(), version(t, flagF(`"rules": [`+row.before+`]`)),
				version(t, flagF(`"rules": [`+row.after+`]`)), people(t, 2000), noon, nil)
			require.NoError(t, err)
			require.Len(t, r.Flags, 1)
			require.NotEmpty(t, r.Flags[0].Losses)
			assert.Equal(t, "on", r.Flags[0].Losses[0].Variant)
			assert.Equal(t, row.because, r.Flags[0].Losses[0].Because)
		})
	}
}

func TestAChangedSegmentReachesTheFlagsThatUseIt(t *testing.T) {
	before := flagF(`"rules": [{"if": {"segment": "s"}, "serve": "on"}]`)
	r, err := compare.Compare(t.Context(), version(t, before), version(t, strings.Replace(before, `"DE"`, `"FR"`, 1)),
		people(t, 5000), noon, nil)
	require.NoError(t, err)
	require.Len(t, r.Segments, 1)
	assert.True(t, r.Segments[0].Edits[0].Takes)
	require.Len(t, r.Flags, 1, "not the flag that does not use it")
	f := r.Flags[0]
	assert.Equal(t, compare.Affected, f.Kind)
	assert.Equal(t, []string{"segment s"}, f.Elsewhere)
	assert.InDelta(t, 4.0/6, f.Impact.Share, 0.03)
	assert.Equal(t, "a flag or segment that it depends on changes: segment s", f.Losses[0].Because)
}

func TestAGrowingSegmentTakesAFeatureFromRulesThatExcludeIt(t *testing.T) {
	for name, row := range map[string]struct {
		rules string
		takes bool
	}{
		"a rule for the segment":    {`{"if": {"segment": "s"}, "serve": "on"}`, false},
		"a rule for everybody else": {`{"if": {"not": {"segment": "s"}}, "serve": "on"}`, true},
		"off for the segment, before a feature": {
			`{"if": {"segment": "s"}, "serve": "off"}, {"percent": 50, "serve": "on"}`, true,
		},
		"off for the segment, behind a feature": {
			`{"percent": 50, "serve": "on"}, {"if": {"segment": "s"}, "serve": "off"}`, false,
		},
		"not below not":           {`{"if": {"not": {"not": {"segment": "s"}}}, "serve": "on"}`, false},
		"through another segment": {`{"if": {"not": {"segment": "wide"}}, "serve": "on"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			before := strings.Replace(flagF(`"rules": [`+row.rules+`]`), `"segments": {`,
				`"segments": {"wide": {"if": {"segment": "s"}}, `, 1)
			r, err := compare.Compare(t.Context(), version(t, before),
				version(t, strings.Replace(before, `"in": ["DE"]}`, `"in": ["DE", "FR"]}`, 1)), people(t, 500), noon,
				nil)
			require.NoError(t, err)
			require.Len(t, r.Segments, 1)
			assert.Equal(t, row.takes, r.Segments[0].Edits[0].Takes)
			for _, f := range r.Flags {
				assert.Equal(t, row.takes, len(f.Losses) > 0, "the mark agrees with the population")
			}
		})
	}
}

func TestOverListsFlagsWithHigherImpactThanTheLimit(t *testing.T) {
	r, err := compare.Compare(t.Context(), version(t, flagF(`"default": "off"`)),
		version(t, flagF(`"rules": [{"percent": 10, "serve": "on"}]`)), people(t, 20_000), noon, nil)
	require.NoError(t, err)
	assert.InDelta(t, 0.1, r.Flags[0].Impact.Share, 0.01)
	require.Len(t, r.Over(0.05), 1)
	assert.Equal(t, "f", r.Over(0.05)[0].Key)
	assert.Empty(t, r.Over(0.2))
}

// When any edit makes a subject lose a feature, an edit of that flag has the mark Takes.
func TestEveryLossComesFromAMarkedEdit(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	subjects := people(t, 400)
	losses := 0
	for range 600 {
		a, b := randomFlag(random), randomFlag(random)
		if random.IntN(2) == 0 {
			b = append([]string{}, a...)
			i := random.IntN(len(b))
			switch random.IntN(3) {
			case 0:
				b[i] = randomRule(random, i)
			case 1:
				j := random.IntN(len(b))
				b[i], b[j] = b[j], b[i]
			default:
				b = append(b[:i], b[i+1:]...)
			}
		}
		before, after := randomFields(random, a), randomFields(random, b)
		r, err := compare.Compare(t.Context(), version(t, flagF(before)), version(t, flagF(after)), subjects, noon, nil)
		require.NoError(t, err)
		for _, f := range r.Flags {
			marked := false
			for _, e := range f.Edits {
				marked = marked || e.Takes
			}
			if len(f.Losses) > 0 {
				losses++
				require.True(t, marked, "%s\n→ %s\n%+v\n%+v", before, after, f.Edits, f.Losses)
			}
		}
	}
	assert.Greater(t, losses, 200, "the test must see losses")
}

func randomFlag(random *rand.Rand) (rules []string) {
	for i := range 1 + random.IntN(4) {
		rules = append(rules, randomRule(random, i))
	}
	return rules
}

func randomRule(random *rand.Rand, i int) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	rule := fmt.Sprintf(`{"name": "r%d"`, i)
	rule += pick("", `, "if": {"attribute": "c", "in": ["DE"]}`, `, "if": {"attribute": "c", "in": ["DE", "FR"]}`,
		`, "if": {"attribute": "n", "lt": 5}`, `, "if": {"segment": "s"}`)
	rule += pick("", `, "layer": {"name": "l", "from": 0, "to": 50}`, `, "layer": {"name": "l", "from": 20, "to": 50}`)
	switch random.IntN(4) {
	case 0:
		rule += `, "percent": ` + pick("20", "50") + pick("", `, "salt": "x"`, `, "by": "account"`)
	case 1:
		rule += `, "ramp": {"steps": [{"at": "2026-11-01T00:00:00Z", "percent": ` + pick("20", "50") + `}]}`
	}
	rule += pick("", "", `, "until": "2026-11-01T00:00:00Z"`, `, "from": "2026-11-01T00:00:00Z"`)
	return rule + `, "serve": ` +
		pick(`"a"`, `"b"`, `"none"`, `{"split": {"a": 1, "b": 1}}`, `{"split": {"a": 1, "b": 2}}`,
			`{"split": {"a": 1, "none": 1}, "salt": "y"}`) + `}`
}

func randomFields(random *rand.Rand, rules []string) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	return `"variants": {"a": 1, "b": 2, "none": 0}, "off": "none", "default": ` +
		pick(`"none"`, `"none"`, `"a"`, `{"split": {"a": 1, "b": 1}}`) +
		pick("", "", "", `, "enabled": false`, `, "requires": [{"flag": "other", "in": ["on"]}]`) + `, "rules": [` +
		strings.Join(rules, ", ") + `]`
}
