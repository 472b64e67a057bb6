package recent

import (
	"sync"
	"sync/atomic"
	"time"
)

// Clock tells the time since it was made, late by at most a step, because reading the machine's
// clock would double the cost of [Memory.First]. It is safe for concurrent use.
type Clock struct {
	began time.Time // by the monotonic clock
	now   atomic.Int64

	mutex   sync.Mutex
	tick    *time.Timer
	stopped bool
}

// NewClock returns a clock that runs until Stop.
func NewClock(step time.Duration) *Clock {
	c := &Clock{began: time.Now()}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.tick = time.AfterFunc(step, func() {
		c.now.Store(int64(time.Since(c.began)))
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if !c.stopped {
			c.tick.Reset(step)
		}
	})
	return c
}

// Now returns the time since the clock was made, at its last step.
func (c *Clock) Now() time.Duration { return time.Duration(c.now.Load()) }

// Stop stops the clock. It may be called more than once.
func (c *Clock) Stop() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.stopped = true
	c.tick.Stop()
}
