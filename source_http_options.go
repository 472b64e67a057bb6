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

// WithHTTPClient sets the client, for proxies, certificates or tracing. Its transport, jar and
// timeout are used as they are, and what its transport logs is its own; redirects follow the
// source's rules and then the client's own. A client without a transport gets the source's, never
// [http.DefaultTransport], which any package can change. After a fetch that got no answer, the next
// one begins by closing the transport's idle connections, since one may have died silently; a
// RoundTripper that wraps a transport should pass CloseIdleConnections on. By default, a client that
// wants TLS 1.2 at least, takes proxies from the environment, and pings its connections.
func WithHTTPClient(client *http.Client) HTTPOption {
	return func(s *httpSource) {
		if client == nil {
			s.wrong(errors.New("becket: WithHTTPClient: the client is nil"))
			return
		}
		s.custom = client
	}
}

// WithHeader adds a header to every request, such as Authorization. Its value appears in no log,
// error or file, nor do its parts of six bytes or more; a value under four bytes is hidden where it
// stands alone. By default, only Accept and User-Agent are sent.
func WithHeader(name, value string) HTTPOption {
	return func(s *httpSource) {
		if !web.ValidHeaderName(name) || !web.ValidHeaderValue(value) {
			s.wrong(errors.New("becket: WithHeader: this is not a header's name, or its value has control characters"))
			return
		}
		s.header.Add(name, value)
	}
}

// WithHeaderFunc calls a function for headers before each request, of the document and of its
// signature: for tokens that are renewed. Its headers stand in place of others of the same name, and
// like those of [WithHeader] they appear in no log, error or file and go to the source's own host
// and port alone; for a signature elsewhere the function is not called. Keep a token in the function
// until shortly before it expires, for the function is called at every poll. A client calls it from
// one goroutine at a time.
//
// The function must return soon after ctx is done, which has the time limit of the whole fetch. An
// error or a panic fails the fetch, as does a header that cannot be sent: the client keeps what it
// has and polls on. The headers do not count for the source's identity, since a new token must find
// the disk copy of the old one. Where they select the document that the server answers with, name
// the source by [WithIdentity]. By default, there is no function.
func WithHeaderFunc(header func(ctx context.Context) (http.Header, error)) HTTPOption {
	return func(s *httpSource) {
		if header == nil {
			s.wrong(errors.New("becket: WithHeaderFunc: the function is nil"))
		} else if s.renew != nil {
			s.wrong(errors.New("becket: WithHeaderFunc: it was given twice"))
		}
		s.renew = header
	}
}

// WithTimeout limits a whole fetch, from connecting to the last byte; it is above 0 and at most
// five minutes. By default, 10 seconds.
func WithTimeout(timeout time.Duration) HTTPOption {
	return func(s *httpSource) {
		if timeout <= 0 || timeout > maxTimeout {
			s.wrong(fmt.Errorf("becket: WithTimeout: %v is not above 0 and at most %v", timeout, maxTimeout))
			return
		}
		s.timeout = timeout
	}
}

// WithMaxBytes limits the document's size after decompression, in bytes, from 1 to 64 MiB, which no
// document may exceed. By default, 64 MiB.
func WithMaxBytes(limit int64) HTTPOption {
	return func(s *httpSource) {
		if limit <= 0 || limit > maxDocument {
			s.wrong(fmt.Errorf("becket: WithMaxBytes: %d is not between 1 and %d", limit, int64(maxDocument)))
			return
		}
		s.limit = limit
	}
}

// WithSignatureURL sets where the document's minisign signature is. By default, it is at the
// document's URL with .minisig behind the path.
func WithSignatureURL(address string) HTTPOption {
	return func(s *httpSource) {
		u, err := web.ParseURL("WithSignatureURL", address)
		s.signatureURL = u
		s.wrong(err)
	}
}

// WithIdentity sets what the disk copy belongs to, in place of URL and headers: for URLs and
// headers that hold keys which change, since a new key would not find the copy. By default, the URL
// and all headers of [WithHeader], for a server may answer them with different documents; those of
// [WithHeaderFunc] do not count.
func WithIdentity(name string) HTTPOption {
	return func(s *httpSource) { s.identity = name }
}
