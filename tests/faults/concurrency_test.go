package faults_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// swapping is a source that returns a new document at every fetch. All flags of a document have its
// revision as value.
type swapping struct{ revision atomic.Int64 }

func (s *swapping) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	n := s.revision.Add(1)
	return becket.Document{Body: fmt.Appendf(nil, `{"schema":1,"revision":%d,"flags":{
		"number":{"variants":{"v":%d},"default":"v"},
		"text":{"variants":{"v":"%d","w":"%d"},"default":{"split":{"v":1,"w":1}}},
		"object":{"variants":{"v":{"n":%d}},"default":"v"}}}`, n, n, n, n, n)}, nil
}

func (s *swapping) Identity() string { return "swapping" }

// TestEveryAnswerBelongsToOneRuleset evaluates from 64 goroutines while rulesets change as fast as
// possible, all hooks are set, and the client is closed and opened again. Run it under -race.
func TestEveryAnswerBelongsToOneRuleset(t *testing.T) {
	t.Parallel()
	length := 3 * time.Second
	if testing.Short() {
		length = time.Second
	}
	var told, exposed atomic.Int64
	source := &swapping{}
	var current atomic.Pointer[becket.Client]
	open := func() *becket.Client {
		client, err := becket.New(source,
			becket.WithExposures(becket.Sink(func(_ context.Context, batch []becket.Exposure) error {
				exposed.Add(int64(len(batch)))
				return nil
			})),
			becket.WithHooks(becket.Hooks{
				OnChange:   func(becket.Changes) { told.Add(1); _ = current.Load().Status() },
				OnEvaluate: func(becket.Evaluation) {},
				OnError:    func(err error) { t.Errorf("%v", err) },
			}))
		require.NoError(t, err)
		return client
	}
	current.Store(open())
	require.NoError(t, current.Load().Wait(t.Context()))

	done := make(chan struct{})
	var readers sync.WaitGroup
	var checks atomic.Int64
	for i := range 64 {
		readers.Go(func() {
			for j := 0; ; j++ {
				select {
				case <-done:
					return
				default:
				}
				if !consistent(t, current.Load(), fmt.Sprintf("user-%d-%d", i, j%100)) {
					return
				}
				checks.Add(1)
				runtime.Gosched() // so that rulesets change as often as possible
			}
		})
	}
	swaps := 0
	for end := time.Now().Add(length); time.Now().Before(end); swaps++ {
		client := current.Load()
		require.NoError(t, client.Refresh(t.Context()))
		if swaps%50 == 49 {
			next := open()
			require.NoError(t, next.Wait(t.Context()))
			current.Store(next)
			if err := client.Close(); err != nil { // readers still ask the client that is closed
				require.ErrorContains(t, err, "exposures were dropped")
			}
		}
	}
	close(done)
	readers.Wait()
	require.NoError(t, current.Load().Close())
	t.Logf("%d rulesets, %d clients, %d checks, %d changes reported, %d exposures",
		swaps, swaps/50+1, checks.Load(), told.Load(), exposed.Load())
	assert.Greater(t, swaps, 100)
	assert.Positive(t, told.Load())
	assert.Positive(t, exposed.Load())
}

// consistent reports whether all answers of a view have the same revision.
func consistent(t *testing.T, client *becket.Client, key string) bool {
	view := client.For(becket.NewSubject(key))
	type object struct {
		N int64 `json:"n"`
	}
	number := view.IntDetail("number", -1)
	text := view.StringDetail("text", "")
	decoded := becket.JSON(view, "object", object{-1})
	return assert.NoError(t, number.Err) &&
		assert.Equal(t, number.Revision, int64(number.Value)) &&
		assert.Equal(t, fmt.Sprint(number.Value), text.Value) &&
		assert.Equal(t, number.Revision, text.Revision) &&
		assert.Equal(t, number.Revision, decoded.N)
}
