//go:build unix

package redis_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/becketflags/becket/redis"
	"github.com/becketflags/becket/redis/internal/engine"
)

var update = flag.Bool("update", false, "write the table of faults in docs/reliability.md anew")

// TestMain fails if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = flag.Set("test.parallel", "24") // tests spend most of their time waiting
	}
	goleak.VerifyTestMain(m)
}

// startServer starts a server that is killed at the end of the test.
func startServer(t *testing.T, arguments ...string) *engine.Server {
	t.Helper()
	server, err := engine.Start(t.TempDir(), arguments...)
	if errors.Is(err, engine.ErrMissing) {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); !inCI {
			t.Skip(err)
		}
	}
	require.NoError(t, err)
	t.Cleanup(server.Kill)
	return server
}

// connect returns a client that is closed at the end of the test.
func connect(t *testing.T, address string) *goredis.Client {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: address})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// newServer starts a server and returns a client of it.
func newServer(t *testing.T) (*engine.Server, *goredis.Client) {
	t.Helper()
	server := startServer(t)
	return server, connect(t, server.Address())
}

// document returns a document of a revision, whose flag has the revision as its value.
func document(revision int64) []byte {
	return fmt.Appendf(nil, `{"schema": 1, "revision": %d, "flags": {`+
		`"revision": {"variants": {"this": %d}, "default": "this"}}}`, revision, revision)
}

func publish(t *testing.T, client goredis.UniversalClient, revision int64) redis.Published {
	t.Helper()
	published, err := redis.Publish(t.Context(), client, "flags", redis.Publication{Body: document(revision)})
	require.NoError(t, err)
	return published
}

// patience is how long a test waits for something that takes milliseconds on an idle machine.
const patience = 20 * time.Second
