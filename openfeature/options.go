package openfeature

import (
	"context"
	"time"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// Defaults of the options.
const (
	defaultInitTimeout = 10 * time.Second
	defaultStaleAfter  = 5 * time.Minute
)

// Option configures a [Provider].
type Option func(*config)

type config struct {
	client      []becket.Option
	hooks       []of.Hook
	track       func(context.Context, Tracking)
	initTimeout time.Duration
	staleAfter  time.Duration // 0 means never
	bare        bool          // whether flag metadata is left out
}

func newConfig(options []Option) config {
	c := config{hooks: []of.Hook{}, initTimeout: defaultInitTimeout, staleAfter: defaultStaleAfter}
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	return c
}

// WithClientOptions sets the options of the client that [FromSource] creates; [New] ignores it. By
// default, there are none.
func WithClientOptions(options ...becket.Option) Option {
	return func(c *config) { c.client = append(c.client, options...) }
}

// WithHooks adds hooks that the SDK calls for every evaluation of this provider. By default, there
// are none.
func WithHooks(hooks ...of.Hook) Option {
	return func(c *config) { c.hooks = append(c.hooks, hooks...) }
}

// WithInitTimeout sets the time limit of an initialisation whose context has no deadline, so that a
// source that is down does not block a program that waits for the provider. Zero or less means no
// limit. By default, 10 seconds.
func WithInitTimeout(timeout time.Duration) Option {
	return func(c *config) { c.initTimeout = timeout }
}

// WithStaleAfter sets how long the source may fail to confirm the ruleset before the provider is
// STALE, by the client's clock. A long poll interval does not make a provider stale as long as the
// source answers. Zero or less means never. By default, 5 minutes. A provider that serves the disk
// copy or the bootstrap is always STALE.
func WithStaleAfter(age time.Duration) Option {
	return func(c *config) { c.staleAfter = max(age, 0) }
}

// WithTracking sets the function that receives the events of the SDK's Track, on the goroutine that
// calls Track. It must be safe for concurrent use. By default, the events are dropped.
func WithTracking(track func(context.Context, Tracking)) Option {
	return func(c *config) { c.track = track }
}

// WithoutFlagMetadata leaves out flag metadata. The SDK copies it for every evaluation, which is a
// third of the cost that the provider adds to the SDK's own. The entry for a private targeting key
// stays. By default, evaluations have flag metadata.
func WithoutFlagMetadata() Option {
	return func(c *config) { c.bare = true }
}
