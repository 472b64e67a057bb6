//go:build unix

package redis_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/internal/pushtest"
	"github.com/becketflags/becket/internal/webtest"
	"github.com/becketflags/becket/redis"
	"github.com/becketflags/becket/redis/internal/engine"
)

const year = 365 * 24 * time.Hour

// secret is the password of the user that the clients have.
const secret = "password-secret"

// reader is the client's user with its rights, as arguments of the server.
var reader = []string{
	"--user", "becket", "on", ">" + secret, "resetchannels", "&{flags}:hints", "~flags",
	"+hmget", "+hstrlen", "+exists", "+subscribe", "+ping",
}

// rig is a server, perhaps with a replica, and the way that a client has to it.
type rig struct {
	server, replica *engine.Server
	nodes           *cluster                // instead of the server
	admin           goredis.UniversalClient // of the primary or the cluster
	way             *webtest.Forwarder      // between the client and the first server
	link            *webtest.Forwarder      // between the server and its replica
	target          atomic.Value            // the address to which the client connects
	stalled         atomic.Bool             // the client reads nothing
	severed         bool                    // the replica gets only the first publication
}

// startRig starts a server without persistence, unless the arguments say otherwise.
func startRig(t *testing.T, arguments ...string) *rig {
	t.Helper()
	r := &rig{server: startServer(t, append(arguments, reader...)...)}
	r.admin = connect(t, r.server.Address())
	r.way = forwarder(t, r.server.Address())
	r.target.Store(r.way.Address())
	return r
}

func forwarder(t *testing.T, address string) *webtest.Forwarder {
	t.Helper()
	f, err := webtest.NewForwarder(address)
	require.NoError(t, err)
	t.Cleanup(f.Close)
	return f
}

func memoryOnly(t *testing.T) *rig { t.Helper(); return startRig(t) }

func persistent(t *testing.T) *rig {
	t.Helper()
	return startRig(t, "--appendonly", "yes", "--appendfsync", "always")
}

func replicated(t *testing.T) *rig {
	t.Helper()
	r := startRig(t)
	r.link = forwarder(t, r.server.Address())
	host, port, err := net.SplitHostPort(r.link.Address())
	require.NoError(t, err)
	arguments := append([]string{"--replicaof", host, port, "--repl-diskless-sync-delay", "0"}, reader...)
	r.replica = startServer(t, arguments...)
	other := connect(t, r.replica.Address())
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Contains(c, other.Info(t.Context(), "replication").Val(), "master_link_status:up")
	}, 3*patience, 20*time.Millisecond)
	return r
}

func severed(t *testing.T) *rig {
	t.Helper()
	r := replicated(t)
	r.severed = true
	return r
}

// clustered starts a cluster, in which the node of the document has a replica.
func clustered(t *testing.T) *rig {
	t.Helper()
	nodes := startCluster(t, 1)
	slot, err := nodes.client.ClusterKeySlot(t.Context(), "flags").Result()
	require.NoError(t, err)
	require.Equal(t, int64(2), slot*3/slots, "the document is on the third node")
	return &rig{server: nodes.servers[2], nodes: nodes, admin: nodes.client}
}

func (r *rig) Open(t *testing.T) (becket.Source, []becket.Option, func()) {
	t.Helper()
	if r.nodes != nil {
		client := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: r.nodes.addresses})
		source := redis.Source(client, "flags", redis.WithHeartbeat(time.Second))
		return source, nil, func() { assert.NoError(t, client.Close()) }
	}
	client := goredis.NewClient(&goredis.Options{
		Addr: "redis.example.com:6379", Username: "becket", Password: secret, Dialer: r.dial,
	})
	source := redis.Source(client, "flags", redis.WithHeartbeat(time.Second))
	return source, nil, func() { assert.NoError(t, client.Close()) }
}

func (r *rig) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", r.target.Load().(string))
	if err != nil {
		return nil, err
	}
	return &slowConn{Conn: connection, stalled: &r.stalled}, nil
}

// slowConn is a connection of a client that does not read while it is stalled.
type slowConn struct {
	net.Conn
	stalled  *atomic.Bool
	deadline atomic.Int64 // in nanoseconds; 0 if there is none
}

func (c *slowConn) SetReadDeadline(at time.Time) error {
	c.deadline.Store(0)
	if !at.IsZero() {
		c.deadline.Store(at.UnixNano())
	}
	return c.Conn.SetReadDeadline(at)
}

func (c *slowConn) Read(p []byte) (int, error) {
	for ; c.stalled.Load(); time.Sleep(10 * time.Millisecond) {
		if at := c.deadline.Load(); at != 0 && time.Now().UnixNano() > at {
			return 0, os.ErrDeadlineExceeded
		}
	}
	return c.Conn.Read(p)
}

func (r *rig) Publish(ctx context.Context, _ int64, document []byte) error {
	_, err := redis.Publish(ctx, r.admin, "flags", redis.Publication{Body: document})
	if errors.Is(err, redis.ErrNotHigher) {
		body, problem := r.admin.HGet(ctx, "flags", "body").Bytes()
		if problem == nil && bytes.Equal(body, document) {
			err = nil // an earlier attempt was successful, though its answer got lost
		}
	}
	if err == nil && r.replica != nil {
		err = r.admin.Do(ctx, "WAIT", 1, 1000).Err()
		if r.severed {
			r.link.Silence(true)
			r.severed = false
		}
	}
	return err
}

// do runs a command of the administrator.
func (r *rig) do(t *testing.T, arguments ...any) {
	t.Helper()
	require.NoError(t, r.admin.Do(t.Context(), arguments...).Err())
}

// plant writes a document as Publish does, but without its checks.
func (r *rig) plant(t *testing.T, revision int, body, whole []byte) {
	t.Helper()
	sum := sha256.Sum256(whole)
	r.do(t, "HSET", "flags", "revision", revision, "etag", hex.EncodeToString(sum[:]), "body", body)
}

// failOver kills the primary, makes the replica the primary, and leads the client there.
func failOver(t *testing.T, r *rig) {
	t.Helper()
	r.server.Kill()
	r.admin = connect(t, r.replica.Address())
	r.do(t, "REPLICAOF", "NO", "ONE")
	r.target.Store(r.replica.Address())
}

func kill(_ *testing.T, r *rig) { r.server.Kill() }

func freeze(t *testing.T, r *rig) { t.Helper(); require.NoError(t, r.server.Freeze()) }

// takeOver stops the node that has the document and waits until its replica has taken over.
func takeOver(t *testing.T, r *rig) {
	t.Helper()
	freeze(t, r)
	replica := connect(t, r.nodes.servers[3].Address())
	began := time.Now()
	eventually(t, func() error {
		if text := replica.Info(t.Context(), "replication").Val(); !strings.Contains(text, "role:master") {
			return errors.New(text)
		}
		return nil
	})
	t.Logf("the replica took over after %v", time.Since(began))
}

func thaw(t *testing.T, r *rig) { t.Helper(); require.NoError(t, r.server.Thaw()) }

func restart(t *testing.T, r *rig) { t.Helper(); require.NoError(t, r.server.Restart()) }

func restartEmpty(t *testing.T, r *rig) {
	t.Helper()
	r.server.Kill()
	restart(t, r)
	require.Zero(t, r.admin.DBSize(t.Context()).Val())
}

// overflow makes the client read nothing until the server drops its subscription.
func overflow(t *testing.T, r *rig) {
	t.Helper()
	r.do(t, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 256kb 128kb 1")
	r.stalled.Store(true)
	message := bytes.Repeat([]byte("x"), 100<<10)
	require.Eventually(t, func() bool {
		receivers, err := r.admin.Publish(t.Context(), "{flags}:hints", message).Result()
		return err == nil && receivers == 0
	}, 3*patience, time.Millisecond)
}

// flood sends a million hints, of which every thousandth promises a revision that never comes.
func flood(t *testing.T, r *rig) {
	t.Helper()
	const batches, size = 1000, 1000
	for range batches {
		pipeline := r.admin.Pipeline()
		for range size - 1 {
			pipeline.Publish(t.Context(), "{flags}:hints", "{}")
		}
		pipeline.Publish(t.Context(), "{flags}:hints", `{"revision": 9007199254740991}`)
		_, err := pipeline.Exec(t.Context())
		require.NoError(t, err)
	}
}

var unreachable = []pushtest.Fault[*rig]{
	{Name: "the server is killed (SIGKILL) and restarts with its append-only file", Start: persistent,
		Begin: kill, End: restart, Lost: true, Cause: becket.CauseFetch},
	{Name: "the server is killed (SIGKILL) and restarts empty, without persistence",
		Begin: restartEmpty, Lost: true, Cause: becket.CauseFetch},
	{Name: "the server is stopped (SIGSTOP) and goes on",
		Begin: freeze, End: thaw, Lost: true, Cause: becket.CauseFetch},
	{Name: "the connections are cut",
		Begin: func(_ *testing.T, r *rig) { r.way.Cut() }, Lost: true, Open: true},
	{Name: "the connections are half-open: a gateway has forgotten them",
		Begin: func(_ *testing.T, r *rig) { r.way.Forget() }, Lost: true, Open: true},
	{Name: "a partition: every connection is silent, also a new one",
		Begin: func(_ *testing.T, r *rig) { r.way.Silence(true) },
		End:   func(_ *testing.T, r *rig) { r.way.Silence(false) },
		Lost:  true, Cause: becket.CauseFetch},
	{Name: "a slow consumer: the program reads nothing, and the server drops it", Begin: overflow,
		End:  func(_ *testing.T, r *rig) { r.stalled.Store(false) },
		Lost: true, Cause: becket.CauseFetch},
	{Name: "failover to a replica that has everything", Start: replicated, Begin: failOver, Lost: true, Open: true},
	{Name: "failover to a replica that lacks the latest revisions", Start: severed, Begin: failOver,
		Lost: true, Cause: becket.CauseRefused},
	{Name: "the document's node of a cluster is stopped, and its replica takes over", Start: clustered, Begin: takeOver,
		End: thaw, Lost: true, Open: true, Slow: true},
	{Name: "the password is changed, and the connections are closed", Begin: func(t *testing.T, r *rig) {
		t.Helper()
		r.do(t, "ACL", "SETUSER", "becket", "resetpass", ">another-secret")
		r.do(t, "CLIENT", "KILL", "USER", "becket")
	}, End: func(t *testing.T, r *rig) {
		t.Helper()
		r.do(t, "ACL", "SETUSER", "becket", "resetpass", ">"+secret)
	}, Lost: true, Cause: becket.CauseFetch},
	{Name: "the user is removed while it is connected", Begin: func(t *testing.T, r *rig) {
		t.Helper()
		r.do(t, "ACL", "DELUSER", "becket")
	}, End: func(t *testing.T, r *rig) {
		t.Helper()
		command := []any{"ACL", "SETUSER"}
		for _, argument := range reader[1:] {
			command = append(command, argument)
		}
		r.do(t, command...)
	}, Lost: true, Cause: becket.CauseFetch},
	{Name: "the user loses the rights to the key", Begin: func(t *testing.T, r *rig) {
		t.Helper()
		r.do(t, "ACL", "SETUSER", "becket", "resetkeys")
	}, End: func(t *testing.T, r *rig) {
		t.Helper()
		r.do(t, "ACL", "SETUSER", "becket", "~flags")
	}, Cause: becket.CauseFetch},
}

var unusable = []pushtest.Fault[*rig]{
	{Name: "the key is deleted", Begin: func(t *testing.T, r *rig) { t.Helper(); r.do(t, "DEL", "flags") },
		Cause: becket.CauseFetch},
	{Name: "FLUSHALL", Begin: func(t *testing.T, r *rig) { t.Helper(); r.do(t, "FLUSHALL") },
		Cause: becket.CauseFetch},
	{Name: "the key is of another type",
		Begin: func(t *testing.T, r *rig) { t.Helper(); r.do(t, "SET", "flags", document(99)) },
		End:   func(t *testing.T, r *rig) { t.Helper(); r.do(t, "DEL", "flags") },
		Cause: becket.CauseFetch},
	{Name: "the hash has no document",
		Begin: func(t *testing.T, r *rig) { t.Helper(); r.do(t, "DEL", "flags"); r.do(t, "HSET", "flags", "a", "b") },
		End:   func(t *testing.T, r *rig) { t.Helper(); r.do(t, "DEL", "flags") },
		Cause: becket.CauseFetch},
	{Name: "the document is over the size limit", Begin: func(t *testing.T, r *rig) {
		t.Helper()
		r.plant(t, 1, make([]byte, limit.Document+1), nil)
	}, Cause: becket.CauseFetch, Slow: true},
	{Name: "the document is truncated", Begin: func(t *testing.T, r *rig) {
		t.Helper()
		r.plant(t, 1, document(99)[:40], document(99))
	}, Cause: becket.CauseFetch},
	{Name: "the document is a web page", Begin: func(t *testing.T, r *rig) {
		t.Helper()
		page := []byte("<!doctype html><title>503</title>")
		r.plant(t, 1, page, page)
	}, Cause: becket.CauseDocument},
	{Name: "an older revision", Begin: func(t *testing.T, r *rig) {
		t.Helper()
		r.plant(t, 5, document(5), document(5))
	}, Cause: becket.CauseRefused},
	{Name: "the clock jumps ahead by a year", Clock: year, Open: true},
	{Name: "the clock jumps back by a year", Clock: -year, Open: true},
	{Name: "a million hints, some of revisions that never come", Begin: flood, Open: true, MayLose: true,
		Slow: true, Alone: true},
}

func TestEveryFaultOfRedis(t *testing.T) { //nolint:paralleltest // its subtests run in parallel
	pushtest.Run(t, pushtest.Matrix[*rig]{
		Name: "redis", Start: memoryOnly, Faults: append(unreachable, unusable...),
		Secrets: []string{secret, "another-secret"}, Update: *update,
	})
}
