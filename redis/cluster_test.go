//go:build unix

package redis_test

import (
	"net"
	"strconv"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/redis"
	"github.com/becketflags/becket/redis/internal/engine"
)

// newCluster starts three nodes, each with a third of the slots.
func newCluster(t *testing.T) (*goredis.ClusterClient, []*engine.Server) {
	t.Helper()
	const slots = 16384
	var servers []*engine.Server
	var clients []*goredis.Client
	var addresses []string
	for i := range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		bus := listener.Addr().(*net.TCPAddr).Port
		require.NoError(t, listener.Close())
		server := startServer(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus))
		client := connect(t, server.Address())
		require.NoError(t, client.ClusterAddSlotsRange(t.Context(), i*slots/3, (i+1)*slots/3-1).Err())
		require.NoError(t, client.Do(t.Context(), "CONFIG", "SET", "cluster-node-timeout", "5000").Err())
		if i > 0 {
			require.NoError(t, client.Do(t.Context(), "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err())
			require.NoError(t, clients[0].Do(t.Context(), "CLUSTER", "MEET", "127.0.0.1", server.Port(), bus).Err())
		}
		servers, clients = append(servers, server), append(clients, client)
		addresses = append(addresses, server.Address())
	}
	for _, client := range clients {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			info := client.ClusterInfo(t.Context()).Val()
			assert.Contains(c, info, "cluster_state:ok")
			assert.Contains(c, info, "cluster_known_nodes:3")
			assert.Contains(c, info, "cluster_slots_ok:16384")
		}, 2*patience, 50*time.Millisecond)
	}
	cluster := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: addresses})
	t.Cleanup(func() { assert.NoError(t, cluster.Close()) })
	return cluster, servers
}

func TestDocumentsAndHintsGoThroughACluster(t *testing.T) {
	t.Parallel()
	cluster, servers := newCluster(t)
	for _, key := range []string{"flags", "{app}:flags", "app:flags", "other"} {
		w := watch(t, redis.Source(cluster, key).(becket.Signal))
		assert.Zero(t, w.hint(t))
		published, err := redis.Publish(t.Context(), cluster, key, redis.Publication{Body: document(1)})
		require.NoError(t, err)
		assert.Equal(t, int64(1), published.Receivers, "the subscription is on the key's node")
		assert.Equal(t, becket.Hint{Revision: 1, ETag: published.ETag}, w.hint(t))
		fetched, err := redis.Source(cluster, key).Fetch(t.Context(), becket.Validator{})
		require.NoError(t, err)
		assert.Equal(t, document(1), fetched.Body)
		w.stop()
		require.NoError(t, w.end(t))
	}

	slot, err := cluster.ClusterKeySlot(t.Context(), "flags").Result()
	require.NoError(t, err)
	w := watch(t, redis.Source(cluster, "flags").(becket.Signal))
	assert.Zero(t, w.hint(t))
	servers[slot*3/16384].Kill()
	require.Error(t, w.end(t), "the loss of the document's node is a loss of the signal")
}
