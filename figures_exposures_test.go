package becket

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const pageOfExposures = "docs/exposures.md"

var figuresOfExposures = []figure{
	{pageOfExposures, "| `WithExposureWindow(d, n)` | 1 hour, 65,536 |", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sink := &collector{}
			client := newExperiment(t, sink.Expose)
			delivered := func() int {
				showTo(client, 1)
				require.NoError(t, client.Flush(t.Context()))
				return len(sink.all())
			}
			require.Equal(t, 1, delivered())
			time.Sleep(time.Hour - 2*time.Second)
			require.Equal(t, 1, delivered())
			time.Sleep(4 * time.Second)
			require.Equal(t, 2, delivered())
		})
		// The memory has parts of the same size, and a hash chooses the part. The tested numbers
		// therefore are clearly below and above the limit.
		assert.Equal(t, 60_000, deliveredOf(t, 60_000), "all of them are remembered")
		assert.Equal(t, 2*75_000, deliveredOf(t, 75_000), "each exposure was forgotten before it occurred again")
	}},
	{pageOfExposures, "| `WithExposureQueue(n)` | 10,000 |", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, free := withHangingSink(t)
			showTo(client, 12_000)
			assert.EqualValues(t, 10_000, client.Status().Exposures.Queued)
			assert.EqualValues(t, 2000, client.Status().Exposures.Dropped)
			close(free)
		})
	}},
	{pageOfExposures, "their memory is bounded to n × 4 KiB, or to 1 MiB if that is more", func(t *testing.T) {
		for queue, most := range map[int]int{10: 1 << 20, 1000: 1000 * 4 << 10} {
			synctest.Test(t, func(t *testing.T) {
				client, free := withHangingSink(t, WithExposureQueue(queue))
				const large = 200 << 10
				attribute := String("note", strings.Repeat("x", large))
				for i := range queue {
					client.For(NewSubject(fmt.Sprint("user-", i), attribute)).String("split", "")
				}
				queued := int(client.Status().Exposures.Queued)
				assert.LessOrEqual(t, queued*large, most)
				assert.Greater(t, (queued+1)*large, most*9/10)
				close(free)
			})
		}
	}},
	{pageOfExposures, "| `WithExposureBatch(n, wait)` | 500, 5 s |", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sink := &collector{}
			client := newExperiment(t, sink.Expose)
			showTo(client, 499)
			time.Sleep(5*time.Second - time.Millisecond)
			synctest.Wait()
			require.Empty(t, sink.all())
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			require.Len(t, sink.all(), 499)
			showTo(client, 999)
			synctest.Wait()
			require.Len(t, sink.all(), 999, "a batch of 500 is full and does not wait")
		})
	}},
	{pageOfExposures, "A call has ten seconds, and its context is cancelled after that", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var told time.Duration
			sink := &collector{before: func(ctx context.Context) error {
				began := time.Now()
				<-ctx.Done()
				told = time.Since(began)
				return nil
			}}
			client := newExperiment(t, sink.Expose)
			showTo(client, 1)
			require.NoError(t, client.Flush(t.Context()))
			assert.Equal(t, 10*time.Second, told)
		})
	}},
	{pageOfExposures, "four and a half seconds for the sink and cancels the call half a second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			free := make(chan struct{})
			defer close(free)
			var began, cancelled time.Time
			sink := &collector{before: func(ctx context.Context) error {
				<-ctx.Done()
				cancelled = time.Now()
				<-free
				return nil
			}}
			client := newExperiment(t, sink.Expose)
			showTo(client, 1)
			began = time.Now()
			require.ErrorIs(t, client.Close(), ErrNotEnded)
			assert.Equal(t, 4500*time.Millisecond, time.Since(began))
			synctest.Wait()
			assert.Equal(t, 4*time.Second, cancelled.Sub(began))
		})
	}},
	{pageOfExposures, "with one `Write` per batch", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			writes, batches := &countingWriter{}, 0
			lines := LineSink(writes)
			client := newExperiment(t, func(ctx context.Context, batch []Exposure) error {
				batches++
				return lines(ctx, batch)
			}, WithExposureBatch(100, time.Second))
			showTo(client, 1000)
			require.NoError(t, client.Flush(t.Context()))
			assert.GreaterOrEqual(t, batches, 10)
			assert.Equal(t, batches, writes.writes)
			assert.Equal(t, 1000, writes.lines)
		})
	}},
}

// showTo evaluates a flag for the given number of subjects.
func showTo(client *Client, subjects int) {
	for i := range subjects {
		client.For(NewSubject(fmt.Sprint("user-", i))).String("split", "")
	}
}

func withHangingSink(t *testing.T, options ...Option) (*Client, chan struct{}) {
	free := make(chan struct{})
	sink := &collector{before: func(context.Context) error { <-free; return nil }}
	return newExperiment(t, sink.Expose, options...), free
}

// deliveredOf evaluates a flag for that many subjects, one after another, twice. It returns the
// number of delivered exposures.
func deliveredOf(t *testing.T, subjects int) (delivered int) {
	synctest.Test(t, func(t *testing.T) {
		sink := &collector{}
		client := newExperiment(t, sink.Expose, WithExposureQueue(subjects))
		for range 2 {
			showTo(client, subjects)
			require.NoError(t, client.Flush(t.Context()))
		}
		delivered = len(sink.all())
	})
	return delivered
}

type countingWriter struct{ writes, lines int }

func (w *countingWriter) Write(p []byte) (int, error) {
	w.writes++
	w.lines += strings.Count(string(p), "\n")
	return len(p), nil
}
