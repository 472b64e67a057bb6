// Command bench measures the time from a publication to the last of many clients that watch an
// entry of a key-value bucket. It starts the servers itself, on this machine:
//
//	go run ./bench -n 1000
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/becketflags/becket"
	becketnats "github.com/becketflags/becket/nats"
	"github.com/becketflags/becket/nats/internal/natstest"
)

// setting is what is measured.
type setting struct {
	Clients      int `json:"clients"` // each has a connection of its own
	Nodes        int `json:"nodes"`   // and replicas of the bucket
	Publications int `json:"publications"`
	Bytes        int `json:"bytes"` // the size of the document
	// the clients only watch the entry; a client has a publication when it has the hint
	Watch bool `json:"watch"`
}

// result is the time from the call of Publish until the last client uses the document, or has the
// hint.
type result struct {
	Engine string `json:"engine"`
	setting
	Median float64 `json:"median_ms"`
	Least  float64 `json:"least_ms"`
	Most   float64 `json:"most_ms"`
}

func main() {
	natstest.Main()
	var s setting
	flag.IntVar(&s.Clients, "n", 1000, "number of clients")
	flag.IntVar(&s.Nodes, "nodes", 3, "number of servers and replicas")
	flag.IntVar(&s.Publications, "publications", 20, "number of publications")
	flag.IntVar(&s.Bytes, "bytes", 10_000, "size of the document")
	flag.BoolVar(&s.Watch, "watch", false, "watch only, and fetch nothing")
	flag.Parse()
	r, err := run(context.Background(), s)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	bucket = "flags"
	key    = "production.json"
	// pause is the time between two publications. A client fetches at most once a second.
	pause   = 1200 * time.Millisecond
	patient = 30 * time.Second // how long the last client may take
)

// arrivals are the times at which the clients used the newest revision.
type arrivals struct {
	mutex  sync.Mutex
	target int64
	left   int
	done   chan struct{}
}

func (a *arrivals) expect(revision int64, clients int) <-chan struct{} {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.target, a.left, a.done = revision, clients, make(chan struct{})
	return a.done
}

func (a *arrivals) arrived(r becket.Refresh) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if r.Err == nil && !r.NotModified {
		a.count(r.Revision)
	}
}

// heard counts a hint.
func (a *arrivals) heard(h becket.Hint) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.count(h.Revision)
}

func (a *arrivals) count(revision int64) {
	if revision != a.target {
		return
	}
	if a.left--; a.left == 0 {
		close(a.done)
	}
}

func (a *arrivals) missing() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.left
}

func run(ctx context.Context, s setting) (result, error) {
	folder, err := os.MkdirTemp("", "becket-bench-")
	if err != nil {
		return result{}, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	nodes, err := natstest.NewCluster(s.Nodes, folder)
	if err != nil {
		return result{}, err
	}
	defer natstest.KillAll(nodes)
	if err := natstest.StartAll(nodes); err != nil {
		return result{}, err
	}
	conn, err := nats.Connect(nodes[0].URL())
	if err != nil {
		return result{}, err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return result{}, err
	}
	if _, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: bucket, Replicas: s.Nodes}); err != nil {
		return result{}, err
	}
	var all arrivals
	began := all.expect(1, s.Clients)
	first := becketnats.Publication{Body: document(1, s.Bytes)}
	if _, err := becketnats.Publish(ctx, js, bucket, key, first); err != nil {
		return result{}, err
	}
	end, err := start(s, nodes, &all)
	defer end()
	if err != nil {
		return result{}, err
	}
	if !s.Watch {
		if err := wait(began, &all); err != nil {
			return result{}, err
		}
	}
	return measure(ctx, js, s, &all)
}

// start makes the clients, and returns a function that ends them.
func start(s setting, nodes []*natstest.Node, all *arrivals) (end func(), err error) {
	const atOnce = 16
	var mutex sync.Mutex
	var ends []func()
	var errs []error
	room := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for i := range s.Clients {
		room <- struct{}{}
		running.Go(func() {
			shut, err := open(nodes[i%len(nodes)].URL(), s.Watch, all)
			mutex.Lock()
			ends, errs = append(ends, shut), append(errs, err)
			mutex.Unlock()
			<-room
		})
	}
	running.Wait()
	return func() {
		for _, shut := range ends {
			running.Go(shut)
		}
		running.Wait()
	}, errors.Join(errs...)
}

// open makes a client, or only its watch, and waits until the watch is connected.
func open(address string, only bool, all *arrivals) (shut func(), err error) {
	conn, err := nats.Connect(address)
	if err != nil {
		return func() {}, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return conn.Close, err
	}
	if only {
		return watch(conn, becketnats.Source(js, bucket, key), all)
	}
	client, err := becket.New(becketnats.Source(js, bucket, key), becket.WithSignalSpread(0),
		becket.WithPollInterval(time.Hour), becket.WithLogger(slog.New(slog.DiscardHandler)),
		becket.WithHooks(becket.Hooks{OnRefresh: all.arrived}))
	if err != nil {
		return conn.Close, err
	}
	shut = func() { _ = client.Close(); conn.Close() }
	for began := time.Now(); time.Since(began) < patient; time.Sleep(10 * time.Millisecond) {
		if signals := client.Status().Signals; len(signals) == 1 && signals[0].Connected {
			return shut, nil
		}
	}
	return shut, errors.New("a client is not connected")
}

// watch watches a source, and waits until the watch is connected.
func watch(conn *nats.Conn, source becket.Source, all *arrivals) (shut func(), err error) {
	signal, ok := source.(becket.Signal)
	if !ok {
		return conn.Close, errors.New("the source is no signal")
	}
	ctx, cancel := context.WithCancel(context.Background())
	connected, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- signal.Watch(ctx, func(h becket.Hint) {
			if h == (becket.Hint{}) {
				select {
				case connected <- struct{}{}:
				default: // it has said so before
				}
				return
			}
			all.heard(h)
		})
	}()
	shut = func() { cancel(); conn.Close() }
	select {
	case <-connected:
		return shut, nil
	case err := <-ended:
		return shut, fmt.Errorf("a watch has ended: %w", err)
	case <-time.After(patient):
		return shut, errors.New("a watch is not connected")
	}
}

func wait(done <-chan struct{}, all *arrivals) error {
	select {
	case <-done:
		return nil
	case <-time.After(patient):
		return fmt.Errorf("%d clients do not have the document after %v", all.missing(), patient)
	}
}

// measure publishes and waits for the last client, again and again.
func measure(ctx context.Context, js jetstream.JetStream, s setting, all *arrivals) (result, error) {
	var times []float64
	for i := range s.Publications {
		time.Sleep(pause)
		revision := int64(i + 2)
		done, began := all.expect(revision, s.Clients), time.Now()
		next := becketnats.Publication{Body: document(revision, s.Bytes)}
		if _, err := becketnats.Publish(ctx, js, bucket, key, next); err != nil {
			return result{}, err
		}
		if err := wait(done, all); err != nil {
			return result{}, err
		}
		times = append(times, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(times)
	return result{
		Engine: "nats", setting: s, Median: times[len(times)/2], Least: times[0], Most: times[len(times)-1],
	}, nil
}

// document returns a ruleset of about the given size.
func document(revision int64, size int) []byte {
	text := fmt.Appendf(nil, `{"schema": 1, "revision": %d, "flags": {"new-checkout": {"default": "on"}`, revision)
	for i := 0; len(text) < size; i++ {
		text = fmt.Appendf(text, `, "flag-%d": {"description": "a flag of a benchmark", "default": "on"}`, i)
	}
	return append(text, "}}"...)
}
