// Command ofrep is a service that evaluates flags for other languages and for browsers over the
// OpenFeature Remote Evaluation Protocol.
//
//	go run ./examples/ofrep -flags examples/ofrep/flags.json
//	cd examples/ofrep/node && npm ci && node client.mjs http://localhost:8080
//	node page.mjs http://localhost:8080
package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/ofrep"
)

func main() {
	flags := flag.String("flags", "flags.json", "the ruleset: a file, or an http or https address")
	listen := flag.String("listen", "localhost:8080", "where to answer")
	token := flag.String("token", "", "what callers must show as a bearer token; none lets everybody in")
	flag.Parse()
	if err := run(*flags, *listen, *token); err != nil {
		slog.Error("the service ended", "error", err)
		os.Exit(1)
	}
}

func run(flags, listen, token string) error {
	client, err := becket.New(source(flags), becket.WithLogger(slog.Default()))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	server := &http.Server{Addr: listen, Handler: newHandler(client, token), ReadHeaderTimeout: 5 * time.Second}
	slog.Info("answering", "address", "http://"+listen)
	return server.ListenAndServe()
}

func source(flags string) becket.Source {
	if len(flags) > 4 && flags[:4] == "http" {
		return becket.HTTP(flags)
	}
	return becket.File(flags)
}

// newHandler shows flags with the tag "public" to callers that have the token, and tells pages of
// changes.
func newHandler(client *becket.Client, token string) http.Handler {
	options := []ofrep.Option{ofrep.WithAllowedOrigins("http://localhost:3000"), ofrep.WithEventStream()}
	if token != "" {
		options = append(options, ofrep.WithAuthorization(func(r *http.Request) error {
			shown := r.Header.Get("Authorization")
			if subtle.ConstantTimeCompare([]byte(shown), []byte("Bearer "+token)) == 1 {
				return nil
			}
			return errors.New("a wrong token")
		}))
		// The same in all instances and after a restart. Pages cannot send the token with a stream.
		key := sha256.Sum256([]byte("key of event streams " + token))
		options = append(options, ofrep.WithEventStreamKey(key[:]))
	}
	mux := http.NewServeMux()
	mux.Handle("/ofrep/", ofrep.NewHandler(client, options...))
	return mux
}
