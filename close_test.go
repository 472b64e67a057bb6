package becket

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deep calls function after it has called itself the given number of times.
//
//go:noinline
func deep(frames int, function func()) {
	if frames == 0 {
		function()
		return
	}
	deep(frames-1, function)
	runtime.KeepAlive(frames)
}

func TestCloseWithinAHookWaitsForNothingHoweverDeepItIs(t *testing.T) {
	for _, frames := range []int{0, 200, 5000} {
		synctest.Test(t, func(t *testing.T) {
			clients, closed := make(chan *Client, 1), make(chan error, 1)
			sink := &collector{}
			client, err := New(newScript(serving("",
				experiment)), WithExposures(sink.Expose), WithHooks(Hooks{OnChange: func(Changes) {
				client := <-clients
				asked := make(chan string)
				go func() {
					asked <- client.For(NewSubject("user-1")).String("split", "")
				}() // within a hook nothing is told
				<-asked
				deep(frames, func() { closed <- client.Close() })
			}}))
			require.NoError(t, err)
			began := time.Now()
			clients <- client
			require.NoError(t, <-closed)
			assert.Equal(t, began, time.Now())
			require.NoError(t, client.Close(), "a caller outside of the hook waits for the same result")
			assert.Len(t, sink.all(), 1, "exposures are delivered in the background")
		})
	}
}

func TestAHookOfOneClientMayCloseAnotherOneAndWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &collector{before: func(context.Context) error { time.Sleep(time.Second); return nil }}
		other := newExperiment(t, sink.Expose)
		other.For(NewSubject("user-1")).String("split", "")
		sent := make(chan int, 1)
		client := newTestClient(t, newScript(serving("",
			flagsDocument(1, "a"))), WithHooks(Hooks{OnChange: func(Changes) {
			_ = other.Close()
			sent <- len(sink.all())
		}}))
		assert.Equal(t, 1, <-sent)
		require.NoError(t, client.Close())
	})
}

func TestAHookThatEndsItsGoroutineEndsNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := &recorder{}
		leave := Hooks{
			OnChange:  func(Changes) { runtime.Goexit() },
			OnError:   func(error) { runtime.Goexit() },
			OnRefresh: func(Refresh) { runtime.Goexit() },
		}
		source := newScript(serving("", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithHooks(leave), WithHooks(heard.hooks()))
		require.NoError(t, client.Refresh(t.Context()))
		source.set(serving("", flagsDocument(2, "b")))
		require.NoError(t, client.Refresh(t.Context()))
		synctest.Wait()
		changes, errs, refreshes := heard.seen()
		assert.Len(t, changes, 2, "the next hook receives every change")
		assert.GreaterOrEqual(t, len(refreshes), 2)
		require.NotEmpty(t, errs)
		require.ErrorIs(t, errs[0], errGoexit)
		assert.GreaterOrEqual(t, client.Status().HookPanics, uint64(4))
		require.NoError(t, client.Close())
	})
}

// closer is a source with a Close of its own.
type closer struct {
	*script
	close func() error
}

func (c closer) Close() error { return c.close() }

func TestASourceWhoseCloseHangsDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		source := closer{newScript(serving("", experiment)), func() error { <-free; return nil }}
		sink, told := &collector{}, 0
		client := newTestClient(t, source, WithExposures(sink.Expose),
			WithHooks(Hooks{OnChange: func(Changes) { told++ }}))
		require.NoError(t, client.Refresh(t.Context()))
		client.For(NewSubject("user-1")).String("split", "")
		began := time.Now()
		require.ErrorIs(t, client.Close(), ErrNotEnded)
		assert.LessOrEqual(t, time.Since(began), closePatience)
		assert.Len(t, sink.all(), 1)
		assert.Equal(t, 1, told)
		close(free)
	})
}

func TestASourcesCloseIsCalledOnceAndItsErrorIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		var client *Client
		source := closer{newScript(serving("", experiment)), func() error {
			calls++
			return client.Close() // which waits for nothing
		}}
		client = newTestClient(t, source)
		require.NoError(t, client.Close())
		require.NoError(t, client.Close())
		assert.Equal(t, 1, calls)

		broken := closer{newScript(serving("", experiment)), func() error { return assert.AnError }}
		client = newTestClient(t, broken)
		require.ErrorIs(t, client.Close(), assert.AnError)
		require.ErrorIs(t, client.Close(), assert.AnError, "each call returns the same")
	})
}

func TestCloseTakesFiveSecondsInAllIfSourceSinkAndHookHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		hang := func() { <-free }
		answers := make(chan struct{}, 1)
		answers <- struct{}{}
		source := closer{newScript(func(context.Context, Validator) (Document, error) {
			select {
			case <-answers:
				return Document{Body: []byte(experiment)}, nil
			default:
				hang()
				return Document{}, nil
			}
		}), func() error { hang(); return nil }}
		sink := &collector{before: func(context.Context) error { hang(); return nil }}
		client := newTestClient(t, source, WithPollInterval(time.Second), WithExposures(sink.Expose),
			WithHooks(Hooks{OnChange: func(Changes) { hang() }}))
		require.NoError(t, client.Wait(t.Context()))
		client.For(NewSubject("user-1")).String("split", "")
		time.Sleep(10 * time.Second)
		began := time.Now()
		require.ErrorIs(t, client.Close(), ErrNotEnded)
		assert.LessOrEqual(t, time.Since(began), closePatience)
		assert.Equal(t, uint64(1), client.Status().Exposures.Dropped)
		close(free)
	})
}

func TestGoroutineNumbersAreReadAndDiffer(t *testing.T) {
	own := goroutineID()
	require.NotZero(t, own)
	assert.Equal(t, own, goroutineID())
	others := make(chan uint64, 100)
	var wait sync.WaitGroup
	for range cap(others) {
		wait.Go(func() { deep(300, func() { others <- goroutineID() }) })
	}
	wait.Wait()
	close(others)
	seen := map[uint64]bool{own: true}
	for id := range others {
		assert.False(t, seen[id], id)
		seen[id] = true
	}
}

// hanging is a log handler that hangs.
type hanging struct {
	slog.Handler
	free chan struct{}
}

func (h hanging) Enabled(context.Context, slog.Level) bool { <-h.free; return false }

func TestALoggerThatHangsDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		began := time.Now()
		client := newTestClient(t, newScript(serving("", flagsDocument(1, "a"))),
			WithLogger(slog.New(hanging{free: free})),
			WithOverrides(writeOverrides(t, `{"theme":"dark"}`)))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "dark", client.For(Subject{}).String("theme", ""))
		assert.Equal(t, began, time.Now())
		require.ErrorIs(t, client.Close(), ErrNotEnded)
		assert.LessOrEqual(t, time.Since(began), closePatience)
		close(free)
	})
}

func TestAClockMayAskForTheStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mutex sync.Mutex
		var client *Client
		clock := func() time.Time {
			mutex.Lock()
			c := client
			mutex.Unlock()
			if read := c.Status().ReadAt; c != nil {
				assert.False(t, read.IsZero(), "a Status for the clock has a time too")
			}
			return time.Now()
		}
		source := newScript(failing(assert.AnError))
		made := newTestClient(t, source, WithClock(clock))
		mutex.Lock()
		client = made
		mutex.Unlock()
		require.Error(t, made.Refresh(t.Context()))
		source.set(serving("", flagsDocument(1, "a")))
		require.NoError(t, made.Refresh(t.Context()))
		assert.True(t, made.For(Subject{}).Enabled("a"))
		assert.Equal(t, time.Now(), made.Status().ReadAt)
	})
}

func TestAClockThatPanicsIsReplacedAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := &recorder{}
		document := `{"schema":1,"flags":{"a":{"rules":[{"from":"1999-01-01T00:00:00Z","serve":"on"}]}}}`
		client := newTestClient(t, newScript(serving("", document)), WithHooks(heard.hooks()),
			WithClock(func() time.Time { panic("no time") }))
		require.NoError(t, client.Refresh(t.Context()))
		assert.True(t, client.For(Subject{}).Enabled("a"), "time.Now is used, so the time is later than 1999")
		assert.Equal(t, time.Now(), client.Status().FetchedAt)
		synctest.Wait()
		_, errs, _ := heard.seen()
		require.NotEmpty(t, errs)
		require.ErrorContains(t, errs[0], "the clock panicked: no time")
		assert.NotZero(t, client.Status().HookPanics)
	})
}

func TestEachHookGetsAValueOfItsOwn(t *testing.T) {
	document := `{"schema":1,"flags":{"limits":{"variants":{"v":{"rps":{"eu":[1,2]}}},"default":"v"}}}`
	want := map[string]any{"rps": map[string]any{"eu": []any{float64(1), float64(2)}}}
	var seen []any
	spoil := Hooks{OnEvaluate: func(e Evaluation) {
		seen = append(seen, ownCopy(e.Value))
		limits, _ := e.Value.(map[string]any)
		rates, _ := limits["rps"].(map[string]any)
		if europe, ok := rates["eu"].([]any); ok {
			europe[0] = "spoilt"
		}
		delete(limits, "rps")
	}}
	client := newTestClient(t, newScript(failing(assert.AnError)), WithBootstrap([]byte(document)), WithHooks(spoil),
		WithHooks(spoil))
	for range 2 {
		assert.Equal(t, want, client.For(Subject{}).Resolve("limits", KindAny).Variant.Value.Any())
	}
	assert.Equal(t, []any{want, want, want, want}, seen)
}
