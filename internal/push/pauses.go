package push

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	firstPause    = 250 * time.Millisecond
	maxPause      = 30 * time.Second
	pauseMultiple = 2
	pauseJitter   = 0.5
)

// Pauses computes the pauses before a signal is watched again. Each is about twice as long as the
// one before, up to 30 seconds or the poll interval, and is spread by half.
type Pauses struct {
	backoff *backoff.ExponentialBackOff
	random  func() float64
}

// NewPauses returns the pauses of a client with this poll interval. random returns numbers from 0
// to below 1; with the same numbers, the pauses are the same.
func NewPauses(interval time.Duration, random func() float64) *Pauses {
	b, longest := backoff.NewExponentialBackOff(), min(maxPause, interval)
	b.InitialInterval, b.MaxInterval = min(firstPause, longest), longest
	b.Multiplier, b.RandomizationFactor = pauseMultiple, 0 // Next spreads the pauses
	b.Reset()
	return &Pauses{b, random}
}

// Next returns the next pause.
func (p *Pauses) Next() time.Duration {
	// the conversion rounds, so that the result is the same on every processor
	spread := 1 - pauseJitter + float64(2*pauseJitter*p.random())
	return time.Duration(float64(p.backoff.NextBackOff()) * spread)
}

// Reset makes the next pause the first one again. It is called when a connection has lasted for a
// while.
func (p *Pauses) Reset() { p.backoff.Reset() }
