package web

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// Client sends the requests of a source. It gives up connections that may have died silently: after
// a fetch that got no whole answer, the next one begins by closing the connections that are idle,
// and the connection that it then uses is used by no later one. The first is enough where a program
// passes a transport of its own that nobody else uses at the moment. The second also works through
// a RoundTripper that hides the transport, and while other requests are on the dead connection; it
// takes one more fetch, and harms none of them. A Client is safe for concurrent use.
type Client struct {
	http    http.Client
	own     *Transport  // nil where the program's client has a transport
	doubted atomic.Bool // the last fetch got no whole answer
}

// NewClient returns a client that works like custom, which may be nil, and follows redirects by
// [RedirectPolicy]. Without a transport in custom it has one of its own. public is the header that
// every host may see.
func NewClient(custom *http.Client, public http.Header) *Client {
	c := &Client{}
	if custom != nil {
		c.http = *custom
	}
	if c.http.Transport == nil {
		c.own = NewTransport()
		c.http.Transport = c.own
	}
	c.http.CheckRedirect = RedirectPolicy(public, c.http.CheckRedirect)
	return c
}

// Do sends a request, which it may change. The request has ended when the caller has read the body
// and calls ended, also where Do fails, with whether there was an answer.
func (c *Client) Do(request *http.Request) (response *http.Response, ended func(answered bool), err error) {
	if c.doubted.Load() {
		c.http.CloseIdleConnections()
		request.Close = true // in net/http, no later request gets this connection either
	}
	way := &way{}
	response, err = c.http.Do(request.WithContext(way.traced(request.Context())))
	return response, func(answered bool) { c.doubted.Store(!answered && way.connected()) }, err
}

// CloseIdleConnections ends idle connections, unless they are the program's own.
func (c *Client) CloseIdleConnections() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// way is how far a request has come.
type way struct{ asked, got atomic.Bool }

func (w *way) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.got.Store(true) },
	})
}

// connected reports whether the request may have had a connection. Where none could be made, those
// that are kept are not to blame. A RoundTripper of the program need not tell.
func (w *way) connected() bool { return w.got.Load() || !w.asked.Load() }
