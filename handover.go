package becket

import (
	"bytes"
	"sync/atomic"

	"github.com/becketflags/becket/internal/accepted"
)

// handover makes the document of the ruleset in use available to relays, which serve it on. The
// fetcher offers documents, and any goroutine may take them.
type handover struct {
	wanted   atomic.Bool // there is a relay, so the client must keep the document's bytes
	document atomic.Pointer[accepted.Document]
}

// take returns the document that was offered last, or nil if there is none.
func (o *handover) take() *accepted.Document {
	o.wanted.Store(true)
	return o.document.Load()
}

// offer makes a ruleset's document available, if it comes from the source or the disk and its bytes
// were kept. Nobody has published a bootstrap. The signature of a document never changes, because
// the fetcher does not fetch it again.
func (o *handover) offer(h *heldRuleset) {
	if h.body == nil || h.snapshot.tier != TierDisk && h.snapshot.tier != TierNetwork {
		return
	}
	next := &accepted.Document{Body: h.body, Signature: h.signature, Revision: h.info.Revision}
	before := o.document.Load()
	if before == nil || !bytes.Equal(before.Body, next.Body) {
		o.document.Store(next)
	}
}

// lacks reports whether a relay wants the document of a ruleset whose bytes were not kept, so that
// it must be fetched again.
func (o *handover) lacks(h *heldRuleset) bool {
	return o.wanted.Load() && h.snapshot.rules != nil && h.body == nil
}
