package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/events"
	"github.com/becketflags/becket/internal/push"
	"github.com/becketflags/becket/publish"
)

//go:generate go test -run TestThePageHasTheCostsInBytes -update .

var update = flag.Bool("update", false, "write the table into docs/scale.md")

// counting counts the bytes in both directions of all connections.
type counting struct {
	net.Listener
	bytes atomic.Int64
}

func (l *counting) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	return &counted{connection, l}, err
}

type counted struct {
	net.Conn
	listener *counting
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.listener.bytes.Add(int64(n))
	return n, err
}

// Write counts first, because the client may have the bytes before Write returns.
func (c *counted) Write(b []byte) (int, error) {
	c.listener.bytes.Add(int64(len(b)))
	return c.Conn.Write(b)
}

// serve serves a handler until the test ends.
func serve(t *testing.T, handler http.Handler) *counting {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &counting{Listener: listener}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return l
}

const ruleset = `{"schema": 1, "revision": 1, "flags": {"new-checkout": {"default": "on"}}}`

// notModified returns the bytes of a request and its answer 304, over HTTP/1.1 without TLS. The
// address has the name of an ordinary server, because it is sent too.
func notModified(t *testing.T) int64 {
	t.Helper()
	handler, err := publish.NewHandler()
	require.NoError(t, err)
	require.NoError(t, handler.Publish([]byte(ruleset), nil))
	l := serve(t, handler)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, l.Addr().String())
	}}
	defer transport.CloseIdleConnections()
	client, err := becket.New(becket.HTTP("http://flags.example.com/flags.json",
		becket.WithHTTPClient(&http.Client{Transport: transport})),
		becket.WithPollInterval(time.Hour), becket.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	defer func() { _ = client.Close() }()
	require.NoError(t, client.Wait(t.Context()))
	require.NoError(t, client.Refresh(t.Context()))
	before := l.bytes.Load()
	require.NoError(t, client.Refresh(t.Context()))
	return l.bytes.Load() - before
}

// heartbeat returns the bytes of a heartbeat, as HTTP/1.1 writes it.
func heartbeat(t *testing.T) int64 {
	t.Helper()
	broadcast := events.NewBroadcast(events.Limits{Heartbeat: 20 * time.Millisecond})
	t.Cleanup(broadcast.Close)
	l := serve(t, broadcast)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	defer func() { _ = connection.Close() }()
	_, err = io.WriteString(connection, "GET / HTTP/1.1\r\nHost: flags.example.com\r\n\r\n")
	require.NoError(t, err)
	const mark, beats = "\n\n\r\n", 3 // the end of a heartbeat
	var got bytes.Buffer
	for bytes.Count(got.Bytes(), []byte(mark)) < 1+beats { // the first one follows the header
		require.NoError(t, connection.SetReadDeadline(time.Now().Add(time.Minute)))
		_, err = io.CopyN(&got, connection, 1)
		require.NoError(t, err)
	}
	_, rest, _ := strings.Cut(got.String(), mark)
	return int64(len(rest) / beats)
}

// event returns the bytes of an event with a hint.
func event() int {
	hint := push.Hint{Revision: 1000, ETag: `"` + strings.Repeat("0", 24) + `"`, Spread: 5 * time.Second}
	return len("id: \ndata: \n\n") + 24 + len(hint.Text())
}

func TestThePageHasTheCostsInBytes(t *testing.T) {
	t.Parallel()
	const polls, rests, beats = 120, 12, 240 // in an hour
	require.Equal(t, time.Hour, beats*events.DefaultHeartbeat)
	var resting time.Duration
	push.NewPace(30*time.Second, func(d time.Duration) { resting = d }).Rest(true)
	require.Equal(t, time.Hour, rests*resting)
	poll, beat := notModified(t), heartbeat(t)
	kilobytes := func(n int64) string { return fmt.Sprintf("%.1f kB", float64(n)/1000) }
	want := fmt.Sprintf("| | bytes of one | in an hour, an instance |\n|---|--:|--:|\n"+
		"| a poll that is answered by 304, every 30 s | %d | %d: %s |\n"+
		"| the same while events are connected, every 5 min | %d | %d: %s |\n"+
		"| a heartbeat of a stream of events, every 15 s | %d | %d: %s |\n"+
		"| an event | %d | one for each publication |\n",
		poll, polls, kilobytes(polls*poll), poll, rests, kilobytes(rests*poll), beat, beats, kilobytes(beats*beat),
		event())

	const file, begin, end = "../../docs/scale.md", "<!-- costs:begin -->\n", "<!-- costs:end -->"
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), begin)
	table, after, ended := strings.Cut(rest, end)
	require.True(t, found && ended, "the page has a place for the table")
	if *update {
		table = want
		require.NoError(t, os.WriteFile(file, []byte(before+begin+table+end+after), 0o600))
	}
	assert.Equal(t, want, table, "go generate writes it anew")
}

// Each row quotes docs/scale.md and has the value of the code. The numbers are written out, so that
// a change of the code or of the page alone fails.
func TestThePageHasTheNumbersOfTheCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/scale.md")
	require.NoError(t, err)
	for words, holds := range map[string]bool{
		"| the heartbeat of events | 15 s |":                   events.DefaultHeartbeat == 15*time.Second,
		"| `publish.WithMaxStreams` | 10,000 |":                events.DefaultMaxStreams == 10_000,
		"about 35 kB for each stream, 10,000 streams":          events.DefaultMaxStreams == 10_000,
		"33 requests a second for 1,000 instances":             1000/30 == 33,
		"answers 33,000 requests a second":                     1_000_000/30/1000 == 33,
		"relay sends 200 MB a second; with 20 seconds,\n10 MB": 1000*200_000/20 == 10_000_000,
	} {
		assert.Contains(t, string(page), words)
		assert.True(t, holds, words)
	}
}
