package becket

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log" //nolint:depguard // net/http writes to it
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// standardLog collects what is written to the standard logger during a test.
type standardLog struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *standardLog) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *standardLog) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func TestStrayAnswersReachNoLog(t *testing.T) {
	collected := &standardLog{}
	before := log.Writer()
	log.SetOutput(collected)
	defer log.SetOutput(before)
	for name, answer := range map[string]string{
		"behind not modified": "HTTP/1.1 304 Not Modified\r\n\r\n",
		"behind a document":   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"behind an error":     "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
	} {
		closed := make(chan struct{}, 10)
		server := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
			connection, buffer, err := http.NewResponseController(w).Hijack()
			if !assert.NoError(t, err) {
				return
			}
			say(buffer, answer+"HTTP/1.1 200 OK\r\nX-Secret: sesame\r\n\r\n")
			assert.NoError(t, buffer.Flush())
			_, _ = buffer.Read(make([]byte, 1)) // until the client has hung up: its reading is over
			assert.NoError(t, connection.Close())
			closed <- struct{}{}
		})
		source := HTTP(server.URL + "/sesame")
		for range 5 {
			_, _ = fetchOnce(t, source, Validator{ETag: "v1"})
			<-closed
		}
		assert.Empty(t, collected.String(), name)
	}
}

// trusting returns a source whose own transport trusts a test server.
func trusting(t *testing.T, server *httptest.Server) *httpSource {
	t.Helper()
	source, ok := HTTP(server.URL).(*httpSource)
	require.True(t, ok)
	source.once.Do(source.connect)
	authorities := x509.NewCertPool()
	authorities.AddCert(server.Certificate())
	source.own.single.TLSClientConfig.RootCAs = authorities
	source.own.kept.TLSClientConfig.RootCAs = authorities
	return source
}

func empty(w http.ResponseWriter, _ *http.Request) { say(w, "{}") }

func TestConnectionsAreKeptForHTTP2Alone(t *testing.T) {
	for name, test := range map[string]struct {
		http2       bool
		connections int // of six fetches
	}{
		"HTTP/1": {false, 6},
		"HTTP/2": {true, 2}, // the first finds out what the server speaks
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen[r.RemoteAddr] = true
				say(w, "{}")
			}))
			server.EnableHTTP2 = test.http2
			server.StartTLS()
			defer server.Close()
			source := trusting(t, server)
			for range 6 {
				_, err := fetchOnce(t, source, Validator{})
				require.NoError(t, err)
			}
			assert.Len(t, seen, test.connections)
		})
	}
}

func TestAServerMayGiveUpHTTP2(t *testing.T) {
	var second *httptest.Server
	first := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, second.URL, http.StatusFound)
			return
		}
		say(w, "{}")
	}))
	first.EnableHTTP2 = true
	first.StartTLS()
	defer first.Close()
	second = httptest.NewUnstartedServer(http.HandlerFunc(empty))
	second.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	second.Config.ErrorLog = quietLog()
	second.StartTLS()
	defer second.Close()

	// A redirect, or a signature's address, to a host without HTTP/2.
	source := trusting(t, first)
	source.own.single.TLSClientConfig.RootCAs.AddCert(second.Certificate())
	source.url.Path = "/away"
	for range 3 {
		_, err := fetchOnce(t, source, Validator{})
		require.NoError(t, err)
	}

	// The same host without it, as after a change of its proxy: one fetch fails at most.
	source = trusting(t, second)
	source.own.multiplexed.Store(&source.url.Host)
	_, _ = fetchOnce(t, source, Validator{})
	_, err := fetchOnce(t, source, Validator{})
	require.NoError(t, err)
}

func TestTheDefaultTransportOfTheProgramDoesNotMatter(t *testing.T) {
	standard, ok := http.DefaultTransport.(*http.Transport)
	require.True(t, ok)
	before := standard.TLSClientConfig
	standard.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}
	defer func() { standard.TLSClientConfig = before }()
	server := httptest.NewUnstartedServer(http.HandlerFunc(empty))
	server.Config.ErrorLog = quietLog()
	server.StartTLS()
	defer server.Close()
	for name, source := range map[string]Source{
		"the source's own client":    HTTP(server.URL),
		"a client without transport": HTTP(server.URL, WithHTTPClient(&http.Client{})),
	} {
		_, err := fetchOnce(t, source, Validator{})
		assert.ErrorContains(t, err, "certificate signed by unknown authority", name)
	}
	for _, transport := range []*http.Transport{newTransports().single, newTransports().kept} {
		assert.EqualValues(t, tls.VersionTLS12, transport.TLSClientConfig.MinVersion)
		assert.NotNil(t, transport.Proxy, "proxies come from the environment")
	}
}
