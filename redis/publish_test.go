//go:build unix

package redis_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/flagd"
	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/redis"
)

func TestPublishReplacesADocumentAndAnnouncesIt(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	channel := client.Subscribe(t.Context(), "{flags}:hints")
	defer channel.Close()
	_, err := channel.Receive(t.Context())
	require.NoError(t, err)

	sum := sha256.Sum256(document(7))
	etag := hex.EncodeToString(sum[:])
	published, err := redis.Publish(t.Context(), client, "flags", redis.Publication{
		Body: document(7), Signature: []byte("a signature"), Spread: 5 * time.Second,
	})
	require.NoError(t, err)
	assert.Equal(t, redis.Published{Revision: 7, ETag: etag, Receivers: 1}, published)
	message, err := channel.ReceiveMessage(t.Context())
	require.NoError(t, err)
	assert.JSONEq(t, `{"revision": 7, "etag": "`+etag+`", "spread": 5}`, message.Payload)
	fields := client.HGetAll(t.Context(), "flags").Val()
	delete(fields, "publication")
	assert.Equal(t, map[string]string{
		"revision": "7", "etag": etag, "body": string(document(7)), "signature": "a signature",
	}, fields)

	published, err = redis.Publish(t.Context(), client, "flags",
		redis.Publication{Body: document(9), Channel: "other"})
	require.NoError(t, err)
	assert.Equal(t, int64(9), published.Revision)
	assert.Equal(t, int64(7), published.Previous)
	assert.Zero(t, published.Receivers)
	assert.Empty(t, client.HGet(t.Context(), "flags", "signature").Val(),
		"the signature of the document before belongs to no other one")
}

func TestPublishRefusesARevisionThatIsNotHigher(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	publish(t, client, 10)
	before := client.HGetAll(t.Context(), "flags").Val()
	for _, revision := range []int64{9, 10, 2} {
		published, err := redis.Publish(t.Context(), client, "flags", redis.Publication{Body: document(revision)})
		require.ErrorIs(t, err, redis.ErrNotHigher)
		assert.Empty(t, published)
	}
	assert.Equal(t, before, client.HGetAll(t.Context(), "flags").Val())
	publish(t, client, 11)
	publish(t, client, 1<<53-1)
	_, err := redis.Publish(t.Context(), client, "flags", redis.Publication{Body: document(1<<53 - 2)})
	require.ErrorIs(t, err, redis.ErrNotHigher)
}

func TestPublishLeavesAKeyWithSomethingElseAlone(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	for key, write := range map[string]goredis.Cmder{
		"text":       client.Set(t.Context(), "text", "x", 0),
		"list":       client.LPush(t.Context(), "list", "x"),
		"other hash": client.HSet(t.Context(), "other hash", "name", "x", "etag", "x"),
		"odd hash":   client.HSet(t.Context(), "odd hash", "revision", "seven", "etag", "x"),
	} {
		require.NoError(t, write.Err())
		before := client.Dump(t.Context(), key).Val()
		_, err := redis.Publish(t.Context(), client, key, redis.Publication{Body: document(1)})
		require.ErrorIs(t, err, redis.ErrWrongType, key)
		assert.Equal(t, before, client.Dump(t.Context(), key).Val(), key)
	}
}

func TestPublishReportsMistakesInItsArguments(t *testing.T) {
	t.Parallel()
	nowhere := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:1"})
	defer nowhere.Close()
	for name, c := range map[string]struct {
		client goredis.UniversalClient
		key    string
		redis.Publication
		says string
	}{
		"no client":       {nil, "k", redis.Publication{Body: document(1)}, "the client is nil"},
		"a nil pointer":   {(*goredis.Client)(nil), "k", redis.Publication{Body: document(1)}, "the client is nil"},
		"no key":          {nowhere, "", redis.Publication{Body: document(1)}, "the key is empty"},
		"no document":     {nowhere, "k", redis.Publication{}, "cannot be decoded"},
		"half a document": {nowhere, "k", redis.Publication{Body: document(1)[:30]}, "cannot be decoded"},
		"no revision":     {nowhere, "k", redis.Publication{Body: []byte(`{"schema": 1, "flags": {}}`)}, "no revision"},
		"a long signature": {
			nowhere, "k", redis.Publication{Body: document(1), Signature: make([]byte, 16385)}, "for signatures",
		},
		"a long document": {
			nowhere, "k", redis.Publication{Body: make([]byte, limit.Document+1)}, "over the size limit",
		},
	} {
		_, err := redis.Publish(t.Context(), c.client, c.key, c.Publication)
		require.ErrorContains(t, err, c.says, name)
	}
}

// repeating is a hook that sends each command twice, as go-redis does when the first answer is
// lost.
type repeating struct{}

func (repeating) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (repeating) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return next
}

func (repeating) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, command goredis.Cmder) error {
		_ = next(ctx, command)
		return next(ctx, command)
	}
}

func TestACallThatIsRepeatedOnTheWayIsOnePublication(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	twice := connect(t, server.Address())
	twice.AddHook(repeating{})
	publish(t, client, 1)
	assert.Equal(t, int64(2), publish(t, twice, 2).Revision)
	_, err := redis.Publish(t.Context(), twice, "flags", redis.Publication{Body: document(2)})
	require.ErrorIs(t, err, redis.ErrNotHigher, "another call is another publication")
	require.ErrorContains(t, err, "2 is live, with this very document")
}

func TestADocumentWithoutRevisionsGetsTheNextOne(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	w := watch(t, redis.Source(client, "flags").(becket.Signal))
	assert.Zero(t, w.hint(t))
	for revision := range 3 {
		body := fmt.Appendf(nil,
			`{"flags": {"number": {"state": "ENABLED", "variants": {"a": %d}, "defaultVariant": "a"}}}`, revision)
		published, err := redis.Publish(t.Context(), client, "flags",
			redis.Publication{Body: body, Format: flagd.Format})
		require.NoError(t, err)
		assert.Equal(t, int64(revision+1), published.Revision)
		assert.Equal(t, int64(revision), published.Previous)
		assert.Equal(t, becket.Hint{ETag: published.ETag}, w.hint(t),
			"a client that waited for the revision would never see it in the document")
	}
}

func TestPublishDoesNotNeedTheServersCacheOfScripts(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	publish(t, client, 1)
	require.NoError(t, client.ScriptFlush(t.Context()).Err())
	publish(t, client, 2)
	assert.Equal(t, "2", client.HGet(t.Context(), "flags", "revision").Val())
}

func TestOfManyPublishersTheHighestRevisionStays(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	const publishers = int64(50)
	var wait sync.WaitGroup
	var published atomic.Int64
	for revision := range publishers {
		wait.Go(func() {
			_, err := redis.Publish(t.Context(), client, "flags", redis.Publication{Body: document(revision + 1)})
			if err == nil {
				published.Add(1)
			} else {
				assert.ErrorIs(t, err, redis.ErrNotHigher)
			}
		})
	}
	wait.Wait()
	assert.Positive(t, published.Load())
	body, err := client.HGet(t.Context(), "flags", "body").Bytes()
	require.NoError(t, err)
	assert.True(t, bytes.Equal(document(publishers), body))
}

func TestAPublicationThatTheServerDoesNotAllowChangesNothing(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	publish(t, client, 1)
	before := client.HGetAll(t.Context(), "flags").Val()
	next := redis.Publication{Body: document(2), Signature: []byte("a signature")}

	const rights = "resetchannels ~flags +eval +evalsha +type +hmget +hset +publish"
	for name, without := range map[string][]string{
		"no right to the channel": {"resetchannels"}, "no right to send": {"allchannels", "-publish"},
		"no right to write": {"allchannels", "-hset"}, "no right to the key": {"allchannels", "resetkeys", "~other"},
	} {
		args := []any{"ACL", "SETUSER", "publisher", "reset", "on", "nopass"}
		for _, right := range append(strings.Fields(rights), without...) {
			args = append(args, right)
		}
		require.NoError(t, client.Do(t.Context(), args...).Err())
		user := goredis.NewClient(&goredis.Options{Addr: server.Address(), Username: "publisher", Password: "any"})
		_, err := redis.Publish(t.Context(), user, "flags", next)
		require.Error(t, err, name)
		assert.Equal(t, before, client.HGetAll(t.Context(), "flags").Val(), name)
		require.NoError(t, user.Close())
	}
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "1").Err())
	_, err := redis.Publish(t.Context(), client, "flags", next)
	require.ErrorContains(t, err, "OOM")
	assert.Equal(t, before, client.HGetAll(t.Context(), "flags").Val())
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	publish(t, client, 2)
}

func TestPublishReturnsWhenItsContextIsDone(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	publish(t, client, 1)
	require.NoError(t, server.Freeze())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := redis.Publish(ctx, client, "flags", redis.Publication{Body: document(2)})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(began), 2*time.Second, "go-redis would wait for three seconds")
}

func TestPublishReportsAServerThatIsAway(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Kill()
	_, err := redis.Publish(t.Context(), client, "flags", redis.Publication{Body: document(1)})
	_, network := errors.AsType[net.Error](err)
	assert.True(t, network, "%v", err)
	require.ErrorContains(t, err, "becket: redis: ")
}
