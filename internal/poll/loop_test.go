package poll

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	errDown  = errors.New("down")
	errEnded = errors.New("ended")
)

// work is a task that records when it runs and which waits the loop plans.
type work struct {
	mutex    sync.Mutex
	took     time.Duration // how long each run takes
	err      error         // the error of each run
	patience time.Duration // the wait that a failure asks for
	times    []time.Time
	waits    []time.Duration
}

func (w *work) set(err error, patience time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.err, w.patience = err, patience
}

func (w *work) runs() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return len(w.times)
}

// start runs the work in a loop that ends with the test.
func (w *work) start(t *testing.T, interval time.Duration) *Loop {
	t.Helper()
	loop := Start(Task{
		Interval: interval,
		Run: func(ctx context.Context) error {
			w.mutex.Lock()
			w.times = append(w.times, time.Now())
			took, err := w.took, w.err
			w.mutex.Unlock()
			select {
			case <-time.After(took):
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		},
		RetryAfter: func(error) time.Duration {
			w.mutex.Lock()
			defer w.mutex.Unlock()
			return w.patience
		},
		Planned: func(wait time.Duration, running bool) {
			if !running {
				w.mutex.Lock()
				defer w.mutex.Unlock()
				w.waits = append(w.waits, wait)
			}
		},
		Ended: errEnded,
	}, func(run func()) { go run() })
	t.Cleanup(func() { loop.Stop(); <-loop.Done() })
	return loop
}

func TestRunsKeepToTheScheduleThatIsPlanned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &work{took: time.Second}
		began := time.Now()
		loop := w.start(t, time.Minute)
		time.Sleep(time.Hour)
		loop.Stop()
		<-loop.Done()
		assert.Equal(t, began, w.times[0], "the first run begins at once")
		assert.InDelta(t, 59, len(w.times), 7)
		for i := 1; i < len(w.times); i++ {
			assert.Equal(t, w.waits[i-1]+w.took, w.times[i].Sub(w.times[i-1]))
		}
	})
}

func TestCallersShareTheNextRunThatBeginsAfterTheirCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &work{took: 10 * time.Second}
		loop := w.start(t, time.Hour)
		time.Sleep(5 * time.Second) // the first run is running
		w.set(errDown, 0)
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				began := time.Now()
				assert.ErrorIs(t, loop.Ask(t.Context(), true), errDown, "the first run's success is not theirs")
				assert.Equal(t, 15*time.Second, time.Since(began))
			})
		}
		callers.Wait()
		assert.Equal(t, 2, w.runs())
	})
}

func TestACallerThatIsNotUrgentWaitsForTheFloorAndForPatience(t *testing.T) {
	for name, test := range map[string]struct {
		patience time.Duration
		urgent   bool
		want     time.Duration
	}{
		"urgent":                {time.Minute, true, 0},
		"not urgent":            {0, false, Floor},
		"a failure asked":       {20 * time.Second, false, 20 * time.Second},
		"it asked for too long": {time.Hour * 24, false, MaxRetryAfter},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &work{err: errDown, patience: test.patience}
				loop := w.start(t, 10*time.Second)
				synctest.Wait()
				w.set(nil, 0)
				began := time.Now()
				require.NoError(t, loop.Ask(t.Context(), test.urgent))
				waited := time.Since(began)
				assert.GreaterOrEqual(t, waited, test.want)
				assert.LessOrEqual(t, waited, test.want+test.want/10, "up to a tenth is added")
			})
		})
	}
}

func TestAnUrgentCallerHurriesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &work{err: errDown, patience: time.Hour}
		loop := w.start(t, time.Minute)
		synctest.Wait()
		w.set(nil, 0)
		began := time.Now()
		patient := make(chan error, 1)
		go func() { patient <- loop.Ask(t.Context(), false) }()
		synctest.Wait()
		require.NoError(t, loop.Ask(t.Context(), true))
		require.NoError(t, <-patient)
		assert.Equal(t, began, time.Now())
		assert.Equal(t, 2, w.runs())
	})
}

func TestACallersContextEndsItsWaitAndNotTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &work{took: time.Minute}
		loop := w.start(t, time.Hour)
		synctest.Wait() // the first run is running
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, loop.Ask(ctx, true), context.DeadlineExceeded)
		require.ErrorIs(t, loop.Ask(ctx, true), context.DeadlineExceeded, "its context has ended, so nothing runs")
		time.Sleep(3 * time.Minute)
		assert.Equal(t, 2, w.runs(), "the loop did the requested run once")
	})
}

func TestAfterStopCallersGetTheErrorOfTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &work{took: time.Minute}
		loop := w.start(t, time.Hour)
		waiting := make(chan error, 1)
		go func() { waiting <- loop.Ask(t.Context(), true) }()
		synctest.Wait()
		loop.Stop()
		loop.Stop()
		<-loop.Done()
		require.ErrorIs(t, <-waiting, errEnded)
		require.ErrorIs(t, loop.Ask(t.Context(), true), errEnded)
		assert.Equal(t, 1, w.runs())
	})
}

func TestWaitsAfterFailuresDoubleAndStayBelowOneAndAHalfIntervals(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Second, 30 * time.Second, 24 * time.Hour} {
		for range 100 {
			s := NewSchedule(interval, rand.Float64)
			mean := min(interval/backoffShare, firstBackoff)
			for range 30 {
				wait := s.Next(true, 0)
				assert.GreaterOrEqual(t, wait, min(mean/2, interval/2))
				assert.LessOrEqual(t, wait, max(min(mean+mean/2, interval+interval/2), min(Floor, interval/2)))
				mean = min(2*mean, interval)
			}
			assert.LessOrEqual(t, s.Next(false, 0), interval+interval/2, "the first wait of a recovery is spread")
			wait := s.Next(false, 0)
			assert.InDelta(t, interval.Seconds(), wait.Seconds(), interval.Seconds()*jitter+1e-6)
		}
	}
}
