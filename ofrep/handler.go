// Package ofrep serves a client's flags to other languages and to browsers by the OpenFeature
// Remote Evaluation Protocol: who has an OpenFeature SDK and its OFREP provider needs nothing else.
//
//	mux.Handle("/ofrep/", ofrep.NewHandler(client, ofrep.WithAuthorization(authorize)))
//
// The handler answers POST /ofrep/v1/evaluate/flags/{key} and POST /ofrep/v1/evaluate/flags. It
// opens no port and listens to nothing by itself: it is reached where the program mounts it, and by
// whom the program lets in. Without [WithAuthorization] everybody who reaches it is answered. What
// they see is bounded all the same: by default only flags with the tag "public", never another
// flag's existence, and of those the value, variant, reason and metadata, but neither rules nor
// descriptions nor owners.
//
// A browser says about itself what it likes. A flag that guards something must be checked where the
// thing is; [WithSubject] lets the program replace what is claimed.
package ofrep

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/becketflags/becket"
)

// What an authorisation function answers, for errors.Is.
var (
	// ErrUnauthorized says that the caller did not show who it is: 401.
	ErrUnauthorized = errors.New("becket: the caller is not known")

	// ErrForbidden says that the caller may not ask: 403.
	ErrForbidden = errors.New("becket: the caller may not ask")
)

const (
	publicTag       = "public"
	defaultMaxBytes = 64 << 10
)

// Option changes how a handler works.
type Option func(*config)

type config struct {
	authorize func(*http.Request) error
	exposed   func(becket.FlagInfo) bool
	subject   func(*http.Request, becket.Subject) becket.Subject
	maxBytes  int64
	origins   []string
	logger    *slog.Logger
	tag       string   // that shows flags; "" where a function of the program decides
	mistakes  []string // functions that are nil
}

// missing notes that the function given to an option is nil: without it, more would be let in or
// shown than the program meant.
func (c *config) missing(option string, isNil bool) {
	if isNil {
		c.mistakes = append(c.mistakes, option)
	}
}

// WithAuthorization sets who may ask. The function gets every request but preflight ones before
// anything of it is read; nil lets it in, [ErrForbidden] answers 403 and every other error 401. The
// error's text goes nowhere. By default, everybody may ask.
func WithAuthorization(authorize func(*http.Request) error) Option {
	return func(c *config) {
		c.authorize = authorize
		c.missing("WithAuthorization", authorize == nil)
	}
}

// WithExposed sets which flags are shown; the others do not exist to the caller. The function is
// called once for each flag of a ruleset, from one goroutine at a time, and must not depend on
// anything else. A flag for which it panics is not shown. By default, flags with the tag "public"
// are shown.
func WithExposed(exposed func(becket.FlagInfo) bool) Option {
	return func(c *config) {
		c.exposed, c.tag = exposed, ""
		c.missing("WithExposed", exposed == nil)
	}
}

// WithExposedTag shows the flags that have a tag. By default, the tag is "public".
func WithExposedTag(tag string) Option {
	return func(c *config) {
		c.exposed = func(flag becket.FlagInfo) bool { return slices.Contains(flag.Tags, tag) }
		c.tag = tag
	}
}

// WithLogger sets where the handler says, once for each of at most 100 flags, that a caller asked
// for a flag that the ruleset has and that is not shown. A logger that discards silences it. By
// default, and with nil, slog.Default.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) { c.logger = logger }
}

// WithSubject changes or replaces the subject that the caller claims to be, such as by the key that
// a session cookie stands for. By default, the claim is believed.
func WithSubject(subject func(r *http.Request, claimed becket.Subject) becket.Subject) Option {
	return func(c *config) {
		c.subject = subject
		c.missing("WithSubject", subject == nil)
	}
}

// WithMaxBytes bounds the size of a request's body, in bytes; a larger one is answered with 413.
// What a context may hold is in proportion to its body: an attribute for each 64 bytes, a value for
// each 16, and twice as many bytes in texts and names, which are counted with nested names written
// out. A body below 64 KiB may hold what one of 64 KiB may. Zero or less is the default. By
// default, 64 KiB.
func WithMaxBytes(limit int64) Option {
	return func(c *config) { c.maxBytes = limit }
}

// WithAllowedOrigins lets pages of these origins, such as "https://app.example.com", ask from a
// browser; "*" is every origin, without credentials. By default, only pages of the handler's own
// origin can.
func WithAllowedOrigins(origins ...string) Option {
	return func(c *config) { c.origins = append(c.origins, origins...) }
}

// handler answers out of a client.
type handler struct {
	config
	client *becket.Client
	shown  shown
	hidden hidden
	mux    *http.ServeMux
}

// NewHandler returns a handler that evaluates the flags of a client. It is safe for concurrent use.
// It expects the paths of the protocol; behind a prefix it goes into http.StripPrefix. With a nil
// client, or as long as there is no ruleset, it answers 500 with the code PROVIDER_NOT_READY. It
// panics if a function given to an option is nil.
func NewHandler(client *becket.Client, options ...Option) http.Handler {
	h := &handler{client: client, mux: http.NewServeMux()}
	WithExposedTag(publicTag)(&h.config)
	for _, option := range options {
		if option != nil {
			option(&h.config)
		}
	}
	if len(h.mistakes) > 0 {
		panic("becket: ofrep.NewHandler: the function is nil in " + strings.Join(h.mistakes, ", "))
	}
	if h.maxBytes <= 0 {
		h.maxBytes = defaultMaxBytes
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	h.mux.HandleFunc("POST /ofrep/v1/evaluate/flags/{key}", h.one)
	h.mux.HandleFunc("POST /ofrep/v1/evaluate/flags", h.all)
	h.mux.HandleFunc("OPTIONS /ofrep/v1/evaluate/", h.preflight)
	return h
}

// ServeHTTP answers a request, whose body has ten seconds to arrive.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	limitReading(w, r)
	h.mux.ServeHTTP(w, r)
}

// admit lets the caller in, or answers.
func (h *handler) admit(w http.ResponseWriter, r *http.Request) bool {
	h.allowOrigin(w, r)
	w.Header().Set("Cache-Control", "no-store")
	if h.authorize == nil {
		return true
	}
	switch err := h.authorize(r); {
	case err == nil:
		return true
	case errors.Is(err, ErrForbidden):
		w.WriteHeader(http.StatusForbidden)
	default:
		w.WriteHeader(http.StatusUnauthorized)
	}
	return false
}

// one evaluates one flag.
func (h *handler) one(w http.ResponseWriter, r *http.Request) {
	if !h.admit(w, r) {
		return
	}
	key := r.PathValue("key")
	view, flags, refusal := h.view(w, r)
	if refusal != nil {
		refusal.Key = key
		reply(w, refusal.status, refusal)
		return
	}
	flag, ok := flags.named[key]
	if !ok {
		h.tellHidden(view, key)
		refusal = failed(key, becket.ErrFlagNotFound)
		reply(w, refusal.status, refusal)
		return
	}
	result := view.Resolve(key, becket.KindAny)
	answer := answerOf(key, withOrigin(flag.metadata, view), &result)
	if refusal, ok := answer.(*failure); ok {
		reply(w, refusal.status, refusal)
		return
	}
	reply(w, http.StatusOK, answer)
}

// all evaluates every flag that is shown. Exposures are not counted: nobody acts on the flags yet.
func (h *handler) all(w http.ResponseWriter, r *http.Request) {
	if !h.admit(w, r) {
		return
	}
	view, flags, refusal := h.view(w, r)
	if refusal != nil {
		reply(w, refusal.status, refusal)
		return
	}
	answer := bulk{Flags: make([]any, len(flags.list)), Metadata: withOrigin(nil, view)}
	for i := range flags.list {
		flag := &flags.list[i]
		result := view.Peek(flag.key, becket.KindAny)
		answer.Flags[i] = answerOf(flag.key, flag.metadata, &result)
	}
	replyTagged(w, r, answer)
}

// view reads the request and pins a ruleset for it.
func (h *handler) view(w http.ResponseWriter, r *http.Request) (becket.View, *flagsShown, *failure) {
	subject, refusal := h.readSubject(w, r)
	if refusal != nil {
		return becket.View{}, nil, refusal
	}
	if h.subject != nil {
		subject = h.subject(r, subject)
	}
	view, flags := h.pin(subject)
	if view.Tier() == becket.TierDefaults {
		return view, nil, failed("", becket.ErrNotReady)
	}
	return view, flags, nil
}
