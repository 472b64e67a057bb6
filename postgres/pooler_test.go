package postgres_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/postgres"
	"github.com/becketflags/becket/postgres/internal/engine"
)

// newPooler starts a PgBouncer in front of a server and returns its address.
func newPooler(t *testing.T, server *engine.Server, mode string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("pgbouncer is not installed")
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	folder := t.TempDir()
	users := filepath.Join(folder, "users.txt")
	settings := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%s\n[pgbouncer]\nlisten_addr=127.0.0.1\n"+
		"listen_port=%s\nunix_socket_dir=\nauth_type=plain\nauth_file=%s\npool_mode=%s\ndefault_pool_size=2\n",
		server.Port, port, users, mode)
	require.NoError(t, os.WriteFile(users, fmt.Appendf(nil, "\"postgres\" %q\n", engine.Password), 0o600))
	file := filepath.Join(folder, "pgbouncer.ini")
	require.NoError(t, os.WriteFile(file, []byte(settings), 0o600))
	require.NoError(t, engine.Passable(folder))
	require.NoError(t, engine.GiveAway(folder, users, file))
	child := exec.Command(program, file)
	engine.AsPostgres(child)
	var log bytes.Buffer
	child.Stderr = &log
	require.NoError(t, child.Start())
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	require.Eventually(t, func() bool {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		return err == nil && connection.Close() == nil
	}, patience, 20*time.Millisecond, "pgbouncer does not listen")
	return address
}

func TestAPoolerInTransactionModeCarriesEverythingButHints(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	pool := newPool(t, through(t, d.server.URL(d.name), newPooler(t, d.server, "transaction"), "", ""))
	publish := func(revision int) {
		_, err := postgres.Publish(t.Context(), pool, "shop", postgres.Publication{Body: document(revision)})
		require.NoError(t, err)
	}
	publish(1)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	_, err := postgres.History(t.Context(), pool, "shop", 0, 10)
	require.NoError(t, err)
	source := postgres.Source(pool, "shop")
	for range 5 {
		_, err = source.Fetch(t.Context(), becket.Validator{})
		require.NoError(t, err)
	}
	require.ErrorIs(t, watch(t, postgres.Signal(pool, "shop")).end(t), postgres.ErrPooler)

	listen, err := pgx.ParseConfig(d.server.URL(d.name))
	require.NoError(t, err)
	w := watch(t, postgres.Signal(pool, "shop", postgres.WithListenConfig(listen)))
	w.hint(t)
	publish(2)
	require.Equal(t, int64(2), w.hint(t).Revision)
}

func TestAPoolerInStatementModeCarriesFetches(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.publish(t, 1)
	address := through(t, d.server.URL(d.name), newPooler(t, d.server, "statement"), "", "")
	source := postgres.Source(newPool(t, address), "shop", postgres.WithPollingOnly())
	for range 5 {
		_, err := source.Fetch(t.Context(), becket.Validator{})
		require.NoError(t, err)
	}
	_, err := postgres.Source(newPool(t, address+"&search_path=flags"), "shop").Fetch(t.Context(), becket.Validator{})
	require.ErrorContains(t, err, "unsupported startup parameter: search_path")
}

func TestAPoolerInSessionModeCarriesHintsToo(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	pool := newPool(t, through(t, d.server.URL(d.name), newPooler(t, d.server, "session"), "", ""))
	w := watch(t, postgres.Signal(pool, "shop"))
	w.hint(t)
	d.publish(t, 1)
	require.Equal(t, int64(1), w.hint(t).Revision)
}
