package becket

import (
	"bytes"
	"crypto/tls"
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

func TestUnsolicitedHTTPResponsesAreNotLogged(t *testing.T) {
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

func empty(w http.ResponseWriter, _ *http.Request) { say(w, "{}") }

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
}
