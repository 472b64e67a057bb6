// Package accepted gives the package publish the document that a client has accepted. The package
// becket exports no name for it, because other programs need flags and not documents.
package accepted

// Document is a document that a client has accepted from its source or from its disk copy. It does
// not change.
type Document struct {
	Body      []byte
	Signature []byte // verified by the client; nil if the client verifies none
	Revision  int64
}

// Of returns the document that a *becket.Client has accepted last, or nil if there is none, or if
// the client has not kept its bytes. From the first call on, the client keeps the bytes of the
// documents that it accepts, and its next fetch has no condition if it has not kept those of the
// document in use. The pointer stays the same as long as the
// document does. The package becket sets Of when it is initialized.
var Of func(client any) *Document
