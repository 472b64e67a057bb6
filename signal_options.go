package becket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/push"
)

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
		errs = append(errs, fmt.Errorf("becket: WithSignalSpread: %v is not between 0 and %v",
			c.spread, maxSignalSpread))
	}
	return errs
}

// signalsOf returns the signals of a configuration, with those names that introduce has read.
func signalsOf(c *config) (signals []push.Signal) {
	for i, s := range c.signals {
		quiet, ok := s.(interface{ pollsOn() bool })
		signals = append(signals, push.Signal{
			Name: c.signalNames[i], PollsOn: ok && quiet.pollsOn(),
			Watch: func(ctx context.Context, changed func(push.Hint)) error {
				return s.Watch(ctx, func(h Hint) { changed(push.Hint(h)) })
			},
		})
	}
	return signals
}

// signalName returns the name of a signal for Status and the log.
func signalName(s Signal) string {
	name := fmt.Sprintf("%T", s)
	if named, ok := s.(interface{ Name() string }); ok {
		name = named.Name()
	}
	return match.Brief(name)
}
