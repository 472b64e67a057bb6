package openfeature

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// ErrShutDown is the cause of an [InitError] if the provider is shut down during its
// initialisation.
var ErrShutDown = errors.New("becket: the provider was shut down")

// shutdownPatience is the time limit of a shutdown whose context has no deadline.
const shutdownPatience = 5 * time.Second

// InitError says why the initialisation failed. For the SDK it is a ProviderInitError, whose code
// goes into the event. errors.Is finds the cause, such as context.DeadlineExceeded.
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

// Unwrap returns the SDK's error and the cause.
func (e *InitError) Unwrap() []error {
	if e == nil {
		return nil
	}
	return []error{&of.ProviderInitError{ErrorCode: e.Code, Message: e.Error()}, e.Cause}
}

// Init is [Provider.InitWithContext] with the time limit of [WithInitTimeout].
func (p *Provider) Init(evalCtx of.EvaluationContext) error {
	return p.InitWithContext(context.Background(), evalCtx)
}

// InitWithContext returns as soon as there is a ruleset of any tier: from the source, from disk or
// from the bootstrap. If there is none before ctx ends, it returns an [*InitError]; if ctx has no
// deadline, the time limit of [WithInitTimeout] applies. The provider then becomes READY by itself
// when a ruleset arrives. The SDK calls InitWithContext for every domain that the provider is bound
// to. It may be called again, also after [Provider.Shutdown].
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
	err = awaitRuleset(ctx, client)
	w.initialised(err == nil)
	if err != nil {
		return &InitError{of.ProviderNotReadyCode, err}
	}
	return nil
}

// awaitRuleset returns nil as soon as there is a ruleset of any tier. Unlike [becket.Client.Wait],
// it does not wait for the source if there is one, and goes on waiting if the source fails.
func awaitRuleset(ctx context.Context, client *becket.Client) error {
	refreshed := make(chan struct{}, 1)
	stop := client.Listen(becket.Hooks{OnRefresh: func(becket.Refresh) {
		select {
		case refreshed <- struct{}{}:
		default:
		}
	}})
	defer stop()
	for client.For(becket.Subject{}).Tier() == becket.TierDefaults {
		if client.Status().Closed {
			return fmt.Errorf("becket: there is no ruleset: %w", becket.ErrClosed)
		}
		select {
		case <-refreshed:
		case <-ctx.Done():
			return notReady(ctx, client)
		}
	}
	return nil
}

// notReady returns an error with the client's last failure and the reason why ctx is done.
func notReady(ctx context.Context, client *becket.Client) error {
	err, why := client.Wait(ctx), context.Cause(ctx)
	if err != nil && !errors.Is(err, why) {
		return fmt.Errorf("%w; %w", err, why)
	}
	return err
}

// bound adds a deadline to a context that has none.
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

// begin creates a client if the provider's own client was closed, and starts a watcher if there is
// none.
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

// Shutdown is [Provider.ShutdownWithContext] with a time limit of five seconds.
func (p *Provider) Shutdown() { _ = p.ShutdownWithContext(context.Background()) }

// ShutdownWithContext stops the events. It closes the provider's own client; it flushes the
// exposures of a client that belongs to the caller. If ctx ends first, or after five seconds if ctx
// has no deadline, the rest of the work continues in the background. You may call it repeatedly.
// The provider still answers evaluations from memory.
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

// within waits until the work or ctx ends.
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
