package web

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// strongAfter is how much older than the answer a Last-Modified must be to validate anything. RFC
// 9110, 8.8.2.2: the document may change again within the same second, and clocks of servers
// differ.
const strongAfter = time.Minute

// DateValidator returns the Last-Modified of an answer if it is a strong validator, and else "": a
// date within a minute before the answer's Date, or after it, may belong to two documents. now
// stands in for a Date that is missing.
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

// ETagValidator returns the ETag of an answer if it is a strong validator, and else "". One that is
// made from the file's second and size is no stronger than the date: two documents of one size that
// are published within a second have the same.
func ETagValidator(header http.Header, now time.Time) string {
	etag := header.Get("Etag")
	if ByTimeAndSize(etag, header.Get("Last-Modified")) && DateValidator(header, now) == "" {
		return ""
	}
	return etag
}

// ByTimeAndSize reports whether an ETag is made from the second of Last-Modified and the size, both
// in hexadecimal, as nginx does. Behind gzip, such an ETag is weak.
func ByTimeAndSize(etag, lastModified string) bool {
	modified, err := http.ParseTime(lastModified)
	if err != nil {
		return false
	}
	second, size, found := strings.Cut(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`), "-")
	_, err = strconv.ParseUint(size, 16, 64)
	return found && err == nil && second == strconv.FormatInt(modified.Unix(), 16)
}

// wholeEvery is how often a document that has no ETag is fetched without a condition at least.
const wholeEvery = 10 * time.Minute

// WholeTimes notes when a document came whole, and says when it must come whole again although it
// has a date: an older file put in its place has an older date, which many servers answer with "not
// modified". The zero WholeTimes wants it whole. It is safe for concurrent use.
type WholeTimes struct {
	mutex sync.Mutex
	whole time.Time // when the document came whole last
	asked time.Time // when Due was asked last
}

// Due reports whether the document must be fetched whole now. Where the next fetch would come too
// late, as the time since the last one tells, that is so already.
func (w *WholeTimes) Due(now time.Time) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	wait := now.Sub(w.asked) * 5 / 4 // the waits between polls differ by a fifth
	w.asked = now
	return w.whole.IsZero() || now.Sub(w.whole)+wait >= wholeEvery
}

// Came notes that the document came whole.
func (w *WholeTimes) Came(now time.Time) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.whole = now
}
