package openfeature

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// ErrShutDown is why initialising ends when the provider is shut down meanwhile.
var ErrShutDown = errors.New("becket: the provider was shut down")

// shutdownPatience bounds shutting down where its context has no deadline.
const shutdownPatience = 5 * time.Second

// InitError is why initialising failed. To the SDK it is a ProviderInitError, whose code goes into the event; errors.Is finds the
// cause, such as context.DeadlineExceeded.
type InitError struct {
	Code  of.ErrorCode
	Cause error
}

// Error returns the cause's text.
func (e *InitError) Error() string {
	if e == nil || e.Cause == nil {
		return "becket: the provider could not be initialised"
	}
	return e.Cause.Error()
}

// Unwrap returns the SDK's form of the error and the cause.
func (e *InitError) Unwrap() []error {
	if e == nil {
		return nil
	}
	return []error{&of.ProviderInitError{ErrorCode: e.Code, Message: e.Error()}, e.Cause}
}

// Init is [Provider.InitWithContext] within the time of [WithInitTimeout].
func (p *Provider) Init(evalCtx of.EvaluationContext) error {
	return p.InitWithContext(context.Background(), evalCtx)
}

// InitWithContext returns as soon as there is a ruleset of any tier: from the source, from disk or the bootstrap. If there is none before
// ctx ends, or before the time of [WithInitTimeout] where ctx has no deadline, it returns an [*InitError], and the provider becomes READY by
// itself when one comes. The SDK calls it for every domain that the provider is bound to; it may be called again, after
// [Provider.Shutdown] too.
func (p *Provider) InitWithContext(ctx context.Context, _ of.EvaluationContext) error {
	if p == nil {
		return &InitError{of.ProviderFatalCode, becket.ErrNoClient}
	}
	client, w, err := p.begin()
	if err != nil {
		return &InitError{of.ProviderFatalCode, err}
	}
	ctx, cancel := p.bound(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-w.stopped:
			cancel(ErrShutDown)
		case <-ctx.Done():
		}
	}()
	err = client.Wait(ctx)
	w.initialised(err == nil)
	if err != nil {
		return &InitError{of.ProviderNotReadyCode, err}
	}
	return nil
}

// bound gives a context without a deadline one.
func (p *Provider) bound(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if _, ok := ctx.Deadline(); ok || p.config.initTimeout <= 0 {
		return ctx, cancel
	}
	ctx, stop := context.WithTimeout(ctx, p.config.initTimeout)
	return ctx, func(cause error) {
		cancel(cause)
		stop()
	}
}

// begin makes a client if the provider's own was closed, and starts watching if nobody does.
func (p *Provider) begin() (*becket.Client, *watcher, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed {
		client, err := p.reopen()
		if err != nil {
			return nil, nil, err
		}
		p.client.Store(client)
		p.closed = false
	}
	client := p.Client()
	if client == nil {
		return nil, nil, becket.ErrNoClient
	}
	if p.watcher == nil {
		p.watcher = startWatcher(client, p.events, p.config.staleAfter)
	}
	p.watcher.initialising()
	return client, p.watcher, nil
}

// Shutdown is [Provider.ShutdownWithContext] within five seconds.
func (p *Provider) Shutdown() { _ = p.ShutdownWithContext(context.Background()) }

// ShutdownWithContext stops the events and closes the provider's own client, or flushes the exposures of the caller's. If ctx ends before
// that is done, or five seconds pass where it has no deadline, the rest is done in the background. It may be called often.
// Evaluations go on being answered from memory.
func (p *Provider) ShutdownWithContext(ctx context.Context) error {
	if p == nil {
		return nil
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, shutdownPatience)
		defer cancel()
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	initialised := p.watcher != nil
	if initialised {
		p.watcher.stop()
		p.watcher = nil
	}
	client := p.Client()
	switch {
	case p.reopen != nil && !p.closed:
		p.closed = true
		return within(ctx, client.Close)
	case p.reopen == nil && initialised:
		return within(ctx, func() error { return client.Flush(ctx) })
	default:
		return nil
	}
}

// within waits for work to end, or for ctx.
func within(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("becket: shutting the provider down: %w", context.Cause(ctx))
	}
}
