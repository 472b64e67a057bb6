//go:build !linux

package becket

import "time"

var started = time.Now()

// threadTime returns the time since the tests started, because these systems do not report a
// thread's processor time.
func threadTime() time.Duration { return time.Since(started) }
