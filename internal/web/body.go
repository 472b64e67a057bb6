// Package web has the parts of an HTTP client that know no document: connections, redirects,
// bodies, validators, times to wait and secrets that must not be seen.
package web

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"

	"github.com/becketflags/becket/internal/limit"
)

// ReadBody reads an answer's body, decompressed, up to a limit in bytes. The transport decompresses
// what it asked to be compressed itself; a server may compress unasked, and a custom client may
// leave it to us.
func ReadBody(response *http.Response, most int64) ([]byte, error) {
	if response.Uncompressed {
		return limit.Read(response.Body, most, -1)
	}
	coding, err := codingOf(response.Header)
	if err != nil {
		return nil, err
	}
	if coding == (contentCoding{}) {
		return limit.Read(response.Body, most, response.ContentLength)
	}
	body := bufio.NewReader(response.Body)
	if coding.chunked && beginsWithChunk(body) {
		coding.chunked, body = false, bufio.NewReader(httputil.NewChunkedReader(body))
	}
	if coding.gzip {
		reader, err := gzip.NewReader(body)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		defer func() { _ = reader.Close() }()
		body = bufio.NewReader(reader)
	}
	if coding.chunked && beginsWithChunk(body) {
		return limit.Read(httputil.NewChunkedReader(body), most, -1)
	}
	return limit.Read(body, most, -1)
}

// contentCoding is what the Content-Encoding of an answer says.
type contentCoding struct {
	gzip    bool
	chunked bool // aws-chunked
}

func codingOf(header http.Header) (coding contentCoding, err error) {
	for name := range strings.SplitSeq(strings.Join(header.Values("Content-Encoding"), ","), ",") {
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "", "identity":
		case "aws-chunked":
			coding.chunked = true
		case "gzip", "x-gzip":
			if coding.gzip {
				return coding, fmt.Errorf("becket: the server compressed the document with gzip twice; " +
					"publish it without compression")
			}
			coding.gzip = true
		default:
			return coding, fmt.Errorf("becket: the server compressed the document with %q, which nobody asked for",
				name[:min(len(name), 40)])
		}
	}
	return coding, nil
}

// beginsWithChunk reports whether a body is in the chunks that uploads to S3 are sent in: lines
// like "1f;chunk-signature=..." stand before the parts. Stores that are compatible with S3 keep the
// word aws-chunked, which stands for them, with the document; most of them store the document
// itself under it, some the chunks. No JSON object and no gzip file begins with such a line.
func beginsWithChunk(body *bufio.Reader) bool {
	const most = 16 // digits of a length
	head, err := body.Peek(most + 1)
	if err != nil && err != io.EOF {
		return false
	}
	for i, c := range head {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return i > 0 && (c == ';' || c == '\r')
		}
	}
	return false
}
