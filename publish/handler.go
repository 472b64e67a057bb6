// Package publish serves a document to becket's clients as a good origin does, and tells them at
// once when there is a new one.
//
//	handler, err := publish.NewHandler()
//	err = handler.Publish(document, signature)
//	http.Handle("/", handler)
//
// Clients then fetch it with becket.HTTP("https://flags.example.com/flags.json",
// becket.WithEvents("/flags.json/events")). A relay serves on the document that a client of another
// server has accepted, so that relays form a tree: see [Relay].
//
// The handler answers everybody who can reach it, and opens no port by itself: your program mounts
// it and decides who can reach it.
package publish

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/events"
	"github.com/becketflags/becket/internal/push"
)

// SignatureSuffix is appended to the document's path to get the path of its signature.
const SignatureSuffix = ".minisig"

// EventsSuffix is appended to the document's path to get the path of the events.
const EventsSuffix = "/events"

// retryAfter is how many seconds a client should wait if nothing is published yet.
const retryAfter = "1"

// Handler serves one document, its signature if it has one, and events. [NewHandler] and [Relay]
// make it; a nil or zero Handler answers that nothing is published. It is safe for concurrent use.
//
// The document has a strong ETag that is made from its bytes, so that all handlers and relays that
// serve the same document have the same ETag. It is compressed once, with gzip and zstd. The events
// are a stream of server-sent events with a hint for each publication, such as
//
//	id: 5d1c8a0b6f0e4c3a9a7b1e2f
//	data: {"revision":7,"etag":"\"5d1c8a0b6f0e4c3a9a7b1e2f\"","spread":5}
//
// A stream begins with the current hint, unless the client has sent its id as Last-Event-ID. It
// gets a comment every 15 seconds. A client that does not read for ten seconds after its connection
// is full loses its stream.
type Handler struct {
	config  config
	streams *events.Broadcast
	relayed *relayed // nil unless it is a relay

	mutex   sync.Mutex // held while a document is published
	current atomic.Pointer[publication]
}

// publication is the published document. Its fields do not change.
type publication struct {
	document, signature *content // the signature is nil if there is none
	revision            int64
}

// NewHandler returns a handler without a document. Its error joins all mistakes in the options.
func NewHandler(options ...Option) (*Handler, error) {
	c, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	return &Handler{config: c, streams: events.NewBroadcast(events.Limits{MaxStreams: c.maxStreams})}, nil
}

// Publish makes a document the published one and sends a hint to all streams. signature is its
// minisign signature, or nil if it has none; it is served as it is, and clients verify it. Publish
// does not wait until the hint has arrived. Documents that were published already send no hint
// again.
//
// The document must be readable in the format of [WithFormat]; flags that are invalid are no error,
// because clients keep their earlier definitions, so check a document before you publish it. Its
// revision must not be below the published one, because clients would refuse it: then the error is
// a [becket.ErrLowerRevision], unless [WithLowerRevisionAllowed] is given. After an error, the
// document before stays. Publish keeps no reference to its arguments.
func (h *Handler) Publish(document, signature []byte) error {
	switch {
	case h == nil || h.streams == nil:
		return errors.New("becket: the handler was not made by publish.NewHandler")
	case h.relayed != nil:
		return errors.New("becket: a relay publishes the documents of its client only")
	case len(document) > maxDocument:
		return fmt.Errorf("becket: the document has %d bytes, and clients read at most %d", len(document), maxDocument)
	}
	document, signature = bytes.Clone(document), bytes.Clone(signature)
	rules, err := h.config.format.Decode(document)
	if err != nil {
		return fmt.Errorf("becket: the document is not published: %w", err)
	}
	next := newPublication(document, signature, rules.Info().Revision)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if before := h.current.Load(); before != nil && next.revision < before.revision && !h.config.lowerRevisionAllowed {
		return fmt.Errorf("%w: %d after %d; publish a higher one, or use WithLowerRevisionAllowed",
			becket.ErrLowerRevision, next.revision, before.revision)
	}
	return h.publish(next)
}

func newPublication(document, signature []byte, revision int64) *publication {
	p := &publication{document: newContent(document, "application/json"), revision: revision}
	if signature != nil {
		p.signature = newContent(signature, "text/plain; charset=utf-8")
	}
	return p
}

// same reports whether both have the same document and the same signature.
func (p *publication) same(q *publication) bool {
	if q == nil || p.document.digest != q.document.digest || (p.signature == nil) != (q.signature == nil) {
		return false
	}
	return p.signature == nil || p.signature.digest == q.signature.digest
}

// publish serves a publication and then sends the hint, so that clients that fetch at once get the
// new document. The caller holds the mutex.
func (h *Handler) publish(next *publication) error {
	if next.same(h.current.Load()) {
		return nil
	}
	h.current.Store(next)
	hint := push.Hint{Revision: next.revision, ETag: next.document.etag(""), Spread: h.config.spread}
	return h.streams.Send(events.Message{ID: next.document.digest, Data: hint.Text()})
}

// ETag returns the ETag of the published document without compression, with its quotes, or "" if
// nothing is published.
func (h *Handler) ETag() string {
	if p := h.published(); p != nil {
		return p.document.etag("")
	}
	return ""
}

// Revision returns the revision of the published document. It is 0 if nothing is published, or if
// the document has no revision.
func (h *Handler) Revision() int64 {
	if p := h.published(); p != nil {
		return p.revision
	}
	return 0
}

// Streams returns the number of open streams of events.
func (h *Handler) Streams() int {
	if h == nil || h.streams == nil {
		return 0
	}
	return h.streams.Streams()
}

// Close ends all streams of events, and refuses new ones with 503. It does not wait for their end.
// The document is still served; a relay does not get new ones any more. A server's Shutdown waits
// for open streams, so pass Close to [http.Server.RegisterOnShutdown]. Calls after the first do
// nothing.
func (h *Handler) Close() {
	if h == nil || h.streams == nil {
		return
	}
	if h.relayed != nil {
		h.relayed.stop()
	}
	h.streams.Close()
}

// published returns the publication to serve, or nil if there is none.
func (h *Handler) published() *publication {
	if h == nil {
		return nil
	}
	if h.relayed != nil {
		h.follow()
	}
	return h.current.Load()
}

// ServeHTTP answers GET and HEAD for the document and its signature, and GET for events.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.streams == nil {
		unpublished(w)
		return
	}
	suffix, ok := strings.CutPrefix(r.URL.Path, h.config.path)
	if !ok || suffix != "" && suffix != SignatureSuffix && suffix != EventsSuffix {
		http.NotFound(w, r)
		return
	}
	h.config.allowOrigin(w, r)
	switch {
	case r.Method == http.MethodOptions && len(h.config.origins) > 0:
		preflight(w)
	case suffix == EventsSuffix:
		h.published() // a relay may have a newer document than its last hint
		h.streams.ServeHTTP(w, r)
	default:
		h.serve(w, r, suffix == SignatureSuffix)
	}
}

// serve answers a request for the document or its signature.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, signature bool) {
	p := h.published()
	if p == nil {
		unpublished(w)
		return
	}
	c := p.document
	if signature {
		c = p.signature
	}
	switch {
	case c == nil:
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are allowed", http.StatusMethodNotAllowed)
	default:
		w.Header().Set("Cache-Control", h.config.cacheControl)
		c.serve(w, r)
	}
}

func unpublished(w http.ResponseWriter) {
	w.Header().Set("Retry-After", retryAfter)
	http.Error(w, "nothing is published yet", http.StatusServiceUnavailable)
}

// Limits and defaults.
const (
	maxDocument = 64 << 20 // greatest size of a document in bytes, which is the limit of clients
	maxSpread   = 10 * time.Minute
)
