package becket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/becketflags/becket/internal/web"
)

// HTTPOption changes how an [HTTP] source works.
type HTTPOption func(*httpSource)

// WithHTTPClient sets the client, for proxies, certificates or tracing. Its transport, cookie jar
// and timeout are used unchanged, so the source cannot control what the transport logs. Redirects
// must satisfy the source's rules and then the client's. A client without a transport gets the
// source's transport, never [http.DefaultTransport], which any package can change. If a fetch got
// no answer, the next fetch first closes the transport's idle connections, and does not wait on a
// connection that existed before, because it may be dead. The connections of HTTP/2 are pinged only
// if the transport's [http.HTTP2Config] says so. By default, the client requires at least TLS 1.2,
// takes proxies from the environment, and pings its connections.
func WithHTTPClient(client *http.Client) HTTPOption {
	return func(s *httpSource) {
		if client == nil {
			s.wrong(errors.New("becket: WithHTTPClient: the client is nil"))
			return
		}
		s.custom = client
	}
}

// WithHeader adds a header to every request, such as Authorization. No log, error or file contains
// its value, or a word of at least seven bytes in it. A value of less than four bytes is hidden
// only if it is a separate word. Several values of one header are all sent. By default, there are
// no additional headers.
func WithHeader(name, value string) HTTPOption {
	return func(s *httpSource) {
		if !web.ValidHeaderName(name) || !web.ValidHeaderValue(value) {
			s.wrong(errors.New("becket: WithHeader: this is not a header's name, or its value has control characters"))
			return
		}
		s.header.Add(name, value)
	}
}

// WithHeaderFunc sets a function that returns headers for each request, such as tokens that are
// renewed. It is called before each request for the document, its signature and its events. Its
// headers replace others of the same name. Like the headers of [WithHeader], they appear in no log,
// error or file, and are sent only to the source's own host and port; the function is not called
// for a signature on another host or port. The function should cache a token until shortly before
// it expires, because it is called at every poll. A client calls it from one goroutine at a time.
//
// The function must return soon after ctx is done; ctx has the time limit of the whole fetch. If it
// returns an error or an invalid header, or panics, the fetch fails: the ruleset in use stays, and
// polling goes on. The headers are not part of the source's identity, so that a client with a new
// token finds the disk copy that a client with the old token wrote. If they select the document
// that the server returns, use [WithIdentity]. By default, there is no function.
func WithHeaderFunc(header func(ctx context.Context) (http.Header, error)) HTTPOption {
	return func(s *httpSource) {
		if header == nil {
			s.wrong(errors.New("becket: WithHeaderFunc: the function is nil"))
		} else if s.renew != nil {
			s.wrong(errors.New("becket: WithHeaderFunc: it was given twice"))
		}
		s.renew, s.renewal = header, make(chan struct{}, 1)
	}
}

// WithTimeout sets the time limit for a whole fetch, from connecting to the last byte. It must be
// above 0 and at most five minutes. By default, it is 10 seconds.
func WithTimeout(timeout time.Duration) HTTPOption {
	return func(s *httpSource) {
		if timeout <= 0 || timeout > maxTimeout {
			s.wrong(fmt.Errorf("becket: WithTimeout: %v is not above 0 and at most %v", timeout, maxTimeout))
			return
		}
		s.timeout = timeout
	}
}

// WithMaxBytes sets the greatest size of the document after decompression, in bytes, from 1 to 64
// MiB. By default, it is 64 MiB, which is the limit for all documents.
func WithMaxBytes(limit int64) HTTPOption {
	return func(s *httpSource) {
		if limit <= 0 || limit > maxDocument {
			s.wrong(fmt.Errorf("becket: WithMaxBytes: %d is not between 1 and %d", limit, int64(maxDocument)))
			return
		}
		s.limit = limit
	}
}

// WithSignatureURL sets the URL of the document's minisign signature. By default, it is the
// document's URL with .minisig appended to the path.
func WithSignatureURL(address string) HTTPOption {
	return func(s *httpSource) {
		u, err := web.ParseURL("WithSignatureURL", address)
		s.signatureURL = u
		s.wrong(err)
	}
}

// WithIdentity sets the source's identity, by which the client finds its disk copy. Use it if the
// URL or a header contains a key that changes: with a new key, the client would not find the copy.
// By default, and with "", the identity consists of the URL and all headers of [WithHeader],
// because a server may return different documents for them; headers of [WithHeaderFunc] are not
// part of it.
func WithIdentity(name string) HTTPOption {
	return func(s *httpSource) { s.identity = name }
}
