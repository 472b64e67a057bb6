package configcat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/internal/web"
)

// The addresses from which ConfigCat serves configs.
const (
	globalBase = "https://cdn-global.configcat.com"
	euBase     = "https://cdn-eu.configcat.com"
)

// ErrRedirectLoop is returned for a config that redirects to another address three times in a row.
var ErrRedirectLoop = errors.New(
	"becket: the CDN redirects in a loop: the config is said to be elsewhere for the third time")

// CDN returns a source that fetches the config JSON v6 of an SDK key from ConfigCat's CDN, or from
// a proxy. It sends the last ETag, so that an unchanged config costs a few hundred bytes. It
// follows the redirects of the config's data governance: at most three requests for each fetch,
// each with the timeout of a [becket.HTTP] source, and never from https to http. Later fetches use
// the address of such a redirect until a fetch from it fails.
//
// No error, log or file contains the SDK key or a part of it. [becket.New] returns an error for a
// text that cannot be an SDK key.
func CDN(sdkKey string, options ...Option) becket.Source {
	s := &cdn{key: sdkKey, start: globalBase}
	for _, option := range options {
		if option != nil {
			option(s)
		}
	}
	if !validKey(sdkKey, s.custom) {
		s.wrong(errors.New("becket: CDN: this is not an SDK key, which must have two parts of 22 characters " +
			`after an optional "configcat-sdk-1/"; one that begins with "configcat-proxy/" needs WithBaseURL`))
	}
	s.base = s.start
	return s
}

// Option configures a [CDN] source.
type Option func(*cdn)

// WithEUOnly makes the source ask the CDN that keeps data within the European Union. Use it if the
// organisation has chosen this under data governance. By default, the source asks the global CDN,
// which redirects to the right one.
func WithEUOnly() Option {
	return func(s *cdn) {
		if !s.custom {
			s.start = euBase
		}
	}
}

// WithBaseURL makes the source ask another address, such as a ConfigCat Proxy. Only a config that
// forces a redirect makes the source leave this address. By default, the source asks ConfigCat's
// own CDN.
func WithBaseURL(base string) Option {
	return func(s *cdn) {
		s.start, s.custom = strings.TrimRight(base, "/"), true
		if u, err := url.Parse(base); err == nil && (u.RawQuery != "" || u.Fragment != "") {
			s.wrong(errors.New("becket: WithBaseURL: the address has a query or a fragment"))
		}
	}
}

// WithHeader adds a header to requests to the first address. Requests to addresses to which data
// governance redirects do not have it. By default, no header is added.
func WithHeader(name, value string) Option {
	return func(s *cdn) { s.headers = append(s.headers, becket.WithHeader(name, value)) }
}

// WithHTTP sets options of the requests to all addresses, such as becket.WithHTTPClient and
// becket.WithTimeout. A header among these options, even one of becket.WithHeaderFunc, goes to
// every address to which data governance redirects. By default, requests have the default options
// of [becket.HTTP].
func WithHTTP(options ...becket.HTTPOption) Option {
	return func(s *cdn) { s.http = append(s.http, options...) }
}

type cdn struct {
	key     string
	start   string // the first address
	custom  bool   // the first address does not belong to ConfigCat
	headers []becket.HTTPOption
	http    []becket.HTTPOption
	mistake error

	mu      sync.Mutex
	base    string // the address to ask
	sources map[string]becket.Source
}

func (s *cdn) wrong(err error) { s.mistake = errors.Join(s.mistake, err) }

// Check reports a mistake in the key, the address or the options.
func (s *cdn) Check() error {
	if s.mistake != nil {
		return s.mistake
	}
	if checker, ok := s.at(s.start).(becket.Checker); ok {
		return s.hideKey(checker.Check())
	}
	return nil
}

// Identity identifies the config, independent of the address from which it is fetched.
func (s *cdn) Identity() string {
	switch {
	// the headers go only to that address, and its answer may depend on them
	case len(s.headers) > 0:
		return "configcat " + s.key + " at " + becket.HTTP(s.start, s.headers...).Identity()
	case s.custom:
		return "configcat " + s.key + " at " + s.start
	}
	return "configcat " + s.key
}

// Close closes idle connections; the source can still be used.
func (s *cdn) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, source := range s.sources {
		if closer, ok := source.(io.Closer); ok {
			errs = append(errs, closer.Close())
		}
	}
	return errors.Join(errs...)
}

// Fetch asks the address to which data governance redirected last, or the first address, and
// follows further redirects.
func (s *cdn) Fetch(ctx context.Context, last becket.Validator) (becket.Document, error) {
	if err := s.Check(); err != nil {
		return becket.Document{}, err
	}
	document, err := s.follow(ctx, becket.Validator{ETag: last.ETag})
	if err != nil {
		s.move(s.start)
		return becket.Document{}, s.hideKey(err)
	}
	// Another address cannot use this Last-Modified. An ETag of another address does no harm.
	document.Validator.LastModified = ""
	return document, nil
}

func (s *cdn) follow(ctx context.Context, last becket.Validator) (becket.Document, error) {
	const requests = 3
	for range requests {
		base := s.address()
		document, err := s.at(base).Fetch(ctx, last)
		if err != nil || document.NotModified {
			return document, err
		}
		to := redirectOf(document.Body)
		if to.base == "" || to.base == base || s.custom && to.mode != redirectForced {
			return document, nil
		}
		if err := safe(base, to.base); err != nil {
			return becket.Document{}, err
		}
		s.move(to.base)
		if to.mode == redirectLater {
			return document, nil
		}
	}
	return becket.Document{}, ErrRedirectLoop
}

func (s *cdn) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

func (s *cdn) move(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
}

// at returns the source for an address. It always returns the same source, so that connections are
// kept. The number of sources is bounded: if configs redirect to more and more addresses, the older
// sources are closed.
func (s *cdn) at(base string) becket.Source {
	const most = 8
	s.mu.Lock()
	defer s.mu.Unlock()
	source := s.sources[base]
	if source == nil {
		if len(s.sources) >= most {
			s.forget()
		}
		if s.sources == nil {
			s.sources = map[string]becket.Source{}
		}
		source = becket.HTTP(base+pathOf(s.key), s.options(base)...)
		s.sources[base] = source
	}
	return source
}

func (s *cdn) forget() {
	for _, source := range s.sources {
		if closer, ok := source.(io.Closer); ok {
			closer.Close()
		}
	}
	s.sources = nil
}

func (s *cdn) options(base string) []becket.HTTPOption {
	options := []becket.HTTPOption{becket.WithHeader("X-ConfigCat-UserAgent", "ConfigCat-becket/a-"+web.Version)}
	options = append(options, s.http...)
	if base == s.start {
		options = append(options, s.headers...)
	}
	return options
}

// The ways in which a config redirects to another address.
type redirectMode int64

const (
	redirectLater redirectMode = 0 // from the next fetch on
	// at once: the address does not match the chosen data governance
	redirectNow    redirectMode = 1
	redirectForced redirectMode = 2 // at once, even if the address does not belong to ConfigCat
)

type redirect struct {
	base string // "" if there is no redirect
	mode redirectMode
}

// redirectOf reads a config's redirect. It returns no redirect for a document that is not a config;
// the format will refuse that document.
func redirectOf(document []byte) (to redirect) {
	if len(document) > limit.Document {
		return to
	}
	parts, err := split(document)
	if err != nil || checkNesting(parts.preferences) != nil {
		return to
	}
	preferences := newNodeReader(parts.preferences).read()
	if u := preferences.member("u"); u.kind == kindText {
		to.base = strings.TrimRight(u.text, "/")
	}
	mode, _ := preferences.member("r").integer()
	to.mode = redirectMode(mode)
	return to
}

// safe returns an error if a redirect would send the key from https to another scheme.
func safe(from, to string) error {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%w: the config redirects to an invalid address", web.ErrRedirect)
	}
	if strings.HasPrefix(strings.ToLower(from), "https:") && u.Scheme != "https" {
		return fmt.Errorf("%w: the config redirects from https to %s", web.ErrRedirect, u.Scheme)
	}
	return nil
}
