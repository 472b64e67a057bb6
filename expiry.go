package becket

import (
	"time"
)

// ExpiredBy reports whether the flag should be gone: its last day has ended, in UTC, and it is not permanent.
func (f FlagInfo) ExpiredBy(now time.Time) bool {
	return !f.Permanent && !f.Expires.IsZero() && !now.Before(f.Expires.AddDate(0, 0, 1))
}

// maxExpiryWarnings is for how many flags a warning is logged in a day: a document may have a million.
const maxExpiryWarnings = 1000

// expiryWarner remembers which flags it has warned of today. Only the refresher's goroutine uses it.
type expiryWarner struct {
	day    time.Time
	sum    [32]byte // of the document that was looked at
	warned map[string]bool
	full   bool // one line has said that there are more
}

// news returns the flags to warn of now, and how many more there are where nobody has been told so today.
func (w *expiryWarner) news(flags []FlagInfo) (news []FlagInfo, more int) {
	for _, flag := range flags {
		switch {
		case w.warned[flag.Key]:
		case len(w.warned) < maxExpiryWarnings:
			w.warned[flag.Key] = true
			news = append(news, flag)
		case !w.full:
			more++
		}
	}
	w.full = w.full || more > 0
	return news, more
}
