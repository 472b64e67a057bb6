// Package web has the parts of an HTTP client that know no document: redirects, bodies, times to
// wait and secrets that must not be seen.
package web

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"

	"github.com/becketflags/becket/internal/limit"
)

// ReadBody reads an answer's body, decompressed, up to a limit in bytes. The transport decompresses
// what it asked to be compressed itself; a server may compress unasked, and a custom client may
// leave it to us.
func ReadBody(response *http.Response, most int64) ([]byte, error) {
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
