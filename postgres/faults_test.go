//go:build linux

package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/pushtest"
	"github.com/becketflags/becket/internal/webtest"
	"github.com/becketflags/becket/postgres"
	"github.com/becketflags/becket/postgres/internal/engine"
)

var update = flag.Bool("update", false, "write the table of docs/reliability.md anew")

// place is a server with a database for one trial, and the way of a client to it. The client logs
// in as a role with the rights of a reader.
type place struct {
	server    *engine.Server
	database  string
	role      string
	forwarder *webtest.Forwarder
	slow      atomic.Bool    // the client reads its notifications slowly
	second    *engine.Server // a standby; may be nil
}

const (
	rolePassword = "reader-secret"
	afterSecret  = "later-secret" // another password
)

// newPlace creates a database on the server that trials share.
func newPlace(t *testing.T) *place {
	t.Helper()
	server, err := shared.start()
	return newPlaceOn(t, need(t, server, err))
}

// newOwnPlace starts a server for one trial.
func newOwnPlace(t *testing.T) *place {
	t.Helper()
	return newPlaceOn(t, newServer(t))
}

func newPlaceOn(t *testing.T, server *engine.Server) *place {
	t.Helper()
	p := &place{server: server, database: fmt.Sprintf("trial%d", databases.Add(1))}
	p.role = "reader_of_" + p.database
	p.create(t)
	var err error
	p.forwarder, err = webtest.NewForwarder(server.Host())
	require.NoError(t, err)
	t.Cleanup(p.forwarder.Close)
	return p
}

// create creates the database, its role and its table.
func (p *place) create(t *testing.T) {
	t.Helper()
	require.NoError(t, p.server.Ask("CREATE DATABASE "+p.database,
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", p.role, rolePassword)))
	p.ask(t, postgres.Schema, p.grant("TO"))
}

func (p *place) grant(to string) string {
	verb := map[string]string{"TO": "GRANT", "FROM": "REVOKE"}[to]
	return fmt.Sprintf("%s SELECT (name, revision, etag, body, signature) ON becket_revisions %s %s", verb, to, p.role)
}

// ask runs statements as the superuser.
func (p *place) ask(t *testing.T, statements ...string) {
	t.Helper()
	require.NoError(t, p.server.AskIn(p.database, statements...))
}

// Open returns a source whose connections pass through the forwarder, as a reader.
func (p *place) Open(t *testing.T) (source becket.Source, options []becket.Option, shut func()) {
	t.Helper()
	hosts := p.forwarder.Address()
	if p.second != nil {
		strand(t, p)
		hosts += "," + p.second.Host()
	}
	address := fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable&target_session_attrs=primary&connect_timeout=2"+
		"&pool_max_conns=2", p.role, rolePassword, hosts, p.database)
	config, err := pgxpool.ParseConfig(address)
	require.NoError(t, err)
	dials := &dialer{slow: &p.slow}
	config.ConnConfig.DialFunc = dials.dial
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	listen := pool.Config().ConnConfig
	listen.DialFunc = dials.dialSlowly
	shut = func() {
		dials.close() // the driver says goodbye to dead connections for 15 seconds
		pool.Close()
	}
	return postgres.Source(pool, "shop", postgres.WithHeartbeat(time.Second), postgres.WithTimeout(3*time.Second),
		postgres.WithListenConfig(listen)), nil, shut
}

// dialer knows the connections of a client.
type dialer struct {
	slow  *atomic.Bool
	mutex sync.Mutex
	all   []net.Conn
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.all = append(d.all, connection)
	return connection, nil
}

func (d *dialer) dialSlowly(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &slowConn{connection, d.slow}, nil
}

func (d *dialer) close() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, connection := range d.all {
		_ = connection.Close()
	}
}

// slowConn is a connection that reads 256 kB a second while it is slow.
type slowConn struct {
	net.Conn
	slow *atomic.Bool
}

func (c *slowConn) Read(b []byte) (int, error) {
	if c.slow.Load() {
		time.Sleep(time.Second / 64)
		b = b[:min(len(b), 4<<10)]
	}
	return c.Conn.Read(b)
}

// Publish publishes as the superuser.
func (p *place) Publish(ctx context.Context, _ int64, document []byte) error {
	connection, err := pgx.Connect(ctx, p.server.URL(p.database))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(ctx) }()
	_, err = postgres.Publish(ctx, connection, "shop", postgres.Publication{Body: document})
	return err
}

// statements returns a function that runs statements as the superuser.
func statements(list ...string) func(*testing.T, *place) {
	return func(t *testing.T, p *place) {
		t.Helper()
		p.ask(t, list...)
	}
}

// terminate ends all connections of the reader.
const terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() " +
	"AND pid <> pg_backend_pid()"

// alter changes the reader's role and ends its connections.
func alter(change string) func(*testing.T, *place) {
	return func(t *testing.T, p *place) {
		t.Helper()
		p.ask(t, fmt.Sprintf("ALTER ROLE %s %s", p.role, change), terminate)
	}
}

// renew creates the table anew.
func renew(t *testing.T, p *place) {
	t.Helper()
	p.ask(t, "DROP TABLE IF EXISTS becket_revisions", postgres.Schema, p.grant("TO"))
}

// replace replaces the newest body by an expression, beside the rules of the table.
func replace(body string) func(*testing.T, *place) {
	return statements("ALTER TABLE becket_revisions DROP CONSTRAINT becket_revisions_etag, "+
		"DROP CONSTRAINT becket_revisions_body_check",
		fmt.Sprintf(`UPDATE becket_revisions AS r SET body = n.body, etag = encode(sha256(n.body), 'hex') FROM
			(SELECT revision, %s AS body FROM becket_revisions ORDER BY revision DESC LIMIT 1) AS n
			WHERE r.revision = n.revision`, body))
}

// notify sends many different hints in one transaction.
func notify(count int) func(*testing.T, *place) {
	return statements(fmt.Sprintf("SELECT count(pg_notify('becket:shop', i::text)) FROM generate_series(1, %d) AS i",
		count))
}

// faults are the rows of the table.
var faults = []pushtest.Fault[*place]{
	{
		Name: "server killed (SIGKILL) and started again", Start: newOwnPlace, Lost: true, Cause: becket.CauseFetch,
		Begin: func(t *testing.T, p *place) { t.Helper(); require.NoError(t, p.server.Kill()) },
		End:   func(t *testing.T, p *place) { t.Helper(); require.NoError(t, p.server.Up()) },
	},
	{
		Name: "server stopped (SIGSTOP)", Start: newOwnPlace, Lost: true, Cause: becket.CauseFetch, Slow: true,
		Begin: func(t *testing.T, p *place) { t.Helper(); require.NoError(t, p.server.Stop(true)) },
		End:   func(t *testing.T, p *place) { t.Helper(); require.NoError(t, p.server.Stop(false)) },
	},
	{
		Name:  "server killed, and an empty one started in its place",
		Start: newOwnPlace, Lost: true, Cause: becket.CauseFetch, Slow: true,
		Begin: func(t *testing.T, p *place) {
			t.Helper()
			require.NoError(t, p.server.Kill())
			require.NoError(t, p.server.Empty())
		},
		End: func(t *testing.T, p *place) { t.Helper(); p.create(t) },
	},
	{
		Name:  "primary killed, and a standby promoted that lacks the newest revisions",
		Start: newPair, Lost: true, Cause: becket.CauseRefused, Begin: failOver, Slow: true,
	},
	{
		Name: "connections ended by the server (`pg_terminate_backend`)", Lost: true, Open: true,
		Begin: statements(terminate),
	},
	{
		Name: "connections cut", Lost: true, Open: true,
		Begin: func(_ *testing.T, p *place) { p.forwarder.Cut() },
	},
	{
		Name: "connections half-open: a gateway has forgotten them", Lost: true, Open: true,
		Begin: func(_ *testing.T, p *place) { p.forwarder.Forget() },
	},
	{
		Name: "partition: no byte passes", Lost: true, Cause: becket.CauseFetch, Slow: true,
		Begin: func(_ *testing.T, p *place) { p.forwarder.Silence(true) },
		End:   func(_ *testing.T, p *place) { p.forwarder.Silence(false) },
	},
	{
		Name: "client that reads its notifications slowly, and a flood of them", Slow: true,
		Begin: func(t *testing.T, p *place) { t.Helper(); p.slow.Store(true); notify(100_000)(t, p) },
		End:   func(_ *testing.T, p *place) { p.slow.Store(false) },
	},
	{Name: "a million hints", Begin: notify(1_000_000), Open: true, Slow: true},
	{
		Name: "wrong password", Lost: true, Cause: becket.CauseFetch,
		Begin: alter("PASSWORD '" + afterSecret + "'"), End: alter("PASSWORD '" + rolePassword + "'"),
	},
	{
		Name: "password changed, connections stay", Open: true, Slow: true,
		Begin: func(t *testing.T, p *place) {
			t.Helper()
			p.ask(t, fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", p.role, afterSecret))
		},
	},
	{
		Name: "role expired (`VALID UNTIL`)", Lost: true, Cause: becket.CauseFetch, Slow: true,
		Begin: alter("VALID UNTIL '2020-01-01'"), End: alter("VALID UNTIL 'infinity'"),
	},
	{
		Name: "no connection left for the role", Lost: true, Cause: becket.CauseFetch, Slow: true,
		Begin: alter("CONNECTION LIMIT 0"), End: alter("CONNECTION LIMIT -1"),
	},
	{
		Name: "rights revoked", Cause: becket.CauseFetch, Slow: true,
		Begin: func(t *testing.T, p *place) { t.Helper(); p.ask(t, p.grant("FROM")) },
		End:   func(t *testing.T, p *place) { t.Helper(); p.ask(t, p.grant("TO")) },
	},
	{Name: "rows deleted", Begin: statements("DELETE FROM becket_revisions"), Cause: becket.CauseFetch},
	{Name: "table dropped", Begin: statements("DROP TABLE becket_revisions"), End: renew, Cause: becket.CauseFetch},
	{
		Name: "another table of the name", Cause: becket.CauseFetch, End: renew, Slow: true,
		Begin: statements("ALTER TABLE becket_revisions DROP CONSTRAINT becket_revisions_etag, " +
			"ALTER body TYPE text USING ''"),
	},
	{
		Name: "document of another type", End: renew, Cause: becket.CauseDocument, Slow: true,
		Begin: replace("convert_to('[1]', 'UTF8')"),
	},
	{
		Name: "document over 64 MiB", End: renew, Cause: becket.CauseFetch, Slow: true,
		Begin: func(t *testing.T, p *place) {
			t.Helper()
			// Then the server compresses nothing, which would take long.
			p.ask(t, "ALTER TABLE becket_revisions ALTER body SET STORAGE EXTERNAL")
			replace("body || convert_to(repeat(' ', 64 * 1024 * 1024), 'UTF8')")(t, p)
		},
	},
	{
		Name: "document truncated", End: renew, Cause: becket.CauseFetch,
		Begin: statements("ALTER TABLE becket_revisions DROP CONSTRAINT becket_revisions_etag",
			"UPDATE becket_revisions SET body = substring(body FROM 1 FOR 20), etag = encode(sha256(body || ' '), 'hex')"),
	},
	{
		Name: "older revision, as from a backup", Cause: becket.CauseRefused,
		Begin: statements("DELETE FROM becket_revisions WHERE revision > (SELECT min(revision) FROM becket_revisions)"),
	},
	{Name: "the client's clock jumps forward by a day", Clock: 24 * time.Hour, Open: true},
	{Name: "the client's clock jumps back by a day", Clock: -24 * time.Hour, Open: true, Slow: true},
}

// newPair starts a primary with a standby.
func newPair(t *testing.T) *place {
	t.Helper()
	p := newOwnPlace(t)
	standby, err := engine.StartStandby(p.server, t.TempDir())
	t.Cleanup(standby.Down)
	require.NoError(t, err)
	p.second = standby
	return p
}

// strand ends the replication when the standby has everything so far, as a broken network does.
func strand(t *testing.T, p *place) {
	t.Helper()
	require.Eventually(t, func() bool {
		return p.second.AskIn(p.database, "SELECT 1 / count(*) FROM becket_revisions") == nil
	}, patience, 10*time.Millisecond, "the standby has the first revision")
	require.NoError(t, p.second.Ask("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"))
	require.Eventually(t, func() bool {
		return p.second.Ask("SELECT 1 / (1 - count(*)) FROM pg_stat_wal_receiver") == nil
	}, patience, 10*time.Millisecond, "the standby receives nothing more")
}

// failOver kills the primary, and its standby becomes the primary.
func failOver(t *testing.T, p *place) {
	t.Helper()
	require.NoError(t, p.server.Kill())
	require.NoError(t, p.second.Ask("SELECT pg_promote()"))
	p.server = p.second
}

func TestEveryFault(t *testing.T) {
	pushtest.Run(t, pushtest.Matrix[*place]{
		Name: "postgres", Start: newPlace, Faults: faults, Update: *update, Loss: 4 * time.Second,
		Secrets: []string{rolePassword, afterSecret, engine.Password},
	})
}
