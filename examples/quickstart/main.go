// Command quickstart shows the main use of becket: a ruleset on a web server, flags in plain Go,
// and the answers when that server is gone. Start it with
//
//	go run ./examples/quickstart
//
// It needs only the loopback network, and leaves nothing behind.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/testdata/rulesets"
)

func main() {
	// The program prints at the end. Otherwise a reader that ends early, such as head, would end
	// the program before it has cleaned up.
	var out bytes.Buffer
	err := run(context.Background(), &out)
	fmt.Print(out.String())
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run tells the story in four stages, each with the tier that answers.
func run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp("", "becket-quickstart-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	origin, err := serve(rulesets.Shop)
	if err != nil {
		return err
	}
	defer origin.close()

	s := story{out: out, origin: origin, cache: filepath.Join(folder, "cache"), empty: filepath.Join(folder, "empty")}
	for _, stage := range []func(context.Context) error{s.download, s.restart, s.bootstrap} {
		if err := stage(ctx); err != nil {
			return err
		}
	}
	return nil
}

// story is the state that the stages share.
type story struct {
	out          io.Writer
	origin       *origin
	cache, empty string // folders for the disk copy
	first        []answers
}

// download shows a program's first start, and the loss of the server while the program runs.
func (s *story) download(ctx context.Context) error {
	client, err := becket.New(
		becket.HTTP(s.origin.url), becket.WithDiskCache(s.cache), becket.WithPollInterval(time.Minute))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if err := client.Wait(ctx); err != nil {
		return err
	}
	s.title(1, "shop.json comes from a web server on loopback", client)
	s.first = ask(client)
	printLong(s.out, s.first)

	if err := client.Refresh(ctx); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nAsked again with the ETag. Answers with the document: %d, \"304 Not Modified\": %d.\n",
		s.origin.full.Load(), s.origin.notModified.Load())

	s.origin.close()
	if err := client.Refresh(ctx); err == nil {
		return errors.New("the server is down and the refresh succeeds all the same")
	}
	s.title(2, "the server goes down: a refresh fails, the program runs on", client)
	return s.compare(client)
}

// restart shows a start without the server, with the cache folder only.
func (s *story) restart(context.Context) error {
	client, err := becket.New(becket.HTTP(s.origin.url), becket.WithDiskCache(s.cache))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	s.title(3, "the program restarts, the server is still down", client)
	return s.compare(client)
}

// bootstrap shows a start with neither server nor folder, as on a new machine during an outage.
func (s *story) bootstrap(context.Context) error {
	client, err := becket.New(
		becket.HTTP(s.origin.url), becket.WithDiskCache(s.empty), becket.WithBootstrap(rulesets.Shop))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	s.title(4, "a fresh machine: no server, no disk copy, only the program", client)
	return s.compare(client)
}

func (s *story) title(stage int, what string, client *becket.Client) {
	status := client.Status()
	if stage > 1 {
		fmt.Fprintln(s.out)
	}
	fmt.Fprintf(s.out, "%d. %s\n   served from: %s, revision %d, %d flags\n\n",
		stage, what, status.Tier, status.Revision, status.Flags)
}

// compare asks all flags again and compares the answers with the first ones.
func (s *story) compare(client *becket.Client) error {
	now := ask(client)
	printShort(s.out, now)
	same, total := same(now, s.first)
	fmt.Fprintf(s.out, "All the same as in stage 1: %d of %d answers, with variants, rules and reasons.\n", same, total)
	if same != total {
		return errors.New("answers changed while nothing was published")
	}
	return nil
}
