package becket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/poll"
	"github.com/becketflags/becket/internal/web"
)

const userAgent = "becket/" + web.Version

// Bounds and defaults of HTTP sources.
const (
	defaultTimeout = 10 * time.Second
	maxTimeout     = 5 * time.Minute
	maxValidator   = 1 << 10 // bytes of an ETag; a longer one could make every request too large for the server
	maxRetryAfter  = poll.MaxRetryAfter
)

// HTTP returns a source that fetches a document by HTTP or HTTPS with ETag and Last-Modified, so
// that an unchanged one costs a few hundred bytes. A user and password in the URL are sent as basic
// authentication. Whatever the server answers, the next poll asks again. Redirects are followed
// within the scheme or from http to https, five at most; headers from WithHeader, credentials and a
// Referer never go to another host or port.
//
// Errors, logs and Status name the host alone, since paths and queries of such URLs often hold
// keys; where a server repeats a part of the request, or answers with something that looks like a
// key, *** stands in its place. Connections are kept between fetches by HTTP/2 alone.
func HTTP(address string, options ...HTTPOption) Source {
	s := &httpSource{address: address, timeout: defaultTimeout, limit: maxDocument, header: http.Header{}}
	s.url, s.mistake = web.ParseURL("HTTP", address)
	for _, option := range options {
		if option != nil {
			option(s)
		}
	}
	s.prepare()
	return s
}

// HTTPOption changes how an [HTTP] source works.
type HTTPOption func(*httpSource)

// WithHTTPClient sets the client, for proxies, certificates or tracing. Its transport, jar and
// timeout are used as they are, and what its transport logs is its own; redirects follow the
// source's rules and then the client's own. A client without a transport gets the source's, never
// [http.DefaultTransport], which any package can change. By default, a client that wants TLS 1.2 at
// least and takes proxies from the environment.
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
// and all headers that were set: a server may answer them with different documents.
func WithIdentity(name string) HTTPOption {
	return func(s *httpSource) { s.identity = name }
}

type httpSource struct {
	address      string
	url          *url.URL // without user and password; nil if there is a mistake
	signatureURL *url.URL
	identity     string
	header       http.Header
	configured   http.Header // by WithHeader: part of the identity
	timeout      time.Duration
	limit        int64
	custom       *http.Client
	mistake      error
	secrets      *web.Redactor // what must not be seen in errors; nil if there is a mistake

	once                sync.Once
	client              *http.Client
	own                 *web.Transport // nil where a custom client has a transport
	document, signature *http.Request
}

func (s *httpSource) wrong(err error) { s.mistake = errors.Join(s.mistake, err) }

// prepare moves the URL's user and password into a header, so that no redirect, Referer or error
// can carry them, and finds the signature's place.
func (s *httpSource) prepare() {
	if s.url == nil {
		return
	}
	s.configured = s.header.Clone()
	asGiven := *s.url
	if user := s.url.User; user != nil {
		password, _ := user.Password()
		request := http.Request{Header: http.Header{}}
		request.SetBasicAuth(user.Username(), password)
		if s.header.Get("Authorization") == "" {
			s.header.Set("Authorization", request.Header.Get("Authorization"))
		}
		s.url.User = nil
	}
	if s.signatureURL == nil {
		place := *s.url
		place.Path += signatureSuffix
		if place.RawPath != "" {
			place.RawPath += signatureSuffix
		}
		s.signatureURL = &place
	}
	s.secrets = web.NewRedactor(s.url.Host, []*url.URL{&asGiven, s.signatureURL}, s.header)
}

func (s *httpSource) Check() error { return s.mistake }

// patience is how long a fetch may take; a custom client's transport may not know when to stop, and
// its timeout may be shorter.
func (s *httpSource) patience() time.Duration {
	if s.custom != nil && s.custom.Timeout > 0 {
		return min(s.timeout, s.custom.Timeout)
	}
	return s.timeout
}

func (s *httpSource) Identity() string {
	if s.identity != "" {
		return s.identity
	}
	if len(s.configured) == 0 {
		return s.address
	}
	// Headers may be credentials, and a program may print an identity.
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.configured)) {
		for _, value := range s.configured[name] {
			fmt.Fprintf(hash, "%d %s%d %s", len(name), name, len(value), value)
		}
	}
	return s.address + "\x00headers " + hex.EncodeToString(hash.Sum(nil))
}

// Close ends idle connections; the source can still be used.
func (s *httpSource) Close() error {
	if s.mistake != nil {
		return nil
	}
	s.once.Do(s.connect)
	if s.own != nil {
		s.own.CloseIdleConnections()
	}
	return nil
}

func (s *httpSource) connect() {
	client := http.Client{}
	if s.custom != nil {
		client = *s.custom
	}
	if client.Transport == nil {
		s.own = web.NewTransport()
		client.Transport = s.own
	}
	client.CheckRedirect = web.RedirectPolicy(s.header, userAgent, client.CheckRedirect)
	s.client = &client
	s.document, s.signature = s.newRequest(s.url), s.newRequest(s.signatureURL)
}

func (s *httpSource) Fetch(ctx context.Context, last Validator) (Document, error) {
	if s.mistake != nil {
		return Document{}, s.mistake
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	response, err := s.get(ctx, s.url, last)
	if err != nil {
		return Document{}, s.failed(err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		body, err := web.ReadBody(response, s.limit)
		if err != nil {
			return Document{}, s.failed(err)
		}
		return Document{Body: body, Validator: s.validatorOf(response.Header)}, nil
	case http.StatusNotModified:
		if last == (Validator{}) {
			return Document{}, s.failed(errNotAsked)
		}
		return Document{NotModified: true, Validator: last}, nil
	default:
		return Document{}, s.failed(statusError(response))
	}
}

func (s *httpSource) FetchSignature(ctx context.Context) ([]byte, error) {
	if s.mistake != nil {
		return nil, s.mistake
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	response, err := s.get(ctx, s.signatureURL, Validator{})
	if err != nil {
		return nil, s.failed(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, s.failed(statusError(response))
	}
	signature, err := web.ReadBody(response, maxSignature)
	if err != nil {
		return nil, s.failed(err)
	}
	return signature, nil
}

// get sends one request. Requests differ from each other in their context and validator alone, so
// that the rest is made once; what a request's header maps to is shared and never written to.
func (s *httpSource) get(ctx context.Context, u *url.URL, last Validator) (*http.Response, error) {
	s.once.Do(s.connect)
	request := s.document.WithContext(ctx)
	if u != s.url {
		request = s.signature.WithContext(ctx)
	}
	request.Header = maps.Clone(request.Header)
	if last.ETag != "" {
		request.Header["If-None-Match"] = []string{last.ETag}
	}
	if last.LastModified != "" {
		request.Header["If-Modified-Since"] = []string{last.LastModified}
	}
	return s.client.Do(request)
}

// newRequest makes a request. The configured headers go to the document's own host and port alone.
func (s *httpSource) newRequest(u *url.URL) *http.Request {
	request := &http.Request{
		Method: http.MethodGet, URL: u, Host: u.Host, Body: http.NoBody,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Accept": {"application/json, */*;q=0.5"}, "User-Agent": {userAgent}},
	}
	if web.SameOrigin(u, s.url) {
		maps.Copy(request.Header, s.header)
		if host := s.header.Get("Host"); host != "" {
			request.Host = host
		}
	}
	return request
}

// failed says which host an error came from, and keeps out of it what may be secret. net/http puts
// whole URLs into its errors.
func (s *httpSource) failed(err error) error {
	for {
		inner, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = inner.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no whole answer within %v: %w", s.patience(), context.DeadlineExceeded)
	}
	if strings.HasPrefix(err.Error(), "failed to parse Location header") { // net/http quotes it, and it may hold keys
		err = fmt.Errorf("%w: it leads to something that is no URL", web.ErrRedirect)
	}
	if strings.HasPrefix(err.Error(), "invalid proxy address") { // it may hold a password
		err = errors.New("the environment names a proxy by something that is no URL")
	}
	if _, answered := errors.AsType[*StatusError](err); !answered && s.own != nil {
		s.own.CloseIdleConnections() // a connection that died silently must not be used again
	}
	text := s.secrets.Text(trimPrefix(err))
	return web.Redacted("becket: "+s.url.Host+": "+text, err)
}

// validatorOf reads the validators of an answer. One that cannot be sent back is dropped, since it
// would fail every later request, and so is one that repeats a secret: Status shows it, and it is
// written to disk.
func (s *httpSource) validatorOf(header http.Header) Validator {
	v := Validator{ETag: header.Get("Etag"), LastModified: header.Get("Last-Modified")}
	if len(v.ETag) > maxValidator || !web.Printable(v.ETag) || s.secrets.Repeats(v.ETag) {
		v.ETag = ""
	}
	if _, err := http.ParseTime(v.LastModified); err != nil || len(v.LastModified) > maxValidator {
		v.LastModified = ""
	}
	return v
}

func statusError(response *http.Response) *StatusError {
	return &StatusError{Code: response.StatusCode, RetryAfter: web.RetryAfter(response.Header, time.Now(), maxRetryAfter)}
}
