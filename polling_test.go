package becket

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheFirstFetchBeginsAtOnceAndTheOthersAreSpreadOverTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("v1", flagsDocument(1, "a")))
		began := time.Now()
		newTestClient(t, source, WithPollInterval(10*time.Second))
		time.Sleep(time.Hour)
		at := source.times()
		assert.Equal(t, began, at[0])
		assert.InDelta(t, 360, len(at), 20)
		for i := 1; i < len(at); i++ {
			share := 0.1
			if i == 1 {
				share = 0.5
			}
			wait := at[i].Sub(at[i-1])
			assert.InDelta(t, 10, wait.Seconds(), 10*share+0.001, "wait %d", i)
		}
		assert.NotEqual(t, at[2].Sub(at[1]), at[3].Sub(at[2]), "waits must differ")
	})
}

func TestFailuresBackOffButNeverPastOneAndAHalfIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(failing(errors.New("down")))
		client := newTestClient(t, source, WithPollInterval(8*time.Second))
		time.Sleep(30 * time.Minute)
		at := source.times()
		require.Greater(t, len(at), 100)
		assert.LessOrEqual(t, at[1].Sub(at[0]), 1500*time.Millisecond,
			"the first wait is an eighth of a short interval, spread by half")
		long := false
		for i := 1; i < len(at); i++ {
			wait := at[i].Sub(at[i-1])
			assert.LessOrEqual(t, wait, 12*time.Second)
			long = long || wait > 8*time.Second
		}
		assert.True(t, long, "the waits must grow")
		assert.Equal(t, len(at), client.Status().Failures)

		source.set(serving("v1", flagsDocument(1, "a")))
		time.Sleep(16 * time.Second)
		assert.True(t, client.For(Subject{}).Enabled("a"), "the client recovers within two intervals")
		assert.Zero(t, client.Status().Failures)
		assert.NoError(t, client.Status().LastError)
	})
}

func TestTheFirstRetryAfterAFailureTakesSecondsForEveryInterval(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 30 * time.Second, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			source := newScript(failing(errors.New("down")))
			newTestClient(t, source, WithPollInterval(interval))
			time.Sleep(time.Minute)
			at := source.times()
			require.Greater(t, len(at), 3, "of %s", interval)
			assert.LessOrEqual(t, at[1].Sub(at[0]), 3*time.Second, "of %s", interval)
			assert.GreaterOrEqual(t, at[1].Sub(at[0]), 500*time.Millisecond, "of %s", interval)
		})
	}
}

func TestAHookThatRefreshesAfterEachFailureDoesNotFloodTheSource(t *testing.T) {
	for name, test := range map[string]struct {
		fail func(context.Context, Validator) (Document, error)
		most int
	}{
		"a failure":     {failing(errors.New("down")), 11},
		"a Retry-After": {failing(&StatusError{Code: 503, RetryAfter: 4 * time.Second}), 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := newScript(test.fail)
				made := make(chan struct{}) // closed when client is set
				var client *Client
				client = newTestClient(t, source, WithHooks(Hooks{OnError: func(error) {
					<-made
					ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
					defer cancel()
					_ = client.Refresh(ctx)
				}}))
				close(made)
				// the hook of the last fetch has ended too
				time.Sleep(10*time.Second + 100*time.Millisecond)
				fetches := len(source.times())
				assert.LessOrEqual(t, fetches, test.most)
				assert.Greater(t, fetches, 1)

				source.set(serving("", flagsDocument(1, "a")))
				require.NoError(t, client.Refresh(t.Context()))
				assert.Len(t, source.times(), fetches+1, "a caller outside of the hook need not wait")
			})
		})
	}
}

func TestARetryAfterIsKeptUpToAnHour(t *testing.T) {
	for _, test := range []struct {
		name        string
		asked       time.Duration
		least, most time.Duration
	}{
		{"longer than the interval", 5 * time.Minute, 5 * time.Minute, 5*time.Minute + 10*time.Second},
		{"shorter than the ordinary wait", time.Millisecond, 500 * time.Millisecond, 15 * time.Second},
		{"absurd", 1000 * time.Hour, time.Hour, time.Hour},
		{"negative", -time.Hour, 500 * time.Millisecond, 15 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := newScript(failing(fmt.Errorf("wrapped: %w", &StatusError{Code: 503, RetryAfter: test.asked})))
				newTestClient(t, source, WithPollInterval(10*time.Second))
				time.Sleep(2 * time.Hour)
				at := source.times()
				require.Greater(t, len(at), 1)
				wait := at[1].Sub(at[0])
				assert.GreaterOrEqual(t, wait, test.least)
				assert.LessOrEqual(t, wait, test.most)
			})
		})
	}
}

func TestRefreshDoesNotWaitForARetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(failing(&StatusError{Code: 429, RetryAfter: time.Hour}))
		client := newTestClient(t, source)
		synctest.Wait()
		source.set(serving("", flagsDocument(1, "a")))
		began := time.Now()
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, began, time.Now())
		assert.True(t, client.For(Subject{}).Enabled("a"))
	})
}

func TestRefreshBeginsAfterTheCallAndIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		fetches := 0
		source := newScript(func(context.Context, Validator) (Document, error) {
			fetches++
			number := fetches
			<-gate
			return Document{Body: []byte(flagsDocument(number, "a"))}, nil
		})
		client := newTestClient(t, source)
		synctest.Wait() // the first fetch has begun
		revisions := make(chan int64, 3)
		for range 3 {
			go func() {
				assert.NoError(t, client.Refresh(t.Context()))
				revisions <- client.Status().Revision
			}()
		}
		synctest.Wait()
		assert.Equal(t, 1, fetches, "the callers do not share the fetch that had begun before")
		gate <- struct{}{}
		synctest.Wait()
		assert.Empty(t, revisions, "that fetch began before the calls")
		assert.Equal(t, 2, fetches)
		close(gate)
		synctest.Wait()
		assert.Equal(t, 2, fetches, "the three calls share one fetch")
		for range 3 {
			assert.Equal(t, int64(2), <-revisions)
		}
	})
}

func TestRefreshEndsWithItsContextAndWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(func(ctx context.Context, _ Validator) (Document, error) {
			<-ctx.Done()
			return Document{}, ctx.Err()
		})
		client := newTestClient(t, source)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, client.Refresh(ctx), context.DeadlineExceeded)
		waiting := make(chan error)
		go func() { waiting <- client.Refresh(t.Context()) }()
		go func() { waiting <- client.Wait(t.Context()) }()
		synctest.Wait()
		require.NoError(t, client.Close())
		require.ErrorIs(t, <-waiting, ErrClosed)
		require.ErrorIs(t, <-waiting, ErrClosed)
		require.ErrorIs(t, client.Refresh(t.Context()), ErrClosed)
		assert.Zero(t, client.Status().Failures, "a fetch that Close ended is no failure")
	})
}

func TestASourceThatHangsStopsNeitherPollingNorClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		source := newScript(func(context.Context, Validator) (Document, error) {
			<-free // ignores its context
			return Document{Body: []byte(flagsDocument(1, "late"))}, nil
		})
		client := newTestClient(t, source, WithPollInterval(time.Second))
		time.Sleep(5 * time.Minute)
		require.ErrorIs(t, client.Status().LastError, errSourceHangs)
		assert.Len(t, source.times(), 1, "it is not called while it hangs")
		source.set(serving("", flagsDocument(2, "a")))
		close(free)
		time.Sleep(2 * time.Second)
		assert.True(t, client.For(Subject{}).Enabled("a"))

		free = make(chan struct{})
		source.set(func(context.Context, Validator) (Document, error) { <-free; return Document{}, nil })
		time.Sleep(3 * time.Second)
		began := time.Now()
		require.NoError(t, client.Close())
		assert.LessOrEqual(t, time.Since(began), 2*time.Second)
		close(free)
	})
}

func TestASourceThatPanicsIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(func(context.Context, Validator) (Document, error) { panic("no such luck") })
		heard := &recorder{}
		client := newTestClient(t, source, WithHooks(heard.hooks()))
		synctest.Wait()
		require.ErrorIs(t, client.Refresh(t.Context()), ErrContract)
		synctest.Wait()
		_, errs, _ := heard.seen()
		require.Len(t, errs, 2, "the first fetch and the requested one fail")
		assert.ErrorContains(t, errs[0], "no such luck")
		source.set(serving("", flagsDocument(1, "a")))
		require.NoError(t, client.Refresh(t.Context()))
	})
}

func TestWaitReturnsWithTheFirstAnswerOfTheSource(t *testing.T) {
	for _, test := range []struct {
		name    string
		takes   time.Duration // of the source
		fails   error
		disk    bool // a copy of revision 1 is there
		waited  time.Duration
		tier    Tier
		wantErr error
	}{
		{"an answer", time.Second, nil, false, time.Second, TierNetwork, nil},
		{"an answer, in place of the disk copy", time.Second, nil, true, time.Second, TierNetwork, nil},
		{"a failure, with a disk copy", time.Second, errDown, true, time.Second, TierDisk, nil},
		{"a failure, with nothing", time.Second, errDown, false, time.Second, TierDefaults, errDown},
		{"no answer in time, with a disk copy", 5 * time.Second, nil, true, 2 * time.Second, TierDisk, nil},
		{
			"no answer in time, with nothing", 5 * time.Second, nil, false, 2 * time.Second, TierDefaults,
			context.DeadlineExceeded,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				if test.disk {
					first := newTestClient(t, newScript(serving("v1", flagsDocument(1, "a"))), WithDiskCache(folder))
					require.NoError(t, first.Wait(t.Context()))
					require.NoError(t, first.Close())
				}
				source := newScript(func(ctx context.Context, _ Validator) (Document, error) {
					if !sleep(ctx, test.takes) {
						return Document{}, context.Cause(ctx)
					}
					return Document{Body: []byte(flagsDocument(2, "a")), Validator: Validator{ETag: "v2"}}, test.fails
				})
				client := newTestClient(t, source, WithDiskCache(folder))
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				began := time.Now()
				err := client.Wait(ctx)
				require.ErrorIs(t, err, test.wantErr)
				assert.Equal(t, test.waited, time.Since(began))
				assert.Equal(t, test.tier, client.For(Subject{}).Tier())
			})
		})
	}
}

// A program may create a client, wait for it and end at once.
func TestAProgramThatEndsAtOnceLeavesADiskCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		client, err := New(newScript(serving("v1", flagsDocument(1, "a"))), WithDiskCache(folder))
		require.NoError(t, err)
		require.NoError(t, client.Wait(t.Context()))
		require.NoError(t, client.Close())
		next := newTestClient(t, newScript(failing(errDown)), WithDiskCache(folder))
		assert.Equal(t, TierDisk, next.For(Subject{}).Tier())
	})
}

func TestBytesThatCannotBeUsedAreAMistakeThatNewReports(t *testing.T) {
	t.Parallel()
	for text, test := range map[string]struct {
		document string
		options  []Option
	}{
		"Bytes: the document is empty":           {"", nil},
		"Bytes: 1:2: not valid JSON":             {"nonsense", nil},
		"Bytes: the document is of another envi": {flagsDocument(1, "a"), []Option{WithEnvironment("production")}},
	} {
		_, err := New(Bytes([]byte(test.document)), test.options...)
		assert.ErrorContains(t, err, text)
	}
	document := []byte(flagsDocument(1, "a"))
	client, err := New(Bytes(document), WithBootstrap(document))
	require.NoError(t, err)
	require.NoError(t, client.Wait(t.Context()))
	assert.Equal(t, TierNetwork, client.For(Subject{}).Tier())
	require.NoError(t, client.Close())
}

func TestWaitReportsTheFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("no route to host")
		source := newScript(failing(cause))
		client := newTestClient(t, source)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := client.Wait(ctx)
		require.ErrorIs(t, err, cause)
		require.ErrorContains(t, err, "there is no ruleset yet: ")
		assert.Equal(t, began, time.Now(), "the first fetch has failed: there is nothing to wait for")
		require.ErrorIs(t, client.Wait(t.Context()), cause, "a later call returns the error again")
		source.set(serving("", flagsDocument(1, "a")))
		require.NoError(t, client.Refresh(t.Context()))
		cancel()
		assert.NoError(t, client.Wait(ctx), "with a ruleset, a context that has ended does not matter")
	})
}

func TestAJumpingClockStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("v1", flagsDocument(1, "a")))
		jumps := 0
		clock := func() time.Time {
			jumps++
			return time.Now().AddDate([]int{0, 1, -1}[jumps%3], 0, 0)
		}
		newTestClient(t, source, WithPollInterval(10*time.Second), WithClock(clock))
		time.Sleep(10 * time.Minute)
		assert.InDelta(t, 60, len(source.times()), 8)
	})
}

func TestANilClientAnswersWithDefaults(t *testing.T) {
	var client *Client
	assert.True(t, client.For(NewSubject("u")).Bool("a", true))
	assert.Zero(t, client.Status())
	require.ErrorIs(t, client.Wait(t.Context()), ErrNoClient)
	require.ErrorIs(t, client.Refresh(t.Context()), ErrNoClient)
	for range client.Flags() {
		t.Error("a nil client has no flags")
	}
	assert.ErrorIs(t, client.Explain("a", NewSubject("u")).Err, ErrNotReady)
	assert.NoError(t, client.Close())
}

// pointedSource and pointedFormat panic in their methods if they are nil pointers.
type (
	pointedSource struct{ identity string }
	pointedFormat struct{ name string }
)

func (s *pointedSource) Fetch(context.Context, Validator) (Document, error) {
	return Document{}, errors.ErrUnsupported
}
func (s *pointedSource) Identity() string             { return s.identity }
func (f *pointedFormat) Name() string                 { return f.name }
func (f *pointedFormat) Decode([]byte) (Rules, error) { return nil, errors.ErrUnsupported }

func TestNewReportsEveryMistake(t *testing.T) {
	for name, test := range map[string]struct {
		source  Source
		options []Option
		want    string
	}{
		"no source":               {nil, nil, "there is no source"},
		"a URL that is none":      {HTTP("flags.json"), nil, "must begin with https:// or http://"},
		"a URL without a host":    {HTTP("https:///flags.json"), nil, "name a host"},
		"a URL with a bad escape": {HTTP("https://user:sesame@example.com/%zz"), nil, "the URL cannot be read"},
		"a nil HTTP client":       {HTTP("https://example.com", WithHTTPClient(nil)), nil, "the client is nil"},
		"a header with a newline": {
			HTTP("https://example.com", WithHeader("X-Token", "a\nb")), nil, "control characters",
		},
		"a header without a name": {HTTP("https://example.com", WithHeader("", "a")), nil, "not a header's name"},
		"no time to fetch":        {HTTP("https://example.com", WithTimeout(0)), nil, "WithTimeout: 0s"},
		"no room to fetch":        {HTTP("https://example.com", WithMaxBytes(0)), nil, "WithMaxBytes: 0"},
		"a bad signature URL":     {HTTP("https://example.com", WithSignatureURL("x")), nil, "WithSignatureURL"},
		"a file without a name":   {File(""), nil, "the path is empty"},
		"a nil file system":       {FS(nil, "a"), nil, "the file system is nil"},
		"an interval too short": {
			Bytes(nil), []Option{WithPollInterval(time.Millisecond)}, "1ms is below the least interval, 1s",
		},
		"no format":               {Bytes(nil), []Option{WithFormat(nil)}, "the format is nil"},
		"no clock":                {Bytes(nil), []Option{WithClock(nil)}, "the clock is nil"},
		"a folder without a name": {Bytes(nil), []Option{WithDiskCache("")}, "the folder has no name"},
		"an empty bootstrap":      {Bytes(nil), []Option{WithBootstrap(nil)}, "there are no bytes"},
		"a broken bootstrap":      {Bytes(nil), []Option{WithBootstrap([]byte(`{"schema":1`))}, "WithBootstrap"},
		"a foreign bootstrap": {
			Bytes(nil),
			[]Option{WithBootstrap([]byte(flagsDocument(1, "a"))), WithEnvironment("production")},
			`names no environment, and "production" is expected`,
		},
		"a key that is none": {Bytes(nil), []Option{WithPublicKey("sesame")}, "not a minisign public key"},
		"no key":             {Bytes(nil), []Option{WithPublicKey()}, "there is no key"},
		"a source that is a nil pointer": {
			(*pointedSource)(nil), []Option{WithDiskCache("never made")},
			"recovered a panic in the source: runtime error",
		},
		"a format that is a nil pointer": {
			Bytes(nil), []Option{WithFormat((*pointedFormat)(nil))}, "recovered a panic in the format: runtime error",
		},
		"a sink that is a nil function": {Bytes(nil), []Option{WithExposures(nil)}, "the sink is nil"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := New(test.source, test.options...)
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "sesame", "errors do not quote secrets")
			assert.Nil(t, client)
		})
	}
	_, err := New(nil, WithPollInterval(0), nil, WithClock(nil))
	for _, want := range []string{"source", "WithPollInterval", "WithClock"} {
		assert.ErrorContains(t, err, want, "the error has all mistakes")
	}
}

func TestTheStatusSaysWhenTheNextFetchIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := serving("1", flagsDocument(1, "a"))
		source := newScript(func(ctx context.Context, last Validator) (Document, error) {
			time.Sleep(2 * time.Second)
			return slow(ctx, last)
		})
		client := newTestClient(t, source)
		time.Sleep(time.Second)
		assert.Zero(t, client.Status().NextFetch, "a fetch is running")
		for range 5 {
			time.Sleep(2 * time.Second)
			due := client.Status().NextFetch
			require.True(t, due.After(time.Now()), due)
			fetches := len(source.times())
			time.Sleep(time.Until(due) - time.Nanosecond)
			assert.Len(t, source.times(), fetches)
			time.Sleep(time.Second)
			assert.Len(t, source.times(), fetches+1)
			assert.Zero(t, client.Status().NextFetch)
		}
		require.NoError(t, client.Close())
		assert.Zero(t, client.Status().NextFetch)
		time.Sleep(2 * time.Second) // the source returns
	})
}

func TestWaitNamesTheContextAndTheLastFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := false
		source := newScript(func(ctx context.Context, _ Validator) (Document, error) {
			if !hangs {
				hangs = true
				return Document{}, errors.New("no route to host")
			}
			<-ctx.Done()
			return Document{}, ctx.Err()
		})
		client := newTestClient(t, source)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorContains(t, client.Wait(ctx), "no route to host")

		cancel()
		err := client.Wait(ctx)
		require.ErrorContains(t, err, "there is no ruleset yet")
		require.ErrorContains(t, err, "no route to host")
	})
}
