package web

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// strongAfter is the least time from a Last-Modified to the answer for the date to be a strong
// validator. RFC 9110, 8.8.2.2: the document may change again within the same second, and clocks
// of servers differ.
const strongAfter = time.Minute

// DateValidator returns the Last-Modified of an answer if it is a strong validator, and otherwise
// "". Two documents may have the same Last-Modified if it is less than a minute before the answer's
// Date, or after it. If the Date is missing, now is used in its place.
func DateValidator(header http.Header, now time.Time) string {
	text := header.Get("Last-Modified")
	modified, err := http.ParseTime(text)
	if err != nil {
		return ""
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	if now.Sub(modified) < strongAfter {
		return ""
	}
	return text
}

// ETagValidator returns the ETag of an answer if it is a strong validator, and otherwise "". An
// ETag that is made from the file's second and size is as weak as the date: two documents of the
// same size that are published within a second have the same ETag.
func ETagValidator(header http.Header, now time.Time) string {
	etag := header.Get("Etag")
	if ByTimeAndSize(etag, header.Get("Last-Modified")) && DateValidator(header, now) == "" {
		return ""
	}
	return etag
}

// ByTimeAndSize reports whether an ETag consists of the second of Last-Modified and the size, both
// in hexadecimal, as in nginx. If nginx compresses the answer, it marks such an ETag as weak (W/).
func ByTimeAndSize(etag, lastModified string) bool {
	modified, err := http.ParseTime(lastModified)
	if err != nil {
		return false
	}
	second, size, found := strings.Cut(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`), "-")
	_, err = strconv.ParseUint(size, 16, 64)
	return found && err == nil && second == strconv.FormatInt(modified.Unix(), 16)
}

// wholeEvery is the longest time between two fetches without a condition, for a document without an
// ETag.
const wholeEvery = 10 * time.Minute

// WholeTimes decides when a document that has a date must be fetched without a condition. If an
// older file replaces the document, the file has an older date, and many servers then answer "not
// modified". The zero WholeTimes decides that the document is fetched whole. It is safe for
// concurrent use.
type WholeTimes struct {
	mutex sync.Mutex
	whole time.Time // when the whole document was fetched last
	asked time.Time // when Due was called last
}

// Due reports whether the document must be fetched whole now. It is also true if the next fetch
// would be too late. interval is the mean time to the next fetch; if it is 0, the time since the
// last call is the estimate.
func (w *WholeTimes) Due(now time.Time, interval time.Duration) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if interval <= 0 {
		interval = now.Sub(w.asked)
	}
	w.asked = now
	wait := interval * 5 / 4 // the waits between polls differ by a fifth
	return w.whole.IsZero() || now.Sub(w.whole)+wait >= wholeEvery
}

// Came records that the whole document was fetched.
func (w *WholeTimes) Came(now time.Time) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.whole = now
}
