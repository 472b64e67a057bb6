package flagd

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// flagWith returns a document of one flag with this targeting.
func flagWith(targeting string) string {
	return `{"flags": {"f": {"state": "ENABLED", "variants": {"a": "A", "b": "B", "true": "T", "false": "F"}, "defaultVariant": "a", "targeting": ` + targeting + `}}}`
}

// hostile are rules that take much time or memory without limits.
func hostile() map[string]string {
	tower := `{"var": "l"}`
	for range 12 {
		tower = `{"map": [` + list100 + `, ` + tower + `]}`
	}
	doubling := `{"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}`
	growing := `{"merge": [{"var": ""}, {"var": ""}]}`
	for range 40 {
		growing = `{"map": [` + growing + `, [1, 2, {"var": ""}]]}`
	}
	sharing := `[1]`
	for range 60 {
		sharing = `{"map": [` + sharing + `, [{"var": ""}, {"var": ""}]]}`
	}
	filters := `true`
	for range 200 {
		filters = `{"filter": [` + list100 + `, ` + filters + `]}`
	}
	megabyte := `"` + strings.Repeat("x", 1<<20) + `"`
	list80000 := `[` + strings.TrimSuffix(strings.Repeat(`1,`, 80_000), ",") + `]`
	loop := func(body string) string { return `{"map": [` + list80000 + `, ` + body + `]}` }
	mixed := `[` + strings.Repeat(`"a",true,`, 1<<16) + `1]`
	return map[string]string{
		"a megabyte compared": loop(`{"==": [` + megabyte + `, ` + strings.Replace(megabyte, `x"`, `y"`, 1) +
			`]}`),
		"a megabyte ordered": loop(`{"<": [` + megabyte + `, ` + strings.Replace(megabyte, `x"`, `y"`, 1) +
			`]}`),
		"a megabyte searched":    loop(`{"in": ["xxxxy", ` + megabyte + `]}`),
		"a megabyte joined":      loop(`{"cat": [` + megabyte + `, "a"]}`),
		"a megabyte cut":         loop(`{"substr": [` + megabyte + `, 5, 10]}`),
		"a megabyte hashed":      loop(`{"fractional": [` + megabyte + `, ["a", 1]]}`),
		"a megabyte that begins": loop(`{"starts_with": [` + megabyte + `, ` + megabyte + `]}`),
		"a version of a megabyte": loop(`{"sem_ver": ["1.0.0-` + strings.Repeat("a.", 1<<19) +
			`b", "=", "1.0.0-` + strings.Repeat("a.", 1<<19) + `c"]}`),
		"a set asked for a megabyte": loop(`{"in": [` + megabyte + `, ["` + strings.Repeat("a", 100) +
			`", "b", "c", "d"]]}`),
		"a list of two kinds":           loop(`{"in": [false, ` + mixed + `]}`),
		"a number of many digits":       loop(`{"==": ["1.` + strings.Repeat("9", 1<<20) + `", 1]}`),
		"sums of many digits":           loop(`{"+": ["0.1` + strings.Repeat("9", 700) + `e-300", 1]}`),
		"a long attribute":              loop(`{"==": [{"cat": [{"var": "long"}, "y"]}, "x"]}`),
		"digits of an attribute":        loop(`{"-": [{"var": "digits"}, 1]}`),
		"a path of a megabyte":          loop(`{"var": "a` + strings.Repeat(".a", 1<<19) + `"}`),
		"many buckets in a loop":        loop(`{"fractional": ["k"` + strings.Repeat(`, ["a", 1]`, 50_000) + `]}`),
		"a long list merged":            loop(`{"merge": [` + mixed + `, 1]}`),
		"lists that contain each other": loop(`{"contains_none": [` + mixed + `, [null, null]]}`),
		"objects that are changed":      loop(`{"set": [{"var": "$flagd"}, "a", 1]}`),
		"a sum over everything": `{"reduce": [` + list80000 +
			`, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}`,
		"an if of many constants":      `{"if": [` + strings.Repeat("false, 1, ", 300_000) + `1]}`,
		"a result of a megabyte":       megabyte,
		"a tower of maps":              tower,
		"lists that share their parts": sharing,
		"a text that doubles":          `{"reduce": [` + list100 + `, ` + doubling + `, "x"]}`,
		"lists that grow":              growing,
		"filters within filters":       filters,
		"lookups in everything": `{"map": [` + list100 + `, {"map": [` + list100 +
			`, {"missing": [[], [], []]}]}]}`,
		"a deep rule": nested(4900, `1`),
		"a wide rule": `{"+": [` + strings.Repeat("1,", 200_000) + `1]}`,
		"a long path": `{"var": "` + strings.Repeat("a.", 100_000) + `"}`,
		"a long path that is evaluated": `{"map": [` + list100 + `, {"var": {"cat": ["` +
			strings.Repeat("a.", 100_000) + `", "b"]}}]}`,
		"many buckets": `{"map": [` + list100 + `, {"fractional": ["k"` + strings.Repeat(`, ["a", {"+": [1]}]`, 5000) +
			`]}]}`,
	}
}

var list100 = `[` + strings.TrimSuffix(strings.Repeat(`1,`, 100), ",") + `]`

func TestHostileRulesTakeBoundedTimeAndMemory(t *testing.T) {
	subject := becket.NewSubject("user-1", becket.Any("l", []any{1, 2, 3, map[string]any{"a": 1}}),
		becket.String("long", strings.Repeat("x", 100_000)), becket.String("digits", "0."+strings.Repeat("9", 700)))
	for name, rule := range hostile() {
		t.Run(name, func(t *testing.T) {
			compiled := load(t, flagWith(rule))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			compiled.Evaluate("f", becket.KindString, &subject, standing)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			t.Logf("%v, %d bytes", took, after.TotalAlloc-before.TotalAlloc)
			assert.Less(t, took, time.Second, "it should be a millisecond")
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), "bytes allocated")
		})
	}
}

func TestTooManyStepsAreAnError(t *testing.T) {
	tower := `1`
	for range 4 {
		tower = `{"map": [` + list100 + `, ` + tower + `]}`
	}
	subject := becket.NewSubject("user-1")
	got := load(t, flagWith(tower)).Evaluate("f", becket.KindString, &subject, standing)
	require.NotNil(t, got.Err)
	assert.Equal(t, becket.CodeParseError, got.Err.Code)
	assert.Nil(t, got.Variant)
	assert.False(t, got.Track)
}

func TestManyReferencesToALargeEvaluatorShareIt(t *testing.T) {
	large := `{"in": [{"var": "x"}, [` + strings.TrimSuffix(strings.Repeat(`"text",`, 100_000), ",") + `]]}`
	var flags []string
	for i := range 10_000 {
		flags = append(flags,
			fmt.Sprintf(`"f%d": {"state": "ENABLED", "variants": {"true": 1}, "targeting": {"$ref": "large"}}`, i))
	}
	document := `{"$evaluators": {"large": ` + large + `}, "flags": {` + strings.Join(flags, ",") + `}}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	compiled := load(t, document)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<20))
	subject := becket.NewSubject("", becket.String("x", "text"))
	assert.NotNil(t, compiled.Evaluate("f9999", becket.KindInt, &subject, standing).Variant)
}

// The goroutine's stack grows, and moves, while rules are evaluated. A rule must not
// keep a reference to the old stack.
func TestTheSubjectMayLiveOnAStackThatMoves(t *testing.T) {
	rule := `{"==": [{"cat": [{"var": "a"}, {"var": "b"}, {"var": "a"}, {"var": "b"}, ` + nested(400, `{"var": "a"}`) +
		`]}, ""]}`
	compiled := load(t,
		flagWith(`{"if": [{"!": [`+strings.ReplaceAll(rule, nested(400, `{"var": "a"}`),
			`{"if": [`+nested(400, `{"var": "a"}`)+`, "1", "0"]}`)+`]}, "a", "b"]}`))
	done := make(chan string)
	go func() {
		var bytes [20]byte
		for i := range bytes {
			bytes[i] = 'a'
		}
		subject := becket.NewSubject("k", becket.String("a", string(bytes[:])), becket.String("b", "bbb"))
		got := becket.Rules(compiled).Evaluate("f", becket.KindString, &subject, standing)
		done <- got.Variant.Name
	}()
	assert.Equal(t, "a", <-done)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(flagWith(`{"if": [{"==": [{"var": "a"}, 1]}, "a", {"$ref": "e"}]}`)))
	f.Add([]byte(`{"flags": [{"key": "a", "variants": {"x": [1]}}], "$evaluators": {"e": {"var": ""}}, "metadata": {"a": null}}`))
	for _, rule := range []string{
		`{"fractional": [["a", 1], ["b"]]}`, `{"sem_ver": [{"var": "v"}, ">=", "1.2"]}`,
		`{"in": [1, [1, 2, 3, 4, "5"]]}`,
	} {
		f.Add([]byte(flagWith(rule)))
	}
	subject := becket.NewSubject("user-1", becket.String("v", "1.2.3"), becket.Int("a", 1))
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, format := range []becket.Format{Format, FractionalV3} {
			compiled, err := format.Decode(document)
			if err != nil {
				require.Nil(t, compiled)
				continue
			}
			for info := range compiled.Flags() {
				first := compiled.Evaluate(info.Key, becket.KindAny, &subject, standing)
				require.Equal(t, first, compiled.Evaluate(info.Key, becket.KindAny, &subject, standing))
				require.False(t, first.Err != nil && first.Variant != nil)
			}
		}
	})
}

func FuzzEvaluate(f *testing.F) {
	for _, rule := range hostile() {
		if len(rule) < 2000 {
			f.Add(rule, `{"l": [1, {"a": 2}], "x": "y"}`)
		}
	}
	for _, rule := range []string{
		`{"reduce": [{"var": "l"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}`,
		`{"some": [{"var": "l"}, {"==": [{"var": "a"}, {"var": "x"}]}]}`,
		`{"substr": [{"var": "x"}, -1, 3]}`, `{"missing_some": [1, ["a", "l.0"]]}`,
		`{"var": [{"cat": ["l", ".", 1]}, {"var": ""}]}`,
		`{"fractional": [{"var": "x"}, ["a", {"var": "l.0"}], ["b", -1]]}`, `{"contains_any": [{"var": "l"}, [1]]}`,
		`{"set": [{"var": ""}, "x", {"merge": [1, [2]]}]}`,
	} {
		f.Add(rule, `{"l": [1, {"a": 2}], "x": "y"}`)
	}
	f.Fuzz(func(t *testing.T, rule, context string) {
		var parsed any
		var data map[string]any
		if json.Unmarshal([]byte(rule), &parsed) != nil || json.Unmarshal([]byte(context), &data) != nil {
			return
		}
		compiled := load(t, flagWith(rule))
		subject := subjectOf(data)
		start := time.Now()
		first := compiled.Evaluate("f", becket.KindString, &subject, standing)
		require.Less(t, time.Since(start), time.Second)
		require.Equal(t, first, compiled.Evaluate("f", becket.KindString, &subject, standing),
			"the same input has the same answer")
		run(parsed, data)
	})
}
