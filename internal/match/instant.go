package match

import (
	"strings"
	"time"
)

// Instant is a point in time to the nanosecond, comparable without a time zone.
type Instant struct {
	Seconds     int64 // since 1970 in UTC
	Nanoseconds uint32
}

// InstantOf returns the instant of t.
func InstantOf(t time.Time) Instant {
	return Instant{t.Unix(), uint32(t.Nanosecond())}
}

// Before reports whether i is before j.
func (i Instant) Before(j Instant) bool {
	return i.Seconds < j.Seconds || i.Seconds == j.Seconds && i.Nanoseconds < j.Nanoseconds
}

// Add returns the instant that is d later.
func (i Instant) Add(d time.Duration) Instant {
	return InstantOf(i.Time().Add(d))
}

// Sub returns the time from j to i in seconds.
func (i Instant) Sub(j Instant) float64 {
	return float64(i.Seconds-j.Seconds) + (float64(i.Nanoseconds)-float64(j.Nanoseconds))/1e9
}

// Time returns the instant in UTC.
func (i Instant) Time() time.Time { return time.Unix(i.Seconds, int64(i.Nanoseconds)).UTC() }

// ParseInstant reads a date-time of RFC 3339, strictly: package time accepts hours of one digit, commas as decimal points
// and offsets beyond a day. An error of package time quotes the text, so the caller hides text that must not escape.
func ParseInstant(s string) (Instant, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[len("2006-01-02T15")] != ':' || strings.IndexByte(s, ',') >= 0 {
		return Instant{}, false
	}
	if zone := s[len(s)-len("07:00"):]; s[len(s)-1] != 'Z' && (zone[:2] > "23" || zone[3:] > "59") {
		return Instant{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return Instant{}, false
	}
	return InstantOf(t), true
}
