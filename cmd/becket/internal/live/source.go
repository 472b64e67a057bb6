// Package live fetches a published document with the library's own source, and also returns the
// server's answer.
package live

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/web"
)

// Answer holds the status and the headers of a server's answer. After redirects, it is the last
// answer.
type Answer struct {
	Status int
	Header http.Header
	Gzip   bool // the body was compressed
}

// Source is a source that remembers the answer to its last fetch. It is safe for concurrent use.
type Source struct {
	becket.SignedSource
	recorder *recorder

	mutex    sync.Mutex
	document *becket.Document // the document that the next Fetch returns; nil after that
}

// New returns a source for a URL. If the transport is nil, it is the library's own.
func New(address string, transport http.RoundTripper, options ...becket.HTTPOption) (*Source, error) {
	if transport == nil {
		transport = web.NewTransport()
	}
	recorder := &recorder{next: transport}
	client := &http.Client{Transport: recorder}
	source, signed := becket.HTTP(address, append(options, becket.WithHTTPClient(client))...).(becket.SignedSource)
	if !signed {
		return nil, errors.New("the source has no signatures")
	}
	if checked, ok := source.(interface{ Check() error }); ok {
		if err := checked.Check(); err != nil {
			return nil, err
		}
	}
	return &Source{SignedSource: source, recorder: recorder}, nil
}

// Ask fetches the document as the library does and also returns the server's answer, or nil if
// there was no answer.
func (s *Source) Ask(ctx context.Context, last becket.Validator) (becket.Document, *Answer, error) {
	s.recorder.forget()
	document, err := s.SignedSource.Fetch(ctx, last)
	return document, s.recorder.last(), err
}

// AskSignature fetches the signature as the library does and also returns the server's answer, or
// nil if there was no answer.
func (s *Source) AskSignature(ctx context.Context) ([]byte, *Answer, error) {
	s.recorder.forget()
	signature, err := s.FetchSignature(ctx)
	return signature, s.recorder.last(), err
}

// Offer makes the next Fetch return this document, so that a client decides about the document that
// Ask has fetched.
func (s *Source) Offer(document *becket.Document) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.document = document
}

// Fetch returns the offered document once, and after that asks the server.
func (s *Source) Fetch(ctx context.Context, last becket.Validator) (becket.Document, error) {
	s.mutex.Lock()
	document := s.document
	s.document = nil
	s.mutex.Unlock()
	if document != nil {
		return *document, nil
	}
	return s.SignedSource.Fetch(ctx, last)
}

// Close closes the connections.
func (s *Source) Close() error {
	s.recorder.CloseIdleConnections()
	return nil
}

// recorder stores the status and the headers of the last answer.
type recorder struct {
	next   http.RoundTripper
	mutex  sync.Mutex
	answer *Answer
}

// RoundTrip sends a request.
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.answer = &Answer{Status: response.StatusCode, Header: response.Header.Clone(), Gzip: response.Uncompressed}
	return response, nil
}

// CloseIdleConnections is called by the library after a fetch without an answer.
func (r *recorder) CloseIdleConnections() {
	if closer, ok := r.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func (r *recorder) forget() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.answer = nil
}

func (r *recorder) last() *Answer {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.answer
}
