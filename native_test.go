package becket

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/native"
)

// manyFlags returns the fields of a document with so many flags. Every hundredth has an unknown
// field, and one key occurs twice.
func manyFlags(count int) string {
	var b strings.Builder
	b.WriteString(`{"schema": 1, "flags": {`)
	for i := range count {
		field := "enabled"
		if i%100 == 99 {
			field = "enabeld"
		}
		fmt.Fprintf(&b, "%q: {%q: true, \"rules\": [{\"percent\": 50, \"serve\": \"on\"}]},\n",
			fmt.Sprintf("flag-%d", i), field)
	}
	b.WriteString(`"flag-1": {}}`)
	return b.String()
}

func TestParallelReadingGivesTheSameRuleset(t *testing.T) {
	for _, count := range []int{0, 1, 15, 16, 17, 1000} {
		document := manyFlags(count) + "}"
		one, err := decodeNative([]byte(document), 1)
		require.NoError(t, err)
		for readers := 2; readers <= 2*native.MaxReaders; readers++ {
			many, err := decodeNative([]byte(document), readers)
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprint(one.Info()), fmt.Sprint(many.Info()), "%d flags, %d readers", count, readers)
			subject := NewSubject("user")
			for info := range one.Flags() {
				assert.Equal(t, one.Evaluate(info.Key, KindBool, &subject, nil).answerText(),
					many.Evaluate(info.Key, KindBool, &subject, nil).answerText())
			}
		}
	}
}

func (r Result) answerText() string {
	name, value := r.answer()
	return fmt.Sprint(name, value, r.Rule, r.Reason, r.Err)
}

func TestWorkersEndIfTheDocumentIsInvalid(t *testing.T) {
	for _, end := range []string{"", "]", `, "segments": {`, "} {}"} {
		synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left behind
			_, err := decodeNative([]byte(manyFlags(1000)+end), 4)
			assert.ErrorContains(t, err, "not valid JSON", "%q", end)
		})
	}
}

func TestFloatVariantsHaveTheRangeOfFloat64(t *testing.T) {
	t.Parallel()
	const document = `{"schema":1,"flags":{
		"declared":{"type":"float","variants":{"a":1e308,"b":18446744073709551616},"default":"a",
			"metadata":{"limit":1e300}},
		"inferred":{"variants":{"a":-1e308,"b":0.5},"default":"a"},
		"integer":{"variants":{"a":1e308},"default":"a"},
		"object":{"variants":{"a":{"limit":[1e999]}},"default":"a"},
		"weights":{"variants":{"a":"a","b":"b"},"default":{"split":{"a":1e308,"b":1.7e308}}}}}`
	client := newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)))
	v := client.For(NewSubject("user-1"))
	assert.Equal(t, 1e308, v.Float("declared", 0))
	assert.Equal(t, -1e308, v.Float("inferred", 0))
	info, _ := v.Flag("declared")
	assert.Equal(t, map[string]any{"limit": 1e300}, info.Metadata)
	assert.Equal(t, []string{"a", "b"}, info.Variants)
	assert.NotEmpty(t, v.String("weights", ""))

	for _, key := range []string{"integer", "object"} {
		require.ErrorIs(t, v.Resolve(key, KindAny).Err, ErrParse, key)
		require.ErrorIs(t, v.FloatDetail(key, 0).Err, ErrParse, key)
		require.ErrorIs(t, JSONDetail[any](v, key, nil).Err, ErrParse, key)
	}
	bad := client.Status().Bad
	require.Len(t, bad, 2)
	assert.ErrorContains(t, bad[0],
		`flags.integer.variants.a at 5:26: the integer 1e308 is outside 64 bits, unless "type" is "float"`)
	assert.ErrorContains(t, bad[1], "flags.object.variants.a.limit[0] at 6:39: the number 1e999 is too large")
}

func TestTheZeroTimeIsTheFirstInstantOfTheCalendar(t *testing.T) {
	t.Parallel()
	rules, err := Native.Decode([]byte(`{"schema": 1, "flags": {
		"until": {"rules": [{"until": "0001-01-01T00:00:00.000000001Z", "serve": "on"}]},
		"from": {"rules": [{"from": "0001-01-01T00:00:00Z", "serve": "on"}]},
		"later": {"rules": [{"from": "0001-01-01T00:00:00.000000001Z", "serve": "on"}]},
		"ramp": {"rules": [{"ramp": {"steps": [{"at": "0001-01-01T00:00:00Z", "percent": 100}]}, "serve": "on"}]},
		"every": {"rules": [{"every": {"days": ["mon"], "until": "00:01"}, "serve": "on"}]},
		"newer": {"rules": [{"if": {"attribute": "a", "newer_than": "1h"}, "serve": "on"}]},
		"fresh": {"max_age": "1s", "default": "on"}}}`))
	require.NoError(t, err)
	require.Empty(t, rules.Info().Bad)
	subject := NewSubject("user-1", Time("a", time.Time{}))
	for flag, want := range map[string]bool{
		"until": true, "from": true, "later": false, "ramp": true, "every": true, "newer": true, "fresh": true,
	} {
		r := rules.Evaluate(flag, KindBool, &subject, MomentAt(time.Time{}, 0))
		require.NotNil(t, r.Variant, flag)
		assert.Equal(t, want, r.Variant.Value.Bool(), flag)
	}
}
