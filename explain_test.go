package becket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const explained = `{"schema":1,"revision":42,
	"segments":{
		"staff":{"include":["user-7"],"exclude":["user-13"],"if":{"attribute":"email","ends_with":"@example.com"}},
		"inner":{"if":{"segment":"staff"}}},
	"flags":{
	"base":{"default":"on"},
	"banner":{"variants":{"red":"#f00","blue":"#00f"},"off":"red","requires":[{"flag":"base","in":["on"]}],
		"rules":[
			{"name":"staff","if":{"segment":"staff"},"serve":"blue"},
			{"name":"adults","if":{"all":[{"attribute":"age","gte":18},
				{"not":{"attribute":"country","in":["FR","IT"]}}]},"percent":30,"serve":"blue"},
			{"from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z","serve":"red"},
			{"ramp":{"steps":[{"at":"2026-01-01T00:00:00Z","percent":0}]},"layer":{"name":"page","from":0,"to":100},
				"serve":"red"}],
		"default":{"split":{"red":1,"blue":3}}},
	"operators":{"rules":[
		{"if":{"any":[
			{"attribute":"a","in":["long enough to be no word",1,2.5,true]},
				{"attribute":"a","not_in":["x"],"ignore_case":true},{"attribute":"a","matches":"^x"},
			{"attribute":"a","semver":">=1.0.0"},{"attribute":"a","cidr":["10.0.0.0/8"]},
				{"attribute":"a","exists":false},
			{"attribute":"a","contains":["p","q"]},{"attribute":"a","before":"2026-01-01T00:00:00Z"},
				{"flag":"base","in":["off"]},{"segment":"inner"},
			{"attribute":"a","in":[1,2,3,4,5,6,7,8,9,10,11,12]}]},"serve":"on"}]},
	"killed":{"enabled":false},
	"off-less":{"variants":{"a":1},"default":"a","enabled":false},
	"unmet":{"requires":[{"flag":"base","in":["off"]}]},
	"keyless":{"default":{"split":{"on":1,"off":1}}}}}`

var explainedAt = MomentAt(time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC), 0)

func explainedRules(t *testing.T) Explainer {
	t.Helper()
	rules, err := Native.Decode([]byte(explained))
	require.NoError(t, err)
	require.Empty(t, rules.Info().Bad)
	explainer, ok := rules.(Explainer)
	require.True(t, ok)
	return explainer
}

func TestExplanationsShowTheStepsOfTheDecision(t *testing.T) {
	t.Parallel()
	rules := explainedRules(t)
	for _, test := range []struct {
		name, flag string
		subject    Subject
		want       string
	}{
		{"a rule with a segment", "banner", NewSubject("user-7"),
			`banner for "user-7": blue = #00f, TARGETING_MATCH by rule "staff" (revision 42, from defaults)
  flag banner: serves blue (TARGETING_MATCH)
    requirement base in ["on"]: true
      flag base: serves on (STATIC)
    rule staff: true
      condition segment staff: true
        segment staff: true (the key is included)
`},
		{"conditions, a bucket and a split", "banner", NewSubject("user-1", Int("age", 31), String("country", "DE")),
			`banner for "user-1": red = #f00, SPLIT (revision 42, from defaults)
  flag banner: serves red (SPLIT)
    requirement base in ["on"]: true
      flag base: serves on (STATIC)
    rule staff: false
      condition segment staff: unknown
        segment staff: unknown
          condition email ends_with ["@example.com"]: unknown (email is missing)
    rule adults: false
      condition all: true
        condition age gte 18: true (age is 31)
        condition not: true
          condition country in ["FR", "IT"]: false (country is "DE")
      percent 30 %: false (bucket 42.5695 against 30)
    rule [2]: false
      window from 2026-01-01T00:00:00Z until 2026-02-01T00:00:00Z: false
    rule [3]: false
      layer page from 0 to 100: true (bucket 6.65212)
      ramp 0 % at 2026-11-15T12:00:00Z: false (bucket 42.5695 against 0)
    split: draws red (the smallest draw wins)
      draw blue of weight 3: 0.353764
      draw red of weight 1: 0.335937
`},
		{"a flag that is switched off", "killed", NewSubject("user-1"),
			`killed for "user-1": off = false, DISABLED (revision 42, from defaults)
  flag killed: serves off (DISABLED)
`},
		{"one without off", "off-less", NewSubject("user-1"),
			`off-less for "user-1": the caller's default, DISABLED (revision 42, from defaults)
  flag off-less: the caller's default (DISABLED)
`},
		{"a requirement that is not met", "unmet", NewSubject("user-1"),
			`unmet for "user-1": off = false, PREREQUISITE_FAILED (revision 42, from defaults)
  flag unmet: serves off (PREREQUISITE_FAILED)
    requirement base in ["off"]: false
      flag base: serves on (STATIC)
`},
		{"an error", "keyless", Subject{},
			`keyless for "": the caller's default, ERROR: a split was reached and the subject has no key to hash (revision 42, from defaults)
  flag keyless: the caller's default (a split was reached and the subject has no key to hash)
    split: draws nothing (no key to hash)
`},
		{"no such flag", "none", Subject{},
			`none for "": the caller's default, ERROR: the ruleset has no such flag (revision 42, from defaults)
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			x := rules.Explain(test.flag, &test.subject, explainedAt, nil)
			assert.Equal(t, test.want, x.String())
		})
	}
}

func TestEachOperatorIsWrittenAsADocumentHasIt(t *testing.T) {
	t.Parallel()
	subject := NewSubject("user-13", String("a", "y"))
	text := explainedRules(t).Explain("operators", &subject, explainedAt, nil).String()
	for _, line := range []string{
		`condition a in ["long enough to be no word", 1, 2.5, true]: false (a is "y")`,
		`condition a not_in (ignoring case) ["X"]: true (a is "y")`,
	} {
		assert.Contains(t, text, line)
	}
	subject = NewSubject("user-13", String("a", "X"))
	text = explainedRules(t).Explain("operators", &subject, explainedAt, nil).String()
	for _, line := range []string{
		`condition a not_in (ignoring case) ["X"]: false (a is "X")`,
		`condition a matches "^x": false`,
		`condition a semver ">=1.0.0": unknown`,
		`condition a cidr ["10.0.0.0/8"]: unknown`,
		`condition a exists false: false`,
		`condition a contains ["p", "q"]: false`,
		`condition a before 2026-01-01T00:00:00Z: unknown`,
		`condition flag base in ["off"]: false`,
		`segment staff: false (the key is excluded)`,
		`condition a in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … 2 more]: unknown`,
	} {
		assert.Contains(t, text, line)
	}
}

func TestAnExplanationMarshalsToJSON(t *testing.T) {
	t.Parallel()
	rules := explainedRules(t)
	subject := NewSubject("user-7")
	raw, err := json.Marshal(rules.Explain("unmet", &subject, explainedAt, nil))
	require.NoError(t, err)
	assert.JSONEq(t,
		`{"flag":"unmet","key":"user-7","value":false,"variant":"off","reason":"PREREQUISITE_FAILED","revision":42,"tier":"defaults","steps":[
		{"what":"flag","text":"unmet","outcome":"serves off","note":"PREREQUISITE_FAILED","steps":[
			{"what":"requirement","text":"base in [\"off\"]","outcome":"false","steps":[
				{"what":"flag","text":"base","outcome":"serves on","note":"STATIC"}]}]}]}`, string(raw))
	raw, err = json.Marshal(rules.Explain("none", &subject, explainedAt, nil))
	require.NoError(t, err)
	assert.JSONEq(t,
		`{"flag":"none","key":"user-7","reason":"ERROR","revision":42,"tier":"defaults","error":"becket: the ruleset has no such flag"}`, string(
			raw,
		))
}

func TestExplainWithoutARulesetOrAClient(t *testing.T) {
	t.Parallel()
	var none *Client
	x := none.Explain("a", NewSubject("user-1"))
	require.ErrorIs(t, x.Err, ErrNotReady)
	assert.Equal(t, "user-1", x.Key)
	x = newTestClient(t, newScript(failing(errors.New("down")))).Explain("a", NewSubject("user-1"))
	require.ErrorIs(t, x.Err, ErrNotReady)
	assert.Equal(t, TierDefaults, x.Tier)
}

// TestPrivateAttributesNeverLeaveTheClient passes values that occur nowhere else, and searches for
// them in everything that leaves the client.
func TestPrivateAttributesNeverLeaveTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "s3cret"
		document := `{"schema":1,"flags":{
			"a":{"track":"all","rules":[{"if":{"any":[{"attribute":"email","in":["x"]},
				{"attribute":"address.street","starts_with":"x"},{"attribute":"tokens","contains":"x"},
				{"attribute":"pin","gt":99999999},{"attribute":"key","in":["x"]}]},"serve":"on"}]},
			"object":{"variants":{"v":{"a":1}},"default":"v"}}}`
		out, lines, heard := &logged{}, &logged{}, &recorder{}
		var evaluations strings.Builder
		hooks := heard.hooks()
		hooks.OnEvaluate = func(e Evaluation) {
			fmt.Fprintf(&evaluations, "%+v %v", e, e.Subject.Key())
			for name, value := range e.Subject.All {
				fmt.Fprintf(&evaluations, " %s=%s", name, value)
			}
			panic("a hook that quotes " + e.Subject.Key())
		}
		sinks := Sink(func(ctx context.Context, batch []Exposure) error {
			return errors.Join(LogSink(out.logger())(ctx, batch), LineSink(lines)(ctx, batch))
		})
		client := newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)), WithLogger(out.logger()),
			WithHooks(hooks),
			WithExposures(sinks), WithPrivateAttributes("email", "address", "tokens", "pin", "key"))
		subject := NewSubject(secret, String("email", secret),
			Any("address", map[string]any{"street": secret, "no": map[string]any{"x": secret}}),
			Strings("tokens", secret, secret), Int("pin", 31337001), String("country", "DE"))
		v := client.For(subject)
		v.Enabled("a")
		v.BoolDetail("a", false)
		JSON(v, "object", "wrong type")
		x := client.Explain("a", subject)
		raw, err := json.Marshal(x)
		require.NoError(t, err)
		require.NoError(t, client.Flush(t.Context()))
		require.NoError(t, client.Close())
		_, errs, _ := heard.seen()
		redacted := client.Redact(subject)
		var copied strings.Builder
		for name, value := range redacted.All {
			fmt.Fprintf(&copied, "%s=%s ", name, value)
		}
		for place, text := range map[string]string{
			"the log": out.String(), "the exposures": lines.String(), "the hook": evaluations.String(),
			"errors": fmt.Sprint(errs), "the explanation": x.String(), "its JSON": string(raw),
			"the status":         fmt.Sprintf("%+v", client.Status()),
			"a redacted subject": redacted.Key() + copied.String(),
		} {
			assert.NotContains(t, text, secret, place)
			assert.NotContains(t, text, "31337001", place)
			if place != "errors" && place != "the status" {
				assert.Contains(t, text, Private, place)
			}
		}
		assert.Contains(t, x.String(), `a for "***"`)
		assert.Contains(t, x.String(), "address.street is ***")
		assert.Contains(t, x.String(), "key is ***")
		assert.Contains(t, lines.String(), `"country":"DE"`, "attributes that are not private are shown")
	})
}

// FuzzExplainAndEvaluateAgree makes a ruleset and subjects from a number. Explain and Evaluate must
// return the same results for them.
func FuzzExplainAndEvaluateAgree(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed, seed*7919)
	}
	f.Fuzz(func(t *testing.T, seed, whom uint64) {
		g := &generator{rand: rand.New(rand.NewPCG(seed, 1))}
		document := g.document()
		rules, err := Native.Decode([]byte(document))
		require.NoError(t, err, document)
		explainer, ok := rules.(Explainer)
		require.True(t, ok)
		g.rand = rand.New(rand.NewPCG(whom, 2))
		for range 8 {
			subject := g.subject()
			at := MomentAt(time.Date(2026, 1, 1+g.rand.IntN(60), 0, 0, 0, 0, time.UTC),
				time.Duration(g.rand.IntN(100))*time.Minute)
			for info := range rules.Flags() {
				r := rules.Evaluate(info.Key, KindAny, &subject, at)
				x := explainer.Explain(info.Key, &subject, at, nil)
				name, value := r.answer()
				require.Equal(t, name, x.Variant, "%s\n%s", document, x)
				require.Equal(t, value, x.Value)
				require.Equal(t, r.Rule, x.Rule)
				require.Equal(t, r.Reason, x.Reason)
				require.Equal(t, r.Missing, x.Missing)
				require.Equal(t, r.Err != nil, x.Err != nil)
				if r.Err != nil {
					require.ErrorIs(t, x.Err, r.Err)
				}
				_, err := json.Marshal(x)
				require.NoError(t, err)
				require.Equal(t, r, rules.Evaluate(info.Key, KindAny, &subject, at), "same input, same result")
			}
		}
	})
}

// generator makes documents that are valid except for some references, so some of their flags are
// invalid.
type generator struct {
	rand  *rand.Rand
	flags int
}

func (g *generator) pick(words ...string) string { return words[g.rand.IntN(len(words))] }

func (g *generator) some(percent int) bool { return g.rand.IntN(100) < percent }

func (g *generator) document() string {
	g.flags = 2 + g.rand.IntN(6)
	var flags, segments []string
	for i := range 3 {
		fields := []string{fmt.Sprintf(`"if":%s`, g.condition(2, i))}
		if g.some(40) {
			fields = append(fields, `"include":["user-1","user-2"]`)
		}
		if g.some(40) {
			fields = append(fields, `"exclude":["user-2","user-3"]`)
		}
		segments = append(segments, fmt.Sprintf(`"s%d":{%s}`, i, strings.Join(fields, ",")))
	}
	for i := range g.flags {
		flags = append(flags, fmt.Sprintf(`"f%d":%s`, i, g.flag(i)))
	}
	return fmt.Sprintf(`{"schema":1,"revision":1,"segments":{%s},"flags":{%s}}`,
		strings.Join(segments, ","), strings.Join(flags, ","))
}

func (g *generator) flag(number int) string {
	fields := []string{`"variants":{"a":1,"b":2,"c":3}`, `"default":` + g.serve()}
	if g.some(10) {
		fields = append(fields, `"enabled":false`)
	}
	if g.some(70) {
		fields = append(fields, `"off":"c"`)
	}
	if g.some(20) {
		fields = append(fields, `"max_age":"30m"`)
	}
	if g.some(30) {
		fields = append(fields,
			fmt.Sprintf(`"requires":[{"flag":"f%d","in":["a","b"]}]`, max(0, number-1+g.rand.IntN(2))))
	}
	var rules []string
	for range g.rand.IntN(4) {
		rules = append(rules, g.rule(number))
	}
	fields = append(fields, `"rules":[`+strings.Join(rules, ",")+`]`)
	return "{" + strings.Join(fields, ",") + "}"
}

func (g *generator) rule(number int) string {
	fields := []string{`"serve":` + g.serve()}
	if g.some(80) {
		fields = append(fields, `"if":`+g.condition(3, number))
	}
	if g.some(30) {
		fields = append(fields, `"from":"2026-01-10T00:00:00Z"`)
	}
	if g.some(20) {
		fields = append(fields, `"until":"2026-02-10T00:00:00Z"`)
	}
	gated := true
	switch g.rand.IntN(5) {
	case 0:
		fields = append(fields, fmt.Sprintf(`"percent":%d`, g.rand.IntN(101)))
	case 1:
		fields = append(fields,
			fmt.Sprintf(`"ramp":{"linear":%v,"steps":[{"at":"2026-01-05T00:00:00Z","percent":10},{"at":"2026-02-05T00:00:00Z","percent":90}]}`, g.some(
				50,
			)))
	case 2:
		fields = append(fields, `"layer":{"name":"page","from":20,"to":70}`)
	default:
		gated = false
	}
	if gated && g.some(40) {
		fields = append(fields, fmt.Sprintf(`"by":%q`, g.pick("key", "age", "country", "vip", "none")))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func (g *generator) serve() string {
	if g.some(60) {
		return g.pick(`"a"`, `"b"`, `"c"`)
	}
	return fmt.Sprintf(`{"split":{"a":%d,"b":%d,"c":1}}`, g.rand.IntN(4), g.rand.IntN(4))
}

func (g *generator) condition(depth, number int) string {
	if depth > 0 && g.some(40) {
		parts := make([]string, g.rand.IntN(4))
		for i := range parts {
			parts[i] = g.condition(depth-1, number)
		}
		switch g.rand.IntN(3) {
		case 0:
			return `{"all":[` + strings.Join(parts, ",") + `]}`
		case 1:
			return `{"any":[` + strings.Join(parts, ",") + `]}`
		default:
			return `{"not":` + g.condition(depth-1, number) + `}`
		}
	}
	attribute := g.pick("key", "country", "age", "ratio", "vip", "version", "ip", "groups", "since", "none")
	switch g.rand.IntN(14) {
	case 0:
		return fmt.Sprintf(`{"segment":"s%d"}`, g.rand.IntN(3))
	case 1:
		return fmt.Sprintf(`{"flag":"f%d","in":["a"]}`, max(0, number-1))
	case 2:
		return fmt.Sprintf(`{"attribute":%q,"exists":%v}`, attribute, g.some(50))
	case 3:
		return fmt.Sprintf(`{"attribute":%q,"gte":%d,"lt":%d.5}`, attribute, g.rand.IntN(30), 20+g.rand.IntN(30))
	case 4:
		return fmt.Sprintf(`{"attribute":%q,"semver":">=1.2.0 <3.0.0 || ^4"}`, attribute)
	case 5:
		return fmt.Sprintf(`{"attribute":%q,"cidr":["10.0.0.0/8","::/0"]}`, attribute)
	case 6:
		return fmt.Sprintf(`{"attribute":%q,"matches":"^[A-M0-9]"}`, attribute)
	case 7:
		return fmt.Sprintf(`{"attribute":%q,%q:["D","2","a"],"ignore_case":%v}`, attribute,
			g.pick("contains", "starts_with", "ends_with"), g.some(50))
	case 8:
		return fmt.Sprintf(`{"attribute":%q,%q:"2026-01-15T00:00:00Z"}`, attribute, g.pick("before", "after"))
	default:
		return fmt.Sprintf(`{"attribute":%q,%q:["DE","beta",25,0.5,true],"ignore_case":%v}`,
			attribute, g.pick("in", "not_in"), g.some(30))
	}
}

func (g *generator) subject() Subject {
	all := []Attribute{
		String("country", g.pick("DE", "de", "FR", "")), Int("age", g.rand.IntN(50)), Float("ratio", g.rand.Float64()),
		Bool("vip", g.some(50)),
		String("version", g.pick("1.2.0", "v2", "3.0.0-beta", "four")),
		String("ip", g.pick("10.1.2.3", "::1", "localhost")),
		Strings("groups", "alpha", g.pick("beta", "gamma")),
		Time("since", time.Date(2026, 1, 1+g.rand.IntN(30), 0, 0, 0, 0, time.UTC)),
		Int("country", 1), String("age", "old"), Any("groups", map[string]any{"x": 1}),
	}
	g.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return NewSubject(g.pick("", "user-1", "user-2", "user-3", fmt.Sprint("user-", g.rand.IntN(1000))),
		all[:g.rand.IntN(len(all))]...)
}

func TestExplanationsSayThatAnOperatorCannotUseAnAttribute(t *testing.T) {
	t.Parallel()
	const document = `{"schema":1,"flags":{"f":{"rules":[{"if":{"attribute":"age","gte":18},"serve":"on"},{"if":{"attribute":"v","semver":">1.0.0"},"serve":"on"}]}}}`
	client := newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)))
	text := client.Explain("f", NewSubject("user-1", String("age", "31"), String("v", "new"))).String()
	assert.Contains(t, text, `(age is "31", and gte cannot use this string)`)
	assert.Contains(t, text, `(v is "new", and semver cannot use this string)`)
	text = client.Explain("f", NewSubject("user-1", Int("age", 17))).String()
	assert.Contains(t, text, "(age is 17)")
	assert.Contains(t, text, "(v is missing)")
}

func TestAnExplanationListsNumbersOfEachKind(t *testing.T) {
	t.Parallel()
	document := []byte(`{"schema":1,"flags":{` +
		ruleOf(`"if":{"attribute":"a","in":["x",-3,18446744073709551615,1.5,true]}`) + `}}`)
	client := newTestClient(t, Bytes(document), WithBootstrap(document))
	text := client.Explain("f", NewSubject("u", Int("a", 7))).String()
	assert.Contains(t, text, `a in ["x", -3, 18446744073709551615, 1.5, true]: false (a is 7)`)
}
