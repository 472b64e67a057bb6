package postgres_test

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/becketflags/becket/postgres"
	"github.com/becketflags/becket/postgres/internal/engine"
)

// TestMain stops the server that tests share, and fails if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = flag.Set("test.parallel", "16") // tests spend most of their time waiting
	}
	code := m.Run()
	shared.stop()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared is the server of the tests that do it no harm.
var shared sharedServer

type sharedServer struct {
	once   sync.Once
	folder string
	server *engine.Server
	err    error
}

func (s *sharedServer) start() (*engine.Server, error) {
	s.once.Do(func() {
		if s.folder, s.err = os.MkdirTemp("", "becket-postgres"); s.err == nil {
			s.server, s.err = engine.Start(s.folder, "max_connections=60")
		}
	})
	return s.server, s.err
}

func (s *sharedServer) stop() {
	s.server.Down()
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}

// need ends the test if the server did not start. Without PostgreSQL, the test is skipped, except
// in continuous integration.
func need(t *testing.T, server *engine.Server, err error) *engine.Server {
	t.Helper()
	if errors.Is(err, engine.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	require.NoError(t, err)
	return server
}

// newServer starts a server for one test.
func newServer(t *testing.T, settings ...string) *engine.Server {
	t.Helper()
	server, err := engine.Start(t.TempDir(), settings...)
	t.Cleanup(server.Down)
	return need(t, server, err)
}

var databases atomic.Int64

// database is a new database of a server, with the table.
type database struct {
	server *engine.Server
	name   string
	pool   *pgxpool.Pool // of the superuser
}

// newDatabase creates a database on the shared server.
func newDatabase(t *testing.T) *database {
	t.Helper()
	server, err := shared.start()
	return newDatabaseOn(t, need(t, server, err))
}

func newDatabaseOn(t *testing.T, server *engine.Server) *database {
	t.Helper()
	d := &database{server: server, name: fmt.Sprintf("test%d", databases.Add(1))}
	require.NoError(t, server.Ask("CREATE DATABASE "+d.name))
	d.pool = newPool(t, server.URL(d.name))
	require.NoError(t, postgres.Migrate(t.Context(), d.pool))
	return d
}

// ask runs statements as the superuser.
func (d *database) ask(t *testing.T, statements ...string) {
	t.Helper()
	require.NoError(t, d.server.AskIn(d.name, statements...))
}

// publish publishes a revision whose flag has its number.
func (d *database) publish(t *testing.T, revision int) postgres.Published {
	t.Helper()
	published, err := postgres.Publish(t.Context(), d.pool, "shop",
		postgres.Publication{Body: document(revision)})
	require.NoError(t, err)
	return published
}

func newPool(t *testing.T, address string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// through returns the address of a database for a user of another host and port.
func through(t *testing.T, address, host, user, password string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	if host != "" {
		parsed.Host = host
	}
	if user != "" {
		parsed.User = url.UserPassword(user, password)
	}
	return parsed.String()
}

// document returns a ruleset whose flag "number" has the revision as its value.
func document(revision int) []byte {
	return fmt.Appendf(nil, `{"schema": 1, "revision": %d, "flags": {"number": {"variants": {"a": %d}, "off": "a",
		"default": "a"}}}`, revision, revision)
}
