package configcat_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// onlyIf returns a document whose flag "f" is on if all conditions are true.
func onlyIf(conditions string) string {
	return `{"p":{"s":"salt"},"f":{"f":{"t":0,"r":[{"c":[` + conditions + `],"s":{"v":{"b":true}}}],"v":{"b":false}}}}`
}

func userCondition(attribute string, comparator int, field, value string) string {
	return fmt.Sprintf(`{"u":{"a":%q,"c":%d,%q:%s}}`, attribute, comparator, field, value)
}

func times(n int, part func(i int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = part(i)
	}
	return strings.Join(parts, ",")
}

// hostileConditions are conditions that take long to evaluate without limits.
func hostileConditions() map[string]string {
	list := func(n int, item func(i int) string) string {
		return "[" + times(n, func(i int) string { return `"` + item(i) + `"` }) + "]"
	}
	hash := strings.Repeat("a", 64)
	always := func(n int, condition string) string { return onlyIf(times(n, func(int) string { return condition })) }
	return map[string]string{
		"many parts in a long text": onlyIf(userCondition("long", 3, "l",
			list(50_000, func(i int) string { return fmt.Sprintf("y%d", i) }))),
		"many hashes of a long text": always(5_000, userCondition("long", 21, "s", `"`+hash+`"`)),
		"slices of many lengths": onlyIf(userCondition("long", 23, "l",
			list(10_000, func(i int) string { return fmt.Sprintf("%d_%s", 50_000+i, hash) }))),
		"slices of a long text": always(5_000, userCondition("long", 25, "l", `["900000_`+hash+`"]`)),
		"many versions": always(500,
			userCondition("version", 5, "l", list(200, func(i int) string { return fmt.Sprintf("1.0.%d", i) }))),
		"a long text as a version":  always(5_000, userCondition("long", 7, "s", `"1.0.0"`)),
		"many digits as a number":   always(5_000, userCondition("digits", 13, "d", "1")),
		"a long list in a text":     always(5_000, userCondition("listed", 35, "l", `["nobody"]`)),
		"hashes of a long list":     always(5_000, userCondition("list", 27, "l", `["`+hash+`"]`)),
		"a long list as text":       always(5_000, userCondition("list", 29, "s", `"nobody"`)),
		"the end of a long text":    always(60_000, userCondition("long", 33, "l", `["nobody","somebody"]`)),
		"sixty thousand conditions": always(60_000, userCondition("long", 29, "s", `"nobody"`)),
		"a segment asked many times": `{"s":[{"n":"S","r":[` +
			times(20_000, func(int) string { return `{"a":"version","c":29,"s":"y"}` }) +
			`]}],"f":{"f":{"t":0,"r":[{"c":[` + times(20_000, func(int) string { return `{"s":{"s":0,"c":0}}` }) +
			`],"s":{"v":{"b":true}}}],"v":{"b":false}}}}`,
		"a prerequisite many times": `{"f":{"g":{"t":0,"v":{"b":true}},"f":` +
			requires(true, strings.Split(strings.Repeat("g ", 50_000)+"g", " ")...) + `}}`,
		"a long value of a condition": `{"f":{"g":{"t":1,"v":{"s":"` + strings.Repeat("x", 100_000) +
			`"}},"f":{"t":0,"r":[{"c":[` +
			times(50,
				func(int) string { return `{"p":{"f":"g","c":0,"v":{"s":"` + strings.Repeat("x", 100_000) + `"}}}` }) +
			`],"s":{"v":{"b":true}}}],"v":{"b":false}}}}`,
		"a hash of a long salt": `{"p":{"s":"` + strings.Repeat("x", 1_000_000) + `"},"f":{"f":{"t":0,"r":[{"c":[` +
			times(1_000, func(int) string { return userCondition("version", 21, "s", `"`+hash+`"`) }) +
			`],"s":{"v":{"b":true}}}],"v":{"b":false}}}}`,
	}
}

func TestHostileConditionsTakeBoundedTimeAndMemory(t *testing.T) {
	elements := strings.Split(strings.Repeat("element ", 20_000)+"last", " ")
	subject := becket.NewSubject("u", becket.String("long", strings.Repeat("x", 1<<20)),
		becket.String("version", "1.2.3"),
		becket.String("digits", "0."+strings.Repeat("9", 1<<20)), becket.Strings("list", elements...),
		becket.String("listed", `["`+strings.Join(elements, `","`)+`"]`))
	for name, document := range hostileConditions() {
		t.Run(name, func(t *testing.T) {
			rules := decode(t, []byte(document))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begun := time.Now()
			result := rules.Evaluate("f", becket.KindBool, &subject, nil)
			took := time.Since(begun)
			runtime.ReadMemStats(&after)
			t.Logf("%v, %d bytes, %v", took, after.TotalAlloc-before.TotalAlloc, result.Err)
			assert.Less(t, took, time.Second, "it should be a millisecond")
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), "bytes allocated")
			if result.Err != nil {
				assert.Equal(t, becket.CodeParseError, result.Err.Code)
				assert.Nil(t, result.Variant)
			}
		})
	}
}

func TestAnEvaluationWithinTheBoundsIsNotCut(t *testing.T) {
	many := onlyIf(times(2_000, func(int) string { return userCondition("version", 3, "l", `["y"]`) }))
	rules := decode(t, []byte(many))
	subject := becket.NewSubject("u", becket.String("version", "1.2.3"))
	requireValue(t, true, rules.Evaluate("f", becket.KindBool, &subject, nil))
	cut := decode(t,
		[]byte(onlyIf(times(13_000, func(int) string { return userCondition("version", 3, "l", `["y"]`) }))))
	result := cut.Evaluate("f", becket.KindBool, &subject, nil)
	require.NotNil(t, result.Err)
	assert.ErrorContains(t, result.Err, "longer than a millisecond")
}
