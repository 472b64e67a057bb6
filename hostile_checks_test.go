package becket

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// longestCheck is ten times what docs/ruleset.md promises, because processors differ and caches are
// shared.
const longestCheck = 10 * time.Millisecond

func conditionsOf(count int, condition string) string {
	return `{"rules":[{"serve":"on","if":{"any":[` + strings.Repeat(condition+",", count-1) + condition + `]}}]}`
}

func rulesOf(count int, rule string) string {
	return `{"rules":[` + strings.Repeat(rule+",", count-1) + rule + `]}`
}

// hostileChecks are flags that could make a check slow. Some of them are refused, and checks of the
// others must be fast.
func hostileChecks() map[string]string {
	parts := strings.TrimSuffix(strings.Repeat(`"aaaaaaaaaaaaaaaab",`, 9_000), ",")
	checks := map[string]string{
		"a pattern that looks at everything": conditionsOf(1, `{"attribute":"a","matches":"(?:a?){900}a{900}b"}`),
		"small patterns, many rules": rulesOf(1000,
			`{"if":{"attribute":"a","matches":"(?:a|aa)*c"},"serve":"on"}`),
		"patterns without case": conditionsOf(50,
			`{"attribute":"a","ignore_case":true,"matches":"(?:[a-z]?){50}K"}`),
		"a pattern that looks at all but one": conditionsOf(1, `{"attribute":"a","matches":"(?:\\pL?){100}1"}`),
		"empty patterns": conditionsOf(5000,
			`{"attribute":"a","not_in":["x"]},{"attribute":"a","matches":"^$"}`),
		"many parts":      conditionsOf(1, `{"attribute":"a","contains":[`+parts+`]}`),
		"many beginnings": conditionsOf(1, `{"attribute":"a","starts_with":[`+parts+`]}`),
		"many ends without case": conditionsOf(1,
			`{"attribute":"a","ignore_case":true,"ends_with":[`+parts+`]}`),
		"one part many times": conditionsOf(3000, `{"attribute":"a","contains":"aaaaaaaab"}`),
		"one part without case many times": conditionsOf(1000,
			`{"attribute":"a","ignore_case":true,"contains":"aaaaaaaab"}`),
		"lists many times": conditionsOf(4000,
			`{"attribute":"a","in":["aaaaaaaaaaaaaaaaaaaaaaaaaaaab"]}`),
		"lists without case many times": conditionsOf(4000,
			`{"attribute":"a","ignore_case":true,"in":["aaaaaaaaaaaaaaaab"]}`),
		"numbers many times":  conditionsOf(4000, `{"attribute":"a","lt":1}`),
		"versions many times": conditionsOf(3000, `{"attribute":"a","semver":">1 || 2 - 3"}`),
		"instants many times": conditionsOf(3000,
			`{"attribute":"a","before":"2026-01-01T00:00:00Z"}`),
		"prefixes many times": conditionsOf(3000,
			`{"attribute":"a","cidr":["10.0.0.0/8","fe80::/10"]}`),
		"shares of the key":                       rulesOf(1000, `{"percent":0,"serve":"on"}`),
		"shares of an attribute":                  rulesOf(1000, `{"percent":0,"by":"a","serve":"on"}`),
		"a segment asked many times":              conditionsOf(9_000, `{"segment":"s"}`),
		"a large segment asked many times":        conditionsOf(9_000, `{"segment":"large"}`),
		"a segment of long keys asked many times": conditionsOf(4_000, `{"segment":"long"}`),
	}
	var arms, variants strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&arms, `"%d":1,`, i)
		fmt.Fprintf(&variants, `"%d":%d,`, i, i)
	}
	checks["a split of many arms"] = `{"variants":{` + strings.TrimSuffix(variants.String(), ",") +
		`},"default":{"split":{` +
		strings.TrimSuffix(arms.String(), ",") + `}}}`
	return checks
}

func hostileValues() map[string]Attribute {
	million := make([]string, 1_000_000)
	for i := range million {
		million[i] = "aaaaaaaaaaaaaaaaaaaaaaaa"
	}
	long := strings.Repeat("a", 10_000_000)
	return map[string]Attribute{
		"ten million bytes": String("a", long),
		"a thousand bytes":  String("a", long[:1000]),
		"250 bytes":         String("a", long[:250]),
		"32 bytes":          String("a", long[:32]),
		"digits":            String("a", strings.Repeat("1", 10_000_000)),
		"an address":        String("a", "fe80::1%"+long),
		"an instant":        String("a", "2026-01-01T00:00:00."+strings.Repeat("0", 10_000_000)+"Z"),
		"a version":         String("a", "1.2.3-"+long),
		"a million texts":   Strings("a", million...),
		"long texts":        Strings("a", long, long, long),
	}
}

func TestNoDocumentAndNoAttributesMakeACheckLong(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes everything slow")
	}
	long := strings.Repeat("a", 9_999_999) + "b"
	segments := `"s":{"if":{"attribute":"a","contains":"b"}},"large":` +
		`{"if":{"any":[` + strings.TrimSuffix(strings.Repeat(`{"attribute":"a","lt":1},`, 1000), ",") +
		`]}},"long":{"include":["` + long + `"]}`
	values := hostileValues()
	runtime.LockOSThread() // so that the thread's time is this test's
	defer runtime.UnlockOSThread()
	for name, flag := range hostileChecks() {
		rules, err := Native.Decode([]byte(`{"schema":1,"segments":{` + segments + `},"flags":{"f":` + flag + `}}`))
		require.NoError(t, err)
		if bad := rules.Info().Bad; len(bad) > 0 {
			assert.Regexp(t, "takes more than 1?[05]0*00 (evaluations|instructions)", bad[0].Error(), name)
			continue
		}
		for text, value := range values {
			for _, key := range []string{"user-1", strings.Repeat("a", 10_000_000)} {
				subject := NewSubject(key, value)
				best := time.Hour
				for try := 0; try < 20 && (try < 2 || best > longestCheck/10); try++ {
					began := threadTime()
					rules.Evaluate("f", KindAny, &subject, MomentAt(time.Time{}, 0))
					best = min(best, threadTime()-began)
				}
				if best > time.Millisecond {
					t.Logf("%s, %s, a key of %d bytes: %v", name, text, len(key), best)
				}
				assert.Less(t, best, longestCheck, "%s, %s, a key of %d bytes", name, text, len(key))
			}
		}
	}
}

func TestOrdinaryPatternsAndTextsAreWithinTheLimits(t *testing.T) {
	var domains []string
	for i := range 150 {
		domains = append(domains, fmt.Sprintf(`domain-%d\\.example\\.com`, i))
	}
	rules := decodeFlags(t,
		`"domains": {"rules": [{"if": {"attribute": "a", "matches": "@(?:`+strings.Join(domains, "|")+
			`)$"}, "serve": "on"}]},
		"many": `+rulesOf(200,
			`{"if":{"attribute":"a","matches":"^[a-z0-9._-]+@nowhere\\.example\\.org$"},"serve":"on"}`)+`,
		"words": {"rules": [{"if": {"attribute": "words", "contains": ["z"], "ignore_case": true}, "serve": "on"}]}`,
		``, nil)
	require.Empty(t, rules.Info().Bad)
	words := make([]string, 1000)
	for i := range words {
		words[i] = fmt.Sprint("word-", i)
	}
	words[999] = "Z"
	subject := NewSubject("user-1", String("a", "some.body.with.a.long.name@domain-149.example.com"),
		Strings("words", words...))
	assert.Equal(t, "on", variantName(rules.Evaluate("domains", KindBool, &subject, nil)))
	assert.Equal(t, "off", variantName(rules.Evaluate("many", KindBool, &subject, nil)))
	assert.Equal(t, "on", variantName(rules.Evaluate("words", KindBool, &subject, nil)))
}

func TestAnOperatorIsUnknownOnceTheWorkLimitIsReached(t *testing.T) {
	rules := decodeFlags(t, `
		"long": {"rules": [{"if": {"not": {"attribute": "a", "matches": "(?:a?){100}b"}}, "serve": "on"}]},
		"short": {"rules": [{"if": {"not": {"attribute": "b", "matches": "(?:a?){100}b"}}, "serve": "on"}]},
		"share": {"rules": [{"percent": 100, "serve": "on"}]}`, ``, nil)
	subject := NewSubject(strings.Repeat("k", 5_000_000), String("a", strings.Repeat("a", 1_000_000)), String("b", "a"))
	assert.Equal(t, "off", variantName(rules.Evaluate("long", KindBool, &subject, nil)), "not unknown is unknown")
	assert.Equal(t, "on", variantName(rules.Evaluate("short", KindBool, &subject, nil)))
	assert.Equal(t, "off", variantName(rules.Evaluate("share", KindBool, &subject, nil)),
		"the key is too long to be hashed")
}

func TestPatternsAreBoundedByTheirInstructions(t *testing.T) {
	for pattern, problem := range map[string]string{
		"(?:abcdefghij){600}":                        "5000 instructions",
		"(?:" + letters(3000) + "){1000}":            "5000 instructions",
		strings.Repeat(`\\pL`, 500):                  "5000 instructions",
		`(?i)[B-\\x{1e942}]`:                         "",
		`(?i)` + strings.Repeat(`[B-\\x{1e942}]`, 5): "5000 instructions",
		letters(maxPattern):                          "",
		`(`:                                          "missing closing ): `(`",
	} {
		for _, fold := range []string{"", `,"ignore_case":true`} {
			rules := decodeFlags(t,
				`"f": {"rules": [{"if": {"attribute": "a", "matches": "`+pattern+`"`+fold+`}, "serve": "on"}]}`, ``,
				nil)
			if problem == "" {
				assert.Empty(t, rules.Info().Bad, "%.40s", pattern)
				continue
			}
			require.Len(t, rules.Info().Bad, 1, "%.40s", pattern)
			assert.ErrorContains(t, rules.Info().Bad[0], problem, "%.40s", pattern)
		}
	}
}

func TestADocumentWithTooManyInstructionsOfPatternsIsRefused(t *testing.T) {
	document := func(count int) []byte {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, `"%d":{"rules":[{"if":{"attribute":"a","matches":"(?:a{100}){10}%d"},"serve":"on"}]},`,
				i, i)
		}
		return []byte(`{"schema":1,"flags":{` + b.String() +
			`"again":{"rules":[{"if":{"attribute":"a","matches":"(?:a{100}){10}0"},"serve":"on"}]}}}`)
	}
	_, err := Native.Decode(document(80))
	require.NoError(t, err)
	for _, goroutines := range []int{1, 4} {
		_, err = decodeNative(document(5000), goroutines)
		require.EqualError(t, err, "becket: the patterns of the document take more than 100000 instructions")
	}
	allocated, _, _ := decodingCosts(document(5000))
	assert.Less(t, allocated, uint64(120<<20))
}

// textOperators have an operand that no text below contains, so each of them reads a whole text.
var textOperators = map[string]string{
	"in":                 `"in":["` + strings.Repeat("Äb", 20_000) + `"],"ignore_case":true`,
	"contains":           `"contains":["no such part"],"ignore_case":true`,
	"starts_with":        `"starts_with":["no such part"],"ignore_case":true`,
	"ends_with":          `"ends_with":["no such part"],"ignore_case":true`,
	"matches":            `"matches":"no such part","ignore_case":true`,
	"contains with case": `"contains":["no such part"]`,
	"cidr":               `"cidr":["10.0.0.0/8","2001:db8::/32"]`,
	"before":             `"before":"2026-01-01T00:00:00Z"`,
	"newer_than":         `"newer_than":"7d"`,
	"semver":             `"semver":">=2.1.0 <3.0.0"`,
}

func TestNoOperatorAllocatesForInvalidAndLongTexts(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	texts := []string{
		"", "x", "10.0.0.300", "::g", "fe80::1%eth0", "10.0.0.0/8", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+25:00",
		"2026-01-01", "1.x.3", "v", "\xff\xfe\xc3", strings.Repeat("1", 300), strings.Repeat("2026-", 100),
	}
	for _, length := range []int{100, 128, 129, 256, 257, 512, 513, 1000, 4000, 16_000, 60 << 10} {
		texts = append(texts, strings.Repeat("a", length), strings.Repeat("ä", length/2),
			strings.Repeat("\u212a", length/3))
	}
	for name, operator := range textOperators {
		t.Run(name, func(t *testing.T) {
			document := `{"schema":1,"flags":{"f":{"rules":[{"if":{"attribute":"a",` + operator + `},"serve":"on"}]}}}`
			client := newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)),
				WithPollInterval(time.Hour))
			require.Empty(t, client.Status().Bad)
			for _, text := range texts {
				requireNoAllocation(t, func() { client.For(NewSubject("u", String("a", text))).Enabled("f") })
			}
		})
	}
}

func TestCaseIsIgnoredInLongTexts(t *testing.T) {
	t.Parallel()
	for _, half := range []int{20, 40, 100, 400} { // the operand has three bytes a time
		upper := strings.Repeat("ÄB", half)
		for operator, text := range map[string]string{
			"in": "%s", "starts_with": "%s-ende", "ends_with": "anfang-%s", "contains": "anfang-%s-ende",
			"matches": "anfang-%s-ende",
		} {
			operand := upper
			if operator == "matches" {
				operand = "^anfang-(ÄB)*-ende$"
			}
			document := []byte(fmt.Sprintf(`{"schema":1,"flags":{"f":{"rules":[
				{"if":{"attribute":"a",%q:%q,"ignore_case":true},"serve":"on"}]}}}`, operator, operand))
			client := newTestClient(t, Bytes(document), WithBootstrap(document))
			equal := String("a", fmt.Sprintf(text, strings.Repeat("äb", half)))
			assert.True(t, client.For(NewSubject("u", equal)).Enabled("f"), "%s %d", operator, half)
			other := String("a", fmt.Sprintf(text, strings.Repeat("äb", half-1)+"äc"))
			assert.False(t, client.For(NewSubject("u", other)).Enabled("f"), "%s %d", operator, half)
		}
	}
}
