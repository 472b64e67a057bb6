// Package devserver publishes a document over HTTP with ETag and gzip, for trying an application
// locally.
package devserver

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// SignatureSuffix is appended to the document's name to get the name of its signature.
const SignatureSuffix = ".minisig"

// Server serves one document and its signature, if it has one. It is safe for concurrent use.
type Server struct {
	path    string
	current atomic.Pointer[publication]
}

// publication holds the served contents. Both change together.
type publication struct {
	document, signature *content // nil if there is none
}

// New returns a server without a document. The document's path will be / and the given name.
func New(name string) *Server {
	return &Server{path: "/" + name}
}

// Publish replaces the served document and returns its ETag. Without a signature, signature is nil.
func (s *Server) Publish(document, signature []byte) (etag string) {
	p := publication{document: newContent(document, "application/json")}
	if signature != nil {
		p.signature = newContent(signature, "text/plain; charset=utf-8")
	}
	s.current.Store(&p)
	return p.document.etag(false)
}

// ServeHTTP answers GET and HEAD.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := s.current.Load()
	if p == nil {
		http.Error(w, "nothing is published yet", http.StatusServiceUnavailable)
		return
	}
	var c *content
	switch r.URL.Path {
	case "/", s.path:
		c = p.document
	case s.path + SignatureSuffix:
		c = p.signature
	}
	switch {
	case c == nil:
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are allowed", http.StatusMethodNotAllowed)
	default:
		c.serve(w, r)
	}
}

// content is one served file in both encodings.
type content struct {
	kind          string
	digest        string
	plain, zipped []byte
}

func newContent(body []byte, kind string) *content {
	sum := sha256.Sum256(body)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(body) // writing to a buffer never fails
	_ = w.Close()
	return &content{kind: kind, digest: hex.EncodeToString(sum[:12]), plain: body, zipped: zipped.Bytes()}
}

// etag returns a different ETag for each encoding, because a strong ETag promises identical bytes.
func (c *content) etag(zipped bool) string {
	if zipped {
		return `"` + c.digest + `-gzip"`
	}
	return `"` + c.digest + `"`
}

func (c *content) serve(w http.ResponseWriter, r *http.Request) {
	zipped := acceptsGzip(r.Header.Values("Accept-Encoding"))
	header := w.Header()
	header.Set("Etag", c.etag(zipped))
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	if c.known(r.Header.Values("If-None-Match")) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := c.plain
	if zipped {
		body = c.zipped
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Type", c.kind)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

// known reports whether the client already has the content, in either encoding.
func (c *content) known(ifNoneMatch []string) bool {
	for tag := range strings.SplitSeq(strings.Join(ifNoneMatch, ","), ",") {
		switch strings.TrimPrefix(strings.TrimSpace(tag), "W/") {
		case "*", c.etag(false), c.etag(true):
			return true
		}
	}
	return false
}

// acceptsGzip reports whether Accept-Encoding names gzip or *, with a weight other than 0.
func acceptsGzip(accepted []string) bool {
	weights := map[string]float64{}
	for one := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		name, parameters, _ := strings.Cut(one, ";")
		weight := 1.0
		if text, ok := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q="); ok {
			weight, _ = strconv.ParseFloat(text, 64)
		}
		weights[strings.ToLower(strings.TrimSpace(name))] = weight
	}
	if weight, ok := weights["gzip"]; ok {
		return weight > 0
	}
	return weights["*"] > 0
}
