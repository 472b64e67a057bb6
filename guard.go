package becket

import (
	"context"
	"fmt"
	"time"
)

const (
	maxFetch  = time.Minute // what a call of a source may take that knows no limit of its own
	hangGrace = time.Second // what a call gets to return after its time is over
)

// guard makes calls that may panic or hang: of a program's own source or format, or of a file
// system. A call that hangs is abandoned; the next one fails until it has returned, so that at most
// one goroutine is lost to what never returns. Only one goroutine at a time uses a guard.
type guard struct {
	own     *goroutines
	name    string        // of what is called, for errors
	hangs   error         // what a call that hangs is answered with
	hanging chan struct{} // closed when the abandoned call has returned; nil where there is none
}

// guarded makes a call and waits for it until a second after the limit or after the context's end.
func guarded[T any](ctx context.Context, g *guard, limit time.Duration, call func(context.Context) (T, error)) (T, error) {
	var none T
	if g.hanging != nil {
		select {
		case <-g.hanging:
			g.hanging = nil
		default:
			return none, g.hangs
		}
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	a := &attempt[T]{done: make(chan struct{})}
	go g.own.run(func() { a.run(ctx, g.name, call) })
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
		return none, g.hangs
	}
}

// attempt is one call. Its fields are written before done is closed.
type attempt[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func (a *attempt[T]) run(ctx context.Context, name string, call func(context.Context) (T, error)) {
	finished := false
	defer func() {
		if cause := recover(); cause != nil {
			a.err = fmt.Errorf("%w in the %s: %v", ErrPanic, name, cause)
		} else if !finished {
			a.err = fmt.Errorf("%w: the %s ended its goroutine", ErrPanic, name)
		}
		close(a.done)
	}()
	callOut(func() { a.value, a.err = call(ctx) })
	finished = true
}

// guardedSource calls a source, which may be a program's own.
type guardedSource struct {
	source Source
	guard  guard
}

func newGuardedSource(source Source, own *goroutines) guardedSource {
	return guardedSource{source, guard{own: own, name: "source", hangs: ErrSourceHangs}}
}

func (g *guardedSource) fetch(ctx context.Context, last Validator) (Document, error) {
	ctx, cancel, limit := g.deadline(ctx)
	defer cancel()
	document, err := guarded(ctx, &g.guard, limit, func(ctx context.Context) (Document, error) { return g.source.Fetch(ctx, last) })
	if err != nil {
		return Document{}, err
	}
	return document, checkSize(document.Body)
}

// signature fetches the signature that belongs to the document.
func (g *guardedSource) signature(ctx context.Context) ([]byte, error) {
	signed, ok := g.source.(SignedSource)
	if !ok {
		return nil, fmt.Errorf("%w: the source offers no signature", ErrUnsigned)
	}
	ctx, cancel, limit := g.deadline(ctx)
	defer cancel()
	signature, err := guarded(ctx, &g.guard, limit, signed.FetchSignature)
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
