package web

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log" //nolint:depguard // net/http wants one
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trusting returns a client whose transport trusts a test server.
func trusting(server *httptest.Server) (*http.Client, *Transport) {
	transport := NewTransport()
	authorities := x509.NewCertPool()
	authorities.AddCert(server.Certificate())
	transport.single.TLSClientConfig.RootCAs = authorities
	transport.kept.Load().TLSClientConfig.RootCAs = authorities
	return &http.Client{Transport: transport}, transport
}

// fetch reads the whole answer.
func fetch(t *testing.T, client *http.Client, address string) error {
	t.Helper()
	t.Cleanup(client.CloseIdleConnections)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func empty(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }

func TestOnlyHTTP2ConnectionsAreKept(t *testing.T) {
	for name, test := range map[string]struct {
		http2       bool
		connections int // of six fetches
	}{
		"HTTP/1": {false, 6},
		"HTTP/2": {true, 2}, // the first fetch finds out whether the server has HTTP/2
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen[r.RemoteAddr] = true
				empty(w, r)
			}))
			server.EnableHTTP2 = test.http2
			server.StartTLS()
			defer server.Close()
			client, _ := trusting(server)
			for range 6 {
				require.NoError(t, fetch(t, client, server.URL))
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
		empty(w, r)
	}))
	first.EnableHTTP2 = true
	first.StartTLS()
	defer first.Close()
	second = httptest.NewUnstartedServer(http.HandlerFunc(empty))
	second.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	second.Config.ErrorLog = log.New(io.Discard, "", 0)
	second.StartTLS()
	defer second.Close()

	// A redirect, or a signature's address, to a host without HTTP/2.
	client, transport := trusting(first)
	transport.single.TLSClientConfig.RootCAs.AddCert(second.Certificate())
	for range 3 {
		require.NoError(t, fetch(t, client, first.URL+"/away"))
	}

	// the same host without HTTP/2, as after a change of its proxy: at most one fetch fails
	client, transport = trusting(second)
	host := second.Listener.Addr().String()
	transport.multiplexed.Store(&host)
	_ = fetch(t, client, second.URL)
	require.NoError(t, fetch(t, client, second.URL))
}

func TestATransportTakesProxiesFromTheEnvironmentAndWantsTLS12(t *testing.T) {
	transport := NewTransport()
	for _, transport := range []*http.Transport{transport.single, transport.kept.Load()} {
		assert.EqualValues(t, tls.VersionTLS12, transport.TLSClientConfig.MinVersion)
		assert.NotNil(t, transport.Proxy)
	}
}
