//go:build unix

package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/redis"
)

const key = "flags"

// limit is the greatest time until all clients have subscribed, or use a publication.
const limit = time.Minute

// fleet is a number of clients in this process, as if each were a program.
type fleet struct {
	address     string
	publisher   *goredis.Client
	connections []*goredis.Client
	clients     []*becket.Client

	mutex   sync.Mutex
	awaited int64         // the newest revision
	missing int           // clients that do not use it
	reached chan struct{} // closed when no client is missing
}

func newFleet(address string) *fleet {
	return &fleet{address: address, publisher: goredis.NewClient(&goredis.Options{Addr: address})}
}

// start starts the clients and waits until they have subscribed.
func (f *fleet) start(ctx context.Context, count int) error {
	if err := f.send(ctx, 1); err != nil {
		return err
	}
	for range count {
		connection := goredis.NewClient(&goredis.Options{Addr: f.address})
		f.connections = append(f.connections, connection)
		client, err := becket.New(redis.Source(connection, key), becket.WithPollInterval(time.Hour),
			becket.WithSignalSpread(0), becket.WithLogger(slog.New(slog.DiscardHandler)),
			becket.WithHooks(becket.Hooks{OnRefresh: func(r becket.Refresh) { f.refreshed(&r) }}))
		if err != nil {
			return err
		}
		f.clients = append(f.clients, client)
	}
	for deadline := time.Now().Add(limit); ; time.Sleep(10 * time.Millisecond) {
		i := slices.IndexFunc(f.clients, func(c *becket.Client) bool { return !ready(c) })
		if i < 0 {
			break
		}
		if time.Now().After(deadline) {
			status := f.clients[i].Status()
			return fmt.Errorf("not every client has subscribed after %v: %v, last error: %w",
				limit, status.Signals, status.LastError)
		}
	}
	time.Sleep(2 * time.Second) // until the fetches that follow the subscriptions have ended
	return nil
}

// ready reports whether a client has subscribed and uses a document.
func ready(client *becket.Client) bool {
	status := client.Status()
	return status.Signals[0].Connected && status.Revision > 0
}

// refreshed counts the clients that use the awaited revision.
func (f *fleet) refreshed(r *becket.Refresh) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.reached == nil || r.Revision != f.awaited || r.NotModified || r.Err != nil {
		return
	}
	if f.missing--; f.missing == 0 {
		close(f.reached)
	}
}

func (f *fleet) send(ctx context.Context, revision int64) error {
	body := fmt.Appendf(nil, `{"schema": 1, "revision": %d, "flags": {"new-checkout": {"default": "on"}}}`, revision)
	_, err := redis.Publish(ctx, f.publisher, key, redis.Publication{Body: body})
	return err
}

// publish publishes a revision and returns the time until every client uses it.
func (f *fleet) publish(ctx context.Context, revision int64) (time.Duration, error) {
	reached := make(chan struct{})
	f.mutex.Lock()
	f.awaited, f.missing, f.reached = revision, len(f.clients), reached
	f.mutex.Unlock()
	began := time.Now()
	if err := f.send(ctx, revision); err != nil {
		return 0, err
	}
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
	for _, connection := range append(f.connections, f.publisher) {
		_ = connection.Close()
	}
}
