package publish_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"aead.dev/minisign"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/publish"
)

// patience is how long a test waits for something that should come within a second or two.
const patience = 30 * time.Second

// signer signs documents.
type signer struct {
	public string
	key    minisign.PrivateKey
}

func newSigner(t *testing.T) signer {
	t.Helper()
	public, private, err := minisign.GenerateKey(nil)
	require.NoError(t, err)
	return signer{public.String(), private}
}

func (s signer) sign(document []byte) []byte { return minisign.Sign(s.key, document) }

func silent() becket.Option { return becket.WithLogger(slog.New(slog.DiscardHandler)) }

// follow returns a client of a server with events that checks signatures and has no disk cache. It
// polls so rarely that everything arrives by events.
func follow(t *testing.T, address string, s signer, options ...becket.Option) *becket.Client {
	t.Helper()
	source := becket.HTTP(address+"/flags.json", becket.WithEvents("flags.json/events"))
	return newClient(t, source, s, append(options, becket.WithSignalSpread(100*time.Millisecond))...)
}

func newClient(t *testing.T, source becket.Source, s signer, options ...becket.Option) *becket.Client {
	t.Helper()
	client, err := becket.New(source, append([]becket.Option{
		becket.WithPublicKey(s.public), becket.WithPollInterval(time.Hour), silent(),
	}, options...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

// state returns the value of the flag of [document].
func state(c *becket.Client) string { return c.For(becket.NewSubject("u")).String("state", "none") }

// site is a relay with its client and its server, at an address that stays when it is restarted.
type site struct {
	address string
	handler *publish.Handler
	stop    func()
}

// startSite starts a relay of the server at origin. With the listener's address ":0" in address, it
// gets a free port.
func startSite(t *testing.T, address, origin string, s signer, options ...becket.Option) *site {
	t.Helper()
	client := follow(t, origin, s, options...)
	handler, err := publish.Relay(client)
	require.NoError(t, err)
	var listener net.Listener
	require.Eventually(t, func() bool {
		listener, err = net.Listen("tcp", address)
		return err == nil
	}, patience, 20*time.Millisecond, "the address is in use: %v", err)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	r := &site{address: listener.Addr().String(), handler: handler}
	r.stop = func() {
		handler.Close()
		_ = server.Close()
		<-ended
		_ = client.Close()
	}
	t.Cleanup(r.stop)
	return r
}

func eventually(t *testing.T, condition func() bool, message string, values ...any) {
	t.Helper()
	require.Eventually(t, condition, patience, 10*time.Millisecond, append([]any{message}, values...)...)
}

func TestADocumentReachesEveryClientOfATreeOfRelays(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	origin := newHandler(t)
	server := start(t, origin)
	text := document(1, "first")
	require.NoError(t, origin.Publish(text, s.sign(text)))

	var relays []*site
	for range 3 {
		relays = append(relays, startSite(t, "127.0.0.1:0", server.URL, s))
	}
	var clients []*becket.Client
	for i := range 30 {
		clients = append(clients, follow(t, "http://"+relays[i%3].address, s))
	}
	arrived := func(want string) {
		t.Helper()
		for i, c := range clients {
			eventually(t, func() bool { return state(c) == want }, "client %d does not have %s", i, want)
		}
	}
	arrived("first")
	publishNext := func(revision int, name string) {
		t.Helper()
		text := document(revision, name)
		require.NoError(t, origin.Publish(text, s.sign(text)))
	}
	publishNext(2, "second")
	arrived("second")
	for _, r := range relays {
		answer, err := http.Get("http://" + r.address + "/flags.json")
		require.NoError(t, err)
		assert.Equal(t, string(document(2, "second")), body(t, answer), "byte for byte")
		assert.NoError(t, answer.Body.Close())
		assert.Equal(t, origin.ETag(), r.handler.ETag(), "the whole tree has the same ETag")
		assert.Equal(t, int64(2), r.handler.Revision())
	}

	relays[1].stop()
	publishNext(3, "third")
	for i, c := range clients {
		if i%3 != 1 {
			eventually(t, func() bool { return state(c) == "third" }, "client %d", i)
		}
	}
	assert.Equal(t, "second", state(clients[1]), "its relay is down, and it keeps its ruleset")
	relays[1] = startSite(t, relays[1].address, server.URL, s)
	arrived("third")
	publishNext(4, "fourth")
	arrived("fourth")
	for _, c := range clients {
		status := c.Status()
		assert.Equal(t, int64(4), status.Revision)
		assert.NotEmpty(t, status.SignedBy, "the last client has verified the signature")
	}
}

func TestARelayServesOnWhileTheOriginIsDown(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	origin := newHandler(t)
	server := start(t, origin)
	text := document(7, "last")
	require.NoError(t, origin.Publish(text, s.sign(text)))
	folder := t.TempDir()
	r := startSite(t, "127.0.0.1:0", server.URL, s, becket.WithDiskCache(folder))
	client := follow(t, "http://"+r.address, s)
	eventually(t, func() bool { return state(client) == "last" }, "the relay does not serve")

	origin.Close()
	server.Close()
	require.NoError(t, client.Refresh(t.Context()))
	require.Equal(t, "last", state(started(t, r, s)))

	r.stop()
	r = startSite(t, r.address, server.URL, s, becket.WithDiskCache(folder))
	require.Equal(t, "last", state(started(t, r, s)), "a restarted relay serves its disk copy")
}

// started returns a new client of a relay after its first fetch.
func started(t *testing.T, r *site, s signer) *becket.Client {
	t.Helper()
	client := follow(t, "http://"+r.address, s)
	require.NoError(t, client.Wait(t.Context()))
	return client
}

func TestARelayWithoutAPublishedDocumentAnswers503(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	origin := newHandler(t)
	server := start(t, origin)
	r := startSite(t, "127.0.0.1:0", server.URL, s, becket.WithBootstrap(document(3, "bootstrap")))
	answer := ask(r.handler, http.MethodGet, "/flags.json")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode, "nobody has published the bootstrap")
	assert.Equal(t, "1", answer.Header.Get("Retry-After"))
	assert.Empty(t, r.handler.ETag())
	assert.Zero(t, r.handler.Revision())

	require.NoError(t, origin.Publish(document(3, "bootstrap"), s.sign(document(3, "bootstrap"))))
	eventually(t, func() bool { return ask(r.handler, http.MethodGet, "/flags.json").StatusCode == http.StatusOK },
		"the origin has published it now")
	err := r.handler.Publish(document(9, "own"), nil)
	require.ErrorContains(t, err, "a relay publishes the documents of its client only")
}

func TestAnOlderDocumentNeverTravels(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	origin := newHandler(t, publish.WithLowerRevisionAllowed())
	server := start(t, origin)
	set := func(revision int) {
		text := document(revision, fmt.Sprint(revision))
		require.NoError(t, origin.Publish(text, s.sign(text)))
	}
	set(5)
	client := follow(t, server.URL, s)
	relay, err := publish.Relay(client)
	require.NoError(t, err)
	defer relay.Close()
	hints := openStream(t, start(t, relay).URL+"/flags.json/events")
	require.NoError(t, client.Refresh(t.Context()))
	eventually(t, func() bool { return relay.Revision() == 5 }, "the relay does not serve")
	set(4)
	require.ErrorIs(t, client.Refresh(t.Context()), becket.ErrLowerRevision)
	forged := document(6, "forged")
	require.NoError(t, origin.Publish(forged, newSigner(t).sign(forged)))
	require.ErrorIs(t, client.Refresh(t.Context()), becket.ErrSignature)
	assert.Equal(t, int64(5), relay.Revision())
	set(7)
	require.NoError(t, client.Refresh(t.Context()))
	eventually(t, func() bool { return relay.Revision() == 7 }, "the relay does not follow its client")
	var revisions []string
	for len(revisions) < 2 {
		if event := hints.event(); event != ":" {
			revisions = append(revisions, event)
		}
	}
	assert.Contains(t, revisions[0], `{"revision":5,`)
	assert.Contains(t, revisions[1], `{"revision":7,`)
}

func TestARelayOfARunningClientFetchesTheDocumentThatTheClientHasNotKept(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	origin := newHandler(t)
	requests := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/flags.json" {
			requests <- r.Header.Get("If-None-Match")
		}
		origin.ServeHTTP(w, r)
	}))
	defer server.Close()
	text := document(1, "first")
	require.NoError(t, origin.Publish(text, s.sign(text)))
	client := newClient(t, becket.HTTP(server.URL+"/flags.json"), s)
	require.NoError(t, client.Wait(t.Context()))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Empty(t, <-requests)
	assert.NotEmpty(t, <-requests)

	relay, err := publish.Relay(client)
	require.NoError(t, err)
	defer relay.Close()
	assert.Empty(t, <-requests, "it asks without a condition")
	eventually(t, func() bool { return relay.Revision() == 1 }, "the relay does not serve")
	assert.Equal(t, string(text), body(t, ask(relay, http.MethodGet, "/flags.json")))
	assert.Equal(t, string(s.sign(text)[:40]), body(t, ask(relay, http.MethodGet, "/flags.json.minisig"))[:40])
	require.NoError(t, client.Refresh(t.Context()))
	assert.NotEmpty(t, <-requests, "now it has the document")
}

func TestTheSignatureOfARelayIsTheOneThatItsClientVerified(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	origin := newHandler(t)
	server := start(t, origin)
	text := document(1, "first")
	require.NoError(t, origin.Publish(text, s.sign(text)))
	client := follow(t, server.URL, s)
	relay, err := publish.Relay(client)
	require.NoError(t, err)
	defer relay.Close()
	require.NoError(t, client.Refresh(t.Context()))
	var key minisign.PublicKey
	require.NoError(t, key.UnmarshalText([]byte(s.public)))
	assert.True(t, minisign.Verify(key, text, []byte(body(t, ask(relay, http.MethodGet, "/flags.json.minisig")))))

	unverified, err := becket.New(becket.HTTP(server.URL+"/flags.json"), silent())
	require.NoError(t, err)
	defer unverified.Close()
	plain, err := publish.Relay(unverified)
	require.NoError(t, err)
	defer plain.Close()
	require.NoError(t, unverified.Refresh(t.Context()))
	assert.Equal(t, string(text), body(t, ask(plain, http.MethodGet, "/flags.json")))
	assert.Equal(t, http.StatusNotFound, ask(plain, http.MethodGet, "/flags.json.minisig").StatusCode)
}
