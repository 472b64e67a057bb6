package web

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Transport sends the requests of a source for which the program did not choose a transport. It
// does not depend on [http.DefaultTransport], which any package of the program can change.
//
// It keeps connections only over HTTP/2. If bytes arrive on an idle HTTP/1 connection, net/http
// writes them to the standard logger, and becket cannot remove secrets from them that a server may
// repeat. Because polls are far apart, an idle HTTP/1 connection has also often died before the
// next poll, which then fails.
//
// An HTTP/2 connection on which no bytes arrive for a while is pinged, and closed if there is no
// answer, because a gateway may forget a connection without informing either side.
type Transport struct {
	// uses a new connection for each request, and finds out whether the server has HTTP/2
	single *http.Transport
	kept   atomic.Pointer[http.Transport] // only for HTTP/2

	multiplexed atomic.Pointer[string] // the host that last answered single over HTTP/2
}

// Time limits of an HTTP/2 connection. Together, the first two are shorter than the default poll
// interval, so that a dead connection is found between two polls.
const (
	pingAfter   = 15 * time.Second // a ping is sent if no byte arrives for this time
	pongWithin  = 5 * time.Second  // time for the answer to a ping
	writeWithin = 10 * time.Second // time until a write makes progress
)

// NewTransport returns a transport that reads proxies from the environment and requires at least
// TLS 1.2.
func NewTransport() *Transport {
	t, kept := &Transport{single: newTransport()}, newTransport()
	t.single.DisableKeepAlives = true
	kept.Protocols = &http.Protocols{}
	kept.Protocols.SetHTTP2(true)
	for _, transport := range []*http.Transport{t.single, kept} { // a stream may last on single too
		transport.HTTP2 = &http.HTTP2Config{
			SendPingTimeout: pingAfter, PingTimeout: pongWithin, WriteByteTimeout: writeWithin,
		}
	}
	t.kept.Store(kept)
	return t
}

func newTransport() *http.Transport {
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     90 * time.Second,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12,
			// a resumed session makes the handshake of a new connection smaller
			ClientSessionCache: tls.NewLRUClientSessionCache(4),
		},
	}
}

// RoundTrip sends a request. It uses a kept HTTP/2 connection if the last answer of a new
// connection came from the same host over HTTP/2. If that fails, the next request uses a new
// connection again.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	host := t.multiplexed.Load()
	if request.URL.Scheme == "https" && host != nil && *host == request.URL.Host {
		response, err := t.kept.Load().RoundTrip(request)
		if err != nil || response.ProtoMajor != 2 {
			t.multiplexed.Store(nil)
			t.CloseIdleConnections()
		}
		return response, err
	}
	response, err := t.single.RoundTrip(request)
	if err == nil && response.ProtoMajor == 2 {
		t.multiplexed.Store(&request.URL.Host)
	}
	return response, err
}

// CloseIdleConnections closes idle connections. No later request uses any connection that exists
// now, because a connection that has just been abandoned may not be idle yet.
func (t *Transport) CloseIdleConnections() {
	t.single.CloseIdleConnections()
	kept := t.kept.Load()
	if t.kept.CompareAndSwap(kept, kept.Clone()) {
		kept.CloseIdleConnections()
	}
}
