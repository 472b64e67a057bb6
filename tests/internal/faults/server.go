// Package faults is a flag service that fails on demand: an HTTP server on a loopback address. A
// test can switch each fault on and off while clients use the server. The reliability tests use it.
package faults

import (
	"crypto/tls"
	"fmt"
	"io"
	"log" //nolint:depguard // net/http wants one
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/webtest"
)

// Document returns a ruleset of one environment with one string flag, "state", that serves the
// given text to everybody.
func Document(revision int, state string) string {
	const document = `{"schema":1,"revision":%d,"environment":"test",` +
		`"flags":{"state":{"variants":{"v":%q},"default":"v"}}}`
	return fmt.Sprintf(document, revision, state)
}

// Server is the flag service. It is safe for concurrent use.
type Server struct {
	authority *Authority // nil for plain HTTP
	address   string
	gateway   *webtest.Forwarder // in front of the server; nil if there is none
	away      *http.Server       // another host, as the target of redirects
	awayURL   string

	mutex    sync.Mutex
	server   *http.Server // nil while connections are refused
	fault    *Fault       // nil while the server is healthy
	body     string
	etag     string
	requests int
	leaked   []string // credentials that the other host received
}

// Start returns a healthy server that has no document yet. With an authority, it uses TLS.
func Start(authority *Authority) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{authority: authority, address: listener.Addr().String()}
	away, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.awayURL = "http://" + away.Addr().String()
	s.away = newHTTPServer(s.elsewhere)
	go func() { _ = s.away.Serve(away) }()
	s.serve(listener)
	return s, nil
}

// StartBehindGateway is Start with a gateway, for faults with the field Silent.
func StartBehindGateway(authority *Authority) (*Server, error) {
	s, err := Start(authority)
	if err != nil {
		return nil, err
	}
	s.gateway, err = webtest.NewForwarder(s.address)
	return s, err
}

// URL returns the URL of the document.
func (s *Server) URL() string {
	address := s.address
	if s.gateway != nil {
		address = s.gateway.Address()
	}
	if s.authority != nil {
		return "https://" + address + "/flags.json"
	}
	return "http://" + address + "/flags.json"
}

// Publish ends the fault and makes the server serve a document with a new ETag.
func (s *Server) Publish(body string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	connections := s.fault != nil && s.fault.breaksConnections()
	s.fault, s.body, s.etag = nil, body, fmt.Sprintf(`"%x"`, time.Now().UnixNano())
	if s.gateway != nil {
		s.gateway.Silence(false)
	}
	if !connections {
		return nil
	}
	return s.restart()
}

// Break switches a fault on.
func (s *Server) Break(f *Fault) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.fault = f
	if f.Silent {
		s.gateway.Silence(true)
	}
	if !f.breaksConnections() {
		return nil
	}
	if f.Refuse {
		_ = s.server.Close()
		s.server = nil
		return nil
	}
	return s.restart()
}

// Requests returns the number of requests so far.
func (s *Server) Requests() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.requests
}

// Leaked lists credentials that followed a redirect to another host.
func (s *Server) Leaked() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.leaked
}

// Close closes the server and all its connections.
func (s *Server) Close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.server != nil {
		_ = s.server.Close()
	}
	if s.gateway != nil {
		s.gateway.Close()
	}
	_ = s.away.Close()
}

func newHTTPServer(handler http.HandlerFunc) *http.Server {
	return &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
}

// restart starts a new server on the same port, so that clients cannot use old connections to avoid
// a fault of new connections.
func (s *Server) restart() error {
	if s.server != nil {
		_ = s.server.Close()
	}
	var err error
	for range 100 {
		var listener net.Listener
		if listener, err = net.Listen("tcp", s.address); err == nil {
			s.serve(listener)
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

func (s *Server) serve(listener net.Listener) {
	if s.authority != nil {
		kind := Valid
		if s.fault != nil {
			kind = s.fault.Certificate
		}
		listener = tls.NewListener(listener, s.authority.config(kind))
	}
	s.server = newHTTPServer(s.answer)
	server := s.server
	go func() { _ = server.Serve(listener) }()
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	s.requests++
	fault, body, etag := s.fault, s.body, s.etag
	s.mutex.Unlock()
	if fault != nil && fault.answer != nil {
		fault.answer(&exchange{ResponseWriter: w, request: r, body: body, etag: etag, away: s.awayURL})
		return
	}
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = io.WriteString(w, body)
}

// elsewhere is the other host. Its answer looks like a document, but clients must not use it.
func (s *Server) elsewhere(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, name := range []string{"Authorization", "Cookie", "Referer", "X-Key"} {
		if value := r.Header.Get(name); value != "" {
			s.leaked = append(s.leaked, name+": "+value)
		}
	}
	http.Error(w, Document(1_000, "from elsewhere"), http.StatusForbidden)
}

// exchange is one request and its answer.
type exchange struct {
	http.ResponseWriter
	request    *http.Request
	body, etag string // the answer of a healthy server
	away       string
}

func (x *exchange) say(text string) { _, _ = io.WriteString(x, text) }

func (x *exchange) flush() { _ = http.NewResponseController(x.ResponseWriter).Flush() }

// silence sends nothing more until the client abandons the request.
func (x *exchange) silence() { <-x.request.Context().Done() }

// raw takes over the connection, sends a text that may not be HTTP, and resets or closes the
// connection.
func (x *exchange) raw(text string, reset bool) {
	connection, _, err := http.NewResponseController(x.ResponseWriter).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(connection, text)
	if tcp, ok := connection.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}
