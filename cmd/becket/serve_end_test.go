package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// halfRequests are requests without their ends.
var halfRequests = map[string]string{
	"nothing":          "",
	"half of a header": "GET / HTTP/1.1\r\nHost: exam",
	"half of a body":   "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 10\r\n\r\nhalf",
	"an idle one":      "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
}

func TestHalfARequestDoesNotKeepTheServerFromEnding(t *testing.T) {
	for name, request := range halfRequests {
		t.Run(name, func(t *testing.T) {
			good, err := os.ReadFile(rulesFile("flags.json"))
			require.NoError(t, err)
			file := filepath.Join(t.TempDir(), "flags.json")
			replaceText(t, file, string(good))
			s := serve(t, file)
			address, err := url.Parse(s.address)
			require.NoError(t, err)
			connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address.Host)
			require.NoError(t, err)
			defer connection.Close()
			_, err = io.WriteString(connection, request)
			require.NoError(t, err)
			s.get(t, "") // by now the server has accepted the other connection
			began := time.Now()
			assert.Equal(t, exitGood, s.stop())
			assert.Less(t, time.Since(began), 4*time.Second, "twenty times the server's wait")
		})
	}
}

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

func TestARequestThatStallsIsCutOff(t *testing.T) {
	for name, request := range halfRequests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				documents := newDocuments(t, []byte("{}"), nil)
				ctx, cancel := context.WithCancel(t.Context())
				e := &env{ctx: ctx, options: &globals{}, stdout: io.Discard, stderr: io.Discard, now: time.Now}
				d := development{e: e, server: documents, settled: true, rules: t.TempDir()}
				d.seen = d.look()
				listener := &pipes{make(chan net.Conn), make(chan struct{})}
				ended := make(chan error, 1)
				go func() { ended <- d.serve(listener, time.Hour) }()
				mine, theirs := net.Pipe()
				defer mine.Close()
				listener.accepted <- theirs
				began := time.Now()
				require.NoError(t, mine.SetDeadline(began.Add(time.Hour)))
				if request != "" {
					_, err := io.WriteString(mine, request)
					require.NoError(t, err)
				}
				_, err := io.Copy(io.Discard, mine)
				require.NoError(t, err, "the server closes the connection")
				assert.LessOrEqual(t, time.Since(began), idleLimit+time.Second)
				cancel()
				require.NoError(t, <-ended)
			})
		})
	}
}

func TestTheServerWaitsForAFileThatIsEmpty(t *testing.T) {
	good, err := os.ReadFile(rulesFile("flags.json"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "flags.json")
	replaceText(t, file, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	s := &served{lines: bufio.NewScanner(reader)}
	code := make(chan int, 1)
	go func() {
		e := &env{
			ctx: ctx, stdout: writer, stderr: io.Discard,
			now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
		}
		code <- run(e, []string{"serve", file, "--addr", "127.0.0.1:0", "--poll", "10ms"})
		_ = writer.Close()
	}()
	s.says(t, `^12:00:00 .*flags\.json is empty; nothing is published until it holds a ruleset$`)
	s.address = s.says(t, `^serving .* at (http://127\.0\.0\.1:\d+/flags\.json) until interrupted$`)
	status, _ := s.get(t, "")
	assert.Equal(t, http.StatusServiceUnavailable, status)

	replaceText(t, file, string(good))
	s.says(t, "^12:00:00 published 3 flags, revision 42, ETag")
	for _, empty := range []string{"", " \n", "null", string(good[:len(good)/2]), string(good[:len(good)-2])} {
		replaceText(t, file, empty)
		s.says(t, "^12:00:00 refused; the document published before stays$")
		_, body := s.get(t, "")
		assert.Equal(t, string(good), body, "%q", empty)
	}
	cancel()
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	assert.Equal(t, exitGood, <-code)
}
