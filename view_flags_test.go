package becket

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListingAndPeekingReportNoEvaluation(t *testing.T) {
	t.Parallel()
	sink := &collector{}
	told := 0
	client := newTestClient(t, Bytes([]byte(experiment)), WithBootstrap([]byte(experiment)),
		WithExposures(sink.Expose), WithExposureBatch(10, time.Second),
		WithHooks(Hooks{OnEvaluate: func(Evaluation) { told++ }}))
	view := client.For(NewSubject("user-1"))
	var keys []string
	for info := range view.Flags() {
		keys = append(keys, info.Key)
		peeked := view.Peek(info.Key, KindAny)
		assert.Equal(t, client.Explain(info.Key, NewSubject("user-1")).Variant, variantName(peeked), info.Key)
	}
	assert.Equal(t, []string{"closed", "counted", "plain", "shape", "share", "silent", "split"}, keys)
	require.NoError(t, client.Flush(t.Context()))
	assert.Empty(t, sink.all())
	assert.Zero(t, told)
	assert.Equal(t, CodeTypeMismatch, view.Peek("split", KindBool).Err.Code)
	view.Resolve("split", KindAny)
	assert.Equal(t, 1, told, "an evaluation is reported")
}

func TestAViewWithoutARulesetHasNoFlags(t *testing.T) {
	t.Parallel()
	for range (View{}).Flags() {
		t.Error("there is a flag")
	}
	assert.Equal(t, errNoView, View{}.Peek("a", KindAny).Err)
}

// A check without its detail takes a shorter way for flags whose rules have one test each.
func TestAFlagOfEachConditionHasTheSameValueWithAndWithoutItsDetail(t *testing.T) {
	t.Parallel()
	conditions := []string{
		`{"attribute":"a","exists":true}`,
		`{"attribute":"a","exists":false}`,
		`{"attribute":"a","in":["x"]}`,
		`{"attribute":"a","not_in":["x"]}`,
		`{"attribute":"a","newer_than":"1h"}`,
		`{"attribute":"a","older_than":"1h"}`,
		`{"attribute":"a","semver":">=1"}`,
		`{"attribute":"a.b","exists":true}`,
		`{"segment":"s"}`,
		`{"flag":"on","in":["on"]}`,
		`{"flag":"on","in":["off"]}`,
		`{"not":{"attribute":"a","exists":true}}`,
		`{"any":[{"attribute":"a","in":["x"]},{"attribute":"a","exists":false}]}`,
		`{"all":[{"attribute":"a","exists":true},{"segment":"s"}]}`,
	}
	flags, expected := []string{`"on":{"default":"on"}`}, map[bool]int{}
	for i, condition := range conditions {
		flags = append(flags, fmt.Sprintf(`"%d":{"rules":[{"if":%s,"serve":"on"}]}`, i, condition))
	}
	text := document(strings.Join(flags, ","), `"s":{"include":["u"],"if":{"attribute":"a","in":["x"]}}`)
	client := newTestClient(t, Bytes([]byte(text)), WithBootstrap([]byte(text)))
	require.Empty(t, client.Status().Bad)
	for _, subject := range []Subject{
		{}, NewSubject("u"), NewSubject("v", String("a", "x")), NewSubject("v", String("a", "2.0")),
		NewSubject("v", Time("a", time.Now())), NewSubject("v", Time("a", time.Now().Add(-2*time.Hour))),
		NewSubject("v", Any("a", map[string]any{"b": 1})), NewSubject("v", Strings("a", "y", "x")),
	} {
		view := client.For(subject)
		for i, condition := range conditions {
			key := fmt.Sprint(i)
			want := view.BoolDetail(key, false)
			require.NoError(t, want.Err)
			assert.Equal(t, want.Value, view.Enabled(key), "%s for %v", condition, subject)
			expected[want.Value]++
		}
	}
	assert.Greater(t, expected[true], 20)
	assert.Greater(t, expected[false], 20)
}
