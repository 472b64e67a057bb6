package draw_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/draw"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/cmd/becket/internal/simulate"
	"github.com/becketflags/becket/format/configcat"
	"github.com/becketflags/becket/format/flagd"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// version reads a document of the native format.
func version(t testing.TB, document string) draw.Version {
	t.Helper()
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err, document)
	require.Empty(t, rules.Info().Bad, document)
	definitions, err := ruleset.Read([]byte(document), nil)
	require.NoError(t, err)
	return draw.Version{Rules: rules, Format: "native", Native: definitions, Body: []byte(document)}
}

// withRules returns a document whose flag "f" has these rules.
func withRules(rules string) string {
	return `{"schema": 1, "segments": {"staff": {"include": ["user-7"], "exclude": ["user-8"],
		"if": {"attribute": "email", "ends_with": "@example.com"}}},
		"flags": {"g": {"rules": [{"if": {"attribute": "plan", "in": ["pro"]}, "serve": "on"}]},
		"f": {"rules": ` + rules + `}}}`
}

// outcomes counts the answers of the flag "f" for the subjects that are made for it.
func outcomes(t testing.TB, v draw.Version, size int, described ...string) (simulate.Counts, *draw.Kinds) {
	t.Helper()
	var columns []population.Column
	for _, text := range described {
		c, err := population.ParseColumn(text, now)
		require.NoError(t, err)
		columns = append(columns, c)
	}
	p := population.Made(size, 1, columns)
	kinds := draw.New([]draw.Version{v}, draw.Options{Size: size, Seed: 1, At: now, Described: p.Describes}).Flag("f")
	counts, err := simulate.Run(t.Context(), v.Rules, "f", p.WithProfiles(kinds.Profiles), becket.MomentAt(now, 0), nil)
	require.NoError(t, err)
	return counts, kinds
}

// byRule returns the number of subjects that each rule serves.
func byRule(counts simulate.Counts) map[string]int {
	sums := map[string]int{}
	for _, s := range counts.Shares(simulate.ByRule, nil) {
		sums[s.Name] = s.Count
	}
	return sums
}

func TestEachConditionGetsSubjectsInsideAndOutside(t *testing.T) {
	for name, condition := range map[string]string{
		"a text in a list":          `{"attribute": "country", "in": ["DE", "AT"]}`,
		"a text outside of a list":  `{"attribute": "country", "not_in": ["DE", "AT"]}`,
		"a text in any case":        `{"attribute": "country", "in": "de", "ignore_case": true}`,
		"a number in a list":        `{"attribute": "level", "in": [3, 4.5, 18446744073709551615]}`,
		"a boolean":                 `{"attribute": "beta", "in": [true]}`,
		"a list of several types":   `{"attribute": "level", "in": ["high", 3, false]}`,
		"the beginning of a text":   `{"attribute": "path", "starts_with": ["/shop/", "/cart/"]}`,
		"the end of a text":         `{"attribute": "email", "ends_with": "@example.com"}`,
		"a part of a text":          `{"attribute": "agent", "contains": ["Firefox", "Chrome"]}`,
		"the beginning and the end": `{"attribute": "path", "starts_with": "/shop/", "ends_with": ".html"}`,
		"the beginning, a part, the end": `{"attribute": "path", "starts_with": "/a",
			"contains": "-b-", "ends_with": "c"}`,
		"two parts": `{"all": [{"attribute": "agent", "contains": "Mobile"},
			{"attribute": "agent", "contains": "Safari"}]}`,
		"a pattern":                    `{"attribute": "path", "matches": "^/(shop|cart)/[0-9]{3}$"}`,
		"a pattern in any case":        `{"attribute": "path", "matches": "^[a-f]+-x$", "ignore_case": true}`,
		"a pattern and a beginning":    `{"attribute": "path", "matches": "[0-9]{4}", "starts_with": "order-"}`,
		"a bound":                      `{"attribute": "age", "gte": 18}`,
		"a window of integers":         `{"attribute": "age", "gte": 18, "lt": 19}`,
		"a window between integers":    `{"attribute": "age", "gt": 18, "lt": 19}`,
		"a window of fractions":        `{"attribute": "score", "gt": 0.1, "lt": 0.15}`,
		"a very large bound":           `{"attribute": "id", "gt": 9007199254740993}`,
		"an instant before":            `{"attribute": "since", "before": "2026-12-06T00:00:00Z"}`,
		"a window of instants":         `{"attribute": "since", "after": "2026-12-06T00:00:00Z", "before": "2026-12-06T00:00:01Z"}`,
		"a young instant":              `{"attribute": "signed_up", "newer_than": "7d"}`,
		"an instant of an age":         `{"attribute": "signed_up", "older_than": "7d", "newer_than": "8d"}`,
		"a constraint of versions":     `{"attribute": "version", "semver": ">=2.1.0 <3.0.0 || ^4.0"}`,
		"one version":                  `{"attribute": "version", "semver": "2.1.x"}`,
		"prefixes of addresses":        `{"attribute": "ip", "cidr": ["10.0.0.0/8", "2001:db8::/32"]}`,
		"one address":                  `{"attribute": "ip", "cidr": "192.0.2.1/32"}`,
		"an attribute that is there":   `{"attribute": "email", "exists": true}`,
		"an attribute that is missing": `{"attribute": "email", "exists": false}`,
		"a nested attribute":           `{"attribute": "address.country", "in": ["DE"]}`,
		"a list that holds two texts": `{"all": [{"attribute": "groups", "in": ["a"]},
			{"attribute": "groups", "in": ["b"]}]}`,
		"a list outside of a window": `{"attribute": "sizes", "gt": 30, "lt": 20}`,
		"the targeting key":          `{"attribute": "key", "starts_with": "user-"}`,
		"some targeting keys":        `{"attribute": "key", "in": ["user-1", "user-2"]}`,
		"a segment":                  `{"segment": "staff"}`,
		"outside of a segment":       `{"not": {"segment": "staff"}}`,
		"another flag":               `{"flag": "g", "in": ["on"]}`,
		"another flag and its attribute": `{"all": [{"flag": "g", "in": ["on"]},
			{"attribute": "age", "gte": 30, "lt": 31}]}`,
		"any of two": `{"any": [{"attribute": "country", "in": ["DE"]},
			{"attribute": "age", "lt": 18}]}`,
		"neither of two": `{"not": {"any": [{"attribute": "country", "in": ["DE"]},
			{"attribute": "age", "lt": 18}]}}`,
		"attributes that must all fit":    allOf(12),
		"attributes that must not all be": `{"not": ` + allOf(12) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			v := version(t, withRules(`[{"name": "asked", "if": `+condition+`, "serve": "on"}]`))
			counts, kinds := outcomes(t, v, 20_000)
			assert.Empty(t, kinds.Undrawn)
			sums := byRule(counts)
			assert.Positive(t, sums["asked"], "subjects meet the condition")
			assert.Positive(t, sums["(default)"], "subjects do not meet it")
		})
	}
}

// allOf returns a condition on several attributes.
func allOf(attributes int) string {
	parts := make([]string, attributes)
	for i := range parts {
		parts[i] = fmt.Sprintf(`{"attribute": "a%d", "in": ["x", "y"], "starts_with": "x"}`, i)
	}
	return `{"all": [` + strings.Join(parts, ", ") + `]}`
}

func TestEachRuleOfManyGetsSubjects(t *testing.T) {
	const rules = 300
	var all []string
	for i := range rules {
		all = append(all, fmt.Sprintf(`{"name": "r%d", "if": {"all": [{"attribute": "country", "in": ["C%d"]},
			{"attribute": "age", "gte": %d, "lt": %d}, {"attribute": "plan", "in": ["P%d"]}]}, "serve": "on"}`,
			i, i%20, i, i+2, i%7))
	}
	counts, kinds := outcomes(t, version(t, withRules("["+strings.Join(all, ",")+"]")), 100_000)
	assert.Empty(t, kinds.Undrawn)
	sums := byRule(counts)
	for i := range rules {
		assert.Positive(t, sums[fmt.Sprintf("r%d", i)], "rule %d", i)
	}
}

// TestEachRuleThatCanApplyGetsSubjects compares with random subjects: a rule that one of very many
// of them meets must have made subjects too.
func TestEachRuleThatCanApplyGetsSubjects(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		var rules []string
		for i := range 5 {
			condition := randomCondition(random, 3)
			rules = append(rules, fmt.Sprintf(`{"name": "r%d", "if": %s, "serve": "on"}`, i, condition))
		}
		v := version(t, withRules("["+strings.Join(rules, ",\n")+"]"))
		counts, kinds := outcomes(t, v, 20_000)
		made := byRule(counts)
		p := population.Made(30_000, 1, randomColumns(t))
		found, err := simulate.Run(t.Context(), v.Rules, "f", p, becket.MomentAt(now, 0), nil)
		require.NoError(t, err)
		for name, n := range byRule(found) {
			assert.Positive(t, made[name], "%d random subjects have %s of\n%s\nnot drawn: %v", n, name,
				strings.Join(rules, ",\n"), kinds.Undrawn)
		}
	}
}

func randomColumns(t *testing.T) (columns []population.Column) {
	t.Helper()
	for _, text := range []string{"a=x,y,z,", "b=0..12:3,:1", "c=true,false,", "d=x1,x2,y1,y2,"} {
		c, err := population.ParseColumn(text, now)
		require.NoError(t, err)
		columns = append(columns, c)
	}
	return columns
}

func randomCondition(r *rand.Rand, depth int) string {
	if depth > 0 && r.IntN(3) > 0 {
		form := []string{"all", "any", "not"}[r.IntN(3)]
		if form == "not" {
			return `{"not": ` + randomCondition(r, depth-1) + `}`
		}
		return fmt.Sprintf(`{%q: [%s, %s]}`, form, randomCondition(r, depth-1), randomCondition(r, depth-1))
	}
	low := r.IntN(10)
	return []string{
		`{"attribute": "a", "in": ["x"]}`, `{"attribute": "a", "not_in": ["x", "y"]}`,
		`{"attribute": "a", "exists": false}`, `{"attribute": "c", "in": [true]}`,
		fmt.Sprintf(`{"attribute": "b", "gte": %d, "lt": %d}`, low, low+1+r.IntN(3)),
		fmt.Sprintf(`{"attribute": "b", "in": [%d]}`, low),
		`{"attribute": "d", "starts_with": "x"}`, `{"attribute": "d", "ends_with": "1"}`,
		`{"attribute": "d", "matches": "^[xy]2$"}`, `{"flag": "g", "in": ["off"]}`,
	}[r.IntN(10)]
}

func TestConditionsWithoutSubjectsAreNamed(t *testing.T) {
	for name, row := range map[string]struct{ rules, named string }{
		"a pattern that matches nothing": {
			`[{"if": {"attribute": "path", "matches": "a^b"}, "serve": "on"}]`, `path matches "a^b"`,
		},
		"texts that do not go together": {
			`[{"name": "r", "if": {"attribute": "path", "in": ["a"], "starts_with": "b"}, "serve": "on"}]`,
			`rule r of f: path in ["a"] and path starts_with "b"`,
		},
		"numbers that do not go together": {
			`[{"if": {"attribute": "age", "in": [1], "gt": 2}, "serve": "on"}]`, "",
		},
		"an empty list":     {`[{"if": {"attribute": "age", "in": []}, "serve": "on"}]`, ""},
		"a rule behind one": {`[{"serve": "on"}, {"if": {"attribute": "age", "gt": 2}, "serve": "off"}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, kinds := outcomes(t, version(t, withRules(row.rules)), 10_000)
			if row.named == "" {
				assert.Empty(t, kinds.Undrawn)
				return
			}
			assert.Equal(t, []string{row.named}, kinds.Undrawn)
		})
	}
}

func TestADescribedAttributeIsNotMade(t *testing.T) {
	v := version(t, withRules(`[{"name": "both", "if": {"all": [{"attribute": "country", "in": ["DE"]},
		{"attribute": "plan", "in": ["pro"]}]}, "serve": "on"}]`))
	counts, kinds := outcomes(t, v, 10_000, "country=DE:1,FR:9")
	assert.True(t, kinds.IsMade, "the plan is made")
	for _, p := range kinds.Profiles {
		for i := range p.Attributes {
			s := becket.NewSubject("", p.Attributes[i])
			_, there := s.Attribute("country")
			assert.False(t, there)
		}
	}
	assert.Less(t, byRule(counts)["both"], 1000, "a tenth of those with the plan")
	assert.Positive(t, byRule(counts)["both"])
	_, kinds = outcomes(t, v, 10_000, "country=DE:1,FR:9", "plan=pro,free")
	assert.False(t, kinds.IsMade)
	assert.Len(t, kinds.Groups, 1)
}

func TestAHashedAttributeHasManyValues(t *testing.T) {
	for name, condition := range map[string]string{
		"no condition": ``,
		"a beginning":  `"if": {"attribute": "account", "starts_with": "a-"},`,
		"a bound":      `"if": {"attribute": "account", "gte": 5000},`,
	} {
		t.Run(name, func(t *testing.T) {
			v := version(t, withRules(`[{"name": "r", `+condition+` "percent": 30, "by": "account", "serve": "on"}]`))
			counts, kinds := outcomes(t, v, 40_000)
			most := 0
			for _, p := range kinds.Profiles {
				most = max(most, len(p.Varied))
			}
			assert.Equal(t, 1, most)
			assert.Positive(t, byRule(counts)["r"])
		})
	}
}

func TestTheSameSeedGivesTheSameKinds(t *testing.T) {
	v := version(t, withRules(`[{"if": `+allOf(8)+`, "serve": "on"}, {"if": {"segment": "staff"}, "serve": "on"}]`))
	kinds := func(seed uint64) string {
		k := draw.New([]draw.Version{v}, draw.Options{Size: 20_000, Seed: seed, At: now}).Flag("f")
		text, err := json.Marshal(k.Groups)
		require.NoError(t, err)
		for _, p := range k.Profiles {
			s := becket.NewSubject("", p.Attributes...)
			for name, value := range s.All {
				text = fmt.Appendf(text, "%s=%s ", name, value)
			}
		}
		return string(text)
	}
	first, again := kinds(1), kinds(1)
	assert.Equal(t, first, again)
	assert.NotEqual(t, first, kinds(2))
}

func TestOtherFormatsGetSubjects(t *testing.T) {
	targeting := func(rule string) string {
		return `{"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
			"targeting": {"if": [` + rule + `, "on", "off"]}}}, "$evaluators": {"mail": {"ends_with": [{"var": "email"}, "@b"]}}}`
	}
	condition := func(user string) string {
		return `{"p": {"u": "https://cdn.example.com", "r": 0, "s": "c2FsdA=="}, "s": [{"n": "seg", "r": [` + user + `]}], "f": {"f": {"t": 0,
			"v": {"b": false}, "i": "off", "r": [{"c": [{"u": ` + user + `}, {"s": {"s": 0, "c": 0}}],
			"s": {"v": {"b": true}, "i": "on"}}]}}}`
	}
	for name, row := range map[string]struct {
		format   becket.Format
		document string
		undrawn  string
	}{
		"flagd equals":    {flagd.Format, targeting(`{"==": [{"var": "country"}, "DE"]}`), ""},
		"flagd in a list": {flagd.Format, targeting(`{"in": [{"var": "country"}, ["DE", "AT"]]}`), ""},
		"flagd in a text": {flagd.Format, targeting(`{"in": ["@b", {"var": "email"}]}`), ""},
		"flagd bounds": {
			flagd.Format, targeting(`{"and": [{">=": [{"var": "age"}, 30]}, {"<": [{"var": "age"}, 31]}]}`),
			"",
		},
		"flagd versions":       {flagd.Format, targeting(`{"sem_ver": [{"var": "v"}, ">=", "2.1.0"]}`), ""},
		"flagd evaluators":     {flagd.Format, targeting(`{"$ref": "mail"}`), ""},
		"flagd variable alone": {flagd.Format, targeting(`{"!!": [{"var": "beta"}]}`), ""},
		"flagd key": {
			flagd.Format, targeting(`{"starts_with": [{"var": "targetingKey"}, "user-"]}`),
			"",
		},
		"flagd computes": {
			flagd.Format, targeting(`{"==": [{"cat": [{"var": "a"}, {"var": "b"}]}, "xy"]}`),
			`a rule with "=="`,
		},
		"configcat one of":      {configcat.V6, condition(`{"a": "Country", "c": 0, "l": ["DE", "AT"]}`), ""},
		"configcat contains":    {configcat.V6, condition(`{"a": "Email", "c": 2, "l": ["@b"]}`), ""},
		"configcat starts with": {configcat.V6, condition(`{"a": "Email", "c": 30, "l": ["x@"]}`), ""},
		"configcat number":      {configcat.V6, condition(`{"a": "Age", "c": 14, "d": 30}`), ""},
		"configcat version":     {configcat.V6, condition(`{"a": "Version", "c": 9, "s": "2.1.0"}`), ""},
		"configcat instant":     {configcat.V6, condition(`{"a": "Since", "c": 18, "d": 1780000000}`), ""},
		"configcat list":        {configcat.V6, condition(`{"a": "Groups", "c": 34, "l": ["beta"]}`), ""},
		"configcat identifier":  {configcat.V6, condition(`{"a": "Identifier", "c": 30, "l": ["user-"]}`), ""},
		"configcat hashed texts": {
			configcat.V6, condition(`{"a": "Email", "c": 16, "l": ["abc"]}`),
			"attribute Email: its values are hashed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			rules, err := row.format.Decode([]byte(row.document))
			require.NoError(t, err)
			v := draw.Version{Rules: rules, Format: row.format.Name(), Body: []byte(row.document)}
			counts, kinds := outcomes(t, v, 10_000)
			if row.undrawn != "" {
				assert.Contains(t, strings.Join(kinds.Undrawn, "; "), row.undrawn)
				return
			}
			assert.Empty(t, kinds.Undrawn)
			shares := map[string]int{}
			for _, s := range counts.Shares(simulate.ByVariant, nil) {
				shares[s.Name] = s.Count
			}
			assert.Positive(t, shares["on"])
			assert.Positive(t, shares["off"])
		})
	}
}

func TestThousandsOfFlagsAreBounded(t *testing.T) {
	var flags []string
	number := 5000
	if testing.Short() {
		number = 1000
	}
	for i := range number {
		flags = append(flags, fmt.Sprintf(`"f%d": {"rules": [{"if": {"segment": "s"}, "serve": "on"},
			{"if": {"attribute": "a%d", "gte": %d, "lt": 99}, "percent": 10, "serve": "on"}]}`, i, i%50, i))
	}
	keys := make([]string, 20_000)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"user-%d"`, i)
	}
	v := version(t, `{"schema": 1, "segments": {"s": {"include": [`+strings.Join(keys, ",")+`]}}, "flags": {`+
		strings.Join(flags, ",")+`}}`)
	start := time.Now()
	d := draw.New([]draw.Version{v, v}, draw.Options{Size: 4000, Seed: 1, At: now})
	for i := range number {
		require.NotEmpty(t, d.Flag(fmt.Sprintf("f%d", i)).Profiles)
	}
	assert.Less(t, time.Since(start), time.Minute)
	t.Log(time.Since(start))
}
