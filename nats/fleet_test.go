//go:build linux

package nats

import (
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/nats/internal/natstest"
)

// fleet makes clients, whose connections are spread over the servers. They do not poll.
func fleet(t *testing.T, nodes []*natstest.Node, size int, options ...Option) []*becket.Client {
	t.Helper()
	const each = 10 // clients share a connection, as the clients of one program do
	var clients []*becket.Client
	var conn *nats.Conn
	for i := range size {
		if i%each == 0 {
			first := nodes[i/each%len(nodes)]
			conn = connect(t, addresses(append([]*natstest.Node{first}, nodes...)), nats.DontRandomize())
		}
		client, err := becket.New(Source(jetStream(t, conn), bucket, key, options...), becket.WithSignalSpread(0),
			becket.WithPollInterval(time.Hour), becket.WithLogger(slog.New(slog.DiscardHandler)))
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, client.Close()) })
		clients = append(clients, client)
	}
	return clients
}

// have returns the number of clients that use a revision.
func have(clients []*becket.Client, revision int64) (count int) {
	for _, client := range clients {
		if client.Status().Revision >= revision {
			count++
		}
	}
	return count
}

func watching(clients []*becket.Client) (count int) {
	for _, client := range clients {
		if signals := client.Status().Signals; len(signals) == 1 && signals[0].Connected {
			count++
		}
	}
	return count
}

// settle waits until all clients are connected, and have made the fetch that follows, which may
// come a second later.
func settle(t *testing.T, clients []*becket.Client) {
	t.Helper()
	require.Eventually(t, func() bool { return have(clients, 1) == len(clients) && watching(clients) == len(clients) },
		time.Minute, 10*time.Millisecond, "all clients are connected")
	time.Sleep(2 * time.Second)
}

// killBusiest kills the server that sends to the most watches. No client is connected to it, and
// it is not the leader of the bucket, so that publications go on at once.
func killBusiest(t *testing.T, e *engine) {
	t.Helper()
	stream, err := e.js.Stream(t.Context(), "KV_"+bucket)
	require.NoError(t, err)
	count := map[string]int{}
	for info := range stream.ListConsumers(t.Context()).Info() {
		count[info.Cluster.Leader]++
	}
	busiest, watches := "", 0
	for name, n := range count {
		if n > watches && name != stream.CachedInfo().Cluster.Leader {
			busiest, watches = name, n
		}
	}
	require.NotEmpty(t, busiest)
	e.nodes[e.node(t, busiest)].Kill()
	t.Logf("watches by server: %v; %s was killed", count, busiest)
}

// The watches that NATS's own client offers are silent for many seconds after their server is
// killed.
func TestAKilledNodeHidesNoPublicationFromAFleet(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts a cluster, and -short was given")
	}
	const size = 60
	e := cluster(t)
	require.NoError(t, publishFor(t, e, 1))
	clients := fleet(t, e.nodes[3:], size)
	settle(t, clients)

	killBusiest(t, e)
	for revision := int64(2); revision <= 4; revision++ {
		require.NoError(t, publishFor(t, e, revision))
		began := time.Now()
		require.Eventually(t, func() bool { return have(clients, revision) == size }, 8*time.Second,
			10*time.Millisecond, "revision %d", revision)
		t.Logf("all clients have revision %d after %v", revision, time.Since(began).Round(time.Millisecond))
		time.Sleep(time.Second) // a client fetches at most once a second
	}
}

// publishFor publishes a revision, and tries again while the cluster chooses another leader.
func publishFor(t *testing.T, e *engine, revision int64) (err error) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if err = e.Publish(t.Context(), revision, document(revision, 0)); err == nil {
			return nil
		}
	}
	return err
}

// Without the hint of Publish, heartbeats alone must tell that the watch is dead.
func TestAChangeByAnotherProgramIsSeenAfterTwoHeartbeats(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts a cluster, and -short was given")
	}
	const size = 30
	e := cluster(t)
	require.NoError(t, publishFor(t, e, 1))
	clients := fleet(t, e.nodes[3:], size, WithHeartbeat(2*heartbeat), WithSubject("none"))
	settle(t, clients)
	killBusiest(t, e)
	require.Eventually(t, func() bool {
		kv, err := e.js.KeyValue(t.Context(), bucket)
		if err == nil {
			_, err = kv.Put(t.Context(), key, document(2, 0))
		}
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	began := time.Now()
	time.Sleep(heartbeat)
	assert.Less(t, have(clients, 2), size, "the watches of the killed server are silent")
	require.Eventually(t, func() bool { return have(clients, 2) == size }, 30*time.Second, 10*time.Millisecond)
	t.Logf("all clients have the change after %v", time.Since(began).Round(time.Millisecond))
}
