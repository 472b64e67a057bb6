// Package webtest contains a gateway that forgets connections, for tests of HTTP clients.
package webtest

import (
	"net"
	"sync"
)

// Forwarder forwards bytes between clients and a server, as a gateway does. It drops the bytes of
// connections that it has forgotten, without closing them, so neither side notices. It is safe for
// concurrent use.
type Forwarder struct {
	listener net.Listener
	server   string

	mutex    sync.Mutex
	accepted int
	swallow  int  // number of the first connection that is not forgotten
	silent   bool // all connections are forgotten
	closed   bool
	ends     []net.Conn
	running  sync.WaitGroup
}

// NewForwarder returns a forwarder that listens on a loopback address and forwards to a server's
// address.
func NewForwarder(server string) (*Forwarder, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &Forwarder{listener: listener, server: server}
	f.running.Go(f.accept)
	return f, nil
}

// Address returns the address at which the forwarder listens.
func (f *Forwarder) Address() string { return f.listener.Addr().String() }

// Connections returns the number of connections so far.
func (f *Forwarder) Connections() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.accepted
}

// Forget makes the forwarder forget all connections that exist. It still forwards new ones.
func (f *Forwarder) Forget() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.swallow = f.accepted
}

// Silence forgets all connections that exist and, if on is true, every new one too. After
// Silence(false), new connections are forwarded again; earlier ones stay forgotten.
func (f *Forwarder) Silence(on bool) {
	f.Forget()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.silent = on
}

// Cut closes all connections that exist. New ones are forwarded.
func (f *Forwarder) Cut() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, end := range f.ends {
		_ = end.Close()
	}
	f.ends = nil
}

// Close closes the forwarder and all its connections, and waits until both are closed.
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

// pass forwards bytes until one side closes the connection. It then closes the other side too,
// unless the connection is forgotten.
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
