package ofrep_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/ofrep"
)

// pipes is a listener whose connections are pipes in memory.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	mine, theirs := net.Pipe()
	p.accepted <- theirs
	return mine
}

func TestABodyThatDoesNotArriveHoldsNoConnection(t *testing.T) {
	for name, c := range map[string]struct {
		readTimeout time.Duration
		options     []ofrep.Option
		path        string
		after       time.Duration
		status      int
	}{
		"a server without limits":  {0, nil, "/checkout", 10 * time.Second, http.StatusRequestTimeout},
		"all flags":                {0, nil, "", 10 * time.Second, http.StatusRequestTimeout},
		"a server with a time-out": {3 * time.Second, nil, "/checkout", 3 * time.Second, http.StatusRequestTimeout},
		"an unauthorised caller": {
			0, []ofrep.Option{ofrep.WithAuthorization(func(*http.Request) error { return errors.New("no") })}, "",
			10 * time.Second, http.StatusUnauthorized,
		},
		"a path that does not exist": {0, nil, "/a/b", 10 * time.Second, http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := &pipes{make(chan net.Conn), make(chan struct{})}
				server := &http.Server{
					Handler: ofrep.NewHandler(newClient(t), c.options...), ReadTimeout: c.readTimeout,
				}
				go func() { _ = server.Serve(listener) }()
				defer server.Close()
				connection := listener.dial()
				defer connection.Close()
				began := time.Now()
				require.NoError(t, connection.SetDeadline(began.Add(time.Hour)))
				_, err := fmt.Fprintf(connection, "POST /ofrep/v1/evaluate/flags%s HTTP/1.1\r\nHost: example.com\r\n"+
					"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"context\": ", c.path)
				require.NoError(t, err)
				reader := bufio.NewReader(connection)
				response, err := http.ReadResponse(reader, nil)
				require.NoError(t, err)
				assert.Equal(t, c.status, response.StatusCode)
				for err == nil {
					_, err = reader.ReadByte()
				}
				assert.Less(t, time.Since(began), c.after+2*time.Second, "the connection is closed")
			})
		})
	}
}

func TestTheDeadlineEndsWhenTheBodyHasArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := &pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: ofrep.NewHandler(newClient(t))}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		connection := listener.dial()
		defer connection.Close()
		reader := bufio.NewReader(connection)
		for range 3 {
			_, err := fmt.Fprint(connection, "POST /ofrep/v1/evaluate/flags/checkout HTTP/1.1\r\nHost: example.com\r\n"+
				"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
			require.NoError(t, err)
			response, err := http.ReadResponse(reader, nil)
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, response.StatusCode)
			_, _ = reader.Discard(int(response.ContentLength))
			time.Sleep(time.Minute)
		}
	})
}
