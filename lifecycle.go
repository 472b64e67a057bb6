package becket

import (
	"cmp"
	"log/slog"
	"slices"
	"time"
)

// Expired lists the flags that should be gone by now: those whose "expires" is a day that has ended, in UTC, and that are not permanent. The
// longest overdue come first. Expiry never changes an answer.
func (c *Client) Expired(now time.Time) []FlagInfo {
	if c == nil {
		return nil
	}
	return expired(c.cache.load(), now)
}

// ExpiredBy reports whether the flag should be gone: its last day has ended, in UTC, and it is not permanent.
func (f FlagInfo) ExpiredBy(now time.Time) bool {
	return !f.Permanent && !f.Expires.IsZero() && !now.Before(f.Expires.AddDate(0, 0, 1))
}

func expired(s *snapshot, now time.Time) (flags []FlagInfo) {
	for info := range flagsOf(s) {
		if info.ExpiredBy(now) {
			flags = append(flags, info)
		}
	}
	slices.SortStableFunc(flags, func(a, b FlagInfo) int { return cmp.Compare(a.Expires.Unix(), b.Expires.Unix()) })
	return flags
}

// WithExpiryWarnings logs a warning for each flag that should be gone, once a day in UTC, looking after each refresh. It needs
// [WithLogger]. By default, nothing is logged; [Client.Expired] tells at any time.
func WithExpiryWarnings() Option {
	return func(c *config) { c.expiryWarnings = true }
}

// expiryWarner remembers whom it has warned of today. Only the refresher's goroutine uses it.
type expiryWarner struct {
	day    time.Time
	sum    [32]byte // of the document that was looked at
	warned map[string]bool
}

// warnExpired tells of the flags that have not been told of today.
func (f *fetcher) warnExpired() {
	if !f.config.expiryWarnings {
		return
	}
	w, now := &f.expiry, f.config.clock()
	day := now.UTC().Truncate(24 * time.Hour)
	if day.Equal(w.day) && f.held.sum == w.sum {
		return
	}
	if !day.Equal(w.day) {
		w.warned = map[string]bool{}
	}
	w.day, w.sum = day, f.held.sum
	var news []FlagInfo
	for _, flag := range expired(f.held.snapshot, now) {
		if !w.warned[flag.Key] {
			w.warned[flag.Key] = true
			news = append(news, flag)
		}
	}
	if len(news) > 0 {
		f.notifier.tell(&event{expired: news})
	}
}

func (l *limitedLogger) expired(flags []FlagInfo) {
	for i := range flags {
		l.log(slog.LevelWarn, "becket: flag has expired",
			slog.String("flag", flags[i].Key), slog.String("owner", flags[i].Owner), slog.String("expires", flags[i].Expires.Format(time.DateOnly)))
	}
}
