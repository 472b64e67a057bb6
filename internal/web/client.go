package web

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// Client sends the requests of a source. It abandons connections that may have died silently: after
// a fetch without a complete answer, the next fetch first closes idle connections, and no later
// fetch uses the connection of that next fetch. Closing idle connections is enough if no other
// request uses the program's transport at that moment. The second measure also works if a
// RoundTripper hides the transport, or if other requests use the dead connection; then one more
// fetch fails. Neither measure cuts off other requests. A Client is safe for concurrent use.
type Client struct {
	http    http.Client
	own     *Transport  // nil if the program's client has a transport
	doubted atomic.Bool // the last fetch got no complete answer
	// for streams of events, the time without a byte after which a stream counts as lost
	silence time.Duration
}

// NewClient returns a client that works like custom, which may be nil, and follows redirects by
// [RedirectPolicy]. If custom has no transport, the client gets its own. public holds the headers
// that every host may receive.
func NewClient(custom *http.Client, public http.Header) *Client {
	return newClient(custom, nil, public)
}

// newClient returns a client whose own transport, if it needs one, is own or a new one for nil.
func newClient(custom *http.Client, own *Transport, public http.Header) *Client {
	c := &Client{}
	if custom != nil {
		c.http = *custom
	}
	if c.http.Transport == nil {
		if own == nil {
			own = NewTransport()
		}
		c.own = own
		c.http.Transport = own
	}
	c.http.CheckRedirect = RedirectPolicy(public, c.http.CheckRedirect)
	return c
}

// Do sends a request, which it may change. The caller must call ended after it has read the body,
// or after Do has failed. answered says whether there was a complete answer.
func (c *Client) Do(request *http.Request) (response *http.Response, ended func(answered bool), err error) {
	if c.doubted.Load() {
		c.http.CloseIdleConnections()
		request.Close = true // with this, net/http gives the connection to no later request
	}
	way := &way{}
	response, err = c.http.Do(request.WithContext(way.traced(request.Context())))
	return response, func(answered bool) { c.doubted.Store(!answered && way.connected()) }, err
}

// CloseIdleConnections closes idle connections, unless they belong to the program's transport.
func (c *Client) CloseIdleConnections() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// way records whether a request asked for a connection and whether it got one.
type way struct{ asked, got atomic.Bool }

func (w *way) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.got.Store(true) },
	})
}

// connected reports whether the request may have had a connection. If no connection could be made,
// the idle connections are not the cause of the failure. A RoundTripper of the program may report
// nothing; then the request may have had a connection.
func (w *way) connected() bool { return w.got.Load() || !w.asked.Load() }
