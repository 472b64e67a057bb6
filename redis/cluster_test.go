//go:build unix

package redis_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/redis"
	"github.com/becketflags/becket/redis/internal/engine"
)

const slots = 16384

// cluster is three nodes, each with a third of the slots, and perhaps replicas of the last one.
type cluster struct {
	servers   []*engine.Server
	addresses []string
	client    *goredis.ClusterClient
}

// startCluster starts a cluster in which the third node has replicas.
func startCluster(t *testing.T, replicas int) *cluster {
	t.Helper()
	const primaries = 3
	c := &cluster{}
	var nodes []*goredis.Client
	for i := range primaries + replicas {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		bus := listener.Addr().(*net.TCPAddr).Port
		require.NoError(t, listener.Close())
		server := startServer(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus),
			"--cluster-node-timeout", "3000", "--cluster-replica-validity-factor", "0",
			"--repl-diskless-sync-delay", "0")
		node := connect(t, server.Address())
		if i < primaries {
			require.NoError(t,
				node.ClusterAddSlotsRange(t.Context(), i*slots/primaries, (i+1)*slots/primaries-1).Err())
		}
		require.NoError(t, node.Do(t.Context(), "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err())
		if i > 0 {
			require.NoError(t, nodes[0].Do(t.Context(), "CLUSTER", "MEET", "127.0.0.1", server.Port(), bus).Err())
		}
		c.servers, nodes = append(c.servers, server), append(nodes, node)
		c.addresses = append(c.addresses, server.Address())
	}
	third := nodes[primaries-1].ClusterMyID(t.Context()).Val()
	for i, node := range nodes {
		if i >= primaries {
			eventually(t, func() error { return node.ClusterReplicate(t.Context(), third).Err() })
		}
	}
	for i, node := range nodes {
		eventually(t, func() error { return whole(t.Context(), node, len(nodes), i >= primaries) })
	}
	c.client = goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: c.addresses, ReadTimeout: time.Second})
	t.Cleanup(func() { assert.NoError(t, c.client.Close()) })
	return c
}

func eventually(t *testing.T, try func() error) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.NoError(c, try()) }, 3*patience, 50*time.Millisecond)
}

// whole returns an error unless a node knows all others and all slots, and a replica has its data.
func whole(ctx context.Context, node *goredis.Client, nodes int, isReplica bool) error {
	text := node.ClusterInfo(ctx).Val() + node.Info(ctx, "replication").Val()
	wanted := []string{"cluster_state:ok", "cluster_known_nodes:" + strconv.Itoa(nodes), "cluster_slots_ok:16384"}
	if isReplica {
		wanted = append(wanted, "role:slave", "master_link_status:up")
	}
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			return fmt.Errorf("the node lacks %q: %s", want, text)
		}
	}
	return nil
}

func TestDocumentsAndHintsGoThroughACluster(t *testing.T) {
	t.Parallel()
	nodes := startCluster(t, 0)
	cluster := nodes.client
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
	nodes.servers[slot*3/slots].Kill()
	require.Error(t, w.end(t), "the loss of the document's node is a loss of the signal")
}

func TestRightsInACluster(t *testing.T) {
	t.Parallel()
	nodes := startCluster(t, 0)
	for name, rights := range map[string]string{
		"publisher": "+eval +evalsha +type +hmget +hset +publish +cluster|slots",
		"reader":    "+hmget +hstrlen +exists +subscribe +ping +cluster|slots",
	} {
		user := []any{"ACL", "SETUSER", name, "on", "nopass", "resetchannels", "&{flags}:hints", "~flags"}
		for right := range strings.FieldsSeq(rights) {
			user = append(user, right)
		}
		for _, address := range nodes.addresses {
			require.NoError(t, connect(t, address).Do(t.Context(), user...).Err())
		}
	}
	as := func(name string) *goredis.ClusterClient {
		client := goredis.NewClusterClient(&goredis.ClusterOptions{
			Addrs: nodes.addresses[:1], Username: name, Password: "any",
		})
		t.Cleanup(func() { assert.NoError(t, client.Close()) })
		return client
	}
	source := redis.Source(as("reader"), "flags")
	w := watch(t, source.(becket.Signal))
	assert.Zero(t, w.hint(t))
	publish(t, as("publisher"), 1)
	assert.Equal(t, int64(1), w.hint(t).Revision)
	fetched, err := source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err)
	assert.Equal(t, document(1), fetched.Body)
}
