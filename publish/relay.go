package publish

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/accepted"
	"github.com/becketflags/becket/internal/events"
)

// relayed is the client whose document a relay serves.
type relayed struct {
	client *becket.Client
	seen   atomic.Pointer[accepted.Document] // the document that the relay has published last
	stop   func()
}

// Relay returns a handler that serves on the document that a client has accepted: the same bytes,
// the same ETag, and the signature that the client has verified. So a few relays ask the origin,
// and many programs ask a relay in their own cluster; relays may ask relays. A relay sends a hint
// when its client has a new document. Give the client the events of its origin, and a disk cache
// with [becket.WithDiskCache].
//
// As long as the client has no document from its source or from disk, the answer is 503 with
// Retry-After. A bootstrap is not relayed, because nobody has published it. While the source is
// down, the relay serves the last document; the refusal of older documents is the client's. A
// signature is served only if the client verifies it, so give the client the keys if clients behind
// the relay have them.
//
// The client keeps the document in memory from now on. Relay returns an error if the client is nil,
// and for mistakes in the options. Close the handler before the client.
func Relay(client *becket.Client, options ...Option) (*Handler, error) {
	c, err := newConfig(options)
	if client == nil {
		err = errors.Join(errors.New("becket: publish.Relay: the client is nil"), err)
	}
	if err != nil {
		return nil, err
	}
	h := &Handler{config: c, streams: events.NewBroadcast(events.Limits{MaxStreams: c.maxStreams})}
	ctx, cancel := context.WithCancel(context.Background())
	h.relayed = &relayed{client: client}
	ignore := client.Listen(becket.Hooks{OnRefresh: func(becket.Refresh) {
		h.mutex.Lock()
		defer h.mutex.Unlock()
		h.followLocked()
	}})
	h.relayed.stop = func() { ignore(); cancel() }
	if accepted.Of(client) == nil {
		// a client without a disk cache keeps no document, and has to fetch it again
		go func() { _ = client.Refresh(ctx) }() // the client reports a failure itself
	}
	return h, nil
}

// follow publishes the client's document if it is new. If another goroutine is doing this, the
// document before is served for a moment longer; only for the first document, follow waits.
func (h *Handler) follow() {
	switch {
	case accepted.Of(h.relayed.client) == h.relayed.seen.Load():
		return
	case h.current.Load() == nil:
		h.mutex.Lock()
	case !h.mutex.TryLock():
		return
	}
	defer h.mutex.Unlock()
	h.followLocked()
}

// followLocked does the work of follow. The caller holds the mutex, so that a document never
// replaces a newer one.
func (h *Handler) followLocked() {
	document := accepted.Of(h.relayed.client)
	if document == nil || document == h.relayed.seen.Load() {
		return
	}
	// an error is impossible, because a digest is a valid id
	_ = h.publish(newPublication(document.Body, document.Signature, document.Revision))
	h.relayed.seen.Store(document)
}
