// Package ofrep serves a client's flags to other languages and to browsers by the OpenFeature
// Remote Evaluation Protocol. Callers need only an OpenFeature SDK and its OFREP provider.
//
//	mux.Handle("/ofrep/", ofrep.NewHandler(client, ofrep.WithAuthorization(authorize)))
//
// The handler answers POST /ofrep/v1/evaluate/flags/{key} and POST /ofrep/v1/evaluate/flags. It
// opens no port by itself: your program mounts it and decides who can reach it. Without
// [WithAuthorization] it answers everybody who can reach it. It shows callers little: by default
// only flags with the tag "public", and of these flags the value, variant, reason and metadata. It
// shows no rules, descriptions or owners, and does not reveal whether other flags exist.
//
// A browser can claim anything about itself. Check a flag that protects a resource where the
// resource is. [WithSubject] lets your program replace the claimed subject.
package ofrep

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/becketflags/becket"
)

// Errors that an authorisation function returns.
var (
	// ErrUnauthorized means that the caller is not authenticated: status 401.
	ErrUnauthorized = errors.New("becket: the caller is not known")

	// ErrForbidden means that the caller may not ask: status 403.
	ErrForbidden = errors.New("becket: the caller may not ask")
)

const (
	publicTag       = "public"
	defaultMaxBytes = 64 << 10
	bulkPath        = "/ofrep/v1/evaluate/flags"
)

// Option configures a handler.
type Option func(*config)

type config struct {
	authorize func(*http.Request) error
	exposed   func(becket.FlagInfo) bool
	subject   func(*http.Request, becket.Subject) becket.Subject
	maxBytes  int64
	origins   []string
	logger    *slog.Logger
	stream    streamConfig
	tag       string   // the tag of shown flags; "" if a function of the program decides
	mistakes  []string // options whose function is nil
}

// missing records that an option's function is nil. Without the function, the handler would let in
// or show more than the program intends.
func (c *config) missing(option string, isNil bool) {
	if isNil {
		c.mistakes = append(c.mistakes, option)
	}
}

// WithAuthorization sets a function that decides who may ask. The function gets every request
// except preflight requests, before the handler reads the body. A nil error admits the request,
// [ErrForbidden] is answered with 403, and every other error with 401. The error's text is not
// sent. By default, everybody may ask.
func WithAuthorization(authorize func(*http.Request) error) Option {
	return func(c *config) {
		c.authorize = authorize
		c.missing("WithAuthorization", authorize == nil)
	}
}

// WithExposed sets a function that decides which flags the handler shows. For callers, all other
// flags do not exist. The handler calls the function once for each flag of a ruleset, from one
// goroutine at a time; the result must depend on the flag alone. A flag for which the function
// panics is not shown. By default, the handler shows flags with the tag "public".
func WithExposed(exposed func(becket.FlagInfo) bool) Option {
	return func(c *config) {
		c.exposed, c.tag = exposed, ""
		c.missing("WithExposed", exposed == nil)
	}
}

// WithExposedTag makes the handler show the flags that have the tag. By default, the tag is
// "public".
func WithExposedTag(tag string) Option {
	return func(c *config) {
		c.exposed = func(flag becket.FlagInfo) bool { return slices.Contains(flag.Tags, tag) }
		c.tag = tag
	}
}

// WithLogger sets the logger for requests that ask for an existing flag that is not shown. The
// handler logs at most 100 flags, each once, and once that it shows no flag of a ruleset. A logger
// that discards its records silences the handler. By default, and with nil, the logger is
// slog.Default.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) { c.logger = logger }
}

// WithSubject sets a function that changes or replaces the subject that the caller claims, for
// example by the key that belongs to a session cookie. By default, the handler believes the claim.
func WithSubject(subject func(r *http.Request, claimed becket.Subject) becket.Subject) Option {
	return func(c *config) {
		c.subject = subject
		c.missing("WithSubject", subject == nil)
	}
}

// WithMaxBytes limits the size of a request's body, in bytes. A larger body is answered with 413.
// The limits of the context are proportional to the size of the body: one attribute for each 64
// bytes, one value for each 16 bytes, and twice as many bytes in texts and names, where nested
// names count in full. A body below 64 KiB has the limits of 64 KiB. Zero or less means the
// default. By default, the limit is 64 KiB.
func WithMaxBytes(limit int64) Option {
	return func(c *config) { c.maxBytes = limit }
}

// WithAllowedOrigins allows pages of these origins, such as "https://app.example.com", to ask from
// a browser. "*" allows every origin, without credentials. By default, only pages of the handler's
// own origin can ask.
func WithAllowedOrigins(origins ...string) Option {
	return func(c *config) { c.origins = append(c.origins, origins...) }
}

// handler answers from a client.
type handler struct {
	config
	client  *becket.Client
	shown   shown
	hidden  hidden
	streams *streams // nil without WithEventStream
	ahead   ahead
	mux     *http.ServeMux
}

// NewHandler returns a handler that evaluates the flags of a client. It is safe for concurrent use.
// It expects the paths of the protocol; wrap it in http.StripPrefix to serve it below a prefix.
// With a nil client, or as long as there is no ruleset, it answers 500 with the code
// PROVIDER_NOT_READY. It panics if a function given to an option is nil, or if the key or the
// address of event streams cannot be used.
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
	if mistake := h.stream.complete(); mistake != "" {
		panic("becket: ofrep.NewHandler: " + mistake)
	}
	if h.maxBytes <= 0 {
		h.maxBytes = defaultMaxBytes
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	h.mux.HandleFunc("POST "+bulkPath+"/{key}", h.one)
	h.mux.HandleFunc("POST "+bulkPath, h.all)
	h.mux.HandleFunc("OPTIONS /ofrep/v1/evaluate/", h.preflight)
	if h.stream.on {
		h.streams = newStreams(h)
		h.mux.HandleFunc("GET "+streamPath, h.streams.serve)
		h.mux.HandleFunc("OPTIONS "+streamPath, h.preflight)
	}
	return h
}

// ServeHTTP answers a request. The body has ten seconds to arrive.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	limitReading(w, r)
	h.mux.ServeHTTP(w, r)
}

// admit reports whether the caller may ask. If not, it answers the request.
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

// all evaluates every shown flag. It counts no exposures, because the caller has not used any flag
// yet.
func (h *handler) all(w http.ResponseWriter, r *http.Request) {
	if !h.admit(w, r) {
		return
	}
	h.catchUp(r)
	view, flags, refusal := h.view(w, r)
	if refusal != nil {
		reply(w, refusal.status, refusal)
		return
	}
	answer := bulk{
		Flags: make([]any, len(flags.list)), Metadata: withOrigin(nil, view), EventStreams: h.streamsFor(r),
	}
	for i := range flags.list {
		flag := &flags.list[i]
		result := view.Peek(flag.key, becket.KindAny)
		answer.Flags[i] = answerOf(flag.key, flag.metadata, &result)
	}
	replyTagged(w, r, answer)
}

// view reads the request and returns a view with a pinned ruleset.
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
