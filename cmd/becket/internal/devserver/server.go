// Package devserver publishes a document and events over HTTP, for trying an application locally.
package devserver

import (
	"net/http"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/publish"
)

// SignatureSuffix is appended to the document's name to get the name of its signature.
const SignatureSuffix = publish.SignatureSuffix

// Server serves one document, its signature if it has one, and events. Only one goroutine may
// publish at a time; everything else is safe for concurrent use.
type Server struct {
	path    string
	handler *publish.Handler
	format  *decoded
}

// New returns a server without a document. The document's path will be / and the given name, and
// also / alone.
func New(name string) (*Server, error) {
	s := &Server{path: "/" + name, format: &decoded{}}
	var err error
	s.handler, err = publish.NewHandler(publish.WithPath(s.path), publish.WithFormat(s.format),
		publish.WithLowerRevisionAllowed())
	return s, err
}

// Publish replaces the served document, sends a hint with its revision to the streams of events,
// and returns its ETag. The caller has checked the document. Without a signature, signature is nil.
func (s *Server) Publish(document, signature []byte, revision int64) (etag string, err error) {
	s.format.revision = revision
	err = s.handler.Publish(document, signature)
	return s.handler.ETag(), err
}

// Close ends the streams of events.
func (s *Server) Close() { s.handler.Close() }

// ServeHTTP answers GET and HEAD.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" {
		r = r.Clone(r.Context())
		r.URL.Path = s.path
	}
	s.handler.ServeHTTP(w, r)
}

// decoded is the format of documents that the command has decoded already, each in a format of its
// own. Only the revision is needed.
type decoded struct{ revision int64 }

func (*decoded) Name() string { return "decoded" }

func (d *decoded) Decode([]byte) (becket.Rules, error) {
	return revisionOnly{revision: d.revision}, nil
}

// revisionOnly are rules that nobody evaluates.
type revisionOnly struct {
	becket.Rules
	revision int64
}

func (r revisionOnly) Info() becket.RulesInfo { return becket.RulesInfo{Revision: r.revision} }
