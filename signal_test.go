package becket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/push"
)

// wire is a signal that a test connects, uses and cuts.
type wire struct {
	name    string
	silent  bool // it does not say that it is connected
	mutex   sync.Mutex
	broken  error // the error of Watch while the wire cannot be connected
	watches []time.Time
	changed func(Hint)
	cut     chan error
}

func (w *wire) Name() string { return w.name }

func (w *wire) Watch(ctx context.Context, changed func(Hint)) error {
	w.mutex.Lock()
	broken := w.broken
	cut := make(chan error, 1)
	w.changed, w.cut = changed, cut
	w.watches = append(w.watches, time.Now())
	w.mutex.Unlock()
	if broken != nil {
		return broken
	}
	if !w.silent {
		changed(Hint{})
	}
	select {
	case err := <-cut:
		return err
	case <-ctx.Done():
		return nil
	}
}

func (w *wire) send(h Hint) {
	w.mutex.Lock()
	changed := w.changed
	w.mutex.Unlock()
	changed(h)
}

// breaks cuts the connection; while err is not nil, the wire cannot be connected again.
func (w *wire) breaks(err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.broken = err
	w.cut <- errors.New("the connection was lost")
}

func (w *wire) mend() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.broken = nil
}

func (w *wire) times() []time.Time {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return append([]time.Time(nil), w.watches...)
}

// rest waits until the client has fetched because the signal is connected, and returns the number
// of fetches.
func rest(t *testing.T, source *script) int {
	t.Helper()
	time.Sleep(5 * time.Second)
	return len(source.times())
}

func TestAHintCausesOneConditionalFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
		client := newTestClient(t, source, WithSignal(w), WithSignalSpread(0), WithPollInterval(time.Hour))
		fetches := rest(t, source)
		assert.InDelta(t, 1.5, fetches, 0.5, "the signal is connected before or after the first fetch begins")
		confirmed := client.Status().NotModified
		source.set(serving("v2", flagsDocument(2, "a", "b")))
		w.send(Hint{Revision: 2, ETag: "v2"})
		synctest.Wait()
		assert.True(t, client.For(Subject{}).Enabled("b"), "no time has passed")
		assert.Equal(t, Validator{ETag: "v1"}, source.last())
		time.Sleep(time.Minute)
		assert.Len(t, source.times(), fetches+1)

		w.send(Hint{ETag: "v2"})
		time.Sleep(time.Minute)
		assert.Len(t, source.times(), fetches+2, "a hint about the same document costs one fetch")
		assert.Equal(t, confirmed+1, client.Status().NotModified)
	})
}

func TestAHintDoesNotChangeWhatIsAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(serving("v5", flagsDocument(5, "a"))), &wire{}
		client := newTestClient(t, source, WithSignal(w), WithPollInterval(time.Hour))
		rest(t, source)
		source.set(serving("v4", flagsDocument(4, "b")))
		w.send(Hint{Revision: 6})
		time.Sleep(time.Minute)
		status := client.Status()
		assert.Equal(t, int64(5), status.Revision)
		assert.ErrorIs(t, status.LastError, ErrLowerRevision)
	})
}

func TestAFloodOfHintsCostsOneFetchASecond(t *testing.T) {
	for name, hint := range map[string]func(i int) Hint{
		"empty hints":       func(int) Hint { return Hint{} },
		"forged revisions":  func(i int) Hint { return Hint{Revision: int64(100 + i)} },
		"forged ETags":      func(i int) Hint { return Hint{ETag: fmt.Sprint(i)} },
		"forged long waits": func(int) Hint { return Hint{Spread: 24 * time.Hour} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
				newTestClient(t, source, WithSignal(w), WithSignalSpread(0), WithPollInterval(30*time.Second))
				before := rest(t, source)
				for i := range 6_000 {
					w.send(hint(i))
					time.Sleep(10 * time.Millisecond)
				}
				fetches := len(source.times()) - before
				assert.LessOrEqual(t, fetches, 66, "five fetches are repeated once")
				if name != "forged long waits" {
					assert.GreaterOrEqual(t, fetches, 55)
				}
			})
		})
	}
}

func TestHintsDuringAFetchCauseExactlyOneMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
		newTestClient(t, source, WithSignal(w), WithSignalSpread(0), WithPollInterval(time.Hour))
		fetches := rest(t, source)
		answer := make(chan struct{})
		source.set(func(context.Context, Validator) (Document, error) {
			<-answer
			return Document{NotModified: true}, nil
		})
		w.send(Hint{})
		synctest.Wait()
		for range 1000 {
			w.send(Hint{})
		}
		time.Sleep(5 * time.Second)
		assert.Len(t, source.times(), fetches+1, "there is never a second fetch beside it")
		close(answer)
		time.Sleep(time.Minute)
		assert.Len(t, source.times(), fetches+2)
	})
}

func TestAFleetDistributesItsFetchesOverTheSpread(t *testing.T) {
	for name, test := range map[string]struct{ option, hint, want time.Duration }{
		"of the option":      {4 * time.Second, 0, 4 * time.Second},
		"of the hint":        {0, 20 * time.Second, 20 * time.Second},
		"of a negative hint": {4 * time.Second, -time.Second, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const fleet, rounds = 50, 8
				var sources []*script
				var wires []*wire
				for range fleet {
					source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
					newTestClient(t, source, WithSignal(w), WithSignalSpread(test.option), WithPollInterval(time.Hour))
					sources, wires = append(sources, source), append(wires, w)
				}
				var quarters [4]int
				for range rounds {
					time.Sleep(time.Minute)
					sent := time.Now()
					for _, w := range wires {
						w.send(Hint{Spread: test.hint})
					}
					time.Sleep(time.Minute)
					for _, source := range sources {
						at := source.times()
						waited := at[len(at)-1].Sub(sent)
						require.GreaterOrEqual(t, waited, time.Duration(0))
						require.Less(t, waited, test.want)
						quarters[4*waited/test.want]++
					}
				}
				for _, number := range quarters {
					assert.InDelta(t, fleet*rounds/4, number, 50)
				}
			})
		})
	}
}

func TestMoreHintsDoNotBringAFetchForwardUnlessTheirSpreadIsSmaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
		newTestClient(t, source, WithSignal(w), WithPollInterval(time.Hour))
		var waits time.Duration
		for range 50 {
			before, began := rest(t, source), time.Now()
			for range 1000 { // the earliest of a thousand random times would be the first instant
				w.send(Hint{Spread: 10 * time.Second})
			}
			time.Sleep(time.Minute)
			at := source.times()
			require.Len(t, at, before+1)
			waits += at[before].Sub(began)
		}
		assert.InDelta(t, 5, (waits / 50).Seconds(), 1.5)

		before := rest(t, source)
		w.send(Hint{Spread: 10 * time.Minute})
		w.send(Hint{Spread: time.Second})
		time.Sleep(time.Second)
		assert.Len(t, source.times(), before+1)
	})
}

func TestWhileAllSignalsAreConnectedTheClientPollsTenTimesMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, one, two := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}, &wire{}
		client := newTestClient(t, source, WithSignal(one), WithSignal(two), WithPollInterval(30*time.Second))
		before := rest(t, source)
		time.Sleep(5 * time.Hour)
		connected := len(source.times()) - before
		assert.InDelta(t, 60, connected, 7)
		assert.Equal(t, "healthy", client.Status().Health().String())

		two.breaks(errors.New("refused"))
		lost := time.Now()
		time.Sleep(30 * time.Second)
		at := source.times()
		assert.Less(t, at[len(at)-1].Sub(lost), 30*time.Second, "the interval falls back at once")
		assert.Greater(t, at[len(at)-1], lost)
		before = len(at)
		time.Sleep(time.Hour)
		assert.InDelta(t, 120, len(source.times())-before, 8)
		assert.Equal(t, "degraded", client.Status().Health().String())

		two.mend()
		time.Sleep(time.Minute)
		before = len(source.times())
		time.Sleep(5 * time.Hour)
		assert.InDelta(t, 60, len(source.times())-before, 7)
	})
}

func TestAFleetThatLosesItsSignalsDoesNotFetchAtOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sources []*script
		var wires []*wire
		for range 100 {
			source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
			newTestClient(t, source, WithSignal(w), WithPollInterval(30*time.Second))
			sources, wires = append(sources, source), append(wires, w)
		}
		time.Sleep(time.Minute)
		lost := time.Now()
		for _, w := range wires {
			w.breaks(errors.New("refused"))
		}
		time.Sleep(29 * time.Second)
		early := 0
		for _, source := range sources {
			at := source.times()
			if first := at[len(at)-1]; first.After(lost) && first.Sub(lost) < 3*time.Second {
				early++
			}
		}
		assert.Less(t, early, 30, "about a tenth of the clients fetch in a tenth of the interval")
	})
}

// passive is a signal that leaves the poll interval as it is.
type passive struct{ wire }

func (*passive) pollsOn() bool { return true }

func TestAPassiveSignalLeavesTheIntervalAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("v1", flagsDocument(1, "a")))
		newTestClient(t, source, WithSignal(&passive{}), WithPollInterval(30*time.Second))
		before := rest(t, source)
		time.Sleep(time.Hour)
		assert.InDelta(t, 120, len(source.times())-before, 8)
	})
}

func TestALossOfAPassiveSignalIsNoFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("v1", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithSignal(&passive{wire{broken: errors.New("too many open files")}}))
		time.Sleep(time.Hour)
		assert.False(t, client.Status().Signals[0].Connected)
		require.Error(t, client.Status().Signals[0].LastError)
		assert.Equal(t, "healthy", client.Status().Health().String())
	})
}

func TestFlagsWithMaxAgeAreConfirmedInTimeWhileSignalsAreConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		document := `{"schema":1,"flags":{"a":{"default":"on","max_age":"3m"}}}`
		source := newScript(serving("v1", document))
		client := newTestClient(t, source, WithSignal(&wire{}), WithPollInterval(30*time.Second))
		rest(t, source)
		for range 3600 {
			time.Sleep(time.Second)
			require.True(t, client.For(Subject{}).Enabled("a"))
		}
		assert.InDelta(t, 42, len(source.times()), 6)
	})
}

func TestEveryConnectIsFollowedByOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
		client := newTestClient(t, source, WithSignal(w), WithPollInterval(24*time.Hour))
		before := rest(t, source)
		for i := range 20 {
			w.breaks(nil)
			time.Sleep(2 * time.Minute)
			assert.Len(t, source.times(), before+1+i, "the signal was connected again")
			assert.Len(t, w.times(), 2+i)
		}
		assert.True(t, client.Status().Signals[0].Connected)
	})
}

func TestASignalThatSaysNothingCountsAsConnectedAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("v1", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithSignal(&wire{silent: true}), WithPollInterval(time.Hour))
		time.Sleep(9 * time.Second)
		assert.False(t, client.Status().Signals[0].Connected)
		assert.Len(t, source.times(), 1)
		time.Sleep(3 * time.Second)
		assert.True(t, client.Status().Signals[0].Connected)
		assert.Len(t, source.times(), 2)
	})
}

func TestAnOlderDocumentThanHintedIsFetchedAgainPastCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fresh []bool
		edge := serving("v1", flagsDocument(1, "a"))
		source := newScript(edge)
		w := &wire{}
		client := newTestClient(t, source, WithSignal(w), WithSignalSpread(0), WithPollInterval(time.Hour))
		before := rest(t, source)
		source.set(func(ctx context.Context, last Validator) (Document, error) {
			fresh = append(fresh, push.IsFresh(ctx))
			if len(fresh) == 4 {
				return Document{Body: []byte(flagsDocument(2, "b")), Validator: Validator{ETag: "v2"}}, nil
			}
			return edge(ctx, last)
		})
		w.send(Hint{Revision: 2})
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, []bool{false, true, true, true}, fresh)
		assert.True(t, client.For(Subject{}).Enabled("b"))
		at := source.times()[before:]
		for i, want := range []time.Duration{200, 400, 800} {
			assert.Equal(t, want*time.Millisecond, at[i+1].Sub(at[i]))
		}
	})
}

func TestAHintThatIsNeverTrueEndsInPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
		newTestClient(t, source, WithSignal(w), WithSignalSpread(0), WithPollInterval(30*time.Second))
		before := rest(t, source)
		w.send(Hint{Revision: 2})
		time.Sleep(10 * time.Second)
		assert.Len(t, source.times(), before+6)
		time.Sleep(5 * time.Minute)
		assert.InDelta(t, before+16, len(source.times()), 2, "it polls as often as without signals")
		before = len(source.times())
		time.Sleep(5 * time.Hour)
		assert.InDelta(t, 60, len(source.times())-before, 7)
	})
}

func TestAFetchThatFailsIsNotRepeatedForAHintAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
		newTestClient(t, source, WithSignal(w), WithSignalSpread(0), WithPollInterval(time.Hour))
		before := rest(t, source)
		source.set(failing(&StatusError{Code: 503, RetryAfter: 5 * time.Minute}))
		w.send(Hint{Revision: 2})
		time.Sleep(5 * time.Minute)
		assert.Len(t, source.times(), before+1)
		for range 100 {
			w.send(Hint{Revision: 3})
		}
		source.set(failing(errors.New("down")))
		time.Sleep(10 * time.Minute)
		assert.Less(t, len(source.times()), before+20, "the waits after failures grow")
	})
}

func TestAFirstFetchThatFailsIsRepeatedSoonAlsoWithASignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(failing(errors.New("down"))), &wire{}
		client := newTestClient(t, source, WithSignal(w), WithSignalSpread(0), WithPollInterval(time.Hour))
		time.Sleep(2500 * time.Millisecond)
		source.set(serving("v1", flagsDocument(1, "a")))
		time.Sleep(10 * time.Second)
		assert.True(t, client.For(Subject{}).Enabled("a"))
	})
}

func TestTheStatusTellsOfSignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{name: "bus", broken: errors.New("refused")}
		client := newTestClient(t, source, WithSignal(w))
		synctest.Wait()
		status := client.Status().Signals
		require.Len(t, status, 1)
		assert.Equal(t, SignalStatus{Name: "bus", Since: began, LastError: status[0].LastError}, status[0])
		require.EqualError(t, status[0].LastError, "refused")
		assert.Equal(t, "healthy", client.Status().Health().String(), "a short loss is no fault")
		time.Sleep(2 * time.Minute)
		assert.Equal(t, []string{"the signal bus is not connected, so that changes arrive by polling: refused"},
			client.Status().Health().Reasons)

		w.mend()
		time.Sleep(time.Minute)
		status = client.Status().Signals
		assert.True(t, status[0].Connected)
		assert.Equal(t, w.times()[len(w.times())-1], status[0].Since)
		assert.Zero(t, status[0].LastHint)
		require.EqualError(t, status[0].LastError, "refused", "the reason of the last loss stays")

		time.Sleep(time.Minute)
		w.send(Hint{})
		assert.Equal(t, time.Now(), client.Status().Signals[0].LastHint)
		assert.Equal(t, "healthy", client.Status().Health().String())
		require.NoError(t, client.Close())
		assert.False(t, client.Status().Signals[0].Connected)
	})
}

func TestTheLogTellsOfALossOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logged
		var hook recorder
		w := &wire{name: "bus"}
		client, err := New(newScript(serving("v1", flagsDocument(1, "a"))), WithSignal(w), WithLogger(out.logger()),
			WithHooks(hook.hooks()))
		require.NoError(t, err)
		time.Sleep(5 * time.Second)
		assert.Equal(t, 1, strings.Count(out.String(), `msg="becket: signal connected" signal=bus`))
		for range 20 {
			w.breaks(nil)
			time.Sleep(8 * time.Second)
		}
		require.NoError(t, client.Close())
		assert.Equal(t, 3, strings.Count(out.String(),
			`msg="becket: signal not connected" cause=signal error="becket: signal: bus: the connection was lost"`))
		assert.Equal(t, 4, strings.Count(out.String(), "becket: signal connected"))
		assert.Contains(t, out.String(), "left_out=7")
		_, errs, _ := hook.seen()
		failure, _ := errors.AsType[*DeliveryError](errs[0])
		assert.Equal(t, CauseSignal, failure.Cause)
		assert.Len(t, errs, 20)
	})
}

// rude is a signal that does what no signal should do.
type rude func(ctx context.Context, changed func(Hint)) error

func (r rude) Watch(ctx context.Context, changed func(Hint)) error { return r(ctx, changed) }

func TestASignalThatPanicsOrEndsItsGoroutineDoesNoHarm(t *testing.T) {
	for name, test := range map[string]struct {
		watch rude
		want  string
	}{
		"panic": {
			func(context.Context, func(Hint)) error { panic("out of range") }, "recovered a panic: out of range",
		},
		"Goexit": {func(context.Context, func(Hint)) error { runtime.Goexit(); return nil }, "it ended its goroutine"},
		"nil":    {func(context.Context, func(Hint)) error { return nil }, "it ended without an error"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int64
				source := newScript(serving("v1", flagsDocument(1, "a")))
				client := newTestClient(t, source, WithPollInterval(30*time.Second),
					WithSignal(rude(func(ctx context.Context, changed func(Hint)) error {
						calls.Add(1)
						return test.watch(ctx, changed)
					})))
				time.Sleep(time.Hour)
				assert.InDelta(t, 120, len(source.times()), 10)
				assert.InDelta(t, 120, calls.Load(), 20, "the pauses grow to the poll interval")
				status := client.Status().Signals[0]
				assert.ErrorContains(t, status.LastError, test.want)
				assert.Equal(t, "becket.rude", status.Name)
				assert.NoError(t, client.Close())
			})
		})
	}
}

func TestASignalThatHangsDelaysCloseByFiveSecondsAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		client := newTestClient(t, newScript(serving("v1", flagsDocument(1, "a"))),
			WithSignal(rude(func(context.Context, func(Hint)) error { <-end; return nil })))
		time.Sleep(time.Minute)
		began := time.Now()
		err := client.Close()
		assert.ErrorIs(t, err, ErrNotEnded)
		assert.ErrorContains(t, err, "for a signal")
		assert.LessOrEqual(t, time.Since(began), 5*time.Second)
		close(end)
	})
}

func TestHintsAfterTheEndOfAWatchOrOfTheClientDoNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, w := newScript(serving("v1", flagsDocument(1, "a"))), &wire{}
		client := newTestClient(t, source, WithSignal(w), WithSignalSpread(0), WithPollInterval(24*time.Hour))
		rest(t, source)
		stale := w.changed
		w.breaks(errors.New("refused"))
		time.Sleep(5 * time.Minute)
		before := len(source.times())
		stale(Hint{Revision: 9})
		time.Sleep(time.Minute)
		assert.Len(t, source.times(), before)
		assert.False(t, client.Status().Signals[0].Connected)

		w.mend()
		rest(t, source)
		time.Sleep(time.Minute)
		before = len(source.times())
		require.NoError(t, client.Close())
		w.send(Hint{Revision: 9})
		time.Sleep(time.Minute)
		assert.Len(t, source.times(), before)
	})
}

func TestASignalMayCallTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := make(chan struct{})
		var client *Client
		var err error
		closed := make(chan struct{})
		client, err = New(newScript(serving("v1", flagsDocument(1, "a"))), WithLogger(slog.New(slog.DiscardHandler)),
			WithSignal(rude(func(ctx context.Context, changed func(Hint)) error {
				<-made
				changed(Hint{})
				assert.True(t, client.Status().Signals[0].Connected)
				assert.NoError(t, client.Close())
				close(closed)
				<-ctx.Done()
				return nil
			})))
		require.NoError(t, err)
		close(made)
		<-closed
		require.NoError(t, client.Close())
	})
}

// announcing is a source that is a signal.
type announcing struct {
	*script
	wire
}

func TestASourceThatIsASignalIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &announcing{script: newScript(serving("v1", flagsDocument(1, "a"))), wire: wire{name: "source"}}
		client := newTestClient(t, source, WithSignal(&wire{name: "other"}), WithSignalSpread(0))
		rest(t, source.script)
		status := client.Status().Signals
		require.Len(t, status, 2)
		assert.Equal(t, "other", status[0].Name)
		assert.Equal(t, "source", status[1].Name)
		source.set(serving("v2", flagsDocument(2, "b")))
		source.send(Hint{})
		synctest.Wait()
		assert.True(t, client.For(Subject{}).Enabled("b"))
	})
}

func TestAFetchPastCachesSaysSoInItsRequest(t *testing.T) {
	t.Parallel()
	var seen []string
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Cache-Control"))
		say(w, "{}")
	})
	source := HTTP(server.URL)
	for _, ctx := range []context.Context{t.Context(), push.Fresh(t.Context())} {
		_, err := source.Fetch(ctx, Validator{})
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"", "no-cache"}, seen)
}

func TestMistakesInTheOptionsOfSignals(t *testing.T) {
	t.Parallel()
	source := newScript(serving("v1", flagsDocument(1, "a")))
	for want, option := range map[string]Option{
		"becket: WithSignal: the signal is nil":                                WithSignal(nil),
		"becket: WithSignalSpread: -1ns is not between 0 and 10m0s":            WithSignalSpread(-1),
		"becket: WithSignalSpread: 10m0.000000001s is not between 0 and 10m0s": WithSignalSpread(10*time.Minute + 1),
	} {
		_, err := New(source, option)
		assert.EqualError(t, err, want)
	}
	_, err := New(source, WithSignal((*wire)(nil)))
	assert.ErrorContains(t, err, "recovered a panic in the signal")
}
