package poll

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// After the first successful run, and after the first one that follows a failure, the waits are
// spread over a whole interval. Programs that started or recovered at the same time therefore send
// their next requests at different times. Later waits have less jitter, which keeps the requests
// apart. The first wait after a failure is two seconds, or an eighth of the interval if that is
// shorter. Each further failure doubles the wait. These waits are spread by half, so that none is
// longer than 1.5 intervals.
const (
	firstJitter   = 0.5
	jitter        = 0.1
	backoffJitter = 0.5
	backoffShare  = 8
	firstBackoff  = 2 * time.Second
)

// Floor is the least time between the beginnings of two runs, unless there is an urgent call of
// Ask.
const Floor = time.Second

// MaxRetryAfter is the longest wait that a server's Retry-After can cause.
const MaxRetryAfter = time.Hour

// Schedule computes the waits between runs.
type Schedule struct {
	interval time.Duration // the mean wait between successful runs
	least    time.Duration // the first interval, which bounds the waits after failures
	backoff  *backoff.ExponentialBackOff
	steady   bool // the last run was successful
	random   func() float64
}

// NewSchedule returns the schedule of a loop with this interval that has not run yet. random
// returns numbers from 0 to below 1; with the same numbers, the waits are the same.
func NewSchedule(interval time.Duration, random func() float64) *Schedule {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = min(interval/backoffShare, firstBackoff)
	b.MaxInterval = interval
	b.Multiplier = 2
	b.RandomizationFactor = 0 // Next spreads the waits
	b.Reset()
	return &Schedule{interval: interval, least: interval, backoff: b, random: random}
}

// SetInterval changes the mean wait between successful runs.
func (s *Schedule) SetInterval(interval time.Duration) { s.interval = interval }

// Next returns the wait after a run. A server's Retry-After is respected, up to an hour. Up to a
// tenth is added at random, because other programs got the same Retry-After. A Retry-After that is
// shorter than the ordinary wait has no effect.
func (s *Schedule) Next(failed bool, retryAfter time.Duration) time.Duration {
	if !failed {
		s.backoff.Reset()
		if !s.steady {
			s.steady = true
			return s.spread(s.interval, firstJitter)
		}
		return s.spread(s.interval, jitter)
	}
	s.steady = false
	wait := min(s.spread(s.backoff.NextBackOff(), backoffJitter), s.least+s.least/2)
	if retryAfter > 0 {
		asked := min(retryAfter, MaxRetryAfter)
		asked += s.Part(min(asked/10, s.least))
		wait = max(wait, min(asked, MaxRetryAfter))
	}
	return max(wait, min(Floor, s.least/2))
}

// Part returns a random part of a time, which is evenly distributed.
func (s *Schedule) Part(whole time.Duration) time.Duration {
	return time.Duration(float64(whole) * s.random())
}

// spread returns a random wait that is evenly distributed between mean*(1-share) and
// mean*(1+share).
func (s *Schedule) spread(mean time.Duration, share float64) time.Duration {
	// the conversion rounds, so that the result is the same on every processor
	return time.Duration(float64(mean) * (1 - share + float64(2*share*s.random())))
}
