package becket

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// corpusDocuments returns the documents of testdata/corpus.
func corpusDocuments(t testing.TB) (documents [][]byte) {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var cases []struct {
			Document json.RawMessage `json:"document"`
			Text     string          `json:"text"`
			Base64   []byte          `json:"base64"`
		}
		require.NoError(t, json.Unmarshal(content, &cases), file)
		for _, c := range cases {
			for _, document := range [][]byte{c.Document, []byte(c.Text), c.Base64} {
				if len(document) > 0 && len(document) < 4096 {
					documents = append(documents, document)
				}
			}
		}
	}
	return documents
}

// subjects are of many kinds: some have the attributes that a flag needs, others do not.
var fuzzSubjects = []Subject{
	{},
	NewSubject("user-1", String("country", "DE"), Int("age", 31), String("version", "2.9.4-beta"), Bool("beta", true)),
	NewSubject("user-2", Strings("country", "DE", "FR"), Float("age", 30.5), Time("since", time.Unix(1e9, 0)),
		String("ip", "::ffff:10.0.0.1%eth0")),
	NewSubject("", Any("a", map[string]any{"b": []any{1, "x", true, 2.5}, "c": nil}), Float("age", math.NaN()),
		Strings("empty")),
}

// checkRules evaluates every flag for every subject twice. Each evaluation must end, and both must
// have the same result.
func checkRules(t *testing.T, rules Rules) {
	t.Helper()
	at := MomentAt(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), time.Hour)
	for info := range rules.Flags() {
		for i := range fuzzSubjects {
			first := rules.Evaluate(info.Key, KindAny, &fuzzSubjects[i], at)
			require.Equal(t, first, rules.Evaluate(info.Key, KindAny, &fuzzSubjects[i], at), info.Key)
			require.Equal(t, first.Err == nil, first.Reason != ReasonError, info.Key)
			if first.Err != nil {
				require.Nil(t, first.Variant, info.Key)
			}
		}
	}
}

// FuzzDecode gives any bytes to the decoder. It must end without a panic, and accepted rules must
// evaluate every flag.
func FuzzDecode(f *testing.F) {
	for _, document := range corpusDocuments(f) {
		f.Add(document)
	}
	served, err := Native.Decode([]byte(`{"schema": 1, "flags": {"a": {"default": "on"}, "f": {"requires": [{"flag": "a", "in": ["on"]}]},
		"g": {"rules": [{"if": {"segment": "s"}, "serve": "on"}]}},
			"segments": {"s": {"if": {"flag": "f", "in": ["on"]}}}}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		rules, err := Native.Decode(document)
		if err != nil {
			require.Nil(t, rules)
			require.NotEmpty(t, err.Error())
			return
		}
		checkRules(t, rules)
		kept, ok := rules.(Keeper)
		require.True(t, ok)
		rules = kept.Keep(served)
		checkRules(t, rules)
		for _, bad := range rules.Info().Bad {
			require.NotEmpty(t, bad.Error())
		}
	})
}

// decideCondition evaluates a condition for a subject, in rules that show its result: false,
// unknown or true. ok is false if the condition is invalid.
func decideCondition(t *testing.T, condition string, subject *Subject) (result truth, ok bool) {
	t.Helper()
	rules, err := Native.Decode(fmt.Appendf(nil, `{"schema": 1, "flags": {"f": {
		"variants": {"true": "true", "false": "false", "unknown": "unknown"}, "default": "unknown",
		"rules": [{"if": %s, "serve": "true"}, {"if": {"not": %s}, "serve": "false"}]}}, "segments": {}}`, condition,
		condition))
	if err != nil || len(rules.Info().Bad) > 0 {
		return unknown, false
	}
	r := rules.Evaluate("f", KindString, subject, MomentAt(time.Unix(0, 0), 0))
	require.NotNil(t, r.Variant)
	return map[string]truth{"true": yes, "false": no, "unknown": unknown}[r.Variant.Name], true
}

// FuzzCondition uses any text as a condition. The laws of three-valued logic must hold for each
// result.
func FuzzCondition(f *testing.F) {
	for _, condition := range []string{
		`{"attribute": "country", "in": ["DE", "FR"], "ignore_case": true}`,
		`{"attribute": "age", "gte": 18, "lt": 30.5}`,
		`{"attribute": "version", "semver": ">=2.1.0 <3.0.0 || ^4.0"}`,
		`{"attribute": "ip", "cidr": ["10.0.0.0/8", "fe80::/10"]}`,
		`{"any": [{"attribute": "a.b", "in": [1, 2.5, true]}, {"not": {"attribute": "x", "exists": true}}]}`,
		`{"attribute": "country", "matches": "^(DE|AT)$"}`, `{"attribute": "since", "before": "2026-01-01T00:00:00Z"}`,
		`{"attribute": "key", "starts_with": ["user-", "x"]}`, `{"all": []}`, `{"attribute": "country", "not_in": []}`,
	} {
		f.Add(condition)
	}
	f.Fuzz(func(t *testing.T, condition string) {
		if !json.Valid([]byte(condition)) {
			return // it could close the brackets around it
		}
		for i := range fuzzSubjects {
			subject := &fuzzSubjects[i]
			result, ok := decideCondition(t, condition, subject)
			if !ok {
				return
			}
			for form, want := range map[string]truth{
				`{"not": %s}`: result.not(), `{"not": {"not": %s}}`: result, `{"all": [%s]}`: result,
				`{"any": [%s, {"any": []}]}`: result, `{"all": [{"all": []}, %s]}`: result,
				`{"all": [%s, {"any": []}]}`: no, `{"any": [{"all": []}, %s]}`: yes,
			} {
				if got, ok := decideCondition(t, fmt.Sprintf(form, condition), subject); ok {
					require.Equal(t, want, got, form)
				}
			}
		}
	})
}

// fuzzRuleset has a rule for each operator, and percentages, ramps, layers and splits.
const fuzzRuleset = `{"schema": 1, "segments": {"s": {"include": ["user-1"], "if": {"attribute": "a", "contains": "x"}}}, "flags": {
	"rules": {"variants": {"a": 1, "b": 2, "c": 3}, "default": {"split": {"a": 1, "b": 2, "c": 0.5}}, "rules": [
		{"if": {"attribute": "a", "in": ["x", 1, 2.5, true]}, "serve": "a"},
			{"if": {"attribute": "a", "lt": -9000000000000000000}, "serve": "b"},
		{"if": {"attribute": "a", "semver": "^1.2.3"}, "serve": "c"},
			{"if": {"attribute": "a", "cidr": "10.0.0.0/8"}, "serve": "a"},
		{"if": {"attribute": "a", "before": "2020-01-01T00:00:00Z"}, "serve": "b"},
			{"if": {"attribute": "a", "matches": "^(a+)+$"}, "serve": "c"},
		{"if": {"attribute": "a", "ends_with": ["ß", "k"], "ignore_case": true}, "serve": "a"},
			{"if": {"segment": "s"}, "serve": "b"},
		{"if": {"attribute": "a", "gte": 9007199254740993}, "serve": "c"}, {"by": "a", "percent": 30, "serve": "a"}]},
	"simple": {"variants": {"a": 1, "b": 2, "c": 3, "d": 4}, "default": "d", "rules": [
		{"if": {"attribute": "a", "in": ["x", 1, 2.5, true]}, "serve": "a"},
			{"if": {"attribute": "a", "semver": ">1.2.3"}, "serve": "b"},
		{"if": {"attribute": "a", "not_in": ["y", "10.1.2.3%z"]}, "serve": "c"},
			{"if": {"attribute": "key", "in": ["user-2"]}, "serve": "b"}]},
	"simpler": {"rules": [{"if": {"attribute": "a", "contains": "x"}, "serve": "on"},
		{"if": {"attribute": "a", "gte": 0}, "serve": "on"}]},
	"exists": {"rules": [{"if": {"attribute": "a", "exists": false}, "serve": "on"},
		{"if": {"attribute": "a", "gte": 9223372036854775808}, "serve": "on"}]},
	"timed": {"rules": [{"if": {"attribute": "a", "newer_than": "365d"},
		"every": {"days": ["sun"], "from": "22:00", "until": "04:00"}, "serve": "on"},
		{"by": ["a", "key"], "percent": 50, "serve": "on"},
			{"serve": {"split": {"on": 1, "off": 1}, "by": ["a", "b"]}}]},
	"gate": {"requires": [{"flag": "rules", "in": ["a", "b"]}], "rules": [
		{"if": {"flag": "rules", "in": ["a"]}, "layer": {"name": "l", "from": 10, "to": 60}, "serve": "on"},
			{"percent": 50, "serve": "on"}]}}}`

// FuzzEvaluate evaluates flags for any subject. Each evaluation must end. For the same subject,
// further evaluations, explanations and checks for the variant alone must have the same result.
func FuzzEvaluate(f *testing.F) {
	f.Add("user-1", "x", int64(1), 2.5, byte(0))
	f.Add("", "1.2.3-rc.1", int64(math.MinInt64), math.Inf(1), byte(1))
	f.Add("user-2", "10.1.2.3%z", int64(9007199254740993), math.NaN(), byte(2))
	f.Add("größe", "2019-12-31T23:59:60Z", int64(-1), math.Copysign(0, -1), byte(3))
	f.Add("user-3", "STRASSE\u212a", int64(0), 1e300, byte(4))
	rules, err := Native.Decode([]byte(fuzzRuleset))
	if err != nil || len(rules.Info().Bad) > 0 {
		f.Fatal(err, rules.Info().Bad)
	}
	decodedRules, ok := rules.(*decoded)
	if !ok || !decodedRules.flags.find("simple").byTests || !decodedRules.flags.find("simpler").byTests ||
		decodedRules.flags.find("rules").byTests {
		f.Fatal("one of the flags is simple")
	}
	at := MomentAt(time.Unix(1e9, 0), 0)
	f.Fuzz(func(t *testing.T, key, text string, i int64, number float64, form byte) {
		attribute := []Attribute{
			String("a", text), Int64("a", i), Float("a", number), Strings("a", text, key),
			Time("a", time.Unix(i%1e11, 0)), Any("a", []any{text, i, number, form > 7}),
			Any("a", map[string]any{"a": text}), Bool("a", i > 0),
		}[form%8]
		subject := NewSubject(key, attribute)
		for _, flag := range []string{"rules", "simple", "simpler", "exists", "timed", "gate"} {
			r := rules.Evaluate(flag, KindAny, &subject, at)
			require.Equal(t, r, rules.Evaluate(flag, KindAny, &subject, at))
			require.Equal(t, r.Err != nil, r.Variant == nil)
			short := decodedRules.flags.find(flag)
			require.Same(t, r.Variant, short.answerFast(subject, short.kind, at), "the same variant without the rest")
			if short.byTests {
				require.Same(t, r.Variant, short.decideByTests(subject))
			}
			explainer, ok := rules.(Explainer)
			require.True(t, ok)
			x := explainer.Explain(flag, &subject, at, nil)
			require.Equal(t, r.Reason, x.Reason)
			require.Equal(t, r.Rule, x.Rule)
			require.NotEmpty(t, x.String())
			copied := subject.clone()
			if flag != "exists" { // a copy has the entries of maps without the maps
				require.Equal(t, r, rules.Evaluate(flag, KindAny, &copied, at),
					"a copy of the subject is the same subject")
			}
		}
	})
}
