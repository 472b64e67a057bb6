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

// The addresses at which ConfigCat serves configs.
const (
	globalBase = "https://cdn-global.configcat.com"
	euBase     = "https://cdn-eu.configcat.com"
)

// ErrRedirectLoop is returned for a config that redirects to another address three times in a row.
var ErrRedirectLoop = errors.New(
	"becket: the CDN redirects in a loop: the config is said to be elsewhere for the third time")

// CDN returns a source that fetches the config JSON v6 of an SDK key from ConfigCat's CDN, or from
// a proxy. It asks with the last ETag, so that an unchanged config costs a few hundred bytes, and
// goes where the config's data governance leads: at most three requests a fetch, each with the
// timeout of an [becket.HTTP] source, never from https to http. An address that data governance led
// to is kept for later fetches until one fails there.
//
// The SDK key, or a part of it, is in no error, log or file. [becket.New] refuses one that cannot
// be right.
func CDN(sdkKey string, options ...Option) becket.Source {
	s := &cdn{key: sdkKey, start: globalBase}
	for _, option := range options {
		if option != nil {
			option(s)
		}
	}
	if !validKey(sdkKey, s.custom) {
		s.wrong(errors.New("becket: CDN: the SDK key is none: it must have two parts of 22 characters " +
			`after an optional "configcat-sdk-1/"; one that begins with "configcat-proxy/" needs WithBaseURL`))
	}
	s.base = s.start
	return s
}

// Option changes how a [CDN] source works.
type Option func(*cdn)

// WithEUOnly asks the CDN that stays within the European Union, as it was chosen for the
// organisation under data governance. By default, the global CDN is asked, which leads there
// itself.
func WithEUOnly() Option {
	return func(s *cdn) {
		if !s.custom {
			s.start = euBase
		}
	}
}

// WithBaseURL asks another address, such as a ConfigCat Proxy. It is left only for a config that
// forces it. By default, ConfigCat's own CDN is asked.
func WithBaseURL(base string) Option {
	return func(s *cdn) {
		s.start, s.custom = strings.TrimRight(base, "/"), true
		if u, err := url.Parse(base); err == nil && (u.RawQuery != "" || u.Fragment != "") {
			s.wrong(errors.New("becket: WithBaseURL: the address has a query or a fragment"))
		}
	}
}

// WithHeader adds a header to requests to the first address, and to no other that data governance
// may lead to. By default, none is added.
func WithHeader(name, value string) Option {
	return func(s *cdn) { s.headers = append(s.headers, becket.WithHeader(name, value)) }
}

// WithHTTP sets options of the requests to all addresses, such as becket.WithHTTPClient and
// becket.WithTimeout. A header among them, also one of becket.WithHeaderFunc, goes to every address
// that data governance leads to. By default, those of [becket.HTTP].
func WithHTTP(options ...becket.HTTPOption) Option {
	return func(s *cdn) { s.http = append(s.http, options...) }
}

type cdn struct {
	key     string
	start   string // the first address
	custom  bool   // the first address is not one of ConfigCat's own
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

// Identity names the config, wherever it is fetched from.
func (s *cdn) Identity() string {
	switch {
	case len(s.headers) > 0: // they go to that address alone, and its answer may depend on them
		return "configcat " + s.key + " at " + becket.HTTP(s.start, s.headers...).Identity()
	case s.custom:
		return "configcat " + s.key + " at " + s.start
	}
	return "configcat " + s.key
}

// Close ends idle connections; the source can still be used.
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

// Fetch asks the address that is known to be right and follows data governance.
func (s *cdn) Fetch(ctx context.Context, last becket.Validator) (becket.Document, error) {
	if err := s.Check(); err != nil {
		return becket.Document{}, err
	}
	document, err := s.follow(ctx, becket.Validator{ETag: last.ETag})
	if err != nil {
		s.move(s.start)
		return becket.Document{}, s.hideKey(err)
	}
	// A time of modification means nothing to another address; an ETag that is not its own does no
	// harm.
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

// at returns the source of an address, always the same, so that it keeps its connections. There are
// few: if a config redirects to a new address each time, the older sources are forgotten.
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
	redirectLater  redirectMode = 0 // from the next fetch on
	redirectNow    redirectMode = 1 // at once: the address does not fit the chosen data governance
	redirectForced redirectMode = 2 // at once, even if the address is not one of ConfigCat's own
)

type redirect struct {
	base string // "" for nowhere
	mode redirectMode
}

// redirectOf reads a config's redirect. A document that is no config has none: the format will
// refuse it.
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

// safe refuses to take the key from https to anywhere else.
func safe(from, to string) error {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%w: the config names an address that is none", web.ErrRedirect)
	}
	if strings.HasPrefix(strings.ToLower(from), "https:") && u.Scheme != "https" {
		return fmt.Errorf("%w: the config leads from https to %s", web.ErrRedirect, u.Scheme)
	}
	return nil
}
