package becket

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Signal tells a client when there may be a new document, so that it need not wait for the next
// poll. The sources of the packages nats, redis and postgres are signals too, and so are [HTTP]
// with [WithEvents], and [File]. A signal has no authority: the client fetches from its source and
// checks the document as at every poll, and it goes on polling.
//
// A signal may have a method Name() string, whose result appears in [Status] and in the log. It
// must not contain secrets. By default, the name is the Go type of the signal.
type Signal interface {
	// Watch waits for hints and passes them to changed. It calls changed with the zero Hint as soon
	// as it is connected, and returns an error soon after the connection is lost, or nil after ctx
	// is done. The client then calls it again after a pause. A call that has lasted ten seconds
	// counts as connected even without a call of changed. Calls of changed never block, and do
	// nothing after Watch has returned; they may come from several goroutines.
	Watch(ctx context.Context, changed func(Hint)) error
}

// Hint is what a publisher says about its new document. The zero Hint means that there may be a new
// one. Nothing in a hint is believed: a wrong one costs a few fetches.
type Hint struct {
	Revision int64  // the document's revision; 0 or less if it is not known
	ETag     string // the document's ETag; "" if it is not known
	// the time over which the clients of a fleet should distribute their fetches; 0 or less for the
	// time of [WithSignalSpread]
	Spread time.Duration
}

// WithSignal makes the client fetch when a signal says so, beside polling. A signal causes at most
// one fetch a second. While all signals are connected, the client polls ten times more rarely than
// [WithPollInterval] says. It may be given several times. A source that is a Signal itself needs no
// option. By default, the client only polls.
func WithSignal(s Signal) Option {
	return func(c *config) { c.signals = append(c.signals, s) }
}

// WithSignalSpread sets the time over which the clients of a fleet distribute the fetches that a
// hint causes: each client waits for a random part of it. With 0, the client fetches at once. It
// must not be below 0 or above ten minutes. By default, it is one second.
func WithSignalSpread(spread time.Duration) Option {
	return func(c *config) { c.spread = spread }
}

// The default and the greatest time over which clients distribute the fetches that a hint causes.
const (
	defaultSignalSpread = time.Second
	maxSignalSpread     = 10 * time.Minute
)

// checkSignals reports mistakes in the options of signals.
func (c *config) checkSignals() (errs []error) {
	for _, s := range c.signals {
		if s == nil {
			errs = append(errs, errors.New("becket: WithSignal: the signal is nil"))
		}
	}
	if c.spread < 0 || c.spread > maxSignalSpread {
		errs = append(errs, fmt.Errorf("becket: WithSignalSpread: %v is not between 0 and %v", c.spread, maxSignalSpread))
	}
	return errs
}
