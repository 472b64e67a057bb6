// Command webserver is a web server whose pages depend on flags. Middleware makes one view per
// request, and handlers get it from the request's context. Start it with
//
//	go run ./examples/webserver
//
// and open http://127.0.0.1:8080. The page of a visitor stays the same from one visit to the next,
// since a cookie holds the targeting key; ?country=DE and ?plan=plus show the page for other
// visitors. /status shows the state of the flags, and /ready is for a readiness probe. The flags
// are a file of this repository, unless -flags names another file or a URL.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/testdata/rulesets"
)

// grace is the time that running requests may take after the program is asked to end.
const grace = 5 * time.Second

func main() {
	address := flag.String("address", "127.0.0.1:8080", "where to listen")
	flags := flag.String("flags", "", "URL or path of the ruleset; empty for the one that is built in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *address, *flags, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, "webserver:", err)
		stop()
		os.Exit(1)
	}
}

// run serves until ctx ends. Then it lets running requests finish, and closes the client last.
func run(ctx context.Context, address, flags string, logger *slog.Logger) error {
	client, err := newClient(flags, logger)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: newHandler(client), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	logger.Info("serving", "url", "http://"+listener.Addr().String())

	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	logger.Info("ending")
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newClient reads the ruleset from a web server, from a file, or from the program itself. The first
// two fall back to the program's own ruleset.
func newClient(flags string, logger *slog.Logger) (*becket.Client, error) {
	source := becket.FS(rulesets.Files, "shop.json")
	switch {
	case strings.HasPrefix(flags, "http://"), strings.HasPrefix(flags, "https://"):
		source = becket.HTTP(flags)
	case flags != "":
		source = becket.File(flags)
	}
	return becket.New(source, becket.WithBootstrap(rulesets.Shop), becket.WithLogger(logger))
}
