//go:build linux

package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/pushtest"
	"github.com/becketflags/becket/internal/webtest"
	"github.com/becketflags/becket/nats/internal/natstest"
)

const (
	bucket = "flags"
	// heartbeat is the time between two pings in the tests of faults. A machine that is so busy
	// that it misses two of them would fail the tests of faults that lose no connection.
	heartbeat = time.Second
)

// engine is one server or a cluster, and a client's way to it.
type engine struct {
	nodes     []*natstest.Node
	forwarder *webtest.Forwarder // the client's only way, if it is set
	dialer    *stallingDialer    // the client's, if it is set
	options   []nats.Option      // of the client
	admin     []nats.Option
	js        jetstream.JetStream // of the publisher
	conn      *nats.Conn          // of the client
	config    jetstream.KeyValueConfig
	follower  bool // the client connects first to a server that follows the bucket's leader
}

func (e *engine) start(t *testing.T) {
	t.Helper()
	t.Cleanup(func() { natstest.KillAll(e.nodes) })
	require.NoError(t, natstest.StartAll(e.nodes, e.admin...))
	pings := []nats.Option{nats.PingInterval(heartbeat), nats.MaxPingsOutstanding(2)}
	e.js = jetStream(t, connect(t, addresses(e.nodes), append(pings, e.admin...)...))
	e.config.Bucket = bucket
}

func addresses(nodes []*natstest.Node) string {
	var all []string
	for _, node := range nodes {
		all = append(all, node.URL())
	}
	return strings.Join(all, ",")
}

func newNode(t *testing.T, name string) *natstest.Node {
	t.Helper()
	node, err := natstest.NewNode(name, t.TempDir())
	require.NoError(t, err)
	return node
}

// single starts one server of this module's version.
func single(t *testing.T) *engine {
	t.Helper()
	e := &engine{nodes: []*natstest.Node{newNode(t, "single")}}
	e.start(t)
	return e
}

// debian starts the server of the operating system.
func debian(t *testing.T) *engine {
	t.Helper()
	e := &engine{nodes: []*natstest.Node{newNode(t, "debian")}}
	e.nodes[0].Program = findServer(t)
	e.start(t)
	return e
}

func findServer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nats-server", "/usr/sbin/nats-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("nats-server is not installed")
	}
	t.Skip("nats-server is not installed")
	return ""
}

// forwarded starts one server that the client reaches only through a forwarder.
func forwarded(t *testing.T) *engine {
	t.Helper()
	e := single(t)
	var err error
	e.forwarder, err = webtest.NewForwarder(e.nodes[0].Address())
	require.NoError(t, err)
	t.Cleanup(e.forwarder.Close)
	return e
}

// cluster starts three servers with three replicas of the bucket, and a fourth server that only
// forwards, to which the client connects first.
func cluster(t *testing.T) *engine {
	t.Helper()
	nodes, err := natstest.NewCluster(4, t.TempDir())
	require.NoError(t, err)
	nodes[3].Plain = true
	e := &engine{nodes: nodes, config: jetstream.KeyValueConfig{Replicas: 3}}
	e.start(t)
	return e
}

// clusterDirect is cluster with a client that connects first to one of the three servers.
func clusterDirect(t *testing.T) *engine {
	t.Helper()
	e := cluster(t)
	e.nodes[0], e.nodes[3] = e.nodes[3], e.nodes[0]
	return e
}

func (e *engine) Open(t *testing.T) (becket.Source, []becket.Option, func()) {
	t.Helper()
	last := len(e.nodes) - 1
	if e.follower && e.nodes[last] == e.leader(t) {
		e.nodes[last], e.nodes[last-1] = e.nodes[last-1], e.nodes[last]
	}
	way := addresses(append([]*natstest.Node{e.nodes[last]}, e.nodes[:last]...))
	options := append([]nats.Option{nats.DontRandomize()}, e.options...)
	if e.forwarder != nil {
		way, options = "nats://"+e.forwarder.Address(), append(options, nats.IgnoreDiscoveredServers())
	}
	if e.dialer != nil {
		options = append(options, nats.SetCustomDialer(e.dialer))
	}
	e.conn = connect(t, way, options...)
	source := Source(jetStream(t, e.conn), bucket, key, WithHeartbeat(heartbeat), WithTimeout(2*time.Second))
	return source, nil, e.conn.Close
}

func (e *engine) Publish(ctx context.Context, _ int64, document []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := Publish(ctx, e.js, bucket, key, Publication{Body: document})
	switch {
	case errors.Is(err, ErrNoBucket):
		if _, failed := e.js.CreateKeyValue(ctx, e.config); failed != nil {
			return failed
		}
	case errors.Is(err, ErrNotHigher): // the answer to an earlier call was lost
		return nil
	case err != nil && strings.Contains(err.Error(), "delete the entry"):
		kv, failed := e.js.KeyValue(ctx, bucket)
		if failed != nil {
			return failed
		}
		return errors.Join(err, kv.Delete(ctx, key))
	}
	return err
}

func (e *engine) put(t *testing.T, value []byte) {
	t.Helper()
	kv, err := e.js.KeyValue(t.Context(), bucket)
	require.NoError(t, err)
	_, err = kv.Put(t.Context(), key, value)
	require.NoError(t, err)
}

// node returns the index of a server.
func (e *engine) node(t *testing.T, name string) int {
	t.Helper()
	for i, node := range e.nodes {
		if node.Name == name {
			return i
		}
	}
	require.Fail(t, "there is no such server", name)
	return 0
}

func (e *engine) leader(t *testing.T) *natstest.Node {
	t.Helper()
	stream, err := e.js.Stream(t.Context(), "KV_"+bucket)
	require.NoError(t, err)
	return e.nodes[e.node(t, stream.CachedInfo().Cluster.Leader)]
}

// consumers returns the server that sends to the client's watch.
func (e *engine) consumers(t *testing.T) *natstest.Node {
	t.Helper()
	stream, err := e.js.Stream(t.Context(), "KV_"+bucket)
	require.NoError(t, err)
	for info := range stream.ListConsumers(t.Context()).Info() {
		return e.nodes[e.node(t, info.Cluster.Leader)]
	}
	require.Fail(t, "the client has no consumer")
	return nil
}

func signalled(s syscall.Signal, nodes ...*natstest.Node) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		for _, node := range nodes {
			require.NoError(t, node.Signal(s))
		}
	}
}

func stop(t *testing.T, e *engine) { t.Helper(); signalled(syscall.SIGSTOP, e.nodes...)(t) }
func cont(t *testing.T, e *engine) { t.Helper(); signalled(syscall.SIGCONT, e.nodes...)(t) }

func kill(_ *testing.T, e *engine) { natstest.KillAll(e.nodes) }

func restart(t *testing.T, e *engine) {
	t.Helper()
	require.NoError(t, natstest.StartAll(e.nodes, e.admin...))
}

// stallingDialer makes connections that read nothing while they are stalled.
type stallingDialer struct {
	mutex sync.Mutex
	moved *sync.Cond
	stall bool
}

func newStallingDialer() *stallingDialer {
	d := &stallingDialer{}
	d.moved = sync.NewCond(&d.mutex)
	return d
}

func (d *stallingDialer) set(stall bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.stall = stall
	d.moved.Broadcast()
}

func (d *stallingDialer) Dial(network, address string) (net.Conn, error) {
	conn, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = tcp.SetReadBuffer(4 << 10)
	}
	return &stallingConn{conn, d}, err
}

type stallingConn struct {
	net.Conn
	dialer *stallingDialer
}

func (c *stallingConn) Read(p []byte) (int, error) {
	c.dialer.mutex.Lock()
	for c.dialer.stall {
		c.dialer.moved.Wait()
	}
	c.dialer.mutex.Unlock()
	return c.Conn.Read(p)
}

// flood publishes hints as fast as it can.
func flood(t *testing.T, e *engine, hints int) {
	t.Helper()
	conn := e.js.Conn()
	for range hints {
		require.NoError(t, conn.Publish("becket.hints."+bucket+"."+key, []byte(`{"spread": 0.001}`)))
	}
	require.NoError(t, conn.FlushTimeout(time.Minute))
}

// TestEveryFault is the matrix of docs/reliability.md.
func TestEveryFault(t *testing.T) { //nolint:paralleltest // its subtests are
	faults := processFaults()
	faults = append(faults, connectionFaults()...)
	faults = append(faults, entryFaults()...)
	faults = append(faults, clusterFaults()...)
	pushtest.Run(t, pushtest.Matrix[*engine]{
		Name: "nats", Start: single, Faults: faults, Secrets: []string{"password-secret"}, Loss: 4 * heartbeat,
		Update: *update,
	})
}

type fault = pushtest.Fault[*engine]

func processFaults() []fault {
	return []fault{
		{
			Name: "server killed (SIGKILL) and started again", Begin: kill, End: restart, Lost: true,
			Cause: becket.CauseFetch,
		},
		{
			Name: "Debian's server killed (SIGKILL) and started again", Start: debian, Begin: kill, End: restart,
			Lost: true, Cause: becket.CauseFetch,
		},
		{Name: "server stopped (SIGSTOP)", Begin: stop, End: cont, Lost: true, Cause: becket.CauseFetch},
		{
			Name: "Debian's server stopped (SIGSTOP)", Start: debian, Begin: stop, End: cont, Lost: true,
			Cause: becket.CauseFetch, Slow: true,
		},
		{
			Name: "server empty after a restart without persistence", Start: func(t *testing.T) *engine {
				t.Helper()
				e := single(t)
				e.config.Storage = jetstream.MemoryStorage
				return e
			},
			Begin: func(t *testing.T, e *engine) { kill(t, e); restart(t, e) }, Lost: true, Cause: becket.CauseFetch,
		},
	}
}

func connectionFaults() []fault {
	return []fault{
		{
			Name: "connection cut", Start: forwarded, Begin: func(_ *testing.T, e *engine) { e.forwarder.Cut() },
			Lost: true, Open: true,
		},
		{
			Name: "connection half-open: it dies silently, new ones work", Start: forwarded,
			Begin: func(_ *testing.T, e *engine) { e.forwarder.Forget() }, Lost: true, Open: true,
		},
		{
			Name: "network that swallows everything", Start: forwarded,
			Begin: func(_ *testing.T, e *engine) { e.forwarder.Silence(true) },
			End:   func(_ *testing.T, e *engine) { e.forwarder.Silence(false) }, Lost: true, Cause: becket.CauseFetch,
		},
		{
			Name: "password changed", Start: withPassword,
			Begin: func(t *testing.T, e *engine) { setPassword(t, e, "another") },
			End:   func(t *testing.T, e *engine) { setPassword(t, e, "password-secret") },
			Lost:  true, Cause: becket.CauseFetch,
		},
		{
			Name: "credentials expire", Start: withExpiry, Begin: expire, End: renew, Lost: true,
			Cause: becket.CauseFetch,
		},
		{
			Name: "slow consumer: the client reads nothing, and the server drops it",
			Start: func(t *testing.T) *engine {
				t.Helper()
				e := &engine{nodes: []*natstest.Node{newNode(t, "slow")}, dialer: newStallingDialer()}
				e.nodes[0].Config = "max_payload: 64KB\nmax_pending: 100KB\nwrite_deadline: \"1s\""
				e.start(t)
				return e
			},
			Begin: func(t *testing.T, e *engine) { t.Helper(); e.dialer.set(true); flood(t, e, 100_000) },
			End:   func(_ *testing.T, e *engine) { e.dialer.set(false) }, Lost: true, Cause: becket.CauseFetch,
		},
		{
			Name:  "a million hints",
			Begin: func(t *testing.T, e *engine) { t.Helper(); flood(t, e, 1_000_000) },
			Open:  true, Slow: true, Alone: true,
		},
		{Name: "clock jumps a day ahead", Clock: 24 * time.Hour, Open: true},
		{Name: "clock jumps a day back", Clock: -24 * time.Hour, Open: true},
	}
}

// withPassword starts a server that asks for a password.
func withPassword(t *testing.T) *engine {
	t.Helper()
	node := newNode(t, "private")
	node.Config = passwords("password-secret")
	e := &engine{
		nodes: []*natstest.Node{node}, options: []nats.Option{nats.UserInfo("reader", "password-secret")},
		admin: []nats.Option{nats.UserInfo("admin", "admin")},
	}
	e.start(t)
	return e
}

func passwords(reader string) string {
	return fmt.Sprintf("authorization: {users: [{user: reader, password: %q}, {user: admin, password: admin}]}", reader)
}

func setPassword(t *testing.T, e *engine, password string) {
	t.Helper()
	e.nodes[0].Config = passwords(password)
	_, err := e.nodes[0].Configure()
	require.NoError(t, err)
	require.NoError(t, e.nodes[0].Signal(syscall.SIGHUP))
}

func entryFaults() []fault {
	return []fault{
		{
			Name: "entry deleted", Begin: func(t *testing.T, e *engine) {
				t.Helper()
				kv, err := e.js.KeyValue(t.Context(), bucket)
				require.NoError(t, err)
				require.NoError(t, kv.Delete(t.Context(), key))
			}, Cause: becket.CauseFetch,
		},
		{
			Name: "bucket purged", Begin: func(t *testing.T, e *engine) {
				t.Helper()
				stream, err := e.js.Stream(t.Context(), "KV_"+bucket)
				require.NoError(t, err)
				require.NoError(t, stream.Purge(t.Context()))
			}, Cause: becket.CauseFetch,
		},
		{
			Name: "bucket deleted", Begin: func(t *testing.T, e *engine) {
				t.Helper()
				require.NoError(t, e.js.DeleteKeyValue(t.Context(), bucket))
			}, Lost: true, Cause: becket.CauseFetch,
		},
		{
			Name:  "entry of another type: a text",
			Begin: func(t *testing.T, e *engine) { t.Helper(); e.put(t, []byte("hello")) }, Cause: becket.CauseDocument,
		},
		{
			Name: "entry of another type: it names an object that is missing", Begin: func(t *testing.T, e *engine) {
				t.Helper()
				e.put(t, []byte(`{"becket_object": {"name": "missing", "size": 10, "revision": 1}}`))
			}, Cause: becket.CauseFetch,
		},
		{
			Name: "document oversized: an object above 64 MiB", Begin: func(t *testing.T, e *engine) {
				t.Helper()
				e.put(t, fmt.Appendf(nil, `{"becket_object": {"name": "huge", "size": %d, "revision": 1}}`, 64<<20+1))
			}, Cause: becket.CauseFetch,
		},
		{
			Name: "document truncated", Begin: func(t *testing.T, e *engine) {
				t.Helper()
				whole := pushtest.Document(1000)
				e.put(t, whole[:len(whole)-10])
			}, Cause: becket.CauseDocument,
		},
		{
			Name:  "document of an older revision",
			Begin: func(t *testing.T, e *engine) { t.Helper(); e.put(t, pushtest.Document(1)) },
			Cause: becket.CauseRefused,
		},
	}
}

func clusterFaults() []fault {
	on := func(which func(e *engine, t *testing.T) *natstest.Node, do func(*natstest.Node) error,
	) func(*testing.T, *engine) {
		return func(t *testing.T, e *engine) { t.Helper(); require.NoError(t, do(which(e, t))) }
	}
	killed := func(node *natstest.Node) error { node.Kill(); return nil }
	stopped := func(node *natstest.Node) error { return node.Signal(syscall.SIGSTOP) }
	clients := func(e *engine, t *testing.T) *natstest.Node {
		t.Helper()
		return e.nodes[e.node(t, e.conn.ConnectedServerName())]
	}
	return []fault{
		{
			Name: "cluster of three: the client's node killed (SIGKILL)", Start: clusterDirect,
			Begin: on(clients, killed), Lost: true, Open: true,
		},
		{
			Name: "cluster of three: the node killed (SIGKILL) that sends to the watch", Start: cluster,
			Begin: on((*engine).consumers, killed), Lost: true, Open: true,
		},
		{
			Name: "cluster of three: the bucket's leader killed (SIGKILL)", Start: cluster,
			Begin: on((*engine).leader, killed), MayLose: true, Open: true, Slow: true,
		},
		{
			Name: "cluster of three: the client's node stopped (SIGSTOP)", Start: clusterDirect,
			Begin: on(clients, stopped), End: cont, Lost: true, Open: true, Slow: true,
		},
		{
			Name: "cluster of three: the bucket's leader stopped (SIGSTOP)", Start: cluster,
			Begin: on((*engine).leader, stopped), End: cont, MayLose: true, Open: true, Slow: true,
		},
		{
			Name: "partition: the client's node without the leader and the other nodes",
			Start: func(t *testing.T) *engine {
				t.Helper()
				e := clusterDirect(t)
				e.follower = true
				return e
			},
			Begin: func(t *testing.T, e *engine) { t.Helper(); signalled(syscall.SIGSTOP, e.nodes[:3]...)(t) },
			End:   cont, MayLose: true, Cause: becket.CauseFetch, Slow: true,
		},
		{
			Name: "cluster of three: all nodes killed (SIGKILL) and started again", Start: cluster,
			Begin: kill, End: restart, Lost: true, Cause: becket.CauseFetch, Slow: true,
		},
	}
}
