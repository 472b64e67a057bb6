// Command example publishes a ruleset to a key-value bucket of NATS, and follows it:
//
//	go run ./example -server nats://publisher:SECRET@localhost:4222 publish flags.json
//	go run ./example -server nats://reader:SECRET@localhost:4222 follow
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/becketflags/becket"
	becketnats "github.com/becketflags/becket/nats"
)

const (
	bucket = "flags"
	key    = "production.json"
)

func main() {
	server := flag.String("server", nats.DefaultURL, "the addresses of the servers")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *server, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server string, arguments []string) error {
	conn, err := nats.Connect(server,
		nats.RetryOnFailedConnect(true), // the program starts without NATS
		nats.MaxReconnects(-1),          // it never gives up
		nats.IgnoreAuthErrorAbort(),     // not even if its password is refused
		nats.ReconnectWait(500*time.Millisecond),
	)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	switch {
	case len(arguments) == 2 && arguments[0] == "publish":
		return publish(ctx, js, arguments[1])
	case len(arguments) == 1 && arguments[0] == "follow":
		return follow(ctx, js)
	default:
		return errors.New("say publish FILE or follow")
	}
}

// publish publishes a file. It makes the bucket if there is none.
func publish(ctx context.Context, js jetstream.JetStream, file string) error {
	document, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	result, err := becketnats.Publish(ctx, js, bucket, key, becketnats.Publication{Body: document})
	if errors.Is(err, becketnats.ErrNoBucket) {
		if _, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: bucket, History: 10}); err != nil {
			return err
		}
		result, err = becketnats.Publish(ctx, js, bucket, key, becketnats.Publication{Body: document})
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "published revision %d after %d\n", result.Revision, result.Previous)
	return nil
}

// follow prints a flag whenever the ruleset changes.
func follow(ctx context.Context, js jetstream.JetStream) error {
	client, err := becket.New(becketnats.Source(js, bucket, key), becket.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	stop := client.Listen(becket.Hooks{OnChange: func(becket.Changes) {
		on := client.For(becket.NewSubject("user-42")).Enabled("new-checkout")
		fmt.Fprintf(os.Stdout, "revision %d: new-checkout is %t\n", client.Status().Revision, on)
	}})
	defer stop()
	<-ctx.Done()
	return nil
}
