package nats

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/webtest"
)

const nextMessage = 20 * time.Second

func isEither(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func TestASignalMakesAClientFetchFromAnotherSource(t *testing.T) {
	t.Parallel()
	conn := connect(t, server(t).URL())
	var revision atomic.Int64
	revision.Store(1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(document(revision.Load(), 0))
	}))
	defer web.Close()
	client, err := becket.New(becket.HTTP(web.URL), becket.WithSignal(Signal(conn, "flags.hints")),
		becket.WithSignalSpread(0), becket.WithPollInterval(time.Hour))
	require.NoError(t, err)
	defer client.Close()
	require.Eventually(t, func() bool {
		signals := client.Status().Signals
		return len(signals) == 1 && signals[0].Connected && client.Status().Revision == 1
	}, nextMessage, 10*time.Millisecond)
	assert.Equal(t, "nats flags.hints", client.Status().Signals[0].Name)
	revision.Store(2)
	require.NoError(t, conn.Publish("flags.hints", []byte(`{"revision": 2}`)))
	require.Eventually(t, func() bool { return client.Status().Revision == 2 }, nextMessage, 10*time.Millisecond)
}

func TestTheTextOfAMessageIsTheHint(t *testing.T) {
	t.Parallel()
	conn := connect(t, server(t).URL())
	all := hints(t, Signal(conn, "texts"))
	assert.Equal(t, becket.Hint{}, next(t, all))
	for text, want := range map[string]becket.Hint{
		`{"revision": 7, "etag": "a", "spread": 5}`: {Revision: 7, ETag: "a", Spread: 5 * time.Second},
		"hello": {},
		"":      {},
	} {
		require.NoError(t, conn.Publish("texts", []byte(text)))
		assert.Equal(t, want, next(t, all))
	}
}

func TestASignalWithAMistakeSaysSo(t *testing.T) {
	t.Parallel()
	conn := connect(t, server(t).URL())
	for says, signal := range map[string]becket.Signal{
		"the connection is nil": Signal(nil, "flags"),
		"invalid subject":       Signal(conn, "a b"),
		"WithHeartbeat":         Signal(conn, "flags", WithHeartbeat(0)),
	} {
		require.ErrorContains(t, signal.Watch(t.Context(), func(becket.Hint) {
			assert.Fail(t, "it is not connected")
		}), says)
	}
}

// A connection that dies silently is noticed by pings alone, and connected again.
func TestADeadConnectionIsConnectedAgain(t *testing.T) {
	t.Parallel()
	forwarder, err := webtest.NewForwarder(server(t).Address())
	require.NoError(t, err)
	t.Cleanup(forwarder.Close)
	conn := connect(t, "nats://"+forwarder.Address(), nats.IgnoreDiscoveredServers())
	signal := Signal(conn, "dead", WithHeartbeat(time.Second))
	connected := make(chan becket.Hint, 10)
	ended := make(chan error, 1)
	go func() { ended <- signal.Watch(t.Context(), func(h becket.Hint) { connected <- h }) }()
	next(t, connected)
	require.Never(t, func() bool { return len(ended) > 0 }, 3*time.Second, 100*time.Millisecond)
	forwarder.Forget()
	select {
	case err = <-ended:
		require.ErrorIs(t, err, ErrNotConnected)
		require.ErrorIs(t, err, errPings)
	case <-time.After(nextMessage):
		require.Fail(t, "the loss was not noticed")
	}
	all := hints(t, Signal(conn, "dead"))
	next(t, all)
	assert.Equal(t, uint64(1), conn.Stats().Reconnects)
	require.NoError(t, connect(t, server(t).URL()).Publish("dead", []byte(`{"revision": 3}`)))
	assert.Equal(t, becket.Hint{Revision: 3}, next(t, all))
}

// Hints that a slow watch loses are replaced by one that says that something was there.
func TestAFloodOfHintsLosesNothingThatMatters(t *testing.T) {
	t.Parallel()
	conn := connect(t, server(t).URL())
	signal := Signal(conn, "flood", WithHeartbeat(time.Second))
	release := make(chan struct{})
	var count, zero atomic.Int64
	stop := make(chan struct{})
	defer close(stop)
	all := make(chan becket.Hint, 1)
	go func() {
		_ = signal.Watch(t.Context(), func(h becket.Hint) {
			if count.Add(1) == 2 {
				<-release // nothing is read meanwhile
			}
			if h == (becket.Hint{}) {
				zero.Add(1)
			}
			select {
			case all <- h:
			default:
			}
		})
	}()
	next(t, all)
	for range 10 * queued {
		require.NoError(t, conn.Publish("flood", []byte(`{"revision": 5}`)))
	}
	require.NoError(t, conn.Flush())
	time.Sleep(100 * time.Millisecond)
	close(release)
	require.Eventually(t, func() bool { return zero.Load() >= 2 }, nextMessage, 10*time.Millisecond)
	assert.Less(t, count.Load(), int64(10*queued), "hints were dropped")
}
