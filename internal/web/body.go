// Package web has the parts of an HTTP client that do not depend on the document: connections,
// redirects, bodies, validators, the times that servers ask to wait, and the removal of secrets
// from errors.
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

// ReadBody reads an answer's body and decompresses it. It returns an error if the decompressed body
// has more than most bytes. The transport has already decompressed the body if the transport itself
// asked for gzip. ReadBody handles the other cases: the server compressed without a request for it,
// or the program's own client does not decompress.
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

// contentCoding holds the codings that the Content-Encoding of an answer names.
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

// beginsWithChunk reports whether a body consists of the chunks of an upload to S3: a line such as
// "1f;chunk-signature=..." precedes each part. Stores that are compatible with S3 keep the content
// coding aws-chunked of an upload. Most of them store the document without the chunks, but some
// store the chunks. No JSON object and no gzip file begins with such a line.
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
