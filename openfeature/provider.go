// Package openfeature is a becket provider for OpenFeature's Go SDK. It answers from memory as the
// client does; almost all of an evaluation's cost is the SDK's own work. docs/openfeature.md
// describes how the two models correspond.
//
// The package is named after its folder. Import it under another name in files that also import the
// SDK's own package:
//
//	import (
//		"github.com/open-feature/go-sdk/openfeature"
//
//		provider "github.com/becketflags/becket/openfeature"
//	)
//
//	err := openfeature.SetProviderAndWait(provider.New(client))
package openfeature

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// Name is the provider's name in metadata, events and telemetry.
const Name = "becket"

// The SDK finds a provider's abilities by type assertions.
var (
	_ of.FeatureProvider          = (*Provider)(nil)
	_ of.ContextAwareStateHandler = (*Provider)(nil)
	_ of.EventHandler             = (*Provider)(nil)
	_ of.Tracker                  = (*Provider)(nil)
)

// Provider answers OpenFeature's evaluations from a becket client. It is safe for concurrent use
// and may be bound to several domains. It answers at any time, also before it is initialised and
// after it is shut down. A nil Provider answers with the caller's defaults, and its initialisation
// fails.
type Provider struct {
	config   config
	client   atomic.Pointer[becket.Client]
	metadata metadataCache
	hidden   of.FlagMetadata // the entry for a private key, for evaluations without flag metadata
	events   chan of.Event   // never closed: the SDK stops listening by itself

	reopen  func() (*becket.Client, error) // nil if the client belongs to the caller
	mutex   sync.Mutex                     // guards the fields below
	watcher *watcher                       // nil before initialisation and after shutdown
	closed  bool                           // whether the provider's own client is closed
}

// New returns a provider for a client that belongs to the caller. Shutting the provider down
// flushes the client's exposures and does not close the client. With a nil client, every evaluation
// answers with the caller's default and the initialisation fails.
func New(client *becket.Client, options ...Option) *Provider {
	p := &Provider{config: newConfig(options), events: make(chan of.Event, eventBuffer)}
	p.client.Store(client)
	p.hidden = hiddenKey(client)
	return p
}

// FromSource returns a provider with a client of its own, which has the options of
// [WithClientOptions]. The client starts to fetch immediately. Shutting the provider down closes
// the client, and initialising the provider again creates a new one. The errors are those of
// [becket.New].
func FromSource(source becket.Source, options ...Option) (*Provider, error) {
	p := New(nil, options...)
	p.reopen = func() (*becket.Client, error) { return becket.New(source, p.config.client...) }
	client, err := p.reopen()
	if err != nil {
		return nil, err
	}
	p.client.Store(client)
	p.hidden = hiddenKey(client)
	return p, nil
}

// Client returns the client that answers: the client given to New, or the provider's own.
func (p *Provider) Client() *becket.Client {
	if p == nil {
		return nil
	}
	return p.client.Load()
}

// Metadata returns the provider's name.
func (p *Provider) Metadata() of.Metadata { return of.Metadata{Name: Name} }

// Hooks returns the hooks of [WithHooks].
func (p *Provider) Hooks() []of.Hook {
	if p == nil {
		return nil
	}
	return p.config.hooks
}

// BooleanEvaluation evaluates a boolean flag.
func (p *Provider) BooleanEvaluation(
	_ context.Context, flag string, defaultValue bool, flat of.FlattenedContext,
) (d of.BoolResolutionDetail) {
	d.Value = defaultValue
	if variant := p.resolve(flag, becket.KindBool, flat, &d.ProviderResolutionDetail); variant != nil {
		d.Value = variant.Value.Bool()
	}
	return d
}

// StringEvaluation evaluates a string flag.
func (p *Provider) StringEvaluation(
	_ context.Context, flag, defaultValue string, flat of.FlattenedContext,
) (d of.StringResolutionDetail) {
	d.Value = defaultValue
	if variant := p.resolve(flag, becket.KindString, flat, &d.ProviderResolutionDetail); variant != nil {
		d.Value = variant.Value.Text()
	}
	return d
}

// FloatEvaluation evaluates a float flag, or an integer flag.
func (p *Provider) FloatEvaluation(
	_ context.Context, flag string, defaultValue float64, flat of.FlattenedContext,
) (d of.FloatResolutionDetail) {
	d.Value = defaultValue
	if variant := p.resolve(flag, becket.KindFloat, flat, &d.ProviderResolutionDetail); variant != nil {
		d.Value = variant.Value.Float()
	}
	return d
}

// IntEvaluation evaluates an integer flag. If int has 32 bits, a larger value is a TYPE_MISMATCH,
// as in [becket.View.Int].
func (p *Provider) IntEvaluation(
	_ context.Context, flag string, defaultValue int64, flat of.FlattenedContext,
) (d of.IntResolutionDetail) {
	d.Value = defaultValue
	if variant := p.resolve(flag, becket.KindInt, flat, &d.ProviderResolutionDetail); variant != nil {
		d.Value = variant.Value.Int()
	}
	return d
}

// ObjectEvaluation evaluates an object flag. The value is a map[string]any or a []any, decoded once
// per ruleset and shared by all callers: copy it before you change it. A flag of another type is a
// TYPE_MISMATCH, as in the other evaluations.
func (p *Provider) ObjectEvaluation(
	_ context.Context, flag string, defaultValue any, flat of.FlattenedContext,
) (d of.InterfaceResolutionDetail) {
	d.Value = defaultValue
	if variant := p.resolve(flag, becket.KindObject, flat, &d.ProviderResolutionDetail); variant != nil {
		d.Value = variant.Value.Any()
	}
	return d
}
