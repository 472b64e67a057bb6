package becket

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Where the waits come from: spread over a whole interval after the first good fetch and after the first that follows a
// failure, so that a fleet that started or recovered together asks evenly from its next request on; a little jitter after
// that keeps it so. Failures wait from an eighth of an interval up, doubled and spread by half, so that no wait is longer than
// 1.5 intervals.
const (
	firstJitter   = 0.5
	jitter        = 0.1
	backoffJitter = 0.5
	backoffShare  = 8
)

// schedule says how long to wait for the next fetch. Only the refresher uses it.
type schedule struct {
	interval time.Duration
	backoff  *backoff.ExponentialBackOff
	steady   bool // the fetch before was good
}

func newSchedule(interval time.Duration) *schedule {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = interval / backoffShare
	b.MaxInterval = interval
	b.Multiplier = 2
	b.RandomizationFactor = backoffJitter
	b.Reset()
	return &schedule{interval: interval, backoff: b}
}

// next returns the wait after a fetch that ended in err, or well. A server's Retry-After is kept, an hour at most, with a tenth on top for
// the others that were told the same; a shorter one than the ordinary wait changes nothing.
func (s *schedule) next(err error) time.Duration {
	if err == nil {
		s.backoff.Reset()
		if !s.steady {
			s.steady = true
			return spread(s.interval, firstJitter)
		}
		return spread(s.interval, jitter)
	}
	s.steady = false
	wait := min(s.backoff.NextBackOff(), s.interval+s.interval/2)
	if status, ok := errors.AsType[*StatusError](err); ok && status.RetryAfter > 0 {
		asked := min(status.RetryAfter, maxRetryAfter)
		asked += time.Duration(rand.Float64() * float64(min(asked/10, s.interval))) //nolint:gosec // it need not be secret
		wait = max(wait, min(asked, maxRetryAfter))
	}
	return wait
}

// spread returns a random wait around the mean, evenly within the share on both sides.
func spread(mean time.Duration, share float64) time.Duration {
	return time.Duration(float64(mean) * (1 - share + 2*share*rand.Float64())) //nolint:gosec // it need not be secret
}
