// Command example publishes documents on Redis or Valkey and follows them, as docs/redis.md shows.
//
//	REDIS_URL=redis://becket-publisher:PASSWORD@127.0.0.1:6379 example publish flags.json
//	REDIS_URL=redis://becket-reader:PASSWORD@127.0.0.1:6379 example follow
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	goredis "github.com/redis/go-redis/v9"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/redis"
)

// key is the key of the document. The rights in docs/redis.md are for this one.
const key = "flags"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	options, err := goredis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		return fmt.Errorf("REDIS_URL: %w", err)
	}
	client := goredis.NewClient(options)
	defer func() { _ = client.Close() }()
	switch {
	case len(arguments) == 2 && arguments[0] == "publish":
		return publish(ctx, client, arguments[1], out)
	case len(arguments) == 1 && arguments[0] == "follow":
		return follow(ctx, client, out)
	}
	return errors.New("usage: example publish FILE, or example follow")
}

// publish publishes a file, with its signature if there is one beside it.
func publish(ctx context.Context, client *goredis.Client, file string, out io.Writer) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(file + ".minisig")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	published, err := redis.Publish(ctx, client, key, redis.Publication{Body: body, Signature: signature})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "revision %d is live after %d\n", published.Revision, published.Previous)
	return nil
}

// follow prints the revision of each document until ctx is done.
func follow(ctx context.Context, client *goredis.Client, out io.Writer) error {
	revisions := make(chan int64, 16)
	flags, err := becket.New(redis.Source(client, key), becket.WithHooks(becket.Hooks{
		OnRefresh: func(r becket.Refresh) {
			if r.Err == nil && !r.NotModified {
				revisions <- r.Revision
			}
		},
	}))
	if err != nil {
		return err
	}
	defer func() { _ = flags.Close() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case revision := <-revisions:
			fmt.Fprintf(out, "revision %d is in use\n", revision)
		}
	}
}
