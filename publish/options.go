package publish

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket"
)

// Option configures a [Handler].
type Option func(*config)

type config struct {
	path                 string
	format               becket.Format
	spread               time.Duration
	cacheControl         string
	maxStreams           int
	origins              []string
	lowerRevisionAllowed bool
}

// newConfig returns the configuration of the options. Its error joins all mistakes.
func newConfig(options []Option) (config, error) {
	c := config{path: "/flags.json", format: becket.Native, cacheControl: "no-cache"}
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	return c, c.check()
}

func (c *config) check() error {
	var errs []error
	wrong := func(format string, values ...any) { errs = append(errs, fmt.Errorf(format, values...)) }
	if !strings.HasPrefix(c.path, "/") || strings.HasSuffix(c.path, "/") {
		wrong("becket: WithPath: %q does not begin with /, or it ends with /", c.path)
	}
	if c.format == nil {
		errs = append(errs, errors.New("becket: WithFormat: the format is nil"))
	}
	if c.spread < 0 || c.spread > maxSpread {
		wrong("becket: WithSpread: %v is not between 0 and %v", c.spread, maxSpread)
	}
	if strings.ContainsFunc(c.cacheControl, func(r rune) bool { return r < ' ' || r > '~' }) {
		wrong("becket: WithCacheControl: %q has characters that a header cannot have", c.cacheControl)
	}
	return errors.Join(errs...)
}

// WithPath sets the document's path in URLs. The path of its signature is the same with
// [SignatureSuffix] appended, and that of events with [EventsSuffix]. It must begin with "/" and
// must not end with it. To serve a document below a prefix, give the whole path. By default, it is
// "/flags.json".
func WithPath(path string) Option {
	return func(c *config) { c.path = path }
}

// WithFormat sets the format of the documents, such as that of package format/flagd, in which
// [Handler.Publish] reads them. A relay has no need of it. By default, it is [becket.Native].
func WithFormat(format becket.Format) Option {
	return func(c *config) { c.format = format }
}

// WithSpread sets the time over which clients should distribute the fetches that a publication
// causes: each client waits for a random part of it. It must not be below 0 or above ten minutes.
// By default, and with 0, each client decides by itself, see [becket.WithSignalSpread].
func WithSpread(spread time.Duration) Option {
	return func(c *config) { c.spread = spread }
}

// WithCacheControl sets the header Cache-Control of documents and signatures. Behind a cache that
// should answer for some seconds, it is for example "public, max-age=10". By default, it is
// "no-cache": caches must ask for each request whether the document has changed.
func WithCacheControl(value string) Option {
	return func(c *config) { c.cacheControl = value }
}

// WithMaxStreams limits the number of streams of events that are open at a time; the handler
// answers further ones with 503, and their clients go on polling. A stream takes less than 64 kB of
// memory. Zero or less means the default. By default, the limit is 10,000.
func WithMaxStreams(limit int) Option {
	return func(c *config) { c.maxStreams = limit }
}

// WithAllowedOrigins allows pages of these origins, such as "https://app.example.com", to fetch the
// document and to read the events in a browser. "*" allows every origin. By default, only pages of
// the handler's own origin can.
func WithAllowedOrigins(origins ...string) Option {
	return func(c *config) { c.origins = append(c.origins, origins...) }
}

// WithLowerRevisionAllowed makes [Handler.Publish] take documents with a lower revision than the
// published one. Clients refuse them unless they have [becket.WithLowerRevisionAllowed] too. By
// default, Publish returns an error for them.
func WithLowerRevisionAllowed() Option {
	return func(c *config) { c.lowerRevisionAllowed = true }
}

// allowOrigin sends the headers that let a page of another origin read the answer, if the program
// allows that origin. No answer depends on cookies, so that none is asked for.
func (c *config) allowOrigin(w http.ResponseWriter, r *http.Request) {
	if len(c.origins) == 0 {
		return
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	switch origin := r.Header.Get("Origin"); {
	case slices.Contains(c.origins, "*"):
		header.Set("Access-Control-Allow-Origin", "*")
	case origin != "" && slices.Contains(c.origins, origin):
		header.Set("Access-Control-Allow-Origin", origin)
	default:
		return
	}
	header.Set("Access-Control-Expose-Headers", "ETag")
}

// preflight answers a browser's question whether a page may send headers that are not simple.
func preflight(w http.ResponseWriter) {
	if header := w.Header(); header.Get("Access-Control-Allow-Origin") != "" {
		header.Set("Access-Control-Allow-Methods", "GET, HEAD")
		header.Set("Access-Control-Allow-Headers", "Cache-Control, If-None-Match, Last-Event-ID")
		header.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}
