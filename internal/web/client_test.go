package web

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log" //nolint:depguard // net/http wants one
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/webtest"
)

// newForwarder returns a gateway in front of a server, and the address of the gateway.
func newForwarder(t *testing.T, server *httptest.Server) (forwarder *webtest.Forwarder, address string) {
	t.Helper()
	forwarder, err := webtest.NewForwarder(server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(forwarder.Close)
	return forwarder, "https://" + forwarder.Address()
}

func startHTTP2(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // requests leave their connections
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// newTransportOf returns a program's transport that trusts a test server and uses HTTP/2.
func newTransportOf(t *testing.T, server *httptest.Server) *http.Transport {
	t.Helper()
	_, trusted := trusting(server)
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{
		RootCAs: trusted.kept.Load().TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12,
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// wrapped hides a transport, so that nobody can ask it to close idle connections.
type wrapped struct{ http.RoundTripper }

// poll sends a request as a source does. It returns an error if there was no answer within the
// limit.
func poll(t *testing.T, client *Client, address string, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	require.NoError(t, err)
	response, ended, err := client.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	ended(err == nil)
	return err
}

const (
	healthy = 20 * time.Second       // is never used up
	dead    = 200 * time.Millisecond // on a connection that is swallowed, it is
)

func TestAConnectionThatDiedSilentlyIsUsedForOneFetchMore(t *testing.T) {
	server := startHTTP2(t, empty)
	for name, client := range map[string]func() *Client{
		"the source's own transport": func() *Client {
			_, transport := trusting(server)
			return NewClient(&http.Client{Transport: transport}, nil)
		},
		"a program's transport": func() *Client {
			return NewClient(&http.Client{Transport: newTransportOf(t, server)}, nil)
		},
		"a transport that is hidden": func() *Client {
			return NewClient(&http.Client{Transport: wrapped{newTransportOf(t, server)}}, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := client()
			forwarder, address := newForwarder(t, server)
			for range 3 {
				require.NoError(t, poll(t, client, address, healthy))
			}
			before := forwarder.Connections()
			for range 2 {
				require.NoError(t, poll(t, client, address, healthy))
			}
			require.Equal(t, before, forwarder.Connections(), "the connection is kept")
			for round := range 3 {
				forwarder.Forget()
				require.ErrorIs(t, poll(t, client, address, dead), context.DeadlineExceeded, "round %d", round)
				for range 3 {
					require.NoError(t, poll(t, client, address, healthy), "round %d", round)
				}
			}
			client.http.CloseIdleConnections()
		})
	}
}

// While other requests of the program use the connection, it is not idle. These requests are not
// cut off, because their connection may be alive.
func TestAConnectionThatOthersUseIsLeftAloneAndNotUsedAgain(t *testing.T) {
	release := make(chan struct{})
	server := startHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			_ = http.NewResponseController(w).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
			_, _ = io.WriteString(w, "the end")
		case "/silent":
			<-r.Context().Done()
		}
	})
	transport := newTransportOf(t, server)
	program := &http.Client{Transport: transport}
	for name, client := range map[string]*Client{
		"a transport":                NewClient(program, nil),
		"a transport that is hidden": NewClient(&http.Client{Transport: wrapped{transport}}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			forwarder, address := newForwarder(t, server)
			require.NoError(t, poll(t, client, address, healthy))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/long", nil)
			require.NoError(t, err)
			long, err := program.Do(request)
			require.NoError(t, err)
			require.Equal(t, 1, forwarder.Connections(), "both are on one connection")

			// The connection is alive, and only the flag service does not answer.
			for range 2 {
				require.ErrorIs(t, poll(t, client, address+"/silent", dead), context.DeadlineExceeded)
			}
			assert.Greater(t, forwarder.Connections(), 1, "the second fetch is on a new connection")
			release <- struct{}{}
			text, err := io.ReadAll(long.Body)
			require.NoError(t, err)
			require.NoError(t, long.Body.Close())
			assert.Equal(t, "the end", string(text), "the program's own request came to its end")

			// The connection is dead, and another request waits on it.
			require.NoError(t, poll(t, client, address, healthy))
			long, err = program.Do(request)
			require.NoError(t, err)
			defer long.Body.Close()
			require.NoError(t, poll(t, client, address, healthy))
			forwarder.Forget()
			require.ErrorIs(t, poll(t, client, address, dead), context.DeadlineExceeded)
			require.NoError(t, poll(t, client, address, healthy))
		})
	}
}

// A transport may keep many connections to a host, and all of them may have died.
func TestAllConnectionsOfATransportMayHaveDied(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, hidden := range []bool{false, true} {
			t.Run(fmt.Sprintf("HTTP/2 %v, hidden %v", http2, hidden), func(t *testing.T) {
				var wait sync.WaitGroup
				server := startHTTP2(t, func(http.ResponseWriter, *http.Request) {
					wait.Done()
					wait.Wait()
				})
				transport := newTransportOf(t, server)
				transport.ForceAttemptHTTP2 = http2
				transport.MaxIdleConnsPerHost = 10
				var custom http.RoundTripper = transport
				if hidden {
					custom = wrapped{transport}
				}
				client := NewClient(&http.Client{Transport: custom}, nil)
				forwarder, address := newForwarder(t, server)
				wait.Add(10)
				var all sync.WaitGroup
				for range 10 {
					all.Go(func() { assert.NoError(t, poll(t, client, address, healthy)) })
				}
				all.Wait()
				forwarder.Forget()
				wait.Add(1)
				require.ErrorIs(t, poll(t, client, address, dead), context.DeadlineExceeded)
				require.NoError(t, poll(t, client, address, healthy))
			})
		}
	}
}

// A redirect leads to a host whose connection has died, or a signature is on such a host, while the
// document's own host is healthy.
func TestAConnectionToAnotherHostThatDiedIsNotUsedAgain(t *testing.T) {
	second := startHTTP2(t, empty)
	transport := newTransportOf(t, second)
	forwarder, address := newForwarder(t, second)
	first := startHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, address, http.StatusFound)
		}
	})
	transport.TLSClientConfig.RootCAs.AddCert(first.Certificate())
	client := NewClient(&http.Client{Transport: wrapped{transport}}, nil)
	for range 3 {
		for range 2 {
			require.NoError(t, poll(t, client, first.URL+"/moved", healthy))
		}
		forwarder.Forget()
		require.ErrorIs(t, poll(t, client, first.URL+"/moved", dead), context.DeadlineExceeded)
		require.NoError(t, poll(t, client, first.URL+"/moved", healthy), "after a redirect")

		for range 2 {
			require.NoError(t, poll(t, client, address, healthy))
		}
		forwarder.Forget()
		require.ErrorIs(t, poll(t, client, address, dead), context.DeadlineExceeded)
		require.NoError(t, poll(t, client, first.URL, healthy))
		require.NoError(t, poll(t, client, address, healthy), "although another host answered meanwhile")
	}
}

func TestAKeptConnectionThatDiesIsPingedAndGivenUp(t *testing.T) {
	server := startHTTP2(t, empty)
	own := NewTransport().kept.Load().HTTP2
	require.NotNil(t, own)
	assert.Equal(t, 15*time.Second, own.SendPingTimeout)
	assert.Equal(t, 5*time.Second, own.PingTimeout)

	_, transport := trusting(server)
	watch := transport.kept.Load().HTTP2
	watch.SendPingTimeout, watch.PingTimeout = 50*time.Millisecond, 50*time.Millisecond
	client := NewClient(&http.Client{Transport: transport}, nil)
	forwarder, address := newForwarder(t, server)
	for range 2 {
		require.NoError(t, poll(t, client, address, healthy))
	}
	forwarder.Forget()
	err := poll(t, client, address, healthy)
	if err != nil { // it arrived before the connection was abandoned
		require.NotErrorIs(t, err, context.DeadlineExceeded, "the fetch ends long before its time is over")
	}
	require.NoError(t, poll(t, client, address, healthy))
	client.http.CloseIdleConnections()
}

func TestAServerThatCannotBeReachedCostsAProgramNoConnection(t *testing.T) {
	server := startHTTP2(t, empty)
	transport := newTransportOf(t, server)
	program := &http.Client{Transport: transport}
	client := NewClient(program, nil)
	forwarder, address := newForwarder(t, server)
	require.NoError(t, fetch(t, program, address))
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refused.Close()
	for range 3 {
		require.ErrorContains(t, poll(t, client, "https://"+refused.Addr().String(), healthy), "refused")
	}
	require.NoError(t, fetch(t, program, address))
	assert.Equal(t, 1, forwarder.Connections(), "its connection to another server is still there")
}

// scripted returns scripted answers. It uses no connection and reports none.
type scripted struct {
	err    error
	closes int  // number of calls that closed idle connections
	last   bool // the request said that its connection must not be used again
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	s.last = r.Close
	if s.err != nil {
		return nil, s.err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

func (s *scripted) CloseIdleConnections() { s.closes++ }

func TestAFetchWithoutAnAnswerMakesTheNextOneCloseIdleConnections(t *testing.T) {
	transport := &scripted{}
	client := NewClient(&http.Client{Transport: transport}, nil)
	for i, step := range []struct {
		err    error
		closes int
		last   bool
	}{
		{nil, 0, false},
		{io.ErrUnexpectedEOF, 0, false},
		{io.ErrUnexpectedEOF, 1, true},
		{nil, 2, true},
		{nil, 2, false},
	} {
		transport.err = step.err
		require.ErrorIs(t, poll(t, client, "https://example.com", healthy), step.err)
		assert.Equal(t, step.closes, transport.closes, "step %d", i)
		assert.Equal(t, step.last, transport.last, "step %d", i)
	}
}
