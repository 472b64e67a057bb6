//go:build unix

package redis_test

import (
	"context"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/redis"
)

// watched is a running call of Watch.
type watched struct {
	hints chan becket.Hint
	ended chan error
	stop  context.CancelFunc
}

// watch calls Watch, and waits for its end at the end of the test.
func watch(t *testing.T, signal becket.Signal) *watched {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background()) //nolint:usetesting // the cleanup ends it
	w := &watched{hints: make(chan becket.Hint, 1000), ended: make(chan error, 1), stop: stop}
	go func() { w.ended <- signal.Watch(ctx, func(h becket.Hint) { w.hints <- h }) }()
	t.Cleanup(stop)
	return w
}

func (w *watched) hint(t *testing.T) becket.Hint {
	t.Helper()
	select {
	case h := <-w.hints:
		return h
	case err := <-w.ended:
		require.Failf(t, "Watch returned", "%v", err)
	case <-time.After(patience):
		require.Fail(t, "there was no hint")
	}
	return becket.Hint{}
}

func (w *watched) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-w.ended:
		return err
	case <-time.After(patience):
		require.Fail(t, "Watch does not return")
		return nil
	}
}

func TestASubscriptionPassesHintsOn(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	w := watch(t, redis.Source(client, "flags").(becket.Signal))
	assert.Zero(t, w.hint(t), "the first hint says that it is subscribed")
	published, err := redis.Publish(t.Context(), client, "flags",
		redis.Publication{Body: document(3), Spread: 2 * time.Second})
	require.NoError(t, err)
	assert.Equal(t, becket.Hint{Revision: 3, ETag: published.ETag, Spread: 2 * time.Second}, w.hint(t))
	for _, text := range []string{"", "new", strings.Repeat("x", 1<<20)} {
		require.NoError(t, client.Publish(t.Context(), "{flags}:hints", text).Err())
		assert.Zero(t, w.hint(t), "any text is a hint")
	}
	w.stop()
	require.NoError(t, w.end(t))
}

func TestASignalListensOnItsChannel(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	signals := []becket.Signal{
		redis.Signal(client, "news"),
		redis.Source(client, "flags", redis.WithChannel("news")).(becket.Signal),
	}
	for _, signal := range signals {
		w := watch(t, signal)
		assert.Zero(t, w.hint(t))
		require.NoError(t, client.Publish(t.Context(), "news", `{"revision": 4}`).Err())
		assert.Equal(t, becket.Hint{Revision: 4}, w.hint(t))
		w.stop()
		assert.Equal(t, `redis channel "news"`, signal.(interface{ Name() string }).Name())
	}
}

func TestALostConnectionEndsWatchAndIsNotReplacedInSilence(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	w := watch(t, redis.Signal(client, "news"))
	assert.Zero(t, w.hint(t))
	connections := func() string {
		_, rest, _ := strings.Cut(client.Info(t.Context(), "stats").Val(), "total_connections_received:")
		count, _, _ := strings.Cut(rest, "\r\n")
		return count
	}
	before := connections()
	require.NoError(t, client.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Err())
	require.ErrorContains(t, w.end(t), "becket: redis: ")
	assert.NotEmpty(t, before)
	assert.Equal(t, before, connections(), "the client calls Watch again, and go-redis must not hide the loss")
	assert.Empty(t, w.hints)
}

func TestAServerThatStopsAnsweringIsNoticed(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	w := watch(t, redis.Signal(client, "news", redis.WithHeartbeat(time.Second)))
	assert.Zero(t, w.hint(t))
	require.NoError(t, server.Freeze())
	began := time.Now()
	require.ErrorIs(t, w.end(t), redis.ErrLost)
	assert.Greater(t, time.Since(began), 2*time.Second, "two pings may be missed")
}

func TestASilentSubscriptionThatAnswersPingsStays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for five heartbeats, and -short was given")
	}
	_, client := newServer(t)
	w := watch(t, redis.Signal(client, "news", redis.WithHeartbeat(time.Second)))
	assert.Zero(t, w.hint(t))
	select {
	case err := <-w.ended:
		require.Failf(t, "Watch returned", "%v", err)
	case <-time.After(5 * time.Second):
	}
	require.NoError(t, client.Publish(t.Context(), "news", `{"revision": 1}`).Err())
	assert.Equal(t, becket.Hint{Revision: 1}, w.hint(t))
}

func TestWatchReturnsWhenItsContextIsDoneAlsoIfTheServerHangs(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	subscribed := watch(t, redis.Signal(client, "news"))
	assert.Zero(t, subscribed.hint(t))
	require.NoError(t, server.Freeze())
	connecting := watch(t, redis.Signal(client, "news"))
	time.Sleep(100 * time.Millisecond) // until it has sent its first command
	for _, w := range []*watched{subscribed, connecting} {
		began := time.Now()
		w.stop()
		require.NoError(t, w.end(t))
		assert.Less(t, time.Since(began), 2*time.Second, "go-redis would wait for three seconds")
	}
}

func TestWatchReportsMistakesInItsArguments(t *testing.T) {
	t.Parallel()
	client := goredis.NewClient(&goredis.Options{})
	defer client.Close()
	for says, signal := range map[string]becket.Signal{
		"the client is nil":    redis.Signal(nil, "news"),
		"the channel is empty": redis.Signal(client, ""),
		"WithHeartbeat: 1h":    redis.Signal(client, "news", redis.WithHeartbeat(time.Hour)),
	} {
		require.ErrorContains(t, signal.Watch(t.Context(), func(becket.Hint) {}), says)
	}
}

func TestWatchReportsAServerThatRefusesIt(t *testing.T) {
	t.Parallel()
	server := startServer(t, "--requirepass", "password-secret")
	for _, password := range []string{"", "wrong-secret"} {
		client := goredis.NewClient(&goredis.Options{Addr: server.Address(), Password: password})
		err := redis.Signal(client, "news").Watch(t.Context(), func(becket.Hint) {})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "secret")
		require.NoError(t, client.Close())
	}
}
