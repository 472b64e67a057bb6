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
	"github.com/becketflags/becket/internal/push"
	"github.com/becketflags/becket/internal/web"
	"github.com/becketflags/becket/internal/wording"
)

const userAgent = "becket/" + web.Version

// Limits and defaults of HTTP sources.
const (
	defaultTimeout = 10 * time.Second
	maxTimeout     = 5 * time.Minute
	// greatest length of an ETag or a Last-Modified in bytes; requests with a longer one could be
	// too large for the server
	maxValidator  = 1 << 10
	maxRetryAfter = poll.MaxRetryAfter
)

// HTTP returns a source that fetches a document by HTTP or HTTPS. It sends the last answer's ETag
// and Last-Modified back, so that an unchanged document costs a few hundred bytes. A user and
// password in the URL are sent as basic authentication, unless [WithHeader] sets Authorization. No
// answer of the server ends polling. At most five redirects are followed, within the scheme or from
// http to https. Headers of WithHeader and WithHeaderFunc, credentials and a Referer are never sent
// to another host or port.
//
// Errors, logs and Status contain only the host of the URL, because paths and queries often contain
// keys. If they quote an answer, *** replaces parts of the request that the server repeats, and
// texts that look like a key. Unless [WithHTTPClient] gives a transport, connections are kept open
// between fetches only with HTTP/2.
//
// With [WithEvents], the source is a [Signal] too. [New] returns the mistakes in the URL and the
// options. The source is safe for concurrent use.
func HTTP(address string, options ...HTTPOption) Source {
	s := &httpSource{address: address, timeout: defaultTimeout, limit: maxDocument, header: http.Header{}}
	s.url, s.mistake = web.ParseURL("HTTP", address)
	for _, option := range options {
		if option != nil {
			option(s)
		}
	}
	s.prepare()
	if s.events != nil {
		return &eventSource{s}
	}
	return s
}

type httpSource struct {
	address      string
	url          *url.URL // the URL without user and password; nil if there is a mistake
	signatureURL *url.URL
	identity     string
	header       http.Header
	configured   http.Header // the headers of WithHeader, which are part of the identity
	timeout      time.Duration
	limit        int64
	custom       *http.Client
	mistake      error
	// the secrets that errors must not contain; nil if there is a mistake
	secrets *web.Redactor

	renew    func(context.Context) (http.Header, error) // the function of WithHeaderFunc, or nil
	renewing atomic.Bool                                // a call of renew has not returned
	renewal  chan struct{}                              // holds a token while renew is called

	events *events // of WithEvents; nil without it

	once   sync.Once
	client *web.Client
	whole  web.WholeTimes
}

func (s *httpSource) wrong(err error) { s.mistake = errors.Join(s.mistake, err) }

// prepare moves the URL's user and password into the header Authorization, unless that has a value
// already. In the URL, a redirect, a Referer or an error could show them. prepare also sets the
// signature's URL.
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
	addresses := []*url.URL{&asGiven, s.signatureURL}
	if s.events != nil {
		addresses = append(addresses, s.events.prepare(s)...)
	}
	s.secrets = web.NewRedactor(s.url.Host, addresses, s.header)
}

func (s *httpSource) Check() error { return s.mistake }

// patience returns how long a fetch may take: the source's timeout, or the timeout of a custom
// client if that is shorter.
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
	// Headers may be credentials. They are hashed, so that an identity that a program prints does
	// not show them.
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.configured)) {
		for _, value := range s.configured[name] {
			fmt.Fprintf(hash, "%d %s%d %s", len(name), name, len(value), value)
		}
	}
	return s.address + "\x00headers " + hex.EncodeToString(hash.Sum(nil))
}

// Close ends idle connections of the source's own transport. The source can still be used.
func (s *httpSource) Close() error {
	if s.mistake == nil {
		s.once.Do(s.connect)
		s.client.CloseIdleConnections()
	}
	return nil
}

// publicHeader returns the headers that are sent to every host, including hosts that a redirect
// leads to.
func publicHeader() http.Header {
	return http.Header{"Accept": {"application/json, */*;q=0.5"}, "User-Agent": {userAgent}}
}

func (s *httpSource) connect() {
	s.client = web.NewClient(s.custom, publicHeader())
	if s.events != nil {
		s.events.client = s.client.Streaming(s.custom, eventsHeader())
	}
}

func (s *httpSource) Fetch(ctx context.Context, last Validator) (Document, error) {
	if s.mistake != nil {
		return Document{}, s.mistake
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	if last.ETag == "" && s.whole.Due(time.Now(), push.Interval(ctx)) {
		last = Validator{}
	}
	document, err := s.fetch(ctx, last)
	if err == nil && document.NotModified && document.Validator != last {
		// the server answered "not modified" with another date: an older file has replaced the
		// document
		return s.fetch(ctx, Validator{})
	}
	return document, err
}

// fetch sends one request for the document. If the answer is "not modified", the result has the
// validator of the server's document.
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

// ask sends one request and calls read with the answer. It hides secrets in all errors, including
// the errors of read.
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

// request returns the next request for a document, a signature or events. It contains the
// configured and the renewed headers only if the URL has the same host and port as the document's,
// and TLS if the document's has it.
func (s *httpSource) request(ctx context.Context, u *url.URL, last Validator) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header = publicHeader()
	own := web.SameOrigin(u, s.url) && (u.Scheme == "https" || s.url.Scheme != "https")
	if own {
		give(request, s.header)
	}
	if s.renew != nil && own {
		header, err := s.renewed(ctx)
		if err != nil {
			return nil, err
		}
		give(request, header)
	}
	if push.IsFresh(ctx) {
		request.Header.Set("Cache-Control", "no-cache")
	}
	if last.ETag != "" {
		request.Header.Set("If-None-Match", last.ETag)
	}
	if last.LastModified != "" {
		request.Header.Set("If-Modified-Since", last.LastModified)
	}
	return request, nil
}

// renewed calls the function of WithHeaderFunc and returns its headers. It registers them as
// secrets before they are sent, so that they are hidden if the server repeats them.
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
			err = errors.New("it returned an invalid name of a header, or a value with control characters")
		}
	}
	s.secrets.Renew(header)
	if err == nil {
		err = ctx.Err() // otherwise the request would fail, and the error would blame the server
	}
	if err != nil {
		return nil, fmt.Errorf("the function of WithHeaderFunc failed: %w", within{web.Plain(err, s.patience())})
	}
	return header, nil
}

// callRenew calls the function of WithHeaderFunc. The request for events may need it while a fetch
// calls it, and waits then.
func (s *httpSource) callRenew(ctx context.Context) (header http.Header, err error) {
	select {
	case s.renewal <- struct{}{}:
		defer func() { <-s.renewal }()
	case <-ctx.Done():
		return nil, errors.New("an earlier call has not returned")
	}
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

// calling names the program's function that the source has called and that has not returned. It
// returns "" if there is none.
func (s *httpSource) calling() string {
	if s.renewing.Load() {
		return "the function of WithHeaderFunc"
	}
	return ""
}

// give sets headers of a request. They replace headers of the same name. Host also sets the
// request's host.
func give(request *http.Request, header http.Header) {
	maps.Copy(request.Header, header)
	if host := header.Get("Host"); host != "" {
		request.Host = host
	}
}

// failed adds the host to an error and hides secrets in it.
func (s *httpSource) failed(err error) error { return s.failedAt(s.url, err) }

// failedAt is failed for a URL that may have another host.
func (s *httpSource) failedAt(u *url.URL, err error) error {
	return web.Redacted("becket: "+u.Host+": "+s.secrets.Text(wording.Unprefixed(err)), err)
}

// validatorOf returns the validators of an answer. It leaves out a validator that must not be used:
//   - an ETag that cannot be sent back, because it would make every later request fail;
//   - an ETag that repeats a secret, because Status shows it and the disk copy contains it;
//   - a date, or an ETag made from a date, that is too recent: two documents may have the same.
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
	return &StatusError{
		Code: response.StatusCode, RetryAfter: web.RetryAfter(response.Header, time.Now(), maxRetryAfter),
	}
}
