package target

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/redis"
)

// hash is a key of Redis.
type hash struct {
	client       *goredis.Client
	key, channel string
	source       becket.Source
}

// quiet drops the lines that go-redis writes to stderr. Errors say the same.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func init() { goredis.SetLogger(quiet{}) }

// openRedis reads redis://HOST:6379/0?key=KEY.
func openRedis(a *address) (*hash, error) {
	h := &hash{key: a.own.Get("key"), channel: a.own.Get("channel")}
	if h.key == "" {
		return nil, errors.New("the address of Redis is redis://HOST:6379/0?key=KEY")
	}
	options, err := goredis.ParseURL(a.engine(a.path))
	if err != nil {
		return nil, err
	}
	h.client = goredis.NewClient(options)
	h.source = redis.Source(h.client, h.key)
	return h, check(h.source)
}

func (h *hash) live(ctx context.Context) (becket.Document, error) {
	return fetched(ctx, h.source, redis.ErrNoDocument)
}

func (h *hash) put(ctx context.Context, p *Publication) error {
	_, err := redis.Publish(ctx, h.client, h.key, redis.Publication{
		Body: p.Body, Signature: p.Signature, Spread: p.Spread, Format: p.Format, Channel: h.channel,
	})
	if errors.Is(err, redis.ErrNotHigher) {
		return overtaken(err)
	}
	return err
}

func (h *hash) close() { _ = h.client.Close() }
