package poll

import (
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// The waits are spread over a whole interval after the first good run and after the first good run
// that follows a failure, so that a fleet that started or recovered together asks evenly from its
// next request on. A little jitter after that keeps it so. The first wait after a failure is two
// seconds, whatever the interval, or an eighth of a shorter interval; each further failure doubles
// the wait. It is spread by half, so that no wait is longer than 1.5 intervals.
const (
	firstJitter   = 0.5
	jitter        = 0.1
	backoffJitter = 0.5
	backoffShare  = 8
	firstBackoff  = 2 * time.Second
)

// Floor is the least time between the beginnings of two runs that nobody outside asked for.
const Floor = time.Second

// MaxRetryAfter bounds how long a server may ask for patience.
const MaxRetryAfter = time.Hour

// schedule says how long to wait for the next run.
type schedule struct {
	interval time.Duration
	backoff  *backoff.ExponentialBackOff
	steady   bool // the run before was good
}

func newSchedule(interval time.Duration) *schedule {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = min(interval/backoffShare, firstBackoff)
	b.MaxInterval = interval
	b.Multiplier = 2
	b.RandomizationFactor = backoffJitter
	b.Reset()
	return &schedule{interval: interval, backoff: b}
}

// next returns the wait after a run. A server's Retry-After is kept, an hour at most, with a tenth
// on top for the others that were told the same. One that is shorter than the ordinary wait changes
// nothing.
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
	wait := min(s.backoff.NextBackOff(), s.interval+s.interval/2)
	if retryAfter > 0 {
		asked := min(retryAfter, MaxRetryAfter)
		asked += time.Duration(rand.Float64() * float64(min(asked/10,
			s.interval))) //nolint:gosec // it need not be secret
		wait = max(wait, min(asked, MaxRetryAfter))
	}
	return max(wait, min(Floor, s.interval/2))
}

// spread returns a random wait around the mean, evenly within the share on both sides.
func spread(mean time.Duration, share float64) time.Duration {
	return time.Duration(float64(mean) * (1 - share + 2*share*rand.Float64())) //nolint:gosec // it need not be secret
}
