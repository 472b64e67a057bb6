// Package webtest has a gateway that forgets connections, for tests of HTTP clients.
package webtest

import (
	"net"
	"sync"
)

// Forwarder passes bytes on to a server, as a gateway does. What it has forgotten of its
// connections it swallows: neither side hears from the other again, nor that this is so. It is safe
// for concurrent use.
type Forwarder struct {
	listener net.Listener
	server   string

	mutex    sync.Mutex
	accepted int
	swallow  int  // the connections before this one
	silent   bool // all of them
	closed   bool
	ends     []net.Conn
	running  sync.WaitGroup
}

// NewForwarder returns a forwarder on loopback in front of a server's address.
func NewForwarder(server string) (*Forwarder, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &Forwarder{listener: listener, server: server}
	f.running.Go(f.accept)
	return f, nil
}

// Address is where clients find the forwarder.
func (f *Forwarder) Address() string { return f.listener.Addr().String() }

// Connections returns how many there have been.
func (f *Forwarder) Connections() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.accepted
}

// Forget swallows all connections that there are. New ones are served.
func (f *Forwarder) Forget() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.swallow = f.accepted
}

// Silence swallows new connections too. When it ends, those that there are stay forgotten.
func (f *Forwarder) Silence(on bool) {
	f.Forget()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.silent = on
}

// Close ends the forwarder and all its connections.
func (f *Forwarder) Close() {
	_ = f.listener.Close()
	f.mutex.Lock()
	f.closed = true
	for _, end := range f.ends {
		_ = end.Close()
	}
	f.mutex.Unlock()
	f.running.Wait()
}

func (f *Forwarder) accept() {
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", f.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		f.connect(client, server)
	}
}

func (f *Forwarder) connect(client, server net.Conn) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.closed {
		_, _ = client.Close(), server.Close()
		return
	}
	number := f.accepted
	f.accepted++
	f.ends = append(f.ends, client, server)
	f.running.Go(func() { f.pass(number, client, server) })
	f.running.Go(func() { f.pass(number, server, client) })
}

// pass ends when one side hangs up, which the other is told unless the connection is forgotten.
func (f *Forwarder) pass(number int, from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		forgotten := f.forgotten(number)
		if n > 0 && !forgotten {
			_, _ = to.Write(buffer[:n])
		}
		if err != nil {
			if !forgotten {
				_ = to.Close()
			}
			return
		}
	}
}

func (f *Forwarder) forgotten(number int) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.silent || number < f.swallow
}
