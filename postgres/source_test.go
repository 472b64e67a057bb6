package postgres_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aead.dev/minisign"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/webtest"
	"github.com/becketflags/becket/postgres"
)

func TestASourceReadsTheNewestRevisionOnce(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	source := postgres.Source(d.pool, "shop")
	_, err := source.Fetch(t.Context(), becket.Validator{})
	require.ErrorIs(t, err, postgres.ErrNoDocument)

	d.publish(t, 1)
	d.publish(t, 7)
	_, err = postgres.Publish(t.Context(), d.pool, "other", postgres.Publication{Body: document(9)})
	require.NoError(t, err)
	first, err := source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err)
	sum := sha256.Sum256(document(7))
	assert.Equal(t, becket.Document{
		Body: document(7), Validator: becket.Validator{ETag: hex.EncodeToString(sum[:])},
	}, first)
	again, err := source.Fetch(t.Context(), first.Validator)
	require.NoError(t, err)
	assert.Equal(t, becket.Document{NotModified: true, Validator: first.Validator}, again)
}

func TestABodyTravelsOnlyIfItHasChangedAndFits(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	published := d.publishLarge(t, 1, 1<<20)
	pool, received := newCountingPool(t, d)
	source := postgres.Source(pool, "shop")
	_, err := source.Fetch(t.Context(), becket.Validator{ETag: published.ETag})
	require.NoError(t, err)
	assert.Less(t, received.Load(), int64(10<<10), "bytes without the body")
	_, err = source.Fetch(t.Context(), becket.Validator{ETag: "an older one"})
	require.NoError(t, err)
	assert.InDelta(t, 1<<20, received.Load(), 20<<10, "the body's bytes, and not their hexadecimal digits")

	d.ask(t, "ALTER TABLE becket_revisions DROP CONSTRAINT becket_revisions_body_check, "+
		"ALTER body SET STORAGE EXTERNAL", // it compresses nothing
		`INSERT INTO becket_revisions (name, revision, etag, body)
		SELECT name, 2, encode(sha256(b), 'hex'), b
		FROM (SELECT name, body || convert_to(repeat(' ', 64 * 1024 * 1024), 'UTF8') AS b FROM becket_revisions) AS t`)
	before := received.Load()
	_, err = source.Fetch(t.Context(), becket.Validator{})
	require.ErrorIs(t, err, becket.ErrTooLarge)
	assert.Less(t, received.Load()-before, int64(10<<10))
}

func (d *database) publishLarge(t *testing.T, revision, size int) postgres.Published {
	t.Helper()
	body := append(document(revision), bytes.Repeat([]byte(" "), size)...)
	published, err := postgres.Publish(t.Context(), d.pool, "shop", postgres.Publication{Body: body})
	require.NoError(t, err)
	return published
}

// newCountingPool returns a pool, and counts the bytes that its connections receive.
func newCountingPool(t *testing.T, d *database) (pool *pgxpool.Pool, received *atomic.Int64) {
	t.Helper()
	config, err := pgxpool.ParseConfig(d.server.URL(d.name))
	require.NoError(t, err)
	received = &atomic.Int64{}
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return &countingConn{connection, received}, err
	}
	pool, err = pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool, received
}

type countingConn struct {
	net.Conn
	received *atomic.Int64
}

func (c *countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}

func TestASignatureComesWithItsDocument(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	public, private, err := minisign.GenerateKey(nil)
	require.NoError(t, err)
	signature := minisign.Sign(private, document(1))
	_, err = postgres.Publish(t.Context(), d.pool, "shop",
		postgres.Publication{Body: document(1), Signature: signature})
	require.NoError(t, err)
	source, ok := postgres.Source(d.pool, "shop").(becket.SignedSource)
	require.True(t, ok)
	fetched, err := source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err)
	assert.Equal(t, signature, fetched.Signature)
	alone, err := source.FetchSignature(t.Context())
	require.NoError(t, err)
	assert.Equal(t, signature, alone)

	key, err := public.MarshalText()
	require.NoError(t, err)
	client := newClient(t, source, becket.WithPublicKey(string(key)))
	require.NoError(t, client.Refresh(t.Context()))
	d.publish(t, 2) // it has no signature
	require.ErrorContains(t, client.Refresh(t.Context()), "the newest revision has no signature")
	assert.Equal(t, int64(1), client.Status().Revision)
}

// newClient returns a client that fetches only when it is asked to or told to.
func newClient(t *testing.T, source becket.Source, options ...becket.Option) *becket.Client {
	t.Helper()
	client, err := becket.New(source, append([]becket.Option{
		becket.WithPollInterval(time.Hour), becket.WithSignalSpread(0),
	}, options...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

func TestEachFaultOfTheTableIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, statement string
		want            error
	}{
		{"the row is deleted", "DELETE FROM becket_revisions", postgres.ErrNoDocument},
		{"the table is dropped", "DROP TABLE becket_revisions", postgres.ErrNoTable},
		{"a column has another name", "ALTER TABLE becket_revisions RENAME body TO document", postgres.ErrNoTable},
		{
			"the body is of another type",
			"ALTER TABLE becket_revisions DROP CONSTRAINT becket_revisions_etag, ALTER body TYPE text USING 'text'",
			postgres.ErrNoTable,
		},
		{
			"the body is truncated",
			"ALTER TABLE becket_revisions DROP CONSTRAINT becket_revisions_etag; " +
				"UPDATE becket_revisions SET body = substring(body FROM 1 FOR 20)",
			postgres.ErrDamaged,
		},
		{
			"the hash is none",
			"ALTER TABLE becket_revisions DROP CONSTRAINT becket_revisions_etag; " +
				"UPDATE becket_revisions SET etag = repeat('x', 1000)",
			postgres.ErrDamaged,
		},
		{
			"the signature is too large",
			"ALTER TABLE becket_revisions DROP CONSTRAINT becket_revisions_signature_check; " +
				"UPDATE becket_revisions SET signature = convert_to(repeat('x', 20000), 'UTF8')",
			becket.ErrTooLarge,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t)
			d.publish(t, 1)
			source, ok := postgres.Source(d.pool, "shop").(becket.SignedSource)
			require.True(t, ok)
			d.ask(t, test.statement)
			_, err := source.Fetch(t.Context(), becket.Validator{})
			if err == nil {
				_, err = source.FetchSignature(t.Context())
			}
			require.ErrorIs(t, err, test.want)
			assert.Contains(t, err.Error(), "becket: ")
		})
	}
}

func TestAFetchNeedsNoConnectionOfThePool(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.publish(t, 1)
	config, err := pgxpool.ParseConfig(d.server.URL(d.name) + "&pool_max_conns=1")
	require.NoError(t, err)
	var prepared atomic.Int64
	config.AfterConnect = func(context.Context, *pgx.Conn) error {
		prepared.Add(1)
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	source := postgres.Source(pool, "shop", postgres.WithTimeout(6*time.Second))
	taken, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer taken.Release()
	fetched, err := source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err)
	assert.Equal(t, document(1), fetched.Body)
	assert.Equal(t, int64(2), prepared.Load(), "the new connection is prepared as those of the pool are")
}

func TestAFetchSurvivesPooledConnectionsThatAreDead(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.publish(t, 1)
	forwarder, err := webtest.NewForwarder(d.server.Host())
	require.NoError(t, err)
	defer forwarder.Close() // before the pool, which waits for its connections
	pool := newPool(t, through(t, d.server.URL(d.name), forwarder.Address(), "", ""))
	source := postgres.Source(pool, "shop", postgres.WithTimeout(6*time.Second))
	_, err = source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err)
	forwarder.Forget()
	_, err = source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err, "the connection that is forgotten costs a third of the time")

	d.ask(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "+
		"AND datname = current_database()")
	_, err = source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err, "a connection that the server has closed")
}

func TestAFetchFromAClosedPoolFails(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.publish(t, 1)
	pool, err := pgxpool.New(t.Context(), d.server.URL(d.name))
	require.NoError(t, err)
	pool.Close()
	_, err = postgres.Source(pool, "shop").Fetch(t.Context(), becket.Validator{})
	require.ErrorContains(t, err, "closed pool")
}

func TestAWrongPasswordIsNamedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	pool := newPool(t, through(t, d.server.URL(d.name), "", "postgres", "wrong-secret"))
	source := postgres.Source(pool, "shop")
	_, err := source.Fetch(t.Context(), becket.Validator{})
	require.ErrorContains(t, err, "password authentication failed")
	assert.NotContains(t, err.Error(), "secret")
	assert.NotContains(t, source.Identity(), "secret")
	refused, ok := errors.AsType[*pgconn.PgError](err)
	require.True(t, ok)
	assert.Equal(t, "28P01", refused.Code)
}

func TestMistakesAreErrorsOfNew(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), "postgres://example.com/flags")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	for _, test := range []struct {
		name   string
		source becket.Source
		want   string
	}{
		{"no pool", postgres.Source(nil, "shop"), "the pool is nil"},
		{"no pool, and polling only", postgres.Source(nil, "shop", postgres.WithPollingOnly(), nil), "the pool is nil"},
		{"no name", postgres.Source(pool, ""), "the document's name is empty"},
		{"a name with a byte 0", postgres.Source(pool, "a\x00"), "has a byte 0"},
		{"a long name", postgres.Source(pool, strings.Repeat("n", 57)), "WithChannel and Publication.Channel set a"},
		{"no time", postgres.Source(pool, "shop", postgres.WithTimeout(0)), "WithTimeout"},
		{"a rare heartbeat", postgres.Source(pool, "shop", postgres.WithHeartbeat(31*time.Second)), "WithHeartbeat"},
		{
			"an empty configuration", postgres.Source(pool, "shop", postgres.WithListenConfig(&pgx.ConnConfig{})),
			"does not come from pgx.ParseConfig",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := becket.New(test.source)
			require.ErrorContains(t, err, test.want)
			_, err = test.source.Fetch(t.Context(), becket.Validator{})
			require.ErrorContains(t, err, test.want)
			require.NotPanics(t, func() { test.source.Identity() })
			if signal, ok := test.source.(becket.Signal); ok {
				require.ErrorContains(t, signal.Watch(t.Context(), func(becket.Hint) {}), test.want)
			}
		})
	}
	long := postgres.Source(pool, strings.Repeat("n", 57), postgres.WithChannel("short"))
	client, err := becket.New(long)
	require.NoError(t, err)
	require.NoError(t, client.Close())
	_, listens := postgres.Source(pool, "shop", postgres.WithPollingOnly()).(becket.Signal)
	assert.False(t, listens)
}
