package web

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Transport sends the requests of a source that was given no transport. It owes nothing to
// [http.DefaultTransport], which any package of the program can change.
//
// Connections are kept for HTTP/2 alone. On a kept connection of HTTP/1, net/http writes bytes that
// arrive between two answers to the standard logger, where nothing can take secrets out of them
// that a server repeats. Polls are far apart, so that such a connection has often died meanwhile,
// and a poll with it.
//
// A kept connection that nothing has come from for a while is pinged, and given up when it does not
// answer: a gateway may forget a connection without a word to anybody.
type Transport struct {
	// a connection for each request; finds out what the server speaks
	single *http.Transport
	kept   atomic.Pointer[http.Transport] // HTTP/2 alone

	multiplexed atomic.Pointer[string] // the host that answered single by HTTP/2 last
}

// How a kept connection is watched. A dead one is found between two polls of the usual interval.
const (
	pingAfter   = 15 * time.Second // without a byte
	pongWithin  = 5 * time.Second
	writeWithin = 10 * time.Second
)

// NewTransport returns a transport that takes proxies from the environment and wants TLS 1.2 at
// least.
func NewTransport() *Transport {
	t, kept := &Transport{single: newTransport()}, newTransport()
	t.single.DisableKeepAlives = true
	kept.Protocols = &http.Protocols{}
	kept.Protocols.SetHTTP2(true)
	kept.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pongWithin, WriteByteTimeout: writeWithin}
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
			MinVersion:         tls.VersionTLS12,
			ClientSessionCache: tls.NewLRUClientSessionCache(4), // makes a new connection cheap
		},
	}
}

// RoundTrip sends a request. What fails by HTTP/2 alone is sent in the other way the next time.
// Other hosts, which redirects may lead to, need not speak it.
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

// CloseIdleConnections ends the connections that no request uses, and no later request uses another
// one that there is now: a connection that has just been given up may not be idle yet.
func (t *Transport) CloseIdleConnections() {
	t.single.CloseIdleConnections()
	kept := t.kept.Load()
	if t.kept.CompareAndSwap(kept, kept.Clone()) {
		kept.CloseIdleConnections()
	}
}
