package push

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

const (
	firstRepeat = 200 * time.Millisecond
	pursueFor   = 10 * time.Second
	// pollsAfter is the number of poll intervals for which a client that has not got the document
	// of a hint polls as often as without signals.
	pollsAfter = 10
	// pursueEvery is the least time between a pursuit that failed and the next, so that forged
	// hints cost little.
	pursueEvery = time.Minute
)

// Pursuit decides whether a fetch must be repeated because it brought an older document than a hint
// promised: the answer came from a cache or a replica that lags behind. It is safe for concurrent
// use.
type Pursuit struct {
	interval time.Duration

	mutex   sync.Mutex
	target  Hint      // what the client wants to have; zero if it has everything
	began   time.Time // when the first fetch ended that brought less; zero before
	hurried bool      // fetches are repeated soon, and bypass caches
	repeats int       // the number of repeated fetches
	failed  time.Time // when a pursuit was given up last; zero if never
}

// NewPursuit returns a Pursuit for a client with this poll interval.
func NewPursuit(interval time.Duration) *Pursuit { return &Pursuit{interval: interval} }

// Held is the document that a client has after a fetch.
type Held struct {
	Revision int64 // 0 if it has none
	ETag     string
	Changed  bool // the fetch brought it
}

// Hint records what a hint promised. Hints that promise less than an earlier one change nothing.
func (p *Pursuit) Hint(h Hint) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if h.Revision <= 0 && h.ETag == "" || h.Revision < p.target.Revision ||
		h.Revision == p.target.Revision && h.ETag == p.target.ETag {
		return
	}
	p.target = h
}

// Hurries reports whether a fetch must bypass caches, because an earlier one brought an older
// document than a hint promised.
func (p *Pursuit) Hurries() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.hurried
}

// Next returns the wait until the next fetch, or 0 if the schedule may decide. It is called after
// each fetch with what the client has now. As long as that is older than the hints promised, the
// waits are 0.2, 0.4, 0.8 ... seconds, ten seconds in all, and then about the poll interval, ten
// times. After that, the hint is forgotten.
func (p *Pursuit) Next(held Held) time.Duration {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	now := time.Now()
	if !p.target.ahead(held) || !p.began.IsZero() && now.Sub(p.began) > pollsAfter*p.interval {
		p.target, p.began, p.hurried = Hint{}, time.Time{}, false
		return 0
	}
	if p.began.IsZero() {
		p.began, p.repeats = now, 0
		p.hurried = p.failed.IsZero() || now.Sub(p.failed) >= pursueEvery
	}
	if p.hurried {
		wait := firstRepeat << p.repeats
		if now.Add(wait).Sub(p.began) <= pursueFor {
			p.repeats++
			return wait
		}
		p.hurried, p.failed = false, now
	}
	return time.Duration(float64(p.interval) * (0.9 + 0.2*rand.Float64())) //nolint:gosec // it need not be secret
}

// ahead reports whether a hint promised a newer document than the one that the client has. Without
// a revision, a new document counts as newer, whatever its ETag.
func (h Hint) ahead(held Held) bool {
	if h.Revision > 0 && held.Revision > 0 {
		return held.Revision < h.Revision
	}
	return h.ETag != "" && held.ETag != "" && !held.Changed && uncoded(h.ETag) != uncoded(held.ETag)
}

// uncoded returns the ETag that a document has without compression. A server that compresses a
// document marks its ETag as weak, or appends the name of the coding to it.
func uncoded(etag string) string {
	opaque, quoted := strings.CutSuffix(strings.TrimPrefix(etag, "W/"), `"`)
	if !quoted {
		return opaque
	}
	for _, coding := range []string{"-gzip", ";gzip"} {
		if base, ok := strings.CutSuffix(opaque, coding); ok {
			return base + `"`
		}
	}
	return opaque + `"`
}

type freshKey struct{}

// Fresh returns a context for a fetch that must bypass caches.
func Fresh(ctx context.Context) context.Context { return context.WithValue(ctx, freshKey{}, true) }

// IsFresh reports whether a fetch must bypass caches.
func IsFresh(ctx context.Context) bool { return ctx.Value(freshKey{}) != nil }

type intervalKey struct{}

// Polling returns a context for a fetch that the next one follows after about this interval.
func Polling(ctx context.Context, interval time.Duration) context.Context {
	return context.WithValue(ctx, intervalKey{}, interval)
}

// Interval returns the interval of Polling, or 0 if it is not known.
func Interval(ctx context.Context) time.Duration {
	interval, _ := ctx.Value(intervalKey{}).(time.Duration)
	return interval
}
