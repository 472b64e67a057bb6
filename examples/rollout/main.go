// Command rollout draws a rollout from 5 to 100 percent and an A/B/C test whose weights change. It
// shows the users that are in at each stage, that no user drops out, and the users that move when
// weights change. Start it with
//
//	go run ./examples/rollout
//
// It edits a ruleset file as a team would do, one publication after the other, and asks a client
// that reads the file.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
)

func main() {
	// The program prints at the end. Otherwise a reader that ends early, such as head, would end
	// the program before it has cleaned up.
	var out bytes.Buffer
	err := run(context.Background(), &out)
	fmt.Print(out.String())
	if err != nil {
		fmt.Fprintln(os.Stderr, "rollout:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	folder, err := os.MkdirTemp("", "becket-rollout-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	p, err := newPublisher(folder)
	if err != nil {
		return err
	}
	defer func() { _ = p.client.Close() }()
	for _, part := range []func(context.Context, io.Writer, *publisher) error{growth, reweighting, moves} {
		if err := part(ctx, out, p); err != nil {
			return err
		}
	}
	return nil
}
