package postgres_test

import (
	"context"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/postgres"
)

// start is a program that starts.
func start(ctx context.Context, folder string, use func(*becket.Client) error) error {
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	client, err := becket.New(postgres.Source(pool, "shop"), becket.WithDiskCache(folder))
	if err != nil {
		return err
	}
	defer pool.Close()
	defer func() { _ = client.Close() }()
	return use(client)
}

// startBehindPooler is a program that starts behind a pooler.
func startBehindPooler(ctx context.Context, pool *pgxpool.Pool, use func(*becket.Client) error) error {
	direct, err := pgx.ParseConfig(os.Getenv("DATABASE_DIRECT_URL"))
	if err != nil {
		return err
	}
	source := postgres.Source(pool, "shop", postgres.WithListenConfig(direct))
	client, err := becket.New(source)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	return use(client)
}

func publish(ctx context.Context, pool *pgxpool.Pool, document, signature []byte) (int64, error) {
	published, err := postgres.Publish(ctx, pool, "shop", postgres.Publication{
		Body: document, Signature: signature,
		Author: "mara@example.com", Message: "Open the new checkout",
		Spread: 5 * time.Second, // clients distribute their fetches over this time
	})
	return published.Revision, err
}
