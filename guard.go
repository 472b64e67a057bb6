package becket

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What can be wrong with a source as such, for errors.Is.
var (
	// ErrSourceHangs is a source that did not return although its context was done.
	ErrSourceHangs = errors.New("becket: the source hangs: it did not return when it was told to")
)

const (
	maxFetch  = time.Minute // what a call of a source may take that knows no limit of its own
	hangGrace = time.Second // what it gets to return after its context is done
)

// guardedSource calls a source, which may be a program's own, and bears that it panics or hangs. A call that hangs is given up;
// the next one fails until it has returned, so that at most one goroutine is lost to a source that never does. Only the
// refresher uses it.
type guardedSource struct {
	source  Source
	hanging chan struct{} // closed when the call that was given up has returned; nil where there is none
}

func (g *guardedSource) fetch(ctx context.Context, last Validator) (Document, error) {
	return guarded(ctx, g, func(ctx context.Context) (Document, error) {
		document, err := g.source.Fetch(ctx, last)
		if err == nil {
			err = checkSize(document.Body)
		}
		return document, err
	})
}

// signature fetches the signature that belongs to the document.
func (g *guardedSource) signature(ctx context.Context) ([]byte, error) {
	signed, ok := g.source.(SignedSource)
	if !ok {
		return nil, fmt.Errorf("%w: the source offers no signature", ErrUnsigned)
	}
	signature, err := guarded(ctx, g, signed.FetchSignature)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsigned, within{err})
	}
	return signature, nil
}

// deadline limits a call to a minute, unless the source keeps a limit of its own, which is then returned.
func (g *guardedSource) deadline(ctx context.Context) (context.Context, context.CancelFunc, time.Duration) {
	if own, ok := g.source.(interface{ patience() time.Duration }); ok {
		return ctx, func() {}, own.patience()
	}
	ctx, cancel := context.WithTimeout(ctx, maxFetch)
	return ctx, cancel, maxFetch
}

func guarded[T any](ctx context.Context, g *guardedSource, call func(context.Context) (T, error)) (T, error) {
	var none T
	if g.hanging != nil {
		select {
		case <-g.hanging:
			g.hanging = nil
		default:
			return none, ErrSourceHangs
		}
	}
	ctx, cancel, limit := g.deadline(ctx)
	defer cancel()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	a := &attempt[T]{done: make(chan struct{})}
	go a.run(ctx, call)
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
	case <-timer.C:
	}
	timer.Reset(hangGrace)
	select {
	case <-a.done:
		return a.value, a.err
	case <-timer.C:
		g.hanging = a.done
		return none, ErrSourceHangs
	}
}

// attempt is one call of a source. Its fields are written before done is closed.
type attempt[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func (a *attempt[T]) run(ctx context.Context, call func(context.Context) (T, error)) {
	finished := false
	defer func() {
		if cause := recover(); cause != nil {
			a.err = fmt.Errorf("%w in the source: %v", ErrPanic, cause)
		} else if !finished {
			a.err = fmt.Errorf("%w: the source ended its goroutine", ErrPanic)
		}
		close(a.done)
	}()
	a.value, a.err = call(ctx)
	finished = true
}
