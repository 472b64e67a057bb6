package postgres_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/webtest"
	"github.com/becketflags/becket/postgres"
	"github.com/becketflags/becket/postgres/internal/engine"
)

// patience is how long a test waits for something that takes milliseconds on an idle machine.
const patience = 20 * time.Second

// watching is a call of Watch.
type watching struct {
	hints chan becket.Hint
	ended chan error
	stop  context.CancelFunc
}

// watch calls Watch and ends it with the test.
func watch(t *testing.T, signal becket.Signal) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watching{make(chan becket.Hint, 1000), make(chan error, 1), cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.ended <- signal.Watch(ctx, func(h becket.Hint) {
			select {
			case w.hints <- h:
			default:
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

// hint waits for the next hint.
func (w *watching) hint(t *testing.T) becket.Hint {
	t.Helper()
	select {
	case h := <-w.hints:
		return h
	case err := <-w.ended:
		require.NoError(t, err, "Watch has returned")
	case <-time.After(patience):
		require.Fail(t, "no hint has come")
	}
	return becket.Hint{}
}

// end waits for the end of the call.
func (w *watching) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-w.ended:
		return err
	case <-time.After(patience):
		require.Fail(t, "Watch has not returned")
	}
	return nil
}

func TestAWatchPassesOnEachHint(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.publish(t, 1)
	signal := postgres.Signal(d.pool, "shop")
	named, ok := signal.(interface{ Name() string })
	require.True(t, ok)
	assert.Equal(t, "postgres becket:shop", named.Name())
	w := watch(t, signal)
	assert.Equal(t, becket.Hint{}, w.hint(t), "it is connected")

	published, err := postgres.Publish(t.Context(), d.pool, "shop",
		postgres.Publication{Body: document(2), Spread: 3 * time.Second})
	require.NoError(t, err)
	assert.Equal(t, becket.Hint{Revision: 2, ETag: published.ETag, Spread: 3 * time.Second}, w.hint(t))
	_, err = postgres.Publish(t.Context(), d.pool, "other", postgres.Publication{Body: document(2)})
	require.NoError(t, err)
	d.ask(t, `NOTIFY "becket:shop"`, `NOTIFY "becket:shop", 'any text'`)
	for range 2 {
		assert.Equal(t, becket.Hint{}, w.hint(t), "another name's hint is not passed on, and any text is a hint")
	}
	published = d.publish(t, 3)
	assert.Equal(t, becket.Hint{Revision: 3, ETag: published.ETag}, w.hint(t))
	w.stop()
	assert.NoError(t, w.end(t))
}

func TestAWatchPassesOnNothingOfATransactionThatFails(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.publish(t, 5)
	w := watch(t, postgres.Signal(d.pool, "shop"))
	w.hint(t)
	_, err := postgres.Publish(t.Context(), d.pool, "shop", postgres.Publication{Body: document(4)})
	require.ErrorIs(t, err, postgres.ErrNotHigher)
	d.publish(t, 6)
	assert.Equal(t, int64(6), w.hint(t).Revision)
}

func TestAClientUsesANewRevisionAtOnce(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.publish(t, 1)
	client := newClient(t, postgres.Source(d.pool, "shop"))
	require.NoError(t, client.Wait(t.Context()))
	for revision := range 3 {
		time.Sleep(1100 * time.Millisecond) // a signal causes one fetch a second
		d.publish(t, revision+2)
		require.Eventually(t, func() bool { return client.Status().Revision == int64(revision+2) }, patience,
			time.Millisecond)
	}
	assert.Equal(t, 4, client.For(becket.NewSubject("u")).Int("number", 0))
}

func TestALostConnectionEndsAWatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		lose func(t *testing.T, d *database, f *webtest.Forwarder)
	}{
		{"the server ends it", func(t *testing.T, d *database, _ *webtest.Forwarder) {
			t.Helper()
			d.ask(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'becket' "+
				"AND datname = current_database()")
		}},
		{"the network closes it", func(_ *testing.T, _ *database, f *webtest.Forwarder) { f.Close() }},
		{"the network forgets it", func(_ *testing.T, _ *database, f *webtest.Forwarder) { f.Forget() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t)
			forwarder, err := webtest.NewForwarder(d.server.Host())
			require.NoError(t, err)
			defer forwarder.Close()
			pool := newPool(t, through(t, d.server.URL(d.name), forwarder.Address(), "", ""))
			w := watch(t, postgres.Signal(pool, "shop", postgres.WithHeartbeat(time.Second)))
			w.hint(t)
			time.Sleep(1500 * time.Millisecond) // so that it has pinged once
			test.lose(t, d, forwarder)
			require.ErrorContains(t, w.end(t), "the listening connection is lost")
		})
	}
}

func TestADeadConnectionIsClosedAndNotKeptForASlowGoodbye(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	forwarder, err := webtest.NewForwarder(d.server.Host())
	require.NoError(t, err)
	defer forwarder.Close()
	listen, err := pgx.ParseConfig(through(t, d.server.URL(d.name), forwarder.Address(), "", ""))
	require.NoError(t, err)
	closed := make(chan struct{})
	var first atomic.Bool
	listen.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil && first.CompareAndSwap(false, true) {
			connection = &closingConn{Conn: connection, closed: closed}
		}
		return connection, err
	}
	w := watch(t, postgres.Signal(d.pool, "shop", postgres.WithListenConfig(listen),
		postgres.WithHeartbeat(time.Second)))
	w.hint(t)
	forwarder.Forget()
	require.Error(t, w.end(t))
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		require.Fail(t, "the connection is still open; the driver would close it after 15 seconds")
	}
}

// closingConn tells when it is closed.
type closingConn struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *closingConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func TestAConnectionIsMadeWithTheCredentialsOfThatTime(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	config, err := pgxpool.ParseConfig(through(t, d.server.URL(d.name), "", "postgres", "an old password"))
	require.NoError(t, err)
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		c.Password = engine.Password
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	w := watch(t, postgres.Signal(pool, "shop"))
	w.hint(t)

	config.BeforeConnect = nil
	refused, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(refused.Close)
	err = watch(t, postgres.Signal(refused, "shop")).end(t)
	require.ErrorContains(t, err, "password authentication failed")
	assert.NotContains(t, err.Error(), "old password")
}

func TestAStandbyServesDocumentsAndThePrimarySendsHints(t *testing.T) {
	t.Parallel()
	primary := newServer(t)
	d := newDatabaseOn(t, primary)
	d.publish(t, 1)
	standby, err := engine.StartStandby(primary, t.TempDir())
	t.Cleanup(standby.Down)
	require.NoError(t, err)
	replica := newPool(t, standby.URL(d.name))
	signal, ok := postgres.Source(replica, "shop").(becket.Signal)
	require.True(t, ok)
	require.ErrorIs(t, watch(t, signal).end(t), postgres.ErrStandby)

	both := fmt.Sprintf("postgres://postgres:%s@%s,%s/%s?sslmode=disable",
		engine.Password, standby.Host(), primary.Host(), d.name)
	watch(t, postgres.Signal(newPool(t, both), "shop")).hint(t)

	listen, err := pgx.ParseConfig(primary.URL(d.name))
	require.NoError(t, err)
	client := newClient(t, postgres.Source(replica, "shop", postgres.WithListenConfig(listen)))
	require.NoError(t, client.Wait(t.Context()))
	d.publish(t, 2)
	require.Eventually(t, func() bool { return client.Status().Revision == 2 }, patience, time.Millisecond,
		"the hint may come before the standby has the revision")
}
