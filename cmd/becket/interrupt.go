package main

import (
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/layout"
)

// patience is the time that an interrupted verb has to end by itself. It is longer than a server
// waits for its last answers. Some work cannot end early, such as the decryption of a secret key.
const patience = 500 * time.Millisecond

// interruptible calls f and returns its error. If the context ends and f does not end soon after,
// it returns the context's error and does not wait for f any longer. It waits for files that f is
// writing, and f can write no further files.
func (e *env) interruptible(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-e.ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		e.files <- struct{}{} // it blocks without end
		return e.ctx.Err()
	}
}

// writing calls f, which writes files, unless the command was interrupted. An interrupted command
// ends only after f has returned, so that no half-written file stays behind.
func (e *env) writing(f func() error) error {
	e.files <- struct{}{}
	defer func() { <-e.files }()
	if err := e.ctx.Err(); err != nil {
		return err
	}
	return f()
}

// writeFile replaces a file, unless the command was interrupted.
func (e *env) writeFile(path string, body []byte) error {
	return e.writing(func() error { return layout.WriteFile(path, body) })
}
