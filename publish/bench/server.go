package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/becketflags/becket/publish"
)

// serve writes its address, and publishes the revision of each line that it reads, until the input
// ends.
func serve(input io.Reader, output io.Writer, streams int) error {
	handler, err := publish.NewHandler(publish.WithMaxStreams(streams))
	if err != nil {
		return err
	}
	if err := handler.Publish(document("1"), nil); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintln(output, listener.Addr())
	for lines := bufio.NewScanner(input); lines.Scan(); {
		if err := handler.Publish(document(lines.Text()), nil); err != nil {
			return err
		}
	}
	handler.Close()
	_ = server.Close()
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func document(revision string) []byte {
	return []byte(`{"schema":1,"revision":` + revision + `,"flags":{"new-checkout":{"default":"off"}}}`)
}
