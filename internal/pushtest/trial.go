package pushtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/becketflags/becket"
)

// first is the revision that the engine holds at first. Faults may bring back a lower one.
const first = 10

// trial is one client with one fault.
type trial[E Engine] struct {
	matrix   *Matrix[E]
	fault    *Fault[E]
	engine   E
	client   *becket.Client
	checker  *checker
	log      lockedBuilder
	revision int64 // the newest one
	jump     clock
	began    time.Time
	asked    int                   // calls of Refresh
	before   []becket.SignalStatus // the states of the signals when the fault began
}

// run returns the cells of the fault's row.
func run[E Engine](t *testing.T, m *Matrix[E], f *Fault[E]) (during, after string) {
	t.Helper()
	start := m.Start
	if f.Start != nil {
		start = f.Start
	}
	x := &trial[E]{matrix: m, fault: f, engine: start(t), revision: first}
	x.publish(t)
	shut := x.open(t)
	x.begin(t)
	during = x.during(t)
	after = x.after(t)
	x.close(t)
	shut()
	noneLeft(t)
	return during, after
}

// open makes the client and waits until it has the document and its signals are connected. It
// returns a function that closes what the client used.
func (x *trial[E]) open(t *testing.T) (shut func()) {
	t.Helper()
	labelled(t, func() { shut = x.make(t) })
	eventually(t, 2*slack+x.matrix.Loss, func() string {
		if s := x.client.Status(); s.Tier != becket.TierNetwork || len(s.Signals) == 0 || !connected(&s) {
			return "the client is not ready: " + x.describe()
		}
		return ""
	})
	x.checker = newChecker(x.client)
	x.checker.start(first)
	t.Cleanup(func() { x.checker.stop() })
	return shut
}

func (x *trial[E]) make(t *testing.T) (shut func()) {
	t.Helper()
	source, options, shut := x.engine.Open(t)
	if shut == nil {
		shut = func() {}
	}
	options = append([]becket.Option{
		becket.WithPollInterval(x.matrix.Interval), becket.WithSignalSpread(0), becket.WithDiskCache(t.TempDir()),
		becket.WithLogger(slog.New(slog.NewTextHandler(&x.log, nil))),
	}, options...)
	if x.fault.Clock != 0 {
		options = append(options, becket.WithClock(x.jump.now))
	}
	client, err := becket.New(source, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	x.client, x.began = client, time.Now()
	return shut
}

func (x *trial[E]) begin(t *testing.T) {
	t.Helper()
	x.arrives(t) // before the fault, everything works
	x.before = x.client.Status().Signals
	x.jump.forward(x.fault.Clock)
	if x.fault.Begin != nil {
		x.fault.Begin(t, x.engine)
	}
}

// during checks the promises while the fault lasts.
func (x *trial[E]) during(t *testing.T) string {
	t.Helper()
	cells := []string{"last good ruleset"}
	switch {
	case x.fault.Lost:
		x.lost(t)
		cells = append(cells, "signal lost")
	case x.fault.MayLose:
		cells = append(cells, "signal lost or connected")
	default:
		time.Sleep(x.matrix.Loss) // within this time, a loss would be noticed
	}
	cells = append(cells, x.refresh(t))
	if x.fault.Open {
		x.recovers(t)
		cells = append(cells, "newest revision within 2 s")
	}
	if s := x.client.Status(); !x.fault.Lost && !x.fault.MayLose {
		if !connected(&s) {
			t.Errorf("the signal was lost: %s", x.describe())
		}
		cells = append(cells, "signal connected")
	}
	if got := x.client.Status().Revision; got != x.revision {
		t.Errorf("revision %d is in use, and it must be %d", got, x.revision)
	}
	return strings.Join(cells, "; ")
}

// refresh asks for a refresh and compares its outcome with the one that the fault names.
func (x *trial[E]) refresh(t *testing.T) string {
	t.Helper()
	var err error
	reach(x.matrix.Interval+slack, func() bool { // an engine may be choosing another leader
		ctx, cancel := context.WithTimeout(t.Context(), x.matrix.Interval+slack)
		defer cancel()
		x.asked++
		err = x.client.Refresh(ctx)
		return causeOf(err) == x.fault.Cause && (err == nil) == (x.fault.Cause == "")
	})
	if causeOf(err) != x.fault.Cause || (err == nil) != (x.fault.Cause == "") {
		t.Errorf("a refresh must have the cause %q, and has this error: %v", x.fault.Cause, err)
	}
	if status := x.client.Status(); x.fault.Cause != "" && causeOf(status.LastError) != x.fault.Cause {
		t.Errorf("the status has the error %v", status.LastError)
	}
	t.Logf("during the fault, a refresh returned: %v", err)
	switch x.fault.Cause {
	case "":
		return "fetches work"
	case becket.CauseDocument:
		return "document cannot be read"
	case becket.CauseRefused:
		return "document refused"
	case becket.CauseSignature:
		return "signature refused"
	default:
		return string(x.fault.Cause) + " fails"
	}
}

func causeOf(err error) becket.Cause {
	if failure, ok := errors.AsType[*becket.DeliveryError](err); ok {
		return failure.Cause
	}
	return ""
}

// lost waits until the status reports that the signal was lost since the fault began.
func (x *trial[E]) lost(t *testing.T) {
	t.Helper()
	began := time.Now()
	eventually(t, x.matrix.Loss+slack, func() string {
		for i, s := range x.client.Status().Signals {
			if s.LastError != nil && !s.Since.Equal(x.before[i].Since) {
				t.Logf("the loss was noticed after %v: %v", time.Since(began).Round(time.Millisecond), s.LastError)
				return ""
			}
		}
		return "the status reports no lost signal: " + x.describe()
	})
}

// after ends the fault and checks that the client recovers.
func (x *trial[E]) after(t *testing.T) string {
	t.Helper()
	if x.fault.End != nil {
		x.fault.End(t, x.engine)
	}
	x.recovers(t)
	for i, s := range x.client.Status().Signals {
		if !x.fault.Lost && !x.fault.MayLose && !s.Since.Equal(x.before[i].Since) {
			t.Errorf("the signal was lost: %s", x.describe())
		}
	}
	if x.fault.Polls {
		return "newest revision within 1.5 poll intervals"
	}
	return "newest revision within 2 s"
}

// recovers publishes at once, which must be in use within 1.5 poll intervals. When the signal is
// connected again, publications must come promptly.
func (x *trial[E]) recovers(t *testing.T) {
	t.Helper()
	began := time.Now()
	x.publish(t)
	x.inUse(t, x.matrix.Interval*3/2+slack)
	t.Logf("a publication was in use %v after the end of the fault", time.Since(began).Round(time.Millisecond))
	if x.fault.Polls {
		return
	}
	eventually(t, x.matrix.Interval*3/2+x.matrix.Loss+slack, func() string {
		if s := x.client.Status(); !connected(&s) {
			return "the signal is not connected again: " + x.describe()
		}
		return ""
	})
	x.arrives(t)
}

// arrives publishes while the signal is connected. The publication must be in use within two
// seconds. Because the machine may be busy, one in three publications must keep this, and each one
// must be in use before a poll could bring it.
func (x *trial[E]) arrives(t *testing.T) {
	t.Helper()
	const tries = 3
	for range tries {
		x.publish(t)
		took := x.inUse(t, prompt+slack)
		t.Logf("a publication was in use after %v", took.Round(time.Millisecond))
		if took <= prompt {
			return
		}
	}
	t.Errorf("none of %d publications was in use within %v", tries, prompt)
}

// publish publishes the next revision.
func (x *trial[E]) publish(t *testing.T) {
	t.Helper()
	x.revision++
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var err error
	if !reach(time.Minute, func() bool {
		err = x.engine.Publish(ctx, x.revision, Document(x.revision))
		return err == nil || ctx.Err() != nil
	}) || err != nil {
		t.Fatalf("publishing failed for a minute: %v", err)
	}
}

// inUse waits until the newest revision is in use, and returns how long that took.
func (x *trial[E]) inUse(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	eventually(t, limit, func() string {
		if x.client.Status().Revision < x.revision {
			return fmt.Sprintf("revision %d is not in use after %v: %s", x.revision, limit, x.describe())
		}
		return ""
	})
	return time.Since(began)
}

// close ends the client and looks at what is left.
func (x *trial[E]) close(t *testing.T) {
	t.Helper()
	x.checker.stop()
	x.checker.report(t)
	status := x.client.Status()
	allowed := uint64(time.Since(x.began)/time.Second) + uint64(x.asked) + 4
	if status.Refreshes > allowed {
		t.Errorf("there were %d refreshes, at most %d were expected: hints must cost one a second", status.Refreshes,
			allowed)
	}
	if err := x.client.Close(); err != nil {
		t.Error(err)
	}
	text := x.describe() + x.log.String()
	for _, secret := range x.matrix.Secrets {
		if strings.Contains(text, secret) {
			t.Errorf("the status or the log contains %q", secret)
		}
	}
}

func (x *trial[E]) describe() string {
	status := x.client.Status()
	return fmt.Sprintf("revision %d, signals %+v, last error %v", status.Revision, status.Signals, status.LastError)
}

func connected(s *becket.Status) bool {
	for i := range s.Signals {
		if !s.Signals[i].Connected {
			return false
		}
	}
	return true
}

// reach calls a function until it returns true, or until the time is over, and returns its last
// result.
func reach(limit time.Duration, done func() bool) bool {
	const pause = 10 * time.Millisecond
	for began := time.Now(); ; time.Sleep(pause) {
		if done() {
			return true
		}
		if time.Since(began) > limit {
			return false
		}
	}
}

// eventually ends the test unless the function returns an empty text in time.
func eventually(t *testing.T, limit time.Duration, wrong func() string) {
	t.Helper()
	var text string
	if !reach(limit, func() bool { text = wrong(); return text == "" }) {
		t.Fatal(text)
	}
}

// clock is the wall clock, which may jump.
type clock struct {
	mutex sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) forward(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ahead += by
}

// lockedBuilder is a strings.Builder that is safe for concurrent use.
type lockedBuilder struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuilder) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}
