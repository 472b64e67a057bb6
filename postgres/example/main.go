// Command example publishes a ruleset in PostgreSQL, or shows a flag of it and each change.
// docs/postgres.md runs it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/postgres"
)

const usage = `usage, with the database's address in DATABASE_URL:
  example publish FILE MESSAGE
  example history
  example watch FLAG`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer pool.Close()
	switch {
	case len(args) == 3 && args[0] == "publish":
		return publish(ctx, pool, args[1], args[2])
	case len(args) == 1 && args[0] == "history":
		return history(ctx, pool)
	case len(args) == 2 && args[0] == "watch":
		return watch(ctx, pool, args[1])
	}
	return errors.New(usage)
}

func publish(ctx context.Context, pool *pgxpool.Pool, file, message string) error {
	document, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	published, err := postgres.Publish(ctx, pool, "shop", postgres.Publication{
		Body: document, Author: os.Getenv("AUTHOR"), Message: message,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "published revision %d after %d\n", published.Revision, published.Previous)
	return nil
}

func history(ctx context.Context, pool *pgxpool.Pool) error {
	revisions, err := postgres.History(ctx, pool, "shop", 0, 20)
	for _, r := range revisions {
		fmt.Fprintf(os.Stdout, "%d by %s: %s\n", r.Revision, r.Author, r.Message)
	}
	return err
}

func watch(ctx context.Context, pool *pgxpool.Pool, flag string) error {
	shown := make(chan struct{}, 1)
	client, err := becket.New(postgres.Source(pool, "shop"), becket.WithHooks(becket.Hooks{
		OnChange: func(becket.Changes) {
			select {
			case shown <- struct{}{}:
			default:
			}
		},
	}))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-shown:
			enabled := client.For(becket.NewSubject("user-42")).Enabled(flag)
			fmt.Fprintf(os.Stdout, "%s revision %d: %s is %v\n", time.Now().Format(time.TimeOnly),
				client.Status().Revision, flag, enabled)
		}
	}
}
