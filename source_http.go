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
	"sync"
	"sync/atomic"
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
// within the scheme or from http to https, five at most; headers from WithHeader and WithHeaderFunc,
// credentials and a Referer never go to another host or port.
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

	renew    func(context.Context) (http.Header, error) // nil: no headers are renewed
	renewing atomic.Bool                                // renew runs, or has not returned

	once   sync.Once
	client *web.Client
	whole  web.WholeTimes
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
	if s.mistake == nil {
		s.once.Do(s.connect)
		s.client.CloseIdleConnections()
	}
	return nil
}

// publicHeader is what every host may see that a redirect leads to.
func publicHeader() http.Header {
	return http.Header{"Accept": {"application/json, */*;q=0.5"}, "User-Agent": {userAgent}}
}

func (s *httpSource) connect() {
	s.client = web.NewClient(s.custom, publicHeader())
}

func (s *httpSource) Fetch(ctx context.Context, last Validator) (Document, error) {
	if s.mistake != nil {
		return Document{}, s.mistake
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	if last.ETag == "" && s.whole.Due(time.Now()) {
		last = Validator{}
	}
	document, err := s.fetch(ctx, last)
	if err == nil && document.NotModified && document.Validator != last {
		return s.fetch(ctx, Validator{}) // not modified since then, but of another date: it was replaced by an older file
	}
	return document, err
}

// fetch asks once. An answer "not modified" has the validator of the document that it is about.
func (s *httpSource) fetch(ctx context.Context, last Validator) (document Document, err error) {
	err = s.ask(ctx, s.url, last, func(response *http.Response) error {
		switch response.StatusCode {
		case http.StatusOK:
			body, err := web.ReadBody(response, s.limit)
			if err != nil {
				return err
			}
			s.whole.Came(time.Now())
			document = Document{Body: body, Validator: s.validatorOf(response.Header)}
			return nil
		case http.StatusNotModified:
			if last == (Validator{}) {
				return errNotAsked
			}
			document = Document{NotModified: true, Validator: last}
			if date := response.Header.Get("Last-Modified"); last.ETag == "" && date != "" {
				document.Validator.LastModified = date
			}
			return nil
		default:
			return statusError(response)
		}
	})
	return document, err
}

func (s *httpSource) FetchSignature(ctx context.Context) (signature []byte, err error) {
	if s.mistake != nil {
		return nil, s.mistake
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	err = s.ask(ctx, s.signatureURL, Validator{}, func(response *http.Response) error {
		if response.StatusCode != http.StatusOK {
			return statusError(response)
		}
		var err error
		signature, err = web.ReadBody(response, maxSignature)
		return err
	})
	return signature, err
}

// ask sends one request and lets the answer be read. Of its errors, those of the function read
// included, everything that may be secret is hidden.
func (s *httpSource) ask(ctx context.Context, u *url.URL, last Validator, read func(*http.Response) error) error {
	s.once.Do(s.connect)
	request, err := s.request(ctx, u, last)
	if err != nil {
		return s.failed(err)
	}
	response, ended, err := s.client.Do(request)
	if err == nil {
		err = read(response)
		_ = response.Body.Close()
	}
	_, answered := errors.AsType[*StatusError](err)
	ended(err == nil || answered)
	if err != nil {
		return s.failed(web.Plain(err, s.patience()))
	}
	return nil
}

// request returns the next request for a document or a signature. The configured headers and the
// renewed ones go to the document's own host and port alone.
func (s *httpSource) request(ctx context.Context, u *url.URL, last Validator) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header = publicHeader()
	if web.SameOrigin(u, s.url) {
		give(request, s.header)
	}
	if s.renew != nil && web.SameOrigin(u, s.url) {
		header, err := s.renewed(ctx)
		if err != nil {
			return nil, err
		}
		give(request, header)
	}
	if last.ETag != "" {
		request.Header.Set("If-None-Match", last.ETag)
	}
	if last.LastModified != "" {
		request.Header.Set("If-Modified-Since", last.LastModified)
	}
	return request, nil
}

// renewed calls the program's function and returns headers that can be sent. They are known as
// secrets before anybody can repeat them.
func (s *httpSource) renewed(ctx context.Context) (http.Header, error) {
	given, err := s.callRenew(ctx)
	header := http.Header{}
	for name, values := range given {
		valid := web.ValidHeaderName(name)
		for _, value := range values {
			valid = valid && web.ValidHeaderValue(value)
			header.Add(name, value)
		}
		if !valid && err == nil {
			err = errors.New("it returned something that is not a header's name, or a value with control characters")
		}
	}
	s.secrets.Renew(header)
	if err == nil {
		err = ctx.Err() // a request would fail by that, and seem to be the server's fault
	}
	if err != nil {
		return nil, fmt.Errorf("the function of WithHeaderFunc failed: %w", within{web.Plain(err, s.patience())})
	}
	return header, nil
}

func (s *httpSource) callRenew(ctx context.Context) (header http.Header, err error) {
	s.renewing.Store(true)
	defer func() {
		if cause := recover(); cause != nil {
			s.renewing.Store(false)
			header, err = nil, contractError("recovered a panic: %v", cause)
		}
	}()
	header, err = s.renew(ctx)
	s.renewing.Store(false)
	return header, err
}

// calling names the function of the program that a fetch has not come back from, "" for none.
func (s *httpSource) calling() string {
	if s.renewing.Load() {
		return "the function of WithHeaderFunc"
	}
	return ""
}

// give puts headers into a request, in place of those of the same name.
func give(request *http.Request, header http.Header) {
	maps.Copy(request.Header, header)
	if host := header.Get("Host"); host != "" {
		request.Host = host
	}
}

// failed says which host an error came from, and keeps out of it what may be secret.
func (s *httpSource) failed(err error) error {
	return web.Redacted("becket: "+s.url.Host+": "+s.secrets.Text(trimPrefix(err)), err)
}

// validatorOf reads the validators of an answer. One that cannot be sent back is dropped, since it
// would fail every later request, and so are one that repeats a secret, for Status shows it and it
// is written to disk, and a date, or an ETag made from one, that is too young to validate anything.
func (s *httpSource) validatorOf(header http.Header) Validator {
	now := time.Now()
	v := Validator{ETag: web.ETagValidator(header, now), LastModified: web.DateValidator(header, now)}
	if len(v.ETag) > maxValidator || !web.Printable(v.ETag) || s.secrets.Repeats(v.ETag) {
		v.ETag = ""
	}
	if len(v.LastModified) > maxValidator {
		v.LastModified = ""
	}
	return v
}

func statusError(response *http.Response) *StatusError {
	return &StatusError{Code: response.StatusCode, RetryAfter: web.RetryAfter(response.Header, time.Now(), maxRetryAfter)}
}
