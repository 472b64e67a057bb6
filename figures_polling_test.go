package becket

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var figuresOfPolling = []figure{
	{"README.md", "becket asks every 30 seconds", func(t *testing.T) {
		source := pollFor(t, time.Hour, serving("1", flagsDocument(1, "a")))
		assert.InDelta(t, 120, len(source.times()), 8)
	}},
	{"options.go", "at least one second; each wait is jittered", func(t *testing.T) {
		source := newScript(serving("1", flagsDocument(1, "a")))
		_, err := New(source, WithPollInterval(time.Second-1))
		require.ErrorContains(t, err, "below the least interval, 1s")
		newTestClient(t, source, WithPollInterval(time.Second))
	}},
	{"options.go", "After a failure the next fetch begins within three seconds", func(t *testing.T) {
		longest := time.Duration(0)
		for range 100 {
			at := pollFor(t, 20*time.Second, failing(errors.New("down"))).times()
			require.Greater(t, len(at), 1)
			longest = max(longest, at[1].Sub(at[0]))
		}
		assert.LessOrEqual(t, longest, 3*time.Second)
		assert.Greater(t, longest, 2*time.Second)
	}},
	{"docs/operations.md", "never longer than 1.5 poll intervals", func(t *testing.T) {
		longest := longestWait(pollFor(t, 24*time.Hour, failing(errors.New("down"))))
		assert.LessOrEqual(t, longest, 45*time.Second)
		assert.Greater(t, longest, 40*time.Second)
	}},
	{"docs/operations.md", "It honours `Retry-After` up to one hour", func(t *testing.T) {
		for asked, waits := range map[time.Duration]time.Duration{
			50 * time.Minute: 50 * time.Minute, 2 * time.Hour: time.Hour,
		} {
			busy := &StatusError{Code: 503, RetryAfter: asked}
			longest := longestWait(pollFor(t, 24*time.Hour, failing(busy)))
			assert.GreaterOrEqual(t, longest, waits)
			assert.LessOrEqual(t, longest, waits+time.Minute)
		}
	}},
	{"docs/operations.md", "it waits until a second has passed since the last fetch", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			source := newScript(serving("1", flagsDocument(1, "a")))
			var client *Client
			ready := make(chan struct{})
			client = newTestClient(t, source, WithHooks(Hooks{OnRefresh: func(Refresh) {
				<-ready
				if len(source.times()) < 4 {
					assert.NoError(t, client.Refresh(t.Context()))
				}
			}}))
			close(ready)
			time.Sleep(5 * time.Second)
			at := source.times()
			require.Len(t, at, 4)
			for i := range 3 {
				assert.Equal(t, time.Second, at[i+1].Sub(at[i]))
			}
		})
	}},
	{"source.go", "ctx has a deadline of a minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var told []time.Duration
			newTestClient(t, newScript(func(ctx context.Context, _ Validator) (Document, error) {
				began := time.Now()
				<-ctx.Done()
				told = append(told, time.Since(began))
				return Document{}, ctx.Err()
			}))
			time.Sleep(61 * time.Second)
			synctest.Wait()
			assert.Equal(t, []time.Duration{time.Minute}, told)
		})
	}},
	{"docs/reliability.md", "after two seconds; without one, it uses the callers' defaults after five",
		func(t *testing.T) {
			assert.Equal(t, 2*time.Second, startOnAHangingDisk(t, WithBootstrap([]byte(flagsDocument(1, "a")))))
			assert.Equal(t, 5*time.Second, startOnAHangingDisk(t))
		}},
	{"docs/operations.md", "`client.Close()` takes at most five seconds, even if something hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			free := make(chan struct{})
			defer close(free)
			source := newScript(serving("1", flagsDocument(1, "a")))
			client := newTestClient(t, source, WithHooks(Hooks{OnChange: func(Changes) { <-free }}))
			synctest.Wait()
			began := time.Now()
			require.ErrorIs(t, client.Close(), ErrNotEnded)
			assert.Equal(t, 5*time.Second, time.Since(began))
		})
	}},
}

// pollFor runs a client for the given time and returns its source.
func pollFor(t *testing.T, long time.Duration, answer func(context.Context, Validator) (Document, error)) *script {
	source := newScript(answer)
	synctest.Test(t, func(t *testing.T) {
		client := newTestClient(t, source)
		time.Sleep(long)
		require.NoError(t, client.Close())
	})
	return source
}

func longestWait(source *script) (longest time.Duration) {
	at := source.times()
	for i := range at[1:] {
		longest = max(longest, at[i+1].Sub(at[i]))
	}
	return longest
}

// startOnAHangingDisk returns how long New takes when the file system never answers.
func startOnAHangingDisk(t *testing.T, options ...Option) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		defer close(free)
		options = append(options, WithDiskCache(t.TempDir()), withStuckDisk("read", free))
		began := time.Now()
		client := newTestClient(t, newScript(serving("1", flagsDocument(2, "a"))), options...)
		took = time.Since(began)
		_ = client.Close()
	})
	return took
}
