//go:build unix

package redis_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"aead.dev/minisign"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/redis"
)

func TestAFetchReadsTheDocumentOnlyIfItHasChanged(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	etag := publish(t, client, 1).ETag
	log := &commands{}
	reader := connect(t, server.Address())
	reader.AddHook(log)
	source := redis.Source(reader, "flags")

	first, err := source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err)
	assert.Equal(t, becket.Document{Body: document(1), Validator: becket.Validator{ETag: etag}}, first)
	assert.Contains(t, log.take(), "body signature")
	second, err := source.Fetch(t.Context(), first.Validator)
	require.NoError(t, err)
	assert.Equal(t, becket.Document{NotModified: true, Validator: first.Validator}, second)
	assert.NotContains(t, log.take(), "body signature")

	publish(t, client, 2)
	third, err := source.Fetch(t.Context(), first.Validator)
	require.NoError(t, err)
	assert.Equal(t, document(2), third.Body)
}

// commands is a hook that records commands.
type commands struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (c *commands) take() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	defer c.text.Reset()
	return c.text.String()
}

func (c *commands) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (c *commands) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return next
}

func (c *commands) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, command goredis.Cmder) error {
		c.mutex.Lock()
		c.text.WriteString(command.String() + "\n")
		c.mutex.Unlock()
		return next(ctx, command)
	}
}

func TestAClientHoldsTwoConnections(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	publish(t, client, 1)
	flags, err := becket.New(redis.Source(connect(t, server.Address()), "flags"), becket.WithSignalSpread(0))
	require.NoError(t, err)
	defer flags.Close()
	for revision := int64(2); revision < 4; revision++ {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			status := flags.Status()
			assert.True(c, status.Signals[0].Connected)
			assert.Equal(c, revision-1, status.Revision)
		}, patience, 10*time.Millisecond)
		publish(t, client, revision)
	}
	info := client.Info(t.Context(), "clients").Val()
	assert.Contains(t, info, "connected_clients:3\r\n", "one to fetch, one to listen, and the test's own")
}

func TestAFetchNamesEachThingThatIsWrongWithAKey(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	for _, key := range []string{"cut", "no body", "too long", "long signature"} {
		_, err := redis.Publish(t.Context(), client, key, redis.Publication{Body: document(1)})
		require.NoError(t, err)
	}
	require.NoError(t, client.Set(t.Context(), "text", document(1), 0).Err())
	require.NoError(t, client.HSet(t.Context(), "no etag", "body", document(1)).Err())
	require.NoError(t, client.HSet(t.Context(), "cut", "body", document(1)[:20]).Err())
	require.NoError(t, client.HDel(t.Context(), "no body", "body").Err())
	require.NoError(t, client.HSet(t.Context(), "too long", "etag", "x", "body", make([]byte, limit.Document+1)).Err())
	require.NoError(t, client.HSet(t.Context(), "long signature", "signature", make([]byte, 16385)).Err())
	for key, want := range map[string]error{
		"missing": redis.ErrNoDocument, "text": redis.ErrWrongType, "no etag": redis.ErrWrongType,
		"cut": redis.ErrDamaged, "no body": redis.ErrDamaged, "too long": limit.ErrTooLarge,
		"long signature": limit.ErrTooLarge,
	} {
		document, err := redis.Source(client, key).Fetch(t.Context(), becket.Validator{})
		require.ErrorIs(t, err, want, key)
		assert.Empty(t, document, key)
	}
	_, err := redis.Source(client, "long signature").(becket.SignedSource).FetchSignature(t.Context())
	require.ErrorIs(t, err, limit.ErrTooLarge)
	_, err = redis.Source(client, "no body").(becket.SignedSource).FetchSignature(t.Context())
	require.ErrorContains(t, err, "no signature")
	_, err = redis.Source(client, "missing").(becket.SignedSource).FetchSignature(t.Context())
	require.ErrorIs(t, err, redis.ErrNoDocument)
}

// startOddServer starts a server that gives one answer to HMGET, EVAL and EVALSHA, and knows no
// other command.
func startOddServer(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	t.Cleanup(func() { listener.Close() })
	serve := func(connection net.Conn) {
		defer connection.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := connection.Read(buffer)
			if err != nil {
				return
			}
			text := answer
			if !bytes.Contains(buffer[:n], []byte("hmget")) && !bytes.Contains(buffer[:n], []byte("eval")) {
				text = strings.Repeat("-ERR unknown command\r\n", bytes.Count(buffer[:n], []byte("*")))
			}
			connection.Write([]byte(text))
		}
	}
	running.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { serve(connection) })
		}
	})
	return listener.Addr().String()
}

func TestAnswersThatMakeNoSenseAreErrors(t *testing.T) {
	t.Parallel()
	for answer, says := range map[string]string{
		"*0\r\n": "the server answered 0 values", "*2\r\n:1\r\n:2\r\n": "the server answered 2 values",
		"*1\r\n:1\r\n": "", "$-1\r\n": "", ":7\r\n": "", "+OK\r\n": "", "?\r\n": "",
	} {
		client := goredis.NewClient(&goredis.Options{
			Addr: startOddServer(t, answer), ReadTimeout: 100 * time.Millisecond,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		})
		t.Cleanup(func() { assert.NoError(t, client.Close()) })
		_, err := redis.Source(client, "flags").Fetch(t.Context(), becket.Validator{})
		require.ErrorContains(t, err, "becket: redis: "+says, answer)
		_, err = redis.Publish(t.Context(), client, "flags", redis.Publication{Body: document(1)})
		require.ErrorContains(t, err, "becket: redis: ", answer)
	}
}

// panicking is a hook that panics.
type panicking struct{ commands }

func (*panicking) ProcessHook(goredis.ProcessHook) goredis.ProcessHook {
	return func(context.Context, goredis.Cmder) error { panic("a mistake in a hook") }
}

func TestAPanicOfAHookOfGoRedisEndsNoProgram(t *testing.T) {
	t.Parallel()
	client := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:1"})
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	client.AddHook(&panicking{})
	flags, err := becket.New(redis.Source(client, "flags"))
	require.NoError(t, err)
	defer flags.Close()
	require.ErrorContains(t, flags.Refresh(t.Context()), "a mistake in a hook")
	assert.PanicsWithValue(t, "a mistake in a hook", func() {
		_, _ = redis.Publish(t.Context(), client, "flags", redis.Publication{Body: document(1)})
	}, "Publish runs in the program's own goroutine")
}

func TestAFetchReturnsWhenItsContextIsDone(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	publish(t, client, 1)
	require.NoError(t, server.Freeze())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := redis.Source(client, "flags").Fetch(ctx, becket.Validator{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(began), 2*time.Second, "go-redis would wait for three seconds")
}

func TestASignedDocumentComesWithItsSignature(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	public, private, err := minisign.GenerateKey(rand.Reader)
	require.NoError(t, err)
	text, err := public.MarshalText()
	require.NoError(t, err)
	flags, err := becket.New(redis.Source(client, "flags"), becket.WithPublicKey(string(text)))
	require.NoError(t, err)
	defer flags.Close()

	signed := redis.Publication{Body: document(1), Signature: minisign.Sign(private, document(1))}
	_, err = redis.Publish(t.Context(), client, "flags", signed)
	require.NoError(t, err)
	require.NoError(t, flags.Refresh(t.Context()))
	signature, err := redis.Source(client, "flags").(becket.SignedSource).FetchSignature(t.Context())
	require.NoError(t, err)
	assert.True(t, bytes.Equal(signed.Signature, signature))

	publish(t, client, 2)
	require.ErrorContains(t, flags.Refresh(t.Context()), "the document has no signature")
	assert.Equal(t, int64(1), flags.Status().Revision)
}

func TestSourcesHaveTheSameIdentityOnlyForTheSameDocument(t *testing.T) {
	t.Parallel()
	identity := func(address string, db int, key string) string {
		client := goredis.NewClient(&goredis.Options{Addr: address, DB: db, Password: "password-secret"})
		defer client.Close()
		return redis.Source(client, key).Identity()
	}
	cluster := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: []string{"a:1"}})
	defer cluster.Close()
	all := []string{
		identity("a:1", 0, "k"), identity("b:1", 0, "k"), identity("a:1", 1, "k"), identity("a:1", 0, "l"),
		redis.Source(cluster, "k").Identity(),
	}
	for i, one := range all {
		for _, other := range all[:i] {
			assert.NotEqual(t, one, other)
		}
		assert.NotContains(t, one, "secret")
	}
	assert.Equal(t, all[0], identity("a:1", 0, "k"))
}

func TestNewReportsMistakesInTheArgumentsOfASource(t *testing.T) {
	t.Parallel()
	client := goredis.NewClient(&goredis.Options{})
	defer client.Close()
	for says, source := range map[string]becket.Source{
		"the client is nil":         redis.Source((*goredis.Client)(nil), "flags"),
		"becket: redis: the client": redis.Source(nil, "flags"),
		"the key is empty":          redis.Source(client, ""),
		"the channel is empty":      redis.Source(client, "flags", redis.WithChannel("")),
		"WithHeartbeat: 10ms":       redis.Source(client, "flags", nil, redis.WithHeartbeat(10*time.Millisecond)),
		"WithHeartbeat: 1m0s":       redis.Source(client, "flags", redis.WithHeartbeat(time.Minute)),
	} {
		_, err := becket.New(source)
		require.ErrorContains(t, err, says)
		_, err = source.Fetch(t.Context(), becket.Validator{})
		require.ErrorContains(t, err, says)
		assert.NotEmpty(t, source.Identity())
	}
}

func TestAKeyAndItsChannelAreOnOneNodeOfACluster(t *testing.T) {
	t.Parallel()
	for key, channel := range map[string]string{
		"flags": "{flags}:hints", "{app}:flags": "{app}:flags:hints", "app}": "app}:hints",
	} {
		assert.Equal(t, channel, redis.Channel(key))
	}
}
