package push

import (
	"sync"
	"time"
)

// restFactor is by how much a client polls more rarely while its signals are connected.
const restFactor = 10

// weakRest is the longest interval for a document without an ETag. Such a document must be fetched
// whole every ten minutes, because its date may hide a change.
const weakRest = 8 * time.Minute

// Pace decides how often a client polls. It is safe for concurrent use.
type Pace struct {
	interval time.Duration
	set      func(interval time.Duration)

	mutex   sync.Mutex
	resting bool
	maxAge  time.Duration
	weak    bool
}

// NewPace returns a Pace for a client with this poll interval. set changes the interval of the
// polling loop; it is not called before the first call of Rest.
func NewPace(interval time.Duration, set func(time.Duration)) *Pace {
	return &Pace{interval: interval, set: set}
}

// Rest says whether all signals are connected, so that the client may poll more rarely.
func (p *Pace) Rest(all bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.resting = all
	p.set(p.mean())
}

// KeepFresh says that flags become stale if the source does not confirm the ruleset within maxAge,
// or that none do if it is 0. Only polling confirms a ruleset.
func (p *Pace) KeepFresh(maxAge time.Duration) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.maxAge = maxAge
	if p.resting {
		p.set(p.mean())
	}
}

// Weak says whether the document has no ETag.
func (p *Pace) Weak(weak bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.weak == weak {
		return
	}
	p.weak = weak
	if p.resting {
		p.set(p.mean())
	}
}

// Mean returns the mean time between two polls.
func (p *Pace) Mean() time.Duration {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.mean()
}

func (p *Pace) mean() time.Duration {
	if !p.resting {
		return p.interval
	}
	rest := restFactor * p.interval
	if p.maxAge > 0 {
		rest = min(rest, p.maxAge/2)
	}
	if p.weak {
		rest = min(rest, weakRest)
	}
	return max(rest, p.interval)
}
