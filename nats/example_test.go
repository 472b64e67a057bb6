package nats_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/becketflags/becket"
	becketnats "github.com/becketflags/becket/nats"
)

func connect(servers string) (jetstream.JetStream, error) {
	conn, err := nats.Connect(servers,
		nats.RetryOnFailedConnect(true), // the program starts without NATS
		nats.MaxReconnects(-1),          // it never gives up
		nats.IgnoreAuthErrorAbort(),     // not even if its password is refused
		nats.ReconnectWait(500*time.Millisecond),
	)
	if err != nil {
		return nil, err
	}
	return jetstream.New(conn)
}

func ExampleSource() {
	js, err := connect("nats://n1.example.com,nats://n2.example.com,nats://n3.example.com")
	if err != nil {
		slog.Error("a mistake in the options", "error", err)
		return
	}
	defer js.Conn().Close()
	client, err := becket.New(
		becketnats.Source(js, "flags", "production.json"),
		becket.WithDiskCache("/var/cache/shop"),
	)
	if err != nil {
		slog.Error("a mistake in the options", "error", err)
		return
	}
	defer client.Close()
	fmt.Println(client.For(becket.NewSubject("user-42")).Enabled("new-checkout"))
}

func ExampleSignal() {
	js, err := connect("nats://n1.example.com")
	if err != nil {
		slog.Error("a mistake in the options", "error", err)
		return
	}
	defer js.Conn().Close()
	client, err := becket.New(
		becket.HTTP("https://cdn.example.com/flags/production.json"),
		becket.WithSignal(becketnats.Signal(js.Conn(), "flags.hints")),
	)
	if err != nil {
		slog.Error("a mistake in the options", "error", err)
		return
	}
	defer client.Close()
}

func publish(ctx context.Context, js jetstream.JetStream, document, signature []byte) error {
	result, err := becketnats.Publish(ctx, js, "flags", "production.json", becketnats.Publication{
		Body: document, Signature: signature, Spread: 5 * time.Second,
	})
	switch {
	case errors.Is(err, becketnats.ErrNotHigher):
		return fmt.Errorf("raise the revision: %w", err)
	case errors.Is(err, becketnats.ErrConflict):
		return fmt.Errorf("somebody else has just published: %w", err)
	case err != nil:
		return err
	}
	slog.Info("published", "revision", result.Revision, "previous", result.Previous, "etag", result.ETag)
	return nil
}

func ExamplePublish() {
	js, err := connect("nats://n1.example.com")
	if err != nil {
		slog.Error("a mistake in the options", "error", err)
		return
	}
	defer js.Conn().Close()
	if err := publish(context.Background(), js, []byte(`{"schema": 1, "revision": 1}`), nil); err != nil {
		slog.Error("nothing was published", "error", err)
	}
}
