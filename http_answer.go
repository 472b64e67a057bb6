package becket

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/limit"
)

// readBody reads the answer's body, decompressed. The transport decompresses what it asked to be
// compressed itself; a server may compress unasked, and a custom client may leave it to us.
func readBody(response *http.Response, most int64) ([]byte, error) {
	encoding := strings.ToLower(strings.TrimSpace(response.Header.Get("Content-Encoding")))
	switch {
	case response.Uncompressed, encoding == "", encoding == "identity":
		return limit.Read(response.Body, most, response.ContentLength)
	case encoding == "gzip", encoding == "x-gzip":
		reader, err := gzip.NewReader(response.Body)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		defer func() { _ = reader.Close() }()
		return limit.Read(reader, most, -1)
	default:
		return nil, fmt.Errorf("becket: the server compressed the document with %q, which nobody asked for", encoding[:min(len(encoding), 40)])
	}
}

// validatorOf reads the validators of an answer. What cannot be sent back is dropped: it would fail
// every later request.
func validatorOf(header http.Header) Validator {
	v := Validator{ETag: header.Get("Etag"), LastModified: header.Get("Last-Modified")}
	if len(v.ETag) > maxValidator || !printable(v.ETag) {
		v.ETag = ""
	}
	if _, err := http.ParseTime(v.LastModified); err != nil || len(v.LastModified) > maxValidator {
		v.LastModified = ""
	}
	return v
}

func statusError(response *http.Response) *StatusError {
	return &StatusError{Code: response.StatusCode, RetryAfter: retryAfter(response.Header, time.Now())}
}

// retryAfter reads a number of seconds or a date, which counts from the server's own clock where it
// tells that. It is between 0, which also stands for what cannot be read, and an hour.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		// Out of range leaves the nearest number.
		return time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
