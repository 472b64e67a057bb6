package openfeature_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"
)

// errDown is the error of an origin that is down.
var errDown = errors.New("the origin is down")

// origin is a source that serves the document that the test has set. Without a document it fails.
type origin struct {
	mutex    sync.Mutex
	document string
	hang     bool
}

func serving(document string) *origin { return &origin{document: document} }

func (o *origin) serve(document string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.document = document
}

func (o *origin) Fetch(ctx context.Context, _ becket.Validator) (becket.Document, error) {
	o.mutex.Lock()
	document, hang := o.document, o.hang
	o.mutex.Unlock()
	if hang {
		<-ctx.Done()
		return becket.Document{}, ctx.Err()
	}
	if document == "" {
		return becket.Document{}, errDown
	}
	return becket.Document{Body: []byte(document)}, nil
}

func (o *origin) Identity() string { return "origin" }

// newClient returns a client that is closed at the end of the test.
func newClient(t *testing.T, source becket.Source, options ...becket.Option) *becket.Client {
	t.Helper()
	client, err := becket.New(source, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// loaded returns a client that already serves the document.
func loaded(t *testing.T, document string, options ...becket.Option) *becket.Client {
	t.Helper()
	client := newClient(t, serving(document), options...)
	require.NoError(t, client.Refresh(t.Context()))
	return client
}

// seen is an event that reached a handler, with the provider's state in the handler.
type seen struct {
	kind  of.EventType
	state of.State
	of.EventDetails
}

// board is an isolated API with a client and its events of all kinds.
type board struct {
	api    *of.EvaluationAPI
	client *of.Client
	mutex  sync.Mutex
	events []seen
}

func newBoard(t *testing.T) *board {
	t.Helper()
	b := &board{api: isolated.NewAPI()}
	b.client = b.api.NewClient()
	for _, kind := range []of.EventType{of.ProviderReady, of.ProviderStale, of.ProviderError, of.ProviderConfigChange} {
		handler := func(details of.EventDetails) {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.events = append(b.events, seen{kind, b.client.State(), details})
		}
		b.client.AddHandler(kind, &handler)
	}
	t.Cleanup(func() { _ = b.api.Shutdown(context.WithoutCancel(t.Context())) })
	return b
}

// bind binds a provider and waits.
func (b *board) bind(t *testing.T, p of.FeatureProvider, options ...of.APIOption) {
	t.Helper()
	require.NoError(t, b.api.SetProviderAndWait(t.Context(), p, options...))
}

// kinds waits until all goroutines are idle and returns the kinds of events since the last call.
func (b *board) kinds() []of.EventType {
	var kinds []of.EventType
	for _, event := range b.take() {
		kinds = append(kinds, event.kind)
	}
	return kinds
}

func (b *board) take() []seen {
	time.Sleep(time.Second) // longer than settling; the time is virtual
	synctest.Wait()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	events := b.events
	b.events = nil
	return events
}

// ready returns a client of the SDK over a document.
func ready(t *testing.T, document string, options ...provider.Option) *of.Client {
	t.Helper()
	b := newBoard(t)
	b.bind(t, provider.New(loaded(t, document), options...))
	return b.client
}

func user(key string, attributes map[string]any) of.EvaluationContext {
	return of.NewEvaluationContext(key, attributes)
}
