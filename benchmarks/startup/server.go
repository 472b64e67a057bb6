package startup

import (
	"bytes"
	"fmt"
	"net"
	"sync/atomic"
)

// server speaks just enough HTTP on the loopback interface to serve one document. It allocates
// nothing for a request, so that all allocations of the process are the client's.
type server struct {
	listener net.Listener
	reply    atomic.Pointer[reply]
}

type reply struct {
	tag         []byte // the ETag as a conditional request contains it
	full        []byte
	notModified []byte
}

func newServer() (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{listener: listener}
	go s.accept()
	return s, nil
}

func (s *server) url() string { return "http://" + s.listener.Addr().String() + "/flags.json" }

func (s *server) close() { _ = s.listener.Close() }

// publish makes the server serve a document from now on.
func (s *server) publish(document []byte, tag string) { s.reply.Store(newReply(document, tag)) }

func newReply(document []byte, tag string) *reply {
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\n"+
		"Content-Type: application/json\r\nETag: %q\r\nContent-Length: %d\r\n\r\n", tag, len(document))
	return &reply{
		tag:         fmt.Appendf(nil, "%q", tag),
		full:        append([]byte(head), document...),
		notModified: fmt.Appendf(nil, "HTTP/1.1 304 Not Modified\r\nETag: %q\r\n\r\n", tag),
	}
}

func (s *server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.serve(conn)
	}
}

func (s *server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	buffer, length := make([]byte, 16<<10), 0
	for {
		n, err := conn.Read(buffer[length:])
		if err != nil {
			return
		}
		length += n
		end := bytes.Index(buffer[:length], []byte("\r\n\r\n"))
		if end < 0 {
			continue
		}
		r := s.reply.Load()
		answer := r.full
		if bytes.Contains(buffer[:end], r.tag) {
			answer = r.notModified
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
		length = 0
	}
}
