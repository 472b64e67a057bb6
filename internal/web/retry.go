package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter returns the time that a server asks to wait. It reads a number of seconds or a date.
// The date is compared with the answer's Date, or with now if there is none. The result is at most
// most. It is 0 if the header is missing or cannot be read.
func RetryAfter(header http.Header, now time.Time, most time.Duration) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		// If the number is out of range, ParseInt returns the nearest int64.
		return time.Duration(min(max(seconds, 0), int64(most/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), most)
}
