// Package pushtest tests clients against engines that push, such as NATS, Redis and PostgreSQL: it
// breaks the engine in every way that it is given, and checks the promises of docs/reliability.md.
// Only tests use it. Each engine has a table on that page, which a test writes and compares.
package pushtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/becketflags/becket"
)

// Engine is a running engine that holds a document, and the way that a client has to it. Its
// methods need not be safe for concurrent use.
type Engine interface {
	// Open returns a source and the further options of a new client, such as WithSignal. After the
	// client is closed, shut closes the connections that Open has made; it may be nil. A connection
	// for Publish must not be made here, because its goroutines would count as a leak.
	Open(t *testing.T) (source becket.Source, options []becket.Option, shut func())

	// Publish replaces the document and signals, as a publisher does. It returns an error if the
	// engine does not take it now; the trial then calls it again.
	Publish(ctx context.Context, revision int64, document []byte) error
}

// Fault is an event that breaks an engine, and a row of its table.
type Fault[E Engine] struct {
	Name string // the first cell of the row

	// Start returns a new engine for the fault, if it needs another one than [Matrix] starts.
	Start func(t *testing.T) E
	// Begin breaks the engine, or the way to it. It may be nil.
	Begin func(t *testing.T, engine E)
	// End repairs it. Nil if there is nothing to repair, or if the engine repairs itself.
	End func(t *testing.T, engine E)

	// Lost says that the status must report the loss of the signal. Otherwise the signal must be
	// connected while the fault lasts.
	Lost bool
	// MayLose says that it depends on chance whether the signal is lost.
	MayLose bool
	// Cause is the cause of the failure of a refresh during the fault; "" if a refresh must be
	// successful.
	Cause becket.Cause
	// Open says that the engine takes publications during the fault, which must reach the client as
	// well as those after it.
	Open bool
	// Polls says that signals do not come back after the fault, so that the newest revision comes
	// with the next poll.
	Polls bool
	// Clock is how far the client's clock jumps when the fault begins.
	Clock time.Duration
	// Slow leaves the fault out of tests with -short.
	Slow bool
	// Alone says that no other fault may run at the same time.
	Alone bool
}

// Matrix is an engine with its faults.
type Matrix[E Engine] struct {
	Name   string // the name of the table, such as "nats"
	Start  func(t *testing.T) E
	Faults []Fault[E]
	// Secrets are texts that must appear in no status and no line of the log.
	Secrets []string
	// Interval is the poll interval of the clients; 0 for ten seconds.
	Interval time.Duration
	// Loss is the time within which a lost connection must be noticed; 0 for five seconds.
	Loss time.Duration
	// Update writes the table anew, which is otherwise compared.
	Update bool
}

const (
	defaultInterval = 10 * time.Second
	defaultLoss     = 5 * time.Second
	// prompt is the time within which a publication must be in use while the signal is connected.
	prompt = 2 * time.Second
	// slack is added to the bounds that a busy machine may exceed once. A signal must still keep
	// its bound in one of three publications.
	slack = 5 * time.Second
	// longestCheck is the greatest time of one check of a flag. A check waits for nothing and takes
	// less than a microsecond. The rest is for a busy machine, which may suspend a goroutine.
	longestCheck = 250 * time.Millisecond
)

// Run runs all faults of a matrix, as subtests that run in parallel, and writes or compares the
// engine's table in docs/reliability.md. The table is between the lines <!-- NAME: faults --> and
// <!-- end of NAME: faults -->.
func Run[E Engine](t *testing.T, m Matrix[E]) {
	t.Helper()
	if m.Interval == 0 {
		m.Interval = defaultInterval
	}
	if m.Loss == 0 {
		m.Loss = defaultLoss
	}
	rows := newTable(m.Name)
	t.Run("faults", func(t *testing.T) {
		for i := range m.Faults {
			fault := &m.Faults[i]
			rows.add(fault.Name)
			t.Run(fault.Name, func(t *testing.T) {
				if fault.Slow && testing.Short() {
					t.Skip("slow, and -short was given")
				}
				if !fault.Alone {
					t.Parallel()
				}
				during, after := run(t, &m, fault)
				rows.put(fault.Name, during, after)
			})
		}
	})
	if !t.Failed() {
		rows.check(t, m.Update)
	}
}

// Document returns a document of a revision, in the native format.
func Document(revision int64) []byte {
	return fmt.Appendf(nil, `{"schema": 1, "revision": %d, "flags": {`+
		`"revision": {"variants": {"this": %d}, "default": "this"}}}`, revision, revision)
}
