package poll

import (
	"math/rand/v2"
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

// schedule computes the waits between runs.
type schedule struct {
	interval time.Duration // the mean wait between successful runs
	least    time.Duration // the first interval, which bounds the waits after failures
	backoff  *backoff.ExponentialBackOff
	steady   bool // the last run was successful
}

func newSchedule(interval time.Duration) *schedule {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = min(interval/backoffShare, firstBackoff)
	b.MaxInterval = interval
	b.Multiplier = 2
	b.RandomizationFactor = backoffJitter
	b.Reset()
	return &schedule{interval: interval, least: interval, backoff: b}
}

// next returns the wait after a run. A server's Retry-After is respected, up to an hour. Up to a
// tenth is added at random, because other programs got the same Retry-After. A Retry-After that is
// shorter than the ordinary wait has no effect.
func (s *schedule) next(failed bool, retryAfter time.Duration) time.Duration {
	if !failed {
		s.backoff.Reset()
		if !s.steady {
			s.steady = true
			return spread(s.interval, firstJitter)
		}
		return spread(s.interval, jitter)
	}
	s.steady = false
	wait := min(s.backoff.NextBackOff(), s.least+s.least/2)
	if retryAfter > 0 {
		asked := min(retryAfter, MaxRetryAfter)
		asked += time.Duration(rand.Float64() * //nolint:gosec // it need not be secret
			float64(min(asked/10, s.least)))
		wait = max(wait, min(asked, MaxRetryAfter))
	}
	return max(wait, min(Floor, s.least/2))
}

// spread returns a random wait that is evenly distributed between mean*(1-share) and
// mean*(1+share).
func spread(mean time.Duration, share float64) time.Duration {
	return time.Duration(float64(mean) * (1 - share + 2*share*rand.Float64())) //nolint:gosec // it need not be secret
}

// part returns a random part of a time, which is evenly distributed.
func part(whole time.Duration) time.Duration {
	return time.Duration(float64(whole) * rand.Float64()) //nolint:gosec // it need not be secret
}
