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

// Option changes how a [Provider] works.
type Option func(*config)

type config struct {
	client      []becket.Option
	hooks       []of.Hook
	track       func(context.Context, Tracking)
	initTimeout time.Duration
	staleAfter  time.Duration // 0: never
	bare        bool          // no flag metadata
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

// WithClientOptions sets the options of the client that [FromSource] makes; [New] ignores it. By default, there are none.
func WithClientOptions(options ...becket.Option) Option {
	return func(c *config) { c.client = append(c.client, options...) }
}

// WithHooks adds hooks that the SDK calls for every evaluation by this provider. By default, there are none.
func WithHooks(hooks ...of.Hook) Option {
	return func(c *config) { c.hooks = append(c.hooks, hooks...) }
}

// WithInitTimeout bounds initialising where its context has no deadline, so that a source that is down does not hold up a program
// that waits for the provider. Zero or less is no bound. By default, 10 seconds.
func WithInitTimeout(timeout time.Duration) Option {
	return func(c *config) { c.initTimeout = timeout }
}

// WithStaleAfter sets for how long the source may fail to confirm the ruleset before the provider is STALE. A source that is asked less
// often, and answers, makes nothing stale. Zero or less is never. By default, 5 minutes. Whatever it is, a provider that
// serves the disk copy or the bootstrap is STALE.
func WithStaleAfter(age time.Duration) Option {
	return func(c *config) { c.staleAfter = max(age, 0) }
}

// WithTracking sets what gets the events of the SDK's Track, on the goroutine of who tracks. It must be safe for concurrent
// use. By default, they go nowhere.
func WithTracking(track func(context.Context, Tracking)) Option {
	return func(c *config) { c.track = track }
}

// WithoutFlagMetadata leaves the flag metadata out. The SDK copies it for every evaluation, which is a third of what the provider adds to
// the SDK's own cost. That the targeting key is private is told all the same. By default, it is there.
func WithoutFlagMetadata() Option {
	return func(c *config) { c.bare = true }
}
