//go:build !linux

package becket

import "time"

var started = time.Now()

// threadTime returns the time since the tests started, where threads tell no time of their own.
func threadTime() time.Duration { return time.Since(started) }
