package publish_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/publish"
)

// The pages show these functions.
var _ = []any{serveFile, relay, development, signature}

// serveFile publishes a file, and the same file again after each change.
func serveFile(ctx context.Context, changed <-chan string) error {
	handler, err := publish.NewHandler(publish.WithSpread(5 * time.Second))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	server := &http.Server{Addr: "127.0.0.1:8000", Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	server.RegisterOnShutdown(handler.Close)
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.Background()) })
	go func() {
		for file := range changed {
			document, err := os.ReadFile(file)
			if err == nil {
				err = handler.Publish(document, signature(file))
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}()
	return server.ListenAndServe()
}

func signature(file string) []byte {
	text, err := os.ReadFile(file + publish.SignatureSuffix)
	if err != nil {
		return nil
	}
	return text
}

// relay serves on the document of an origin.
func relay(folder, publicKey string) (http.Handler, error) {
	client, err := becket.New(
		becket.HTTP("https://flags.example.com/flags.json", becket.WithEvents("flags.json/events")),
		becket.WithDiskCache(folder),
		becket.WithPublicKey(publicKey),
	)
	if err != nil {
		return nil, err
	}
	return publish.Relay(client)
}

// development is the source of a program that uses becket serve.
func development() becket.Source {
	source := becket.HTTP("http://127.0.0.1:8080/flags.json", becket.WithEvents("flags.json/events"))
	return source
}

// bus is a signal: a message of the program's own says that there is a new document.
type bus struct{ messages <-chan struct{} }

func (b bus) Watch(ctx context.Context, changed func(becket.Hint)) error {
	changed(becket.Hint{}) // connected
	for {
		select {
		case _, open := <-b.messages:
			if !open {
				return errors.New("the connection to the bus is lost")
			}
			changed(becket.Hint{})
		case <-ctx.Done():
			return nil
		}
	}
}

var _ becket.Signal = bus{}

func ExampleHandler() {
	handler, err := publish.NewHandler()
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	defer handler.Close()
	document := []byte(`{"schema": 1, "revision": 7, "flags": {"new-checkout": {"default": "on"}}}`)
	if err := handler.Publish(document, nil); err != nil {
		fmt.Println(err)
		return
	}

	client, err := becket.New(becket.HTTP(server.URL+"/flags.json", becket.WithEvents("flags.json/events")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Wait(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.For(becket.NewSubject("user-1")).Enabled("new-checkout"))
	// Output: true
}
