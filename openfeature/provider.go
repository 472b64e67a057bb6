// Package openfeature puts becket under OpenFeature: a provider for its Go SDK. It answers out of memory as the client does; the
// SDK's own work is nearly all that an evaluation costs. See docs/openfeature.md for how the two models meet.
//
// The package is named as its folder is; beside the SDK's own package it needs another name:
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

// Name is what the provider calls itself in metadata, events and telemetry.
const Name = "becket"

// The SDK finds out by type assertions what a provider can do.
var (
	_ of.FeatureProvider          = (*Provider)(nil)
	_ of.ContextAwareStateHandler = (*Provider)(nil)
	_ of.EventHandler             = (*Provider)(nil)
	_ of.Tracker                  = (*Provider)(nil)
)

// Provider answers OpenFeature's evaluations out of a becket client. It is safe for concurrent use, may be bound to several domains,
// and answers at any time: before it is initialised and after it is shut down too. A nil Provider gives the caller's defaults, and
// initialising it fails.
type Provider struct {
	config   config
	client   atomic.Pointer[becket.Client]
	metadata metadataCache
	hidden   of.FlagMetadata // what there is without flag metadata: that the key is private
	events   chan of.Event   // never closed: the SDK stops listening by itself

	reopen  func() (*becket.Client, error) // nil where the client is the caller's
	mutex   sync.Mutex                     // of what is below
	watcher *watcher                       // nil: not initialised, or shut down
	closed  bool                           // the provider's own client is closed
}

// New returns a provider over a client, which stays the caller's: shutting the provider down flushes its exposures and does not
// close it. With a nil client every evaluation gives the caller's default and initialising fails.
func New(client *becket.Client, options ...Option) *Provider {
	p := &Provider{config: newConfig(options), events: make(chan of.Event, eventBuffer)}
	p.client.Store(client)
	p.hidden = hiddenKey(client)
	return p
}

// FromSource returns a provider with a client of its own, made with the options of [WithClientOptions]. The client starts to fetch at
// once; shutting the provider down closes it, and initialising again makes another. Its errors are those of [becket.New].
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

// Client returns the client that answers: the one given to New, or the provider's own.
func (p *Provider) Client() *becket.Client {
	if p == nil {
		return nil
	}
	return p.client.Load()
}

// Metadata names the provider.
func (p *Provider) Metadata() of.Metadata { return of.Metadata{Name: Name} }

// Hooks returns those of [WithHooks].
func (p *Provider) Hooks() []of.Hook {
	if p == nil {
		return nil
	}
	return p.config.hooks
}

// inlineAttributes is how many attributes an evaluation keeps on its stack; more of them cost one allocation.
const inlineAttributes = 16

// BooleanEvaluation evaluates a boolean flag.
func (p *Provider) BooleanEvaluation(_ context.Context, flag string, defaultValue bool, flat of.FlattenedContext) of.BoolResolutionDetail {
	var room [inlineAttributes]becket.Attribute
	client := p.Client()
	view := client.For(subjectOf(flat, room[:0]))
	r := view.Resolve(flag, becket.KindBool)
	if r.Variant != nil {
		defaultValue = r.Variant.Value.Bool()
	}
	return of.BoolResolutionDetail{Value: defaultValue, ProviderResolutionDetail: p.resolution(client, view, flag, &r)}
}

// StringEvaluation evaluates a string flag.
func (p *Provider) StringEvaluation(_ context.Context, flag, defaultValue string, flat of.FlattenedContext) of.StringResolutionDetail {
	var room [inlineAttributes]becket.Attribute
	client := p.Client()
	view := client.For(subjectOf(flat, room[:0]))
	r := view.Resolve(flag, becket.KindString)
	if r.Variant != nil {
		defaultValue = r.Variant.Value.Text()
	}
	return of.StringResolutionDetail{Value: defaultValue, ProviderResolutionDetail: p.resolution(client, view, flag, &r)}
}

// FloatEvaluation evaluates a float flag, or an integer flag.
func (p *Provider) FloatEvaluation(_ context.Context, flag string, defaultValue float64, flat of.FlattenedContext) of.FloatResolutionDetail {
	var room [inlineAttributes]becket.Attribute
	client := p.Client()
	view := client.For(subjectOf(flat, room[:0]))
	r := view.Resolve(flag, becket.KindFloat)
	if r.Variant != nil {
		defaultValue = r.Variant.Value.Float()
	}
	return of.FloatResolutionDetail{Value: defaultValue, ProviderResolutionDetail: p.resolution(client, view, flag, &r)}
}

// IntEvaluation evaluates an integer flag. Where int has 32 bits, a value beyond them is a TYPE_MISMATCH, as it is to [becket.View.Int].
func (p *Provider) IntEvaluation(_ context.Context, flag string, defaultValue int64, flat of.FlattenedContext) of.IntResolutionDetail {
	var room [inlineAttributes]becket.Attribute
	client := p.Client()
	view := client.For(subjectOf(flat, room[:0]))
	r := view.Resolve(flag, becket.KindInt)
	if r.Variant != nil {
		defaultValue = r.Variant.Value.Int()
	}
	return of.IntResolutionDetail{Value: defaultValue, ProviderResolutionDetail: p.resolution(client, view, flag, &r)}
}

// ObjectEvaluation evaluates an object flag, whose value is a map[string]any or a []any. It is decoded once per ruleset and shared by
// all callers: who wants to change it makes a copy. A flag of another type is a TYPE_MISMATCH, as it is for the other evaluations.
func (p *Provider) ObjectEvaluation(_ context.Context, flag string, defaultValue any, flat of.FlattenedContext) of.InterfaceResolutionDetail {
	var room [inlineAttributes]becket.Attribute
	client := p.Client()
	view := client.For(subjectOf(flat, room[:0]))
	r := view.Resolve(flag, becket.KindObject)
	if r.Variant != nil {
		defaultValue = r.Variant.Value.Any()
	}
	return of.InterfaceResolutionDetail{Value: defaultValue, ProviderResolutionDetail: p.resolution(client, view, flag, &r)}
}
