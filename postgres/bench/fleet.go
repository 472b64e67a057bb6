package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/postgres"
)

// fleet is a number of clients in this process, as if each were a program.
type fleet struct {
	pool    *pgxpool.Pool // for the fetches of all clients; each client has its own for listening
	clients []*becket.Client

	mutex   sync.Mutex
	awaited int64         // the newest revision
	missing int           // clients that do not use it
	reached chan struct{} // closed when no client is missing
}

// start starts the clients and waits until they listen.
func (f *fleet) start(ctx context.Context, count int) error {
	if _, err := f.publish(ctx, 1); err != nil {
		return err
	}
	for range count {
		client, err := becket.New(postgres.Source(f.pool, "shop"), becket.WithPollInterval(time.Hour),
			becket.WithSignalSpread(0), becket.WithLogger(slog.New(slog.DiscardHandler)), becket.WithHooks(becket.Hooks{
				OnRefresh: func(r becket.Refresh) { f.refreshed(&r) },
			}))
		if err != nil {
			return err
		}
		f.clients = append(f.clients, client)
	}
	const limit = time.Minute
	for deadline := time.Now().Add(limit); !f.listens(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("not every client listens after %v: %v", limit, f.clients[0].Status().Signals)
		}
	}
	time.Sleep(2 * time.Second) // until the fetches that follow the connections have ended
	return nil
}

func (f *fleet) listens() bool {
	return !slices.ContainsFunc(f.clients, func(c *becket.Client) bool {
		return !c.Status().Signals[0].Connected || c.Status().Revision == 0
	})
}

// refreshed counts the clients that use the awaited revision.
func (f *fleet) refreshed(r *becket.Refresh) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if r.Revision != f.awaited || r.NotModified || r.Err != nil {
		return
	}
	if f.missing--; f.missing == 0 {
		close(f.reached)
	}
}

// publish publishes a revision and returns the time until every client uses it.
func (f *fleet) publish(ctx context.Context, revision int64) (time.Duration, error) {
	reached := make(chan struct{})
	f.mutex.Lock()
	f.awaited, f.missing, f.reached = revision, len(f.clients), reached
	if len(f.clients) == 0 {
		close(reached)
	}
	f.mutex.Unlock()
	began := time.Now()
	body := fmt.Appendf(nil, `{"schema": 1, "revision": %d, "flags": {"new-checkout": {"default": "on"}}}`, revision)
	if _, err := postgres.Publish(ctx, f.pool, "shop", postgres.Publication{Body: body}); err != nil {
		return 0, err
	}
	const limit = time.Minute
	select {
	case <-reached:
		return time.Since(began), nil
	case <-time.After(limit):
		return 0, fmt.Errorf("not every client uses revision %d after %v", revision, limit)
	}
}

// measure returns the times of a number of publications, the shortest first.
func (f *fleet) measure(ctx context.Context, publications int) (times []time.Duration, err error) {
	for i := range publications {
		took, err := f.publish(ctx, int64(i)+2)
		if err != nil {
			return nil, err
		}
		times = append(times, took.Round(time.Millisecond))
		time.Sleep(1200 * time.Millisecond) // a signal causes at most one fetch a second
	}
	slices.Sort(times)
	return times, nil
}

func (f *fleet) close() {
	var group sync.WaitGroup
	for _, client := range f.clients {
		group.Go(func() { _ = client.Close() })
	}
	group.Wait()
}
