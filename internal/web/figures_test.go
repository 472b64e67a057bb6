package web

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/figuretest"
)

const operations = "docs/operations.md"

func TestTheFiguresOfThePagesAboutConnectionsHold(t *testing.T) {
	for _, row := range []struct {
		page, words string
		holds       func(t *testing.T)
	}{
		{
			operations, "with TLS 1.3, a poll with the answer 304 takes 3.5 kB in all with a resumed session, and 4.5 kB " +
				"with a new session and a small certificate. Over HTTP/2 it takes 0.1 kB.", measurePolls,
		},
		{
			operations, "pings an HTTP/2 connection that has been silent for 15 seconds and closes it if no answer comes " +
				"within 5 seconds", figuretest.By("internal/web", "TestAKeptConnectionThatDiesIsPingedAndGivenUp"),
		},
		{
			operations, "one or two pings of 17 bytes to each wait of 30 seconds",
			figuretest.By("internal/web", "TestAKeptConnectionThatDiesIsPingedAndGivenUp"),
		},
		{
			operations, "So one fetch fails, also if other requests of the program wait on the connection",
			figuretest.By("internal/web", "TestAConnectionThatDiedSilentlyIsUsedForOneFetchMore"),
		},
		{
			operations, "TLS is at least 1.2",
			figuretest.By("internal/web", "TestATransportTakesProxiesFromTheEnvironmentAndWantsTLS12"),
		},
		{
			"SECURITY.md", "alter it over TLS (at least 1.2, unless you pass your own transport)",
			figuretest.By("internal/web", "TestATransportTakesProxiesFromTheEnvironmentAndWantsTLS12"),
		},
		{
			operations, "while its date is less than a minute older than the answer, at least every ten minutes after that",
			figuretest.By("internal/web", "TestADateIsAValidatorWhenItIsAMinuteOlderThanTheAnswer"),
		},
		{
			operations, "only if the file is a minute older than the answer",
			figuretest.By("internal/web", "TestAnETagByTimeAndSizeIsNoStrongerThanTheDate"),
		},
		{"SECURITY.md", "a header's value (one of under four bytes is hidden " +
			"where it stands alone)", func(t *testing.T) {
			r := NewRedactor("example.com", nil, http.Header{"X-Long": {"zqx4"}, "X-Short": {"qqq"}})
			assert.Equal(t, "a***a qqqa ***", r.Text("azqx4a qqqa qqq"))
		}},
		{"SECURITY.md", "a query's value of four bytes or more", func(t *testing.T) {
			address := &url.URL{Scheme: "https", Host: "example.com", Path: "/f", RawQuery: "a=zqx4&b=zqx"}
			r := NewRedactor("example.com", []*url.URL{address}, nil)
			assert.Equal(t, "a***a azqxa", r.Text("azqx4a azqxa"))
		}},
		{"SECURITY.md", "an error of an `HTTP` source has at most about a kilobyte", func(t *testing.T) {
			assert.Len(t, (&Redactor{}).Text(strings.Repeat("no ", 100_000)), 1024+len("…"))
		}},
	} {
		t.Run(row.words, func(t *testing.T) {
			figuretest.Says(t, row.page, row.words)
			row.holds(t)
		})
	}
}

// counted is a listener that counts the bytes of its connections in both directions.
type counted struct {
	net.Listener
	bytes *atomic.Int64
}

func (c counted) Accept() (net.Conn, error) {
	connection, err := c.Listener.Accept()
	return countedConnection{connection, c.bytes}, err
}

type countedConnection struct {
	net.Conn
	bytes *atomic.Int64
}

func (c countedConnection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

func (c countedConnection) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}

func measurePolls(t *testing.T) {
	first, later := bytesOfPolls(t, false)
	assert.InDelta(t, 4500, first, 500, "a new session")
	assert.InDelta(t, 3500, later, 500, "a resumed session")
	_, later = bytesOfPolls(t, true)
	assert.InDelta(t, 100, later, 50, "over HTTP/2")
}

// bytesOfPolls returns how many bytes the first poll takes, and how many one takes later.
func bytesOfPolls(t *testing.T, http2 bool) (first, later float64) {
	t.Helper()
	var bytes atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", r.Header.Get("If-None-Match"))
		w.WriteHeader(http.StatusNotModified)
	}))
	server.EnableHTTP2 = http2
	server.Listener = counted{server.Listener, &bytes}
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	server.StartTLS()
	defer server.Close()
	client, _ := trusting(server)
	defer client.CloseIdleConnections()
	const polls = 12
	var taken [polls]float64
	for i := range taken {
		before := bytes.Load()
		address := server.URL + "/flags/production.json"
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		request.Header.Set("If-None-Match", `"4c973483ffeb624e4f02da51"`)
		request.Header.Set("Accept-Encoding", "gzip")
		request.Header.Set("User-Agent", "becket/"+Version)
		response, err := client.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusNotModified, response.StatusCode)
		time.Sleep(20 * time.Millisecond) // the end of the connection counts too
		taken[i] = float64(bytes.Load() - before)
	}
	t.Log(taken)
	return taken[0], taken[polls-1]
}
