package becket

import (
	"time"
)

// ExpiredBy reports whether the flag should be gone: its last day has ended, in UTC, and it is not permanent.
func (f FlagInfo) ExpiredBy(now time.Time) bool {
	return !f.Permanent && !f.Expires.IsZero() && !now.Before(f.Expires.AddDate(0, 0, 1))
}

// expiryWarner remembers whom it has warned of today. Only the refresher's goroutine uses it.
type expiryWarner struct {
	day    time.Time
	sum    [32]byte // of the document that was looked at
	warned map[string]bool
}
