package nats

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/becketflags/becket/internal/pushtest"
	"github.com/becketflags/becket/nats/internal/natstest"
)

var update = flag.Bool("update", false, "write the table of docs/reliability.md anew")

// shared is a server that most tests use, each with a bucket of its own.
var shared struct {
	once sync.Once
	node *natstest.Node
	err  error
}

// TestMain fails if a test leaves a goroutine behind. It lets more tests run at once than there are
// processors, because they wait most of the time.
func TestMain(m *testing.M) {
	natstest.Main()
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = flag.Set("test.parallel", "12")
	}
	folder, err := os.MkdirTemp("", "becket-nats-")
	if err != nil {
		panic(err)
	}
	shared.node, shared.err = natstest.NewNode("shared", folder)
	code := m.Run()
	shared.node.Kill()
	_ = os.RemoveAll(folder)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// server returns the server that tests share.
func server(t *testing.T) *natstest.Node {
	t.Helper()
	shared.once.Do(func() {
		if shared.err == nil {
			shared.err = natstest.StartAll([]*natstest.Node{shared.node})
		}
	})
	require.NoError(t, shared.err)
	return shared.node
}

// connect connects as docs/nats.md says.
func connect(t *testing.T, address string, options ...nats.Option) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(address, append([]nats.Option{
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(100 * time.Millisecond), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, options...)...)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}

// open returns a bucket of the shared server for one test.
func open(t *testing.T) (jetstream.JetStream, jetstream.KeyValue) {
	t.Helper()
	js := jetStream(t, connect(t, server(t).URL()))
	return js, newBucket(t, js, jetstream.KeyValueConfig{})
}

func jetStream(t *testing.T, conn *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

var buckets struct {
	sync.Mutex
	number int
}

func newBucket(t *testing.T, js jetstream.JetStream, config jetstream.KeyValueConfig) jetstream.KeyValue {
	t.Helper()
	buckets.Lock()
	buckets.number++
	config.Bucket = fmt.Sprintf("flags%d", buckets.number)
	buckets.Unlock()
	config.Storage = jetstream.MemoryStorage
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	kv, err := js.CreateKeyValue(ctx, config)
	require.NoError(t, err)
	return kv
}

// document returns a document of a revision and about the given size.
func document(revision int64, size int) []byte {
	body := pushtest.Document(revision)
	if missing := size - len(body); missing > 0 {
		padding := make([]byte, missing)
		for i := range padding {
			padding[i] = ' '
		}
		body = append(body, padding...)
	}
	return body
}
