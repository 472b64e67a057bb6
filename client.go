package becket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/poll"
)

// Client answers flag checks out of memory and keeps the ruleset there up to date. A program needs
// one per source. All methods are safe for concurrent use, and a nil or zero Client answers with
// the caller's defaults.
type Client struct {
	config    *config
	cache     cache
	status    *statusRecorder
	observer  *observer
	notifier  *notifier
	refresher *poll.Loop
	ready     chan struct{} // closed when there is a ruleset
	own       *goroutines
	closing   closing
}

// closing is the end of a client. It happens once, on a goroutine of its own, and every caller of
// Close gets its error.
type closing struct {
	once sync.Once
	done chan struct{}
	err  error // written before done is closed
}

// New returns a client that serves the disk copy or the bootstrap, whichever has the higher
// revision (the disk copy where they are equal), and starts to fetch. It does no network I/O and
// never waits for any. Its errors, joined, are mistakes in the source and the options; a source
// that is down is none, and neither is a disk copy that cannot be used: [Client.Status] tells.
func New(source Source, options ...Option) (*Client, error) {
	config, err := newConfig(source, options)
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, ready: make(chan struct{}), own: &goroutines{}}
	c.closing.done = make(chan struct{})
	c.notifier = newNotifier(config, c.own)
	decoder := newDecoder(config, c.notifier)
	bootstrap, err := config.decodeBootstrap(decoder)
	if err != nil {
		return nil, err
	}
	if config.ownClock {
		config.clock = c.notifier.steady(config.clock)
	}
	c.status = &statusRecorder{clock: config.clock}
	c.notifier.start()
	c.observer = newObserver(config, c.notifier)
	f := &fetcher{
		config: config, notifier: c.notifier, observer: c.observer, status: c.status,
		source: newGuardedSource(source, c.own), decoder: decoder,
	}
	f.publication = publication{cache: &c.cache, ready: c.ready, overrides: config.overrides}
	config.overrides.announce(c.notifier)
	f.start(bootstrap)
	c.refresher = poll.Start(f.task(), func(run func()) { go c.own.run(run) })
	return c, nil
}

// isZero reports whether the client was not made by New.
func (c *Client) isZero() bool { return c == nil || c.config == nil }

// For returns the flags as they are for a subject, out of the ruleset in use now. It allocates
// nothing.
func (c *Client) For(subject Subject) View {
	if c == nil {
		return View{subject: subject}
	}
	return View{c.cache.load(), subject}
}

// Wait returns as soon as there is a ruleset of any tier, and at once where there is. If ctx ends
// before, the error says that and what failed so far. Checks need not wait: until there is a
// ruleset they give the caller's defaults.
func (c *Client) Wait(ctx context.Context) error {
	if c.isZero() {
		return ErrNoClient
	}
	select {
	case <-c.ready:
		return nil
	default:
	}
	select {
	case <-c.ready:
		return nil
	case <-c.refresher.Done():
		return c.notReady(ErrClosed)
	case <-ctx.Done():
		return c.notReady(context.Cause(ctx))
	}
}

func (c *Client) notReady(why error) error {
	select {
	case <-c.ready:
		return nil
	default:
	}
	if last := c.status.lastError(); last != nil {
		return fmt.Errorf("becket: there is no ruleset yet: %w; the last failure: %w", within{why}, within{last})
	}
	return fmt.Errorf("becket: there is no ruleset yet: %w", within{why})
}

// Refresh fetches once, whatever interval, backoff or Retry-After say, and returns when what came
// is in use. The fetch begins after the call; everybody who calls before it begins shares it. An
// error means that what was served before still is. If ctx ends before, the fetch goes on without
// the caller. It must not be called from within the source. Called by a hook, it waits for a second
// since the last fetch and for a Retry-After, so that a hook that answers each failure with a
// Refresh does not flood the source.
func (c *Client) Refresh(ctx context.Context) error {
	if c.isZero() {
		return ErrNoClient
	}
	return c.refresher.Ask(ctx, !c.own.hasCaller())
}

// Flush delivers the exposures that are queued at the time of the call. An error says that the sink
// did not take them, or not before ctx ended; then it goes on without the caller. Without a sink
// there is nothing to deliver. It must not be called from within the sink.
func (c *Client) Flush(ctx context.Context) error {
	if c.isZero() {
		return ErrNoClient
	}
	return c.observer.exposures().flush(ctx)
}

// Close ends the client's goroutines and waits for them, so that a ruleset that was published is on
// disk, the hooks were told what happened, and the sink has the exposures that were queued. It
// waits five seconds at most in all, whatever hangs: then it returns [ErrNotEnded] and the work
// that hangs is abandoned. Its error also says how many exposures were dropped in the life of the
// client. A source that implements io.Closer is closed too, and its error is returned. A call
// within one of the client's own calls, such as a hook, a sink or a source, waits for nothing and
// returns nil; the client ends in the background. Checks go on answering from memory. Close may be
// called often, and returns the same error each time.
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

// Status returns how the client stands. That of a nil client is the zero Status.
func (c *Client) Status() Status {
	if c.isZero() {
		return Status{}
	}
	s := c.status.read()
	s.Format = c.config.formatName
	s.Exposures = c.observer.exposures().status()
	s.OverridesFile, s.Overrides = c.config.overrides.listed()
	s.HookPanics, s.DroppedEvents = c.notifier.panics.Load(), c.notifier.dropped.Load()
	select {
	case <-c.refresher.Done():
		s.Closed, s.NextFetch = true, time.Time{}
	default:
	}
	return s
}

// Flags lists the flags of the ruleset in use, those set aside too, in the order of their keys.
func (c *Client) Flags() iter.Seq[FlagInfo] {
	if c.isZero() {
		return flagsOf(nil)
	}
	return flagsOf(&c.cache.load().served)
}

// Explain decides a flag for a subject and tells how. It is no evaluation: no hook and no exposure
// sees it.
func (c *Client) Explain(key string, subject Subject) Explanation {
	if c.isZero() {
		return Explanation{Flag: key, Key: subject.Key(), Reason: ReasonError, Err: ErrNotReady}
	}
	s := c.cache.load()
	if s.foreign {
		own := newOwnSubject(&subject, key)
		subject, key = own.subject, own.flag
	}
	private := newPrivacy(c.config.private)
	x := explain(s.answers, key, &subject, s.moment, private.of(&subject))
	x.Key, x.Revision, x.Tier = subject.Key(), s.revision, s.tier
	if private.hides(keyName) && x.Key != "" {
		x.Key = Private
	}
	return x
}

// Listen adds hooks to a client that runs already, such as one that a library was handed, and
// returns a function that takes them away again. They are called as those of [WithHooks] are and
// after them, for what happens from now on; one call may still be under way when stop returns.
// OnEvaluate is not called: New settles whether evaluations are listened to, so that they cost
// nothing where nobody does. On a nil or closed client, Listen does nothing.
func (c *Client) Listen(hooks Hooks) (stop func()) {
	if c.isZero() {
		return func() {}
	}
	added := &hooks
	c.notifier.add(added)
	return func() { c.notifier.remove(added) }
}

// Redact returns a copy of a subject in which the values of private attributes are replaced by
// [Private]: what leaves the program may be made of it. The copy shares nothing with the subject.
// See [WithPrivateAttributes].
func (c *Client) Redact(subject Subject) Subject {
	if c.isZero() {
		return subject.clone()
	}
	return newPrivacy(c.config.private).clone(&subject)
}

// Expired lists the flags that should be gone by now: those whose "expires" is a day that has
// ended, in UTC, and that are not permanent. The longest overdue come first. Expiry never changes
// an answer.
func (c *Client) Expired(now time.Time) []FlagInfo {
	if c.isZero() {
		return nil
	}
	return expired(&c.cache.load().served, now)
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
	if !endsInTime(all, c.notifier.done) {
		c.closing.err = errors.Join(c.closing.err, fmt.Errorf("%w for a hook", ErrNotEnded))
	}
}

// closeSource waits for the refresh under way, and closes the source when it is not in use any
// more.
func (c *Client) closeSource(ctx context.Context) error {
	var late error
	if !endsInTime(ctx, c.refresher.Done()) {
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
	case !endsInTime(ctx, done):
		return fmt.Errorf("%w for the source to close", ErrNotEnded)
	case err != nil:
		return fmt.Errorf("becket: closing the source: %w", within{err})
	}
	return nil
}

// expired lists the flags that should be gone: their last day has ended, in UTC, and they are not
// permanent.
func expired(s *served, now time.Time) (flags []FlagInfo) {
	for info := range flagsOf(s) {
		if !info.Permanent && !info.Expires.IsZero() && !now.Before(info.Expires.AddDate(0, 0, 1)) {
			flags = append(flags, info)
		}
	}
	slices.SortStableFunc(flags, func(a, b FlagInfo) int { return cmp.Compare(a.Expires.Unix(), b.Expires.Unix()) })
	return flags
}
