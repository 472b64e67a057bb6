package target

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/postgres"
)

// table is a name in the table of revisions.
type table struct {
	pool          *pgxpool.Pool
	name, channel string
	source        becket.Source
}

// openPostgres reads postgres://HOST:5432/DATABASE?name=NAME.
func openPostgres(ctx context.Context, a *address) (*table, error) {
	t := &table{name: a.own.Get("name"), channel: a.own.Get("channel")}
	if t.name == "" {
		return nil, errors.New("the address of PostgreSQL is postgres://HOST:5432/DATABASE?name=NAME")
	}
	config, err := pgxpool.ParseConfig(a.engine(a.path))
	if err != nil {
		return nil, err
	}
	config.MinConns, config.MaxConns = 0, 1
	if t.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	t.source = postgres.Source(t.pool, t.name, postgres.WithPollingOnly())
	return t, check(t.source)
}

func (t *table) live(ctx context.Context) (becket.Document, error) {
	return fetched(ctx, t.source, postgres.ErrNoDocument)
}

func (t *table) put(ctx context.Context, p *Publication) error {
	_, err := postgres.Publish(ctx, t.pool, t.name, postgres.Publication{
		Body: p.Body, Signature: p.Signature, Author: p.Author, Message: p.Message, Spread: p.Spread,
		Format: p.Format, Channel: t.channel,
	})
	if errors.Is(err, postgres.ErrNotHigher) {
		return overtaken(err)
	}
	return err
}

func (t *table) close() { t.pool.Close() }
