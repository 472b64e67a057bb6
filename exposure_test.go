package becket

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// experiment has a flag for each value of "track".
const experiment = `{"schema":1,"revision":7,"environment":"test","flags":{
	"split":{"variants":{"a":"A","b":"B"},"default":{"split":{"a":1,"b":1}}},
	"share":{"rules":[{"name":"half","percent":50,"serve":"on"}]},
	"plain":{"default":"on"},
	"counted":{"default":"on","track":"all"},
	"silent":{"variants":{"a":"A","b":"B"},"default":{"split":{"a":1,"b":1}},"track":"none"},
	"closed":{"variants":{"a":"A"},"default":"a","enabled":false,"track":"all"},
	"shape":{"variants":{"v":{"rps":"many"}},"default":"v","track":"all"}}}`

// collector is a sink that keeps exposures. It fails if the test's function before returns an
// error.
type collector struct {
	mutex   sync.Mutex
	batches [][]Exposure
	before  func(ctx context.Context) error
}

func (c *collector) Expose(ctx context.Context, batch []Exposure) error {
	if c.before != nil {
		if err := c.before(ctx); err != nil {
			return err
		}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.batches = append(c.batches, batch)
	return nil
}

func (c *collector) all() (all []Exposure) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, batch := range c.batches {
		all = append(all, batch...)
	}
	return all
}

// newExperiment returns a client that serves the experiment from the start.
func newExperiment(t *testing.T, sink Sink, options ...Option) *Client {
	t.Helper()
	return newTestClient(t, Bytes([]byte(experiment)),
		append(options, WithBootstrap([]byte(experiment)), WithExposures(sink))...)
}

// counters returns the status of a client's exposures without its time.
func counters(client *Client) ExposureStatus {
	s := client.Status().Exposures
	s.DroppedAt = time.Time{}
	return s
}

func requireBalance(t *testing.T, s ExposureStatus) {
	t.Helper()
	require.Equal(t, s.Produced, s.Sent+s.Dropped+s.Duplicates+s.Queued, "%+v", s)
}

func TestTheTrackOfAFlagDecidesWhichEvaluationsAreExposed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		ask  func(View)
		want int
	}{
		{"a split counts", func(v View) { v.String("split", "") }, 1},
		{"subjects outside a percentage count like those inside it", func(v View) { v.Enabled("share") }, 1},
		{"a flag without a split does not count", func(v View) { v.Enabled("plain") }, 0},
		{"unless it says so", func(v View) { v.Enabled("counted") }, 1},
		{"a split that is not to be tracked does not count", func(v View) { v.String("silent", "") }, 0},
		{"the caller's default does not count", func(v View) { v.String("closed", "") }, 0},
		{"an unknown flag does not count", func(v View) { v.Enabled("none") }, 0},
		{"another type does not count", func(v View) { v.Enabled("split") }, 0},
		{"an object that does not fit does not count", func(v View) {
			JSON(v, "shape", struct {
				RPS int `json:"rps"`
			}{})
		}, 0},
		{"an object that fits counts", func(v View) { JSON(v, "shape", map[string]string{}) }, 1},
		{"a detail counts as the value does", func(v View) { v.StringDetail("split", "") }, 1},
		{"a detail of any type too", func(v View) { v.Resolve("split", KindAny) }, 1},
		{"a listing of all flags does not count", func(v View) {
			for range v.All() {
				continue
			}
		}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sink := &collector{}
			client := newExperiment(t, sink.Expose)
			test.ask(client.For(NewSubject("user-1")))
			client.Explain("split", NewSubject("user-1"))
			require.NoError(t, client.Flush(t.Context()))
			assert.Len(t, sink.all(), test.want)
			s := client.Status().Exposures
			assert.Equal(t, uint64(test.want), s.Produced)
			requireBalance(t, s)
		})
	}
}

func TestAnExposureHasTheSubjectTheFlagAndTheVariant(t *testing.T) {
	t.Parallel()
	sink := &collector{}
	now := time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)
	client := newTestClient(t, Bytes([]byte(experiment)), WithBootstrap([]byte(experiment)), WithExposures(sink.Expose),
		WithClock(func() time.Time { return now }), WithPrivateAttributes("email"))
	for i := range 64 {
		key := fmt.Sprintf("user-%d", i)
		client.For(NewSubject(key, String("email", "ann@example.com"), Int("age", 31))).Enabled("share")
	}
	require.NoError(t, client.Flush(t.Context()))
	all := sink.all()
	require.Len(t, all, 64)
	in := 0
	for i, x := range all {
		assert.Equal(t, fmt.Sprintf("user-%d", i), x.Subject.Key())
		assert.Equal(t, "share", x.Flag)
		assert.Equal(t, int64(7), x.Revision)
		assert.Equal(t, "test", x.Environment)
		assert.Equal(t, now, x.Time)
		email, _ := x.Subject.Attribute("email")
		assert.Equal(t, Private, email.Text())
		age, _ := x.Subject.Attribute("age")
		assert.Equal(t, int64(31), age.Int())
		if x.Variant == "on" {
			in++
			assert.Equal(t, "half", x.Rule)
			assert.Equal(t, ReasonSplit, x.Reason)
		} else {
			assert.Equal(t, "off", x.Variant)
			assert.Equal(t, ReasonDefault, x.Reason)
		}
	}
	assert.Greater(t, in, 10)
	assert.Less(t, in, 54)
}

func TestExposuresHoldCopiesOfSubjects(t *testing.T) {
	t.Parallel()
	sink := &collector{}
	client := newExperiment(t, sink.Expose)
	key, country, flag := []byte("user-1"), []byte("DE"), []byte("split")
	client.For(NewSubject(textOf(key), String("country", textOf(country)))).String(textOf(flag), "")
	copy(key, "xxxxxx")
	copy(country, "xx")
	copy(flag, "xxxxx")
	require.NoError(t, client.Flush(t.Context()))
	x := sink.all()[0]
	assert.Equal(t, "user-1", x.Subject.Key())
	assert.Equal(t, "split", x.Flag)
	value, _ := x.Subject.Attribute("country")
	assert.Equal(t, "DE", value.Text())
}

func TestASubjectIsExposedOnceAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &collector{}
		client := newExperiment(t, sink.Expose, WithExposureWindow(time.Hour, 0))
		see := func(key, flag string) { client.For(NewSubject(key)).Resolve(flag, KindAny) }
		for range 100 {
			see("user-1", "split")
		}
		see("user-1", "share")
		see("user-2", "split")
		require.NoError(t, client.Flush(t.Context()))
		assert.Len(t, sink.all(), 3, "another flag and another subject are exposed")
		time.Sleep(time.Hour - time.Second)
		see("user-1", "split")
		require.NoError(t, client.Flush(t.Context()))
		assert.Len(t, sink.all(), 3, "the window is still open")
		time.Sleep(2 * time.Second)
		see("user-1", "split")
		see("user-1", "split")
		require.NoError(t, client.Flush(t.Context()))
		assert.Len(t, sink.all(), 4, "a new window gives one more exposure")
		s := client.Status().Exposures
		assert.Equal(t, ExposureStatus{Produced: 105, Sent: 4, Duplicates: 101}, s)
	})
}

func TestAWindowOfZeroExposesEveryEvaluation(t *testing.T) {
	t.Parallel()
	sink := &collector{}
	client := newExperiment(t, sink.Expose, WithExposureWindow(0, 0))
	for range 10 {
		client.For(NewSubject("user-1")).String("split", "")
	}
	require.NoError(t, client.Flush(t.Context()))
	assert.Len(t, sink.all(), 10)
}

func TestTheMemoryOfExposuresIsBoundedAndDropsTheOldest(t *testing.T) {
	t.Parallel()
	sink := &collector{}
	client := newExperiment(t, sink.Expose, WithExposureWindow(time.Hour, 2))
	see := func(key string) { client.For(NewSubject(key)).String("split", "") }
	see("user-1")
	see("user-2")
	see("user-1") // fresh again
	see("user-3") // user-2 has to go
	see("user-1")
	see("user-2")
	require.NoError(t, client.Flush(t.Context()))
	var keys []string
	for _, x := range sink.all() {
		keys = append(keys, x.Subject.Key())
	}
	assert.Equal(t, []string{"user-1", "user-2", "user-3", "user-2"}, keys)
}

func TestBatchesAreSentWhenFullOrWhenTheyHaveWaitedLongEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &collector{}
		client := newExperiment(t, sink.Expose, WithExposureBatch(10, 3*time.Second))
		see := func(from, to int) {
			for i := from; i < to; i++ {
				client.For(NewSubject(fmt.Sprint("user-", i))).String("split", "")
			}
		}
		see(0, 10)
		synctest.Wait()
		assert.Len(t, sink.all(), 10, "a full batch does not wait")
		see(10, 14)
		synctest.Wait()
		assert.Len(t, sink.all(), 10, "a batch that is not full waits for more exposures")
		time.Sleep(3*time.Second + time.Millisecond)
		assert.Len(t, sink.all(), 14)
		see(14, 39)
		require.NoError(t, client.Flush(t.Context()))
		assert.Len(t, sink.all(), 39)
		sink.mutex.Lock()
		defer sink.mutex.Unlock()
		for _, batch := range sink.batches {
			assert.LessOrEqual(t, len(batch), 10)
		}
	})
}

func TestAQueueThatIsSmallerThanABatchDoesNotWaitForMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &collector{}
		client := newExperiment(t, sink.Expose, WithExposureQueue(10), WithExposureBatch(500, time.Minute))
		for i := range 30 {
			client.For(NewSubject(fmt.Sprint("user-", i))).String("split", "")
			synctest.Wait()
		}
		assert.Len(t, sink.all(), 30)
		assert.Zero(t, client.Status().Exposures.Dropped)
	})
}

func TestAHangingSinkSlowsNothingAndLossesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := 7 * time.Minute
		// the sink ignores its context
		sink := &collector{before: func(context.Context) error { time.Sleep(hang); return nil }}
		client := newExperiment(t, sink.Expose, WithExposureQueue(100), WithExposureBatch(20, time.Second))
		began := time.Now()
		for i := range 5000 {
			client.For(NewSubject(fmt.Sprint("user-", i))).String("split", "")
			if i%10 == 0 {
				time.Sleep(10 * time.Millisecond)
			}
			client.For(NewSubject(fmt.Sprint("user-", i))).String("split", "")
		}
		assert.Equal(t, 5*time.Second, time.Since(began), "no evaluation waits for the sink")
		s := client.Status().Exposures
		requireBalance(t, s)
		assert.Equal(t, uint64(100), s.Queued, "the queue has exactly its greatest number")
		assert.Equal(t, uint64(10_000), s.Produced)
		assert.Greater(t, s.Dropped, uint64(9000),
			"a dropped exposure is not remembered, so the next one is no duplicate")
		assert.Zero(t, s.Sent)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := client.Flush(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "still queued")
		requireBalance(t, client.Status().Exposures)

		require.NoError(t, client.Flush(t.Context()), "Flush delivers the exposures")
		s = client.Status().Exposures
		assert.Zero(t, s.Queued)
		assert.Equal(t, s.Produced, s.Sent+s.Dropped+s.Duplicates)
		assert.Equal(t, uint64(100), s.Sent)
		assert.Len(t, sink.all(), 100)

		client.For(NewSubject("user-4999")).String("split", "")
		require.NoError(t, client.Flush(t.Context()))
		assert.Len(t, sink.all(), 101, "dropped exposures are made again when there is room")
	})
}

func TestCloseGivesUpOnASinkThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		sink := &collector{before: func(context.Context) error { <-release; return nil }}
		client := newExperiment(t, sink.Expose, WithExposureBatch(2, time.Second))
		view := client.For(NewSubject("user-1"))
		for i := range 5 {
			client.For(NewSubject(fmt.Sprint("user-", i))).String("split", "")
		}
		synctest.Wait()
		began := time.Now()
		err := client.Close()
		require.ErrorIs(t, err, ErrNotEnded)
		require.ErrorContains(t, err, "exposures were dropped (5)")
		assert.LessOrEqual(t, time.Since(began), closePatience)
		assert.Equal(t, ExposureStatus{Produced: 5, Dropped: 5}, counters(client))
		assert.NotEmpty(t, view.String("split", ""), "checks still return values")
		view.String("split", "")
		close(release)
		synctest.Wait()
		s := client.Status().Exposures
		assert.Equal(t, uint64(0), s.Sent, "abandoned exposures are not counted twice")
		assert.Equal(t, s.Produced, s.Dropped+s.Duplicates)
		assert.ErrorIs(t, client.Flush(t.Context()), ErrClosed)
	})
}

func TestCloseDeliversExposuresAndCancelsASlowSinkInTime(t *testing.T) {
	t.Run("queued exposures are delivered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sink := &collector{}
			client := newExperiment(t, sink.Expose)
			for i := range 1234 {
				client.For(NewSubject(fmt.Sprint("user-", i))).String("split", "")
			}
			require.NoError(t, client.Close())
			assert.Len(t, sink.all(), 1234)
			client.For(NewSubject("late")).String("split", "")
			assert.Equal(t, ExposureStatus{Produced: 1235, Sent: 1234, Dropped: 1}, counters(client))
			require.NoError(t, client.Close(), "Close may be called again")
		})
	})
	t.Run("Close does not wait to its limit for a sink that respects its context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sink := &collector{before: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
			client := newExperiment(t, sink.Expose)
			client.For(NewSubject("user-1")).String("split", "")
			began := time.Now()
			err := client.Close()
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, ErrNotEnded)
			require.ErrorContains(t, err, "exposures were dropped (1)")
			assert.Less(t, time.Since(began), closePatience)
			assert.Equal(t, ExposureStatus{Produced: 1, Dropped: 1}, counters(client))
		})
	})
}

func TestAFailingSinkIsReportedAndItsSubjectsAreExposedAgain(t *testing.T) {
	for _, test := range []struct {
		name  string
		fail  func(context.Context) error
		cause Cause
		text  string
	}{
		{
			"an error", func(context.Context) error { return errors.New("disk full") }, CauseSink,
			"becket: sink: exposures are lost (1): disk full",
		},
		{"a panic", func(context.Context) error { panic("oops") }, CauseHook, "becket: hook: the sink panicked: oops"},
		{
			"a call that lasts too long", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, CauseSink,
			"deadline",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink, heard := &collector{before: test.fail}, &recorder{}
				client := newTestClient(t, Bytes([]byte(experiment)), WithBootstrap([]byte(experiment)),
					WithExposures(sink.Expose), WithHooks(heard.hooks()))
				client.For(NewSubject("user-1")).String("split", "")
				began := time.Now()
				require.Error(t, client.Flush(t.Context()))
				assert.LessOrEqual(t, time.Since(began), sinkPatience)
				synctest.Wait()
				_, errs, _ := heard.seen()
				require.Len(t, errs, 1)
				failure, ok := errors.AsType[*DeliveryError](errs[0])
				require.True(t, ok)
				assert.Equal(t, test.cause, failure.Cause)
				assert.ErrorContains(t, failure, test.text)
				assert.Equal(t, ExposureStatus{Produced: 1, Dropped: 1}, counters(client))

				sink.before = nil
				client.For(NewSubject("user-1")).String("split", "")
				require.NoError(t, client.Flush(t.Context()))
				assert.Len(t, sink.all(), 1, "a lost exposure is made again")
				requireBalance(t, client.Status().Exposures)
			})
		})
	}
}

func TestASinkThatEndsItsGoroutineLosesABatchAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := &collector{}
		taken.before = func(context.Context) error { taken.before = nil; runtime.Goexit(); return nil }
		client := newExperiment(t, taken.Expose)
		client.For(NewSubject("user-1")).String("split", "")
		require.ErrorIs(t, client.Flush(t.Context()), errSinkPanicked)
		client.For(NewSubject("user-2")).String("split", "")
		require.NoError(t, client.Flush(t.Context()))
		assert.Equal(t, ExposureStatus{Produced: 2, Dropped: 1, Sent: 1}, counters(client))
		assert.Equal(t, uint64(1), client.Status().HookPanics)
		require.ErrorContains(t, client.Close(), "becket: exposures were dropped (1)")
	})
}

func TestASinkMayCloseTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var client *Client
		closed := make(chan error, 1)
		client = newExperiment(t,
			Sink(func(context.Context, []Exposure) error { closed <- client.Close(); return nil }))
		client.For(NewSubject("user-1")).String("split", "")
		began := time.Now()
		_ = client.Flush(t.Context()) // taken, or ErrClosed: the sink was faster
		require.NoError(t, <-closed)
		assert.Equal(t, began, time.Now(), "a call within the sink does not wait for the sink")
	})
}

func TestExposureCountersBalanceDuringConcurrentUse(t *testing.T) {
	t.Parallel()
	var taken sync.Map
	sink := Sink(func(_ context.Context, batch []Exposure) error {
		for i := range batch {
			if _, twice := taken.LoadOrStore(batch[i].Subject.Key(), true); twice {
				return fmt.Errorf("%s twice", batch[i].Subject.Key())
			}
		}
		return nil
	})
	client := newExperiment(t, sink, WithExposureQueue(1<<20), WithExposureWindow(time.Hour, 1<<20),
		WithExposureBatch(100, time.Millisecond))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 2000 {
				client.For(NewSubject(fmt.Sprint("user-", i))).String("split", "")
				if i%500 == 0 {
					assert.NoError(t, client.Flush(t.Context()))
				}
			}
		})
	}
	group.Wait()
	require.NoError(t, client.Close())
	assert.Equal(t, ExposureStatus{Produced: 16_000, Sent: 2000, Duplicates: 14_000}, counters(client),
		"eight equal evaluations at once give one exposure")
}

func TestFlushWithoutASinkOrWithoutAClientIsHarmless(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, Bytes([]byte(experiment)))
	require.NoError(t, client.Flush(t.Context()))
	assert.Zero(t, client.Status().Exposures)
	var none *Client
	assert.ErrorIs(t, none.Flush(t.Context()), ErrNoClient)
}

func TestWrongOptionsOfExposuresAreRefused(t *testing.T) {
	t.Parallel()
	sink := &collector{}
	for _, test := range []struct {
		name   string
		option Option
		text   string
	}{
		{"no sink", WithExposures(nil), "the sink is nil"},
		{"a window below 0", WithExposureWindow(-1, 0), "WithExposureWindow"},
		{"no queue", WithExposureQueue(0), "WithExposureQueue"},
		{"an empty batch", WithExposureBatch(0, time.Second), "0 exposures"},
		{"no wait", WithExposureBatch(1, 0), "a wait of 0s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(Bytes([]byte(experiment)), test.option)
			assert.ErrorContains(t, err, test.text)
		})
	}
	_, err := New(Bytes([]byte(experiment)), WithExposures(sink.Expose), WithExposures(sink.Expose))
	assert.ErrorContains(t, err, "given 2 times")
}

func TestALineSinkWritesOneObjectALine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	subject := NewSubject("user-1", String("name", "<Ann>\n"), Float("ratio", math.NaN()), Strings("groups", "a", "b"),
		Time("since", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), Any("scores", []any{1, math.Inf(1)}))
	at := time.Date(2026, 11, 15, 13, 0, 0, 0, time.FixedZone("", 3600))
	batch := []Exposure{
		{
			Subject: subject, Flag: "split", Variant: "a", Rule: "half", Reason: ReasonSplit, Revision: 7,
			Environment: "test", Time: at,
		},
		{Subject: NewSubject("user-2"), Flag: "split", Variant: "b", Reason: ReasonDefault, Time: at},
	}
	require.NoError(t, LineSink(&out)(t.Context(), batch))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, 2)
	assert.JSONEq(t,
		`{"time":"2026-11-15T12:00:00Z","subject":"user-1","flag":"split","variant":"a","rule":"half","reason":"SPLIT",
		"revision":7,"environment":"test","attributes":{"name":"<Ann>\n","ratio":"NaN","groups":["a","b"],
		"since":"2026-01-02T03:04:05Z","scores":[1,"+Inf"]}}`, lines[0])
	assert.JSONEq(t,
		`{"time":"2026-11-15T12:00:00Z","subject":"user-2","flag":"split","variant":"b","reason":"DEFAULT","revision":0}`, lines[1])
	for _, line := range lines {
		assert.True(t, json.Valid([]byte(line)))
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestALineSinkReturnsTheErrorOfItsWriter(t *testing.T) {
	t.Parallel()
	require.EqualError(t, LineSink(brokenWriter{})(t.Context(), make([]Exposure, 1)), "broken pipe")
	assert.Nil(t, LineSink(nil), "New refuses it")
}

// stingyWriter writes only a part of the data of the first Write.
type stingyWriter struct {
	strings.Builder
	first int
	fails error
}

func (w *stingyWriter) Write(p []byte) (int, error) {
	if w.first == 0 {
		return w.Builder.Write(p)
	}
	n, _ := w.Builder.Write(p[:w.first])
	w.first = 0
	return n, w.fails
}

func TestALineSinkBeginsANewLineAfterAPartOfOne(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fails error
		want  error
	}{
		{"a write that fails", errors.New("no space left"), nil},
		{"a write that is short without an error", nil, io.ErrShortWrite},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := &stingyWriter{first: 10, fails: test.fails}
			sink := LineSink(w)
			require.ErrorIs(t, sink(t.Context(), make([]Exposure, 1)), cmp.Or(test.fails, test.want))
			require.NoError(t, sink(t.Context(), make([]Exposure, 2)))
			require.NoError(t, sink(t.Context(), make([]Exposure, 1)))
			lines := strings.Split(strings.TrimSuffix(w.String(), "\n"), "\n")
			require.Len(t, lines, 4, "one broken line, and no empty ones")
			assert.Len(t, lines[0], 10)
			for _, line := range lines[1:] {
				assert.True(t, json.Valid([]byte(line)), line)
			}
		})
	}
}

func TestALogSinkWritesALineEach(t *testing.T) {
	t.Parallel()
	out := &logged{}
	batch := []Exposure{
		{Subject: NewSubject("user-1", String("plan", "secret-plan")), Flag: "split", Variant: "a", Revision: 7},
		{Flag: "other"},
	}
	require.NoError(t, LogSink(out.logger())(t.Context(), batch))
	assert.Equal(t, 2, strings.Count(out.String(), "msg=exposure"))
	assert.Contains(t, out.String(), "subject=user-1 flag=split variant=a")
	assert.NotContains(t, out.String(), "secret-plan", "attributes are not logged")
	assert.NotNil(t, LogSink(nil))
}

func BenchmarkExposure(b *testing.B) {
	for _, test := range []struct {
		name    string
		options []Option
	}{
		{"without a sink", nil},
		{"repeated, with a sink", []Option{WithExposures((&collector{}).Expose)}},
	} {
		b.Run(test.name, func(b *testing.B) {
			client, err := New(Bytes([]byte(experiment)), append(test.options, WithBootstrap([]byte(experiment)))...)
			require.NoError(b, err)
			defer client.Close()
			b.ReportAllocs()
			for b.Loop() {
				client.For(NewSubject("user-1", String("country", "DE"))).Enabled("share")
			}
		})
	}
}
