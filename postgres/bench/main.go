// Command bench measures how long a publication takes until the last of many clients uses it. It
// starts a PostgreSQL server of its own and prints one line.
//
//	go run ./bench -n 500
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/becketflags/becket/postgres"
	"github.com/becketflags/becket/postgres/internal/engine"
)

func main() {
	clients := flag.Int("n", 500, "number of clients")
	publications := flag.Int("publications", 20, "number of publications")
	flag.Parse()
	if *clients < 1 || *publications < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*clients, *publications); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(clients, publications int) error {
	folder, err := os.MkdirTemp("", "becket-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	const others = 40 // connections for fetches, for the publisher and for the server itself
	server, err := engine.Start(filepath.Join(folder, "server"), fmt.Sprintf("max_connections=%d", clients+others))
	defer server.Down()
	if err != nil {
		return err
	}
	ctx := context.Background()
	const fetching = 16 // connections of all clients together
	pool, err := pgxpool.New(ctx, fmt.Sprintf("%s&pool_max_conns=%d", server.URL("postgres"), fetching))
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := postgres.Migrate(ctx, pool); err != nil {
		return err
	}
	f := &fleet{pool: pool}
	defer f.close()
	before := server.Memory()
	if err := f.start(ctx, clients); err != nil {
		return err
	}
	memory := (server.Memory() - before) / (clients + fetching)
	times, err := f.measure(ctx, publications)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "postgres: %d clients: from the publication to the last client %v "+
		"(median of %d, %v to %v); the server uses %d kB for each connection\n",
		clients, times[len(times)/2], len(times), times[0], times[len(times)-1], memory>>10)
	return nil
}
