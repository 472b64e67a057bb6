package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/publish"
)

// maxShare is the greatest number of requests with push, in whole per cent of those with polling.
// More digits would mean nothing, because a client may ask once more or less in the counted time.
const maxShare = 10

// origin counts the requests for the ruleset of the same clients, for the same time, with polling
// alone and with events. The clients poll every second, so that a minute has enough requests.
func origin(ctx context.Context, s sizes) ([]row, error) {
	const clients, interval, settled, counted = 20, time.Second, 15 * time.Second, time.Minute
	var counts [2]int64
	for i, push := range []bool{false, true} {
		n, err := count(ctx, clients, push, interval, settled, counted)
		if err != nil {
			return nil, err
		}
		counts[i] = n
	}
	return []row{{
		name:  "requests at the origin with events, of those with polling",
		value: math.Round(100 * float64(counts[1]) / float64(counts[0])), unit: "%",
		note: fmt.Sprintf("%d against %d, of %d clients in %v that poll every %v", counts[1], counts[0],
			clients, counted, interval),
		mark: maxShare,
	}}, nil
}

// count returns the requests for the ruleset in a time that begins when the clients have settled.
func count(ctx context.Context, clients int, push bool, interval, settled, counted time.Duration) (int64, error) {
	handler, err := publish.NewHandler()
	if err != nil {
		return 0, err
	}
	if err := handler.Publish([]byte(`{"schema": 1, "revision": 1, "flags": {}}`), nil); err != nil {
		return 0, err
	}
	var requests atomic.Int64
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	counting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, publish.EventsSuffix) {
			requests.Add(1)
		}
		handler.ServeHTTP(w, r)
	})
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: counting}
	go func() { _ = server.Serve(listener) }()
	defer func() { handler.Close(); _ = server.Close() }()
	var options []becket.HTTPOption
	if push {
		options = append(options, becket.WithEvents("/flags.json/events"))
	}
	for range clients {
		client, err := becket.New(becket.HTTP("http://"+listener.Addr().String()+"/flags.json", options...),
			becket.WithPollInterval(interval), becket.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			return 0, err
		}
		defer func() { _ = client.Close() }()
	}
	time.Sleep(settled)
	before := requests.Load()
	time.Sleep(counted)
	return requests.Load() - before, nil
}
