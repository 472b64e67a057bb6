package becket

import (
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
