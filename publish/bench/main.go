// The program bench measures events: how long a publication takes to reach the last of many
// streams, and how much memory a stream takes on the server. The server is a process of its own, so
// that its memory is not that of the clients. Both processes share the machine's processors.
//
//	go run ./bench -streams 5000
//
// It exits with 1 if a mark is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// The marks.
const (
	maxLatency = time.Second
	maxMemory  = 64_000 // bytes for each stream
)

// patience is the time limit for each step of the measurement.
const patience = 2 * time.Minute

func main() {
	streams := flag.Int("streams", 5000, "the number of streams")
	publications := flag.Int("publications", 20, "the number of publications")
	serving := flag.Bool("serve", false, "be the server; the program starts itself with this flag")
	flag.Parse()
	err := errors.New("bench: both numbers must be at least 1")
	switch {
	case *serving:
		err = serve(os.Stdin, os.Stdout, *streams)
	case *streams > 0 && *publications > 0:
		err = measure(os.Stdout, *streams, *publications)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// measure starts the server and the clients, and writes one line for each mark.
func measure(output io.Writer, streams, publications int) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience*time.Duration(2+publications/10))
	defer cancel()
	s, err := startServer(ctx, streams)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	idle, err := s.memory()
	if err != nil {
		return err
	}
	crowd, err := connect(ctx, s.address, streams)
	if err != nil {
		return err
	}
	defer crowd.close()
	took := make([]time.Duration, publications)
	for i := range took {
		if took[i], err = s.publish(i+2, crowd); err != nil {
			return err
		}
	}
	busy, err := s.memory()
	if err != nil {
		return err
	}
	slices.Sort(took)
	median, each := took[len(took)/2], (busy-idle)/int64(streams)
	fmt.Fprintf(output, "publish to the last of %d streams: median %v of %d publications, worst %v (mark: %v)\n",
		streams, median.Round(time.Millisecond), publications, took[len(took)-1].Round(time.Millisecond), maxLatency)
	fmt.Fprintf(output, "memory of the server for each of %d streams: %.1f kB (mark: %d kB)\n", streams,
		float64(each)/1000, maxMemory/1000)
	if median > maxLatency || each > maxMemory {
		return errors.New("bench: a mark is missed")
	}
	return nil
}

// server is the process of the server.
type server struct {
	address string
	process *exec.Cmd
	input   io.WriteCloser
}

func startServer(ctx context.Context, streams int) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: exec.CommandContext(ctx, self, "-serve", "-streams", fmt.Sprint(streams))}
	s.process.Stderr = os.Stderr
	if s.input, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fscanln(output, &s.address); err != nil {
		return nil, errors.Join(fmt.Errorf("bench: the server has not started: %w", err), s.stop())
	}
	return s, nil
}

// stop ends the server, which ends with its input.
func (s *server) stop() error {
	return errors.Join(s.input.Close(), s.process.Wait())
}

// publish makes the server publish a revision, and returns the time until the last client has its
// hint.
func (s *server) publish(revision int, c *crowd) (time.Duration, error) {
	began := time.Now()
	if _, err := fmt.Fprintln(s.input, revision); err != nil {
		return 0, err
	}
	return c.wait(began, revision)
}

// memory returns the resident memory of the server in bytes. Only Linux tells it.
func (s *server) memory() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.process.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("bench: the memory of a process is known on Linux only: %w", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0, err
	}
	return resident * int64(os.Getpagesize()), nil
}
