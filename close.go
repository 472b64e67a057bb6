package becket

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Close ends the client's goroutines and waits for them, so that a ruleset that was published is on
// disk, the hooks were told what happened, and the sink has the exposures that were queued. It waits
// five seconds at most in all, whatever hangs: then it returns [ErrNotEnded] and the work that hangs
// is abandoned. Its error also says how many exposures were dropped in the life of the client. A
// source that implements io.Closer is closed too, and its error is returned. A call within one of
// the client's own calls, such as a hook, a sink or a source, waits for nothing and returns nil; the
// client ends in the background. Checks go on answering from memory. Close may be called often, and
// returns the same error each time.
func (c *Client) Close() error {
	if c.isZero() {
		return nil
	}
	c.closing.once.Do(func() { go c.close() })
	if c.own.hasCaller() {
		return nil
	}
	<-c.closing.done
	return c.closing.err
}

// close ends everything. It is bounded: each wait ends with one of the two contexts.
func (c *Client) close() {
	defer close(c.closing.done)
	all, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	work, cancel := context.WithTimeout(all, workPatience)
	defer cancel()
	exposures := c.observer.exposures()
	c.refresher.Stop()
	exposures.stop()
	c.closing.err = errors.Join(c.closeSource(work), exposures.wait(work), exposures.losses())
	c.notifier.stop()
	if !ends(all, c.notifier.done) {
		c.closing.err = errors.Join(c.closing.err, fmt.Errorf("%w for a hook", ErrNotEnded))
	}
}

// closeSource waits for the refresh under way, and closes the source when it is not in use any more.
func (c *Client) closeSource(ctx context.Context) error {
	var late error
	if !ends(ctx, c.refresher.Done()) {
		late = fmt.Errorf("%w for the refresh under way", ErrNotEnded)
	}
	closer, ok := c.config.source.(io.Closer)
	if !ok {
		return late
	}
	var err error
	done := c.notifier.begin("Close of the source", func() { err = closer.Close() })
	switch {
	case late != nil:
		return late
	case !ends(ctx, done):
		return fmt.Errorf("%w for the source to close", ErrNotEnded)
	case err != nil:
		return fmt.Errorf("becket: closing the source: %w", within{err})
	}
	return nil
}
