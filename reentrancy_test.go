package becket

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEvaluationsWithinHooksAreAnsweredButNotReported(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(View) bool{
		"a check":   func(v View) bool { return v.Enabled("plain") },
		"a detail":  func(v View) bool { return v.BoolDetail("plain", false).Value },
		"an object": func(v View) bool { return JSON(v, "shape", map[string]any{}) != nil },
		"from deep": func(v View) bool { return below(300, func() bool { return v.Enabled("plain") }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var client *Client
			var told atomic.Int64
			hooks := Hooks{OnEvaluate: func(Evaluation) {
				told.Add(1)
				assert.True(t, ask(client.For(NewSubject("in a hook"))))
			}}
			sink := &collector{}
			client = newTestClient(t, Bytes([]byte(experiment)), WithBootstrap([]byte(experiment)), WithHooks(hooks),
				WithExposures(sink.Expose))
			ask(client.For(NewSubject("u")))
			assert.Equal(t, int64(1), told.Load())
			client.For(NewSubject("u")).String("split", "")
			assert.Equal(t, int64(2), told.Load(), "the evaluation after it is reported")
			require.NoError(t, client.Flush(t.Context()))
			for _, x := range sink.all() {
				assert.Equal(t, "u", x.Subject.Key())
			}
		})
	}
}

func below(n int, f func() bool) bool {
	if n == 0 {
		return f()
	}
	return below(n-1, f) && n > 0
}

func TestEvaluationsWithinSinksGiveNoExposures(t *testing.T) {
	t.Parallel()
	var client *Client
	delivered := make(chan int, 100)
	sink := Sink(func(_ context.Context, batch []Exposure) error {
		client.For(NewSubject("in the sink")).String("split", "")
		client.For(NewSubject("in the sink")).Expose("split")
		delivered <- len(batch)
		return nil
	})
	client = newTestClient(t, Bytes([]byte(experiment)), WithBootstrap([]byte(experiment)), WithExposures(sink),
		WithExposureBatch(1, time.Hour))
	client.For(NewSubject("u")).String("split", "")
	require.NoError(t, client.Flush(t.Context()))
	require.NoError(t, client.Flush(t.Context()))
	close(delivered)
	batches := 0
	for n := range delivered {
		batches += n
	}
	assert.Equal(t, 1, batches)
	assert.Equal(t, uint64(1), client.Status().Exposures.Produced)
}

func TestEvaluationsOfOtherGoroutinesAreReportedWhileAHookRuns(t *testing.T) {
	t.Parallel()
	var client *Client
	var told atomic.Int64
	running, release := make(chan struct{}), make(chan struct{})
	hooks := Hooks{OnEvaluate: func(e Evaluation) {
		told.Add(1)
		if e.Subject.Key() == "slow" {
			close(running)
			<-release
		}
	}}
	client = newTestClient(t, Bytes([]byte(experiment)), WithBootstrap([]byte(experiment)), WithHooks(hooks))
	done := make(chan struct{})
	go func() {
		defer close(done)
		client.For(NewSubject("slow")).Enabled("plain")
	}()
	<-running
	client.For(NewSubject("u")).Enabled("plain")
	assert.Equal(t, int64(2), told.Load())
	close(release)
	<-done
}
