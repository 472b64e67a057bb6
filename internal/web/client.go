package web

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// Client sends the requests of a source. It abandons connections that may have died silently: after
// a fetch without a complete answer, the next fetch from the same host uses a new connection. It
// closes idle connections, and leaves each connection that existed before as soon as the transport
// offers it, which is necessary if a RoundTripper hides the transport, or if other requests use the
// connection. These other requests are not cut off. A Client is safe for concurrent use.
type Client struct {
	http    http.Client
	own     *Transport // nil if the program's client has a transport
	doubted sync.Map   // the hosts whose last request got no complete answer
	// for streams of events, the time without a byte after which a stream counts as lost
	silence time.Duration
}

// maxLeft is the greatest number of connections that one request leaves.
const maxLeft = 16

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
	host := request.URL.Host
	way, free := &way{}, func() {}
	if _, doubted := c.doubted.Load(host); doubted {
		c.http.CloseIdleConnections()
		response, way, free, err = c.doAnew(request)
	} else {
		response, err = c.http.Do(request.WithContext(way.traced(request.Context())))
	}
	return response, func(answered bool) {
		free()
		if !answered && way.connected() {
			c.doubted.Store(host, true)
		} else {
			c.doubted.Delete(host)
		}
	}, err
}

// doAnew sends a request on a new connection. If the transport offers a connection that existed
// before, the request leaves it and is sent again. The transport then gives that connection to no
// later request, because the request was marked as its last one. free must be called in the end.
func (c *Client) doAnew(request *http.Request) (response *http.Response, w *way, free func(), err error) {
	request.Close = true // with this, net/http gives the connection to no later request
	for left := 0; ; left++ {
		ctx, cancel := context.WithCancel(request.Context())
		w = &way{}
		if left < maxLeft {
			w.leave = cancel
		}
		response, err = c.http.Do(request.WithContext(w.traced(ctx)))
		if !w.left.Load() || request.Context().Err() != nil {
			return response, w, cancel, err
		}
		if err == nil {
			_ = response.Body.Close()
		}
		cancel()
	}
}

// CloseIdleConnections closes idle connections, unless they belong to the program's transport.
func (c *Client) CloseIdleConnections() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// way records whether a request asked for a connection and whether it got one. If leave is not nil,
// the request must leave a connection that existed before.
type way struct {
	asked, got, left atomic.Bool
	reused           atomic.Bool
	leave            func()
}

func (w *way) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			w.got.Store(true)
			w.reused.Store(info.Reused)
		},
		// Only now HTTP/2 has marked the connection.
		WroteHeaders: func() {
			if w.leave != nil && w.reused.Load() {
				w.left.Store(true)
				w.leave()
			}
		},
	})
}

// connected reports whether the request may have had a connection. If no connection could be made,
// the idle connections are not the cause of the failure. A RoundTripper of the program may report
// nothing; then the request may have had a connection.
func (w *way) connected() bool { return w.got.Load() || !w.asked.Load() }
