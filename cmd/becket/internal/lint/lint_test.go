package lint_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func check(t *testing.T, document string) ([]lint.Finding, becket.Rules) {
	t.Helper()
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err, document)
	require.Empty(t, rules.Info().Bad, document)
	all, err := ruleset.Read([]byte(document), nil)
	require.NoError(t, err)
	return lint.Check(all, now, nil), rules
}

// names returns the findings about rules and flags, without the findings about descriptions and
// owners.
func names(t *testing.T, document string) (found []string) {
	t.Helper()
	all, _ := check(t, document)
	for _, f := range all {
		if f.Name != lint.MissingDescription && f.Name != lint.MissingOwner {
			found = append(found, f.Path+" "+f.Name)
		}
	}
	return found
}

// These rulesets are close to a finding, but have none.
func TestValidRulesetsHaveNoFindings(t *testing.T) {
	for name, flags := range map[string]string{
		"a percentage lets others through to a weaker rule": `"f": {"rules": [{"percent": 5, "serve": "on"}, {"if": {"attribute": "a", "in": [1]}, "percent": 50, "serve": "on"}]}`,
		"the same percentage of another salt":               `"f": {"rules": [{"percent": 5, "serve": "on"}, {"percent": 5, "salt": "x", "serve": "on"}]}`,
		"a window that is narrower than the rule below":     `"f": {"rules": [{"from": "2026-12-01T00:00:00Z", "serve": "on"}, {"if": {"attribute": "a", "in": [1]}, "serve": "on"}]}`,
		"another range of a layer":                          `"f": {"rules": [{"layer": {"name": "l", "from": 0, "to": 50}, "serve": "on"}, {"layer": {"name": "l", "from": 40, "to": 60}, "serve": "on"}]}`,
		"a ramp that goes on":                               `"f": {"rules": [{"ramp": {"steps": [{"at": "2026-01-01T00:00:00Z", "percent": 5}, {"at": "2027-01-01T00:00:00Z", "percent": 50}]}, "serve": "on"}]}`,
		"a flag that is not on yet":                         `"f": {"rules": []}`,
		"a permanent switch":                                `"f": {"permanent": true, "default": "on"}`,
		"configuration with one value":                      `"f": {"variants": {"x": 25}, "default": "x"}`,
		"an arm of weight 0 among others":                   `"f": {"variants": {"a": 1, "b": 2, "c": 3}, "default": {"split": {"a": 1, "b": 1, "c": 0}}}`,
		"a requirement that off meets":                      `"g": {"enabled": false}, "f": {"requires": [{"flag": "g", "in": ["off"]}], "rules": [{"percent": 5, "serve": "on"}]}`,
		"a condition on a flag below not":                   `"g": {"enabled": false}, "f": {"rules": [{"if": {"not": {"flag": "g", "in": ["on"]}}, "percent": 5, "serve": "on"}]}`,
		"ranges of a layer that touch":                      `"g": {"rules": [{"layer": {"name": "l", "from": 0, "to": 50}, "serve": "on"}]}, "f": {"rules": [{"layer": {"name": "l", "from": 50, "to": 100}, "serve": "on"}]}`,
		"one layer by one attribute, in two spellings":      `"g": {"rules": [{"layer": {"name": "l", "from": 0, "to": 50}, "by": "key", "serve": "on"}]}, "f": {"rules": [{"layer": {"name": "l", "from": 50, "to": 100}, "serve": "on"}]}`,
		"two layers by two attributes":                      `"g": {"rules": [{"layer": {"name": "l", "from": 0, "to": 50}, "by": "a", "serve": "on"}]}, "f": {"rules": [{"layer": {"name": "m", "from": 0, "to": 50}, "serve": "on"}]}`,
		"a layer that a disabled flag hashes otherwise":     `"g": {"enabled": false, "rules": [{"layer": {"name": "l", "from": 0, "to": 50}, "by": "a", "serve": "on"}]}, "f": {"rules": [{"layer": {"name": "l", "from": 0, "to": 50}, "serve": "on"}]}`,
		"recurring times that occur once":                   `"f": {"rules": [{"every": {"days": ["sun"], "from": "10:00", "until": "12:00"}, "from": "2026-12-24T00:00:00Z", "until": "2026-12-27T10:00:01Z", "serve": "on"}]}`,
		"recurring times without an end":                    `"f": {"rules": [{"every": {"days": ["sun"], "from": "10:00", "until": "12:00"}, "from": "2026-12-24T00:00:00Z", "serve": "on"}]}`,
		"recurring times that are wider in an earlier rule": `"f": {"rules": [{"every": {"days": ["sun"], "from": "10:00", "until": "12:00"}, "serve": "on"}, {"every": {"days": ["sun", "mon"]}, "serve": "on"}]}`,
		"100 % before a rule that asks for no key":          `"f": {"x-note": 1, "rules": [{"percent": 99, "serve": "on"}, {"if": {"attribute": "a", "in": [1]}, "serve": "on"}]}`,

		"a flag on the day that it expires": `"f": {"expires": "2026-11-22", "rules": [{"percent": 5, "serve": "on"}]}`,
	} {
		t.Run(name, func(t *testing.T) { assert.Empty(t, names(t, `{"schema": 1, "flags": {`+flags+`}}`)) })
	}
}

func TestRulesThatSayTheSameInOtherWordsAreUnreachable(t *testing.T) {
	const ramp = `"ramp": {"steps": [{"at": "2026-01-01T00:00:00Z", "percent": 5}, {"at": "2027-01-01T00:00:00Z", "percent": 50}]}`
	for name, pair := range map[string][2]string{
		"a ramp": {
			ramp,
			strings.Replace(ramp, `"2027-01-01T00:00:00Z", "percent": 50`,
				`"2027-01-01T01:00:00+01:00", "percent": 50.0`, 1),
		},
		"recurring times":  {`"every": {"days": ["mon", "tue"]}`, `"every": {"days": ["tue", "mon"], "zone": "UTC"}`},
		"the key":          {`"percent": 20`, `"percent": 10, "by": "key"`},
		"the end of a day": {`"until": "2026-12-01T00:00:00Z"`, `"until": "2026-12-01t00:00:00z"`},
	} {
		t.Run(name, func(t *testing.T) {
			document := `{"schema": 1, "flags": {"f": {"rules": [{` + pair[0] + `, "serve": "on"}, {` + pair[1] +
				`, "serve": "off"}]}}}`
			assert.Equal(t, []string{"flags.f.rules[1] unreachable-rule"}, names(t, document))
		})
	}
}

func TestAnInvalidFlagMayUseEverySegmentThatItNames(t *testing.T) {
	document := `{"schema": 1, "segments": {"a": {"if": {"segment": "b"}}, "b": {}, "c": {"if": {"segmnt": "d"}}, "d": {}, "e": {}},
		"flags": {"f": {"rules": [{"if": {"any": [{"segmnt": "a"}, {"segment": "c"}]}, "serve": "on"}]}}}`
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err)
	require.Len(t, rules.Info().Bad, 2)
	all, err := ruleset.Read([]byte(document), rules.Info().Bad)
	require.NoError(t, err)
	assert.Nil(t, all.Flag("f"))
	assert.Nil(t, all.Segment("c"))
	found := lint.Check(all, now, nil)
	require.Len(t, found, 1)
	assert.Equal(t, "segments.e", found[0].Path)
}

func TestASegmentThatOnlyAnUnusedOneUsesIsUnused(t *testing.T) {
	document := `{"schema": 1, "segments": {"a": {"if": {"segment": "b"}}, "b": {}, "c": {"if": {"segment": "d"}}, "d": {}},
		"flags": {"f": {"rules": [{"if": {"any": [{"segment": "c"}, {"attribute": "x", "exists": true}]},
			"serve": "on"}]}}}`
	assert.ElementsMatch(t, []string{"segments.a unused-segment", "segments.b unused-segment"}, names(t, document))
}

func TestALayerThatIsHashedByTwoAttributesIsReported(t *testing.T) {
	layer := func(from int, by string) string {
		return fmt.Sprintf(`{"rules": [{"layer": {"name": "l", "from": %d, "to": %d}%s, "serve": "on"}]}`,
			from, from+20, by)
	}
	document := `{"schema": 1, "flags": {"a": ` + layer(0, `, "by": ["org", "key"]`) + `, "b": ` +
		layer(20, `, "by": "org"`) + `, "c": ` + layer(40, "") +
		`, "d": ` + layer(60, `, "by": ["org", "key"]`) + `, "e": ` + layer(0, "") + `}}`
	found, _ := check(t, document)
	var messages []string
	for _, f := range found {
		if f.Name == lint.MixedLayer || f.Name == lint.OverlappingLayers {
			messages = append(messages, f.Path+": "+f.Message)
		}
	}
	assert.Equal(t, []string{
		`flags.b.rules[0].layer: layer "l" is hashed by org here and by org or the key in flags.a.rules[0]: one subject can be in both ranges`,
		`flags.c.rules[0].layer: layer "l" is hashed by the key here and by org or the key in flags.a.rules[0]: one subject can be in both ranges`,
		`flags.e.rules[0].layer: layer "l" is hashed by the key here and by org or the key in flags.a.rules[0]: one subject can be in both ranges`,
	}, messages)
}

func TestRecurringTimesThatNeverOccurAreReported(t *testing.T) {
	for name, row := range map[string]struct {
		every, from, until string
		never              bool
	}{
		"a weekend in a week's middle": {
			`{"days": ["sat", "sun"]}`, "2026-11-23T00:00:00Z", "2026-11-28T00:00:00Z", true,
		},
		"its first instant": {
			`{"days": ["sat", "sun"]}`, "2026-11-23T00:00:00Z", "2026-11-28T00:00:00.000000001Z", false,
		},
		"a night that lasts into the window": {
			`{"days": ["sat"], "from": "22:00", "until": "06:00"}`, "2026-11-29T05:59:59.5Z", "2026-11-29T07:00:00Z",
			false,
		},
		"a night that is over": {
			`{"days": ["sat"], "from": "22:00", "until": "06:00"}`, "2026-11-29T06:00:00Z", "2026-11-29T20:00:00Z",
			true,
		},
		"another day there than here": {
			`{"days": ["mon"], "zone": "Pacific/Auckland"}`, "2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z", false,
		},
		"the same day here, and not there": {
			`{"days": ["sun"], "zone": "Pacific/Auckland"}`, "2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z", true,
		},
		"an hour that the clocks skip": {
			`{"from": "02:00", "until": "03:00", "zone": "Europe/Berlin"}`, "2027-03-27T12:00:00Z",
			"2027-03-28T12:00:00Z", true,
		},
		"the same hour of the next day": {
			`{"from": "02:00", "until": "03:00", "zone": "Europe/Berlin"}`, "2027-03-27T12:00:00Z",
			"2027-03-29T12:00:00Z", false,
		},
		"an hour that the clocks repeat": {
			`{"from": "02:30", "until": "02:45", "zone": "Europe/Berlin"}`, "2026-10-25T01:30:00Z",
			"2026-10-25T01:31:00Z", false,
		},
		"a day of the year that a zone left out": {
			`{"days": ["fri"], "zone": "Pacific/Apia"}`, "2011-12-29T10:00:00Z", "2012-01-05T10:00:00Z", true,
		},
		"a week and more": {
			`{"days": ["fri"], "from": "12:00", "until": "12:01"}`, "2026-11-20T12:01:00Z", "2026-11-27T12:00:00Z",
			true,
		},
		"long after": {
			`{"days": ["fri"], "from": "12:00", "until": "12:01"}`, "2026-11-20T12:01:00Z", "2036-11-27T12:00:00Z",
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			document := fmt.Sprintf(`{"schema": 1, "flags": {"f": {"rules": [{"every": %s, "from": %q, "until": %q, "serve": "on"}]}}}`, row.every, row.from, row.until)
			found, rules := check(t, document)
			never := slices.ContainsFunc(found,
				func(f lint.Finding) bool { return f.Name == lint.EmptyWindow && f.Path == "flags.f.rules[0].every" })
			assert.Equal(t, row.never, never)
			assert.Equal(t, row.never, !servesOnce(t, rules, row.from, row.until),
				"as the library evaluates every second or minute")
		})
	}
}

// servesOnce reports whether the flag is on at any second of two instants' first hour, or at any
// minute between them, of at most thirty days.
func servesOnce(t *testing.T, rules becket.Rules, from, until string) bool {
	t.Helper()
	start, err := time.Parse(time.RFC3339, from)
	require.NoError(t, err)
	end, err := time.Parse(time.RFC3339, until)
	require.NoError(t, err)
	on := func(at time.Time) bool {
		r := rules.Evaluate("f", becket.KindBool, nil, becket.MomentAt(at, 0))
		return r.Variant.Value.Bool()
	}
	for at, step := start, time.Second; at.Before(end) && at.Sub(start) < 30*24*time.Hour; at = at.Add(step) {
		if on(at) {
			return true
		}
		if at.Sub(start) >= time.Hour {
			step = time.Minute
		}
	}
	return on(end.Add(-1))
}

func TestTheSearchForRecurringTimesIsBounded(t *testing.T) {
	var rules []string
	for i := range 1_000 {
		rules = append(rules,
			fmt.Sprintf(`{"name": "r%d", "every": {"days": ["fri"], "from": "12:00", "until": "12:01"}, "from": "2026-11-20T12:01:00Z", "until": "2026-11-27T12:00:00Z", "if": {"attribute": "a", "in": [%d]}, "serve": "on"}`, i, i))
	}
	var flags []string
	for i := range 10 {
		flags = append(flags,
			fmt.Sprintf(`"f%d": {"description": "x", "owner": "y", "rules": [%s]}`, i, strings.Join(rules, ",")))
	}
	found, _ := check(t, `{"schema": 1, "flags": {`+strings.Join(flags, ",")+`}}`)
	count := 0
	for _, f := range found {
		if f.Name == lint.EmptyWindow {
			count++
		}
	}
	assert.Positive(t, count)
	assert.Less(t, count, 10*100, "each of ten thousand rules costs ten thousand steps, and twenty million are there")
}

func TestEarlierRulesTogetherMakeALaterRuleUnreachable(t *testing.T) {
	document := `{"schema": 1, "flags": {"f": {"rules": [
		{"if": {"attribute": "c", "in": ["DE"]}, "serve": "on"},
		{"if": {"attribute": "c", "in": ["FR"]}, "serve": "on"},
		{"if": {"attribute": "c", "in": ["FR", "DE"]}, "serve": "on"}]}}}`
	assert.Equal(t, []string{"flags.f.rules[2] unreachable-rule"}, names(t, document))
}

// No subject reaches a rule that is reported as unreachable, and no subject gets a second variant
// of a flag that is reported as constant.
func TestFindingsHoldForRandomFlagsAndSubjects(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	unreachable, constant := 0, 0
	subjects := make([]becket.Subject, 150)
	for i := range subjects {
		subjects[i] = randomSubject(random, i)
	}
	for range 1500 {
		var rules []string
		for range 2 + random.IntN(4) {
			rules = append(rules, randomRule(random))
		}
		document := `{"schema": 1, "flags": {"f": {"variants": {"a": 1, "b": 2, "o": 3}, "off": "o", "default": "` +
			[]string{"a", "o"}[random.IntN(2)] + `", "rules": [` + strings.Join(rules, ", ") + `]}}}`
		found, decided := check(t, document)
		reported := map[string]bool{}
		served := ""
		for _, f := range found {
			if f.Name == lint.UnreachableRule {
				var i int
				_, err := fmt.Sscanf(f.Path, "flags.f.rules[%d]", &i)
				require.NoError(t, err)
				reported[fmt.Sprintf("[%d]", i)] = true
				unreachable++
			}
			if f.Name == lint.AlwaysOn {
				served = strings.Split(f.Message, `"`)[1]
				constant++
			}
		}
		for _, hour := range []int{-48, -11, 0, 13, 48} {
			at := becket.MomentAt(now.Add(time.Duration(hour)*time.Hour), 0)
			for i := range subjects {
				r := decided.Evaluate("f", becket.KindAny, &subjects[i], at)
				require.False(t, reported[r.Rule], "%s reaches %s", document, r.Rule)
				if served != "" && r.Variant != nil {
					require.Equal(t, served, r.Variant.Name, document)
				}
			}
		}
	}
	assert.Greater(t, unreachable, 500)
	assert.Greater(t, constant, 20)
}

func randomRule(random *rand.Rand) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	rule := `{"serve": ` + pick(`"a"`, `"a"`, `"b"`, `{"split": {"a": 1, "b": 1}}`)
	rule += pick("", `, "if": {"attribute": "c", "in": ["DE"]}`, `, "if": {"attribute": "c", "in": ["DE", "FR"]}`,
		`, "if": {"attribute": "n", "lt": 5}`, `, "if": {"attribute": "n", "gte": 5}`, `, "if": {"any": []}`)
	rule += pick("", "", "", `, "layer": {"name": "l", "from": 0, "to": 50}`,
		`, "layer": {"name": "l", "from": 20, "to": 50}`)
	rule += pick("", "", "", `, "every": {"days": ["sun"]}`, `, "every": {"days": ["sun", "mon"], "until": "18:00"}`,
		`, "every": {"until": "13:00"}`, `, "every": {"days": ["sat", "sun"], "from": "22:00", "until": "13:00"}`)
	rule += pick("", "", "", `, "from": "2026-11-22T00:00:00Z"`, `, "until": "2026-11-23T00:00:00Z"`,
		`, "from": "2026-11-21T00:00:00Z", "until": "2026-11-24T00:00:00Z"`)
	switch random.IntN(3) {
	case 0:
		rule += `, "percent": ` + pick("20", "50", "100", "0") + pick("", "", `, "salt": "x"`, `, "by": "account"`)
	case 1:
		rule += `, "ramp": {"steps": [{"at": "2026-11-21T00:00:00Z", "percent": ` + pick("20", "100") + `}]}`
	}
	return rule + "}"
}

func randomSubject(random *rand.Rand, i int) becket.Subject {
	key := fmt.Sprintf("user-%d", i)
	if random.IntN(8) == 0 {
		key = ""
	}
	attributes := []becket.Attribute{becket.Int("n", random.IntN(10)), becket.Int("account", random.IntN(30))}
	if random.IntN(5) > 0 {
		attributes = append(attributes, becket.String("c", []string{"DE", "FR", "US"}[random.IntN(3)]))
	}
	if random.IntN(5) == 0 {
		attributes = append(attributes, becket.Strings("c", "DE", "US"))
	}
	return becket.NewSubject(key, attributes[random.IntN(2):]...)
}

func TestAFlagHasAtMostAHundredFindings(t *testing.T) {
	var rules, flags []string
	for i := range 150 {
		rules = append(rules, fmt.Sprintf(`{"name": "r%d", "percent": 0, "serve": "on"}`, i))
	}
	document := `{"schema": 1, "flags": {"f": {"rules": [` + strings.Join(rules, ",") + `]}, "g": {}}}`
	found, _ := check(t, document)
	of := map[string]int{}
	for _, f := range found {
		of[f.Flag.Key]++
	}
	assert.Equal(t, map[string]int{"f": 100, "g": 2}, of)

	for i := range 6_000 {
		flags = append(flags, fmt.Sprintf(`"f%d": {}`, i))
	}
	found, _ = check(t, `{"schema": 1, "flags": {`+strings.Join(flags, ",")+`}}`)
	assert.Len(t, found, 10_000, "each of the flags lacks a description and an owner")
}

// Without a limit, each of these rulesets takes minutes or hours.
func TestManyRulesAndLayersAreCheckedInBoundedSteps(t *testing.T) {
	var common, rules, flags []string
	for i := range 500 {
		common = append(common, fmt.Sprintf(`"v%d"`, i))
	}
	for i := range 1_000 {
		rules = append(rules,
			fmt.Sprintf(`{"name": "r%d", "if": {"attribute": "a", "in": [%s, "own%d"]}, "serve": "on"}`,
				i, strings.Join(common, ","), i))
	}
	assert.Empty(t, names(t, `{"schema": 1, "flags": {"f": {"rules": [`+strings.Join(rules, ",")+`]}}}`))

	for i := range 5_000 {
		flags = append(flags,
			fmt.Sprintf(`"f%04d": {"description": "x", "owner": "y", "rules": [{"layer": {"name": "l%d", "from": %d, "to": %d}, "serve": "on"}]}`, i, i%50, i/50, i/50+1))
	}
	assert.Empty(t, names(t, `{"schema": 1, "flags": {`+strings.Join(flags, ",")+`}}`),
		"the ranges of 50 layers touch and do not overlap")
}
