package redis

import (
	"context"
	"errors"
	"fmt"
	"net"

	goredis "github.com/redis/go-redis/v9"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/push"
)

// Signal returns a signal that hears of new documents on a channel. It is for clients whose
// documents come from elsewhere, such as a web server. Any message makes the client fetch;
// docs/push.md has the text that also tells the revision. The signal holds a connection of its own,
// and does not close the client. A mistake in the arguments or options is an error of each call of
// Watch, which [becket.Status] has.
func Signal(client goredis.UniversalClient, channel string, options ...Option) becket.Signal {
	return &subscription{newConfig(client, channel, options)}
}

// subscription listens on a channel.
type subscription struct{ config }

// Name returns the channel.
func (s *subscription) Name() string { return fmt.Sprintf("redis channel %q", s.channel) }

// Watch subscribes to the channel until ctx is done or the connection is lost.
func (s *subscription) Watch(ctx context.Context, changed func(becket.Hint)) error {
	if err := s.config.Check(); err != nil {
		return err
	}
	channel := s.client.Subscribe(ctx)
	closed := func() { _ = channel.Close() } // it waits for a subscribe that has not ended
	stop := context.AfterFunc(ctx, closed)
	defer func() {
		if stop() {
			closed()
		}
	}()
	_, err := abandonable(ctx, func() (struct{}, error) { return struct{}{}, channel.Subscribe(ctx, s.channel) })
	if err == nil {
		err = s.receive(ctx, channel, changed)
	}
	if ctx.Err() != nil {
		return nil
	}
	askAgain(ctx, s.client)
	return err
}

// receive passes messages on until the connection is lost.
func (s *subscription) receive(ctx context.Context, channel *goredis.PubSub, changed func(becket.Hint)) error {
	// With a context that is done, go-redis uses the connection that it has, but does not connect
	// again when it is lost. That would hide the loss, and delay it while the server is away.
	once, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cancel()
	const mayMiss = 2
	for pings := 0; ; {
		message, err := channel.ReceiveTimeout(once, s.heartbeat)
		switch {
		case err == nil:
			pings = 0
			pass(message, changed)
		case !isTimeout(err):
			return explained(err)
		case pings == mayMiss:
			return ErrLost
		default:
			pings++
			if err := channel.Ping(once); err != nil {
				return explained(err)
			}
		}
	}
}

// pass passes a message of the server to changed.
func pass(message any, changed func(becket.Hint)) {
	switch m := message.(type) {
	case *goredis.Subscription:
		changed(becket.Hint{})
	case *goredis.Message:
		h := push.Parse([]byte(m.Payload))
		changed(becket.Hint{Revision: h.Revision, ETag: h.ETag, Spread: h.Spread})
	}
}

func isTimeout(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}
