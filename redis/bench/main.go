//go:build unix

// Command bench measures how long a publication takes until the last of many clients uses it. Each
// client has connections of its own, as in a process of its own. It starts a Redis server and
// prints one line.
//
//	go run ./bench -n 500
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/becketflags/becket/redis/internal/engine"
)

func main() {
	clients := flag.Int("n", 500, "number of clients")
	publications := flag.Int("publications", 20, "number of publications")
	flag.Parse()
	if *clients < 1 || *publications < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(context.Background(), *clients, *publications, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, clients, publications int, out io.Writer) error {
	folder, err := os.MkdirTemp("", "becket-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	server, err := engine.Start(folder, "--tcp-backlog", "4096")
	if err != nil {
		return err
	}
	defer server.Kill()
	f := newFleet(server.Address())
	defer f.close()
	if err := f.start(ctx, clients); err != nil {
		return err
	}
	times, err := f.measure(ctx, publications)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "redis: %d clients: from the publication to the last client %v (median of %d, %v to %v)\n",
		clients, times[len(times)/2], len(times), times[0], times[len(times)-1])
	return nil
}
