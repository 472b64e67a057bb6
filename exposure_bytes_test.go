package becket

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheExposureQueueIsBoundedByBytesAndReleasesThem(t *testing.T) {
	large := strings.Repeat("x", 60<<10)
	var strs []any
	for range 1000 {
		strs = append(strs, large[:40])
	}
	for name, attribute := range map[string]func(i int) Attribute{
		"a text":      func(int) Attribute { return String("a", large) },
		"a long name": func(int) Attribute { return String(large, "x") },
		"the names in a map": func(int) Attribute {
			return Any("m", map[string]any{large[:30<<10]: 1, large[:30<<10-1]: 2})
		},
		"an object in a list":   func(int) Attribute { return Any("l", []any{[]any{large}}) },
		"the elements of lists": func(int) Attribute { return Any("l", strs) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				sink := &collector{before: func(context.Context) error { <-release; return nil }}
				client := newExperiment(t, sink.Expose, WithExposureQueue(100), WithExposureBatch(10, time.Second))
				see := func(from, to int) {
					for i := from; i < to; i++ {
						client.For(NewSubject(fmt.Sprint("user-", i), attribute(i))).String("split", "")
					}
				}
				see(0, 100)
				s := client.Status().Exposures
				requireBalance(t, s)
				assert.GreaterOrEqual(t, s.Queued, uint64(10))
				assert.LessOrEqual(t, s.Queued, uint64(bytesAtLeast/len(large)), "100 would be 6 MB")
				close(release)
				require.NoError(t, client.Flush(t.Context()))
				see(0, 10)
				assert.Equal(t, s.Produced+10, client.Status().Exposures.Produced)
				see(90, 100)
				require.NoError(t, client.Flush(t.Context()))
				after := client.Status().Exposures
				requireBalance(t, after)
				assert.Equal(t, s.Queued+10, after.Sent,
					"a subject whose exposure was dropped is exposed at its next evaluation")
				assert.Zero(t, client.observer.exposer.bytes)
			})
		})
	}
}

func TestSmallExposuresMeetTheBoundByNumberFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &collector{before: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		client := newExperiment(t, sink.Expose)
		for i := range 10_001 {
			client.For(NewSubject(fmt.Sprint("user-", i),
				String("agent", strings.Repeat("x", 3000)))).String("split", "")
		}
		s := client.Status().Exposures
		assert.Equal(t, uint64(10_000), s.Queued)
		assert.Equal(t, uint64(1), s.Dropped)
	})
}

func TestACopyOfASubjectTakesTheBytesThatWereMeasured(t *testing.T) {
	entries := map[string]any{}
	for i := range 500 {
		entries[fmt.Sprintf("%0100d", i)] = "value"
	}
	subject := NewSubject("user-1", Any(strings.Repeat("n", 1000), entries))
	measured := subject.cloneSize().bytes()
	var before, after runtime.MemStats
	const times = 100
	runtime.ReadMemStats(&before)
	for range times {
		runtime.KeepAlive(subject.clone())
	}
	runtime.ReadMemStats(&after)
	each := int(after.TotalAlloc-before.TotalAlloc) / times
	assert.Greater(t, measured, 500*1100)
	assert.Less(t, each, measured*5/4, "no slice is replaced by a larger one")
}
