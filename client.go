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

	"github.com/becketflags/becket/internal/accepted"
	"github.com/becketflags/becket/internal/poll"
	"github.com/becketflags/becket/internal/push"
)

// Client answers flag checks from memory and keeps the ruleset there up to date. A program needs
// one Client per source. All methods are safe for concurrent use. A nil or zero Client serves the
// caller's defaults.
type Client struct {
	config    *config
	cache     cache
	status    *statusRecorder
	observer  *observer
	handover  handover
	notifier  *notifier
	refresher *poll.Loop
	watcher   watcher
	answered  chan struct{} // closed when the first fetch has succeeded or failed
	own       *goroutines
	closing   closing
}

// closing holds the state of Close. The work is done once, on a goroutine of its own, and every
// caller of Close gets the same error.
type closing struct {
	once sync.Once
	done chan struct{}
	err  error // written before done is closed
}

// New returns a client and starts to fetch. The client first serves the disk copy or the bootstrap:
// the one with the higher revision, or the disk copy if the revisions are equal. New does no
// network I/O and never waits for any. Its error joins all mistakes in the source and the options;
// if there are none, a bootstrap that cannot be used is an error. A source that is down is not an
// error, and neither is a disk copy that cannot be used: [Client.Status] reports both.
func New(source Source, options ...Option) (*Client, error) {
	config, err := newConfig(source, options)
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, answered: make(chan struct{}), own: &goroutines{}}
	c.closing.done = make(chan struct{})
	c.notifier = newNotifier(config, c.own)
	decoder := newDecoder(config, c.notifier)
	bootstrap, err := config.decodeBootstrap(decoder)
	if err != nil {
		return nil, err
	}
	if err := config.checkBytes(decoder); err != nil {
		return nil, err
	}
	if config.ownClock {
		config.clock = c.notifier.steady(config.clock)
	}
	c.status = &statusRecorder{clock: config.clock, ownClock: config.ownClock}
	c.notifier.start()
	c.observer = newObserver(config, c.notifier)
	f := &fetcher{
		config: config, notifier: c.notifier, observer: c.observer, status: c.status, answered: c.answered,
		source: newGuardedSource(source, c.own), decoder: decoder, handover: &c.handover,
		pursuit: push.NewPursuit(config.interval),
		pace:    push.NewPace(config.interval, func(interval time.Duration) { c.refresher.SetInterval(interval) }),
	}
	f.publication = publication{&c.cache, config.overrides}
	config.overrides.announce(c.notifier)
	f.start(bootstrap)
	c.refresher = poll.Start(f.task(), func(run func()) { go c.own.run(run) })
	c.watcher = startWatcher(f, c.refresher)
	return c, nil
}

// init gives the package publish access to the documents of clients, without an exported name.
func init() {
	accepted.Of = func(client any) *accepted.Document {
		c, ok := client.(*Client)
		if !ok || c.isZero() {
			return nil
		}
		return c.handover.take()
	}
}

// isZero reports whether the client is nil or was not made by New.
func (c *Client) isZero() bool { return c == nil || c.config == nil }

// For returns a view of the flags for a subject. The view keeps using the ruleset that is in use
// now. For allocates nothing.
func (c *Client) For(subject Subject) View {
	if c == nil {
		return View{subject: subject}
	}
	return View{c.cache.load(), subject}
}

// Wait returns when the first fetch has ended, when ctx is done, or when the client is closed. If
// the first fetch was successful, its ruleset is then in use. Wait returns nil if there is a
// ruleset, even if it is the disk copy or the bootstrap. Otherwise it returns an error that says
// what failed. So a program that waits for two seconds starts with the newest ruleset if the source
// answers, and with the disk copy or the bootstrap if it does not. Checks need not wait: until
// there is a ruleset they return the caller's defaults.
func (c *Client) Wait(ctx context.Context) error {
	if c.isZero() {
		return ErrNoClient
	}
	var why error
	select {
	case <-c.answered:
	default:
		select {
		case <-c.answered:
		case <-c.refresher.Done():
			why = ErrClosed
		case <-ctx.Done():
			why = context.Cause(ctx)
		}
	}
	if c.cache.load().rules != nil {
		return nil
	}
	return c.notReady(why)
}

// notReady returns an error that says why there is no ruleset. why is nil if the first fetch
// failed.
func (c *Client) notReady(why error) error {
	last := c.status.lastError()
	switch {
	case why == nil:
		return fmt.Errorf("becket: there is no ruleset yet: %w", within{last})
	case last == nil:
		return fmt.Errorf("becket: there is no ruleset yet: %w", within{why})
	default:
		return fmt.Errorf("becket: there is no ruleset yet: %w; the last failure: %w", within{why}, within{last})
	}
}

// Refresh fetches once, regardless of the poll interval, the backoff and a Retry-After, and returns
// when the fetched ruleset is in use. The fetch begins after the call; all calls that are made
// before it begins share it. An error means that the previous ruleset stays in use. If only the
// disk copy cannot be written, Refresh returns nil, and [Status] and OnError have the error. If ctx
// is done first, Refresh returns the error of ctx and the fetch goes on. The source must not call
// it. A call from a hook waits until a second has passed since the last fetch, and for a
// Retry-After, so that a hook that calls Refresh after each failure does not flood the source.
func (c *Client) Refresh(ctx context.Context) error {
	if c.isZero() {
		return ErrNoClient
	}
	return c.refresher.Ask(ctx, !c.own.hasCaller())
}

// Flush delivers the exposures that are queued at the time of the call. It returns an error if the
// sink failed. If ctx is done first, Flush returns an error and the delivery goes on. Without a
// sink it does nothing and returns nil. The sink must not call it.
func (c *Client) Flush(ctx context.Context) error {
	if c.isZero() {
		return ErrNoClient
	}
	return c.observer.exposures().flush(ctx)
}

// Close ends the client's goroutines and waits for them, for at most five seconds in total. Before
// it returns, the last ruleset is written to disk, the hooks are called for all events, and the
// queued exposures are delivered. If something hangs, Close abandons it and returns [ErrNotEnded].
// Its error also says how many exposures were dropped in the life of the client. A source that
// implements io.Closer is closed too, and its error is included. If a hook, a sink, a source or
// another function that the client calls calls Close, then Close returns nil at once and the client
// ends in the background. Checks still work after Close, from memory. Close may be called more than
// once, and returns the same error each time.
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

// Status returns the state of the client: the ruleset in use, its age, failures and counters. A nil
// or zero client returns the zero Status.
func (c *Client) Status() Status {
	if c.isZero() {
		return Status{}
	}
	s := c.status.read()
	s.ReadAt = c.status.now() // after the times that are in s, so that no age is below zero
	s.Format, s.PollInterval = c.config.formatName, c.config.interval
	s.Signals = c.watcher.status()
	s.Exposures = c.observer.exposures().status(s.ReadAt)
	s.OverridesFile, s.Overrides = c.config.overrides.listed()
	s.HookPanics, s.DroppedEvents = c.notifier.panics.Load(), c.notifier.dropped.Load()
	select {
	case <-c.refresher.Done():
		s.Closed, s.NextFetch = true, time.Time{}
	default:
	}
	return s
}

// Flags lists the flags of the ruleset in use, including invalid ones, in the order of their keys.
func (c *Client) Flags() iter.Seq[FlagInfo] {
	if c.isZero() {
		return flagsOf(nil)
	}
	return flagsOf(&c.cache.load().served)
}

// Explain decides a flag for a subject and returns the steps of the decision. It does not count as
// an evaluation: no hook is called and no exposure is made.
func (c *Client) Explain(key string, subject Subject) Explanation {
	if c.isZero() {
		return Explanation{Flag: key, Key: subject.Key(), Reason: ReasonError, Err: ErrNotReady}
	}
	s := c.cache.load()
	if s.isForeign() {
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

// Listen adds hooks to a running client, such as one that a library got from the program, and
// returns a function that removes them. They are called in the same way as the hooks of [WithHooks]
// and after them, for events from now on. One call may still be under way when stop returns.
// OnEvaluate is not called: only New can install it, so that evaluations cost nothing extra without
// it. On a nil, zero or closed client, Listen does nothing.
func (c *Client) Listen(hooks Hooks) (stop func()) {
	if c.isZero() {
		return func() {}
	}
	added := &hooks
	c.notifier.add(added)
	return func() { c.notifier.remove(added) }
}

// Redact returns a copy of a subject in which the values of private attributes are replaced by
// [Private], for logs and other data that leaves the program. The copy shares no memory with the
// subject. For a nil or zero client no attribute is private. See [WithPrivateAttributes].
func (c *Client) Redact(subject Subject) Subject {
	if c.isZero() {
		return subject.clone()
	}
	return newPrivacy(c.config.private).clone(&subject)
}

// Expired lists the flags that should have been removed by now: flags that are not permanent and
// whose "expires" is a day that has ended, in UTC. The flag that expired first comes first. Expiry
// never changes the value of a flag.
func (c *Client) Expired(now time.Time) []FlagInfo {
	if c.isZero() {
		return nil
	}
	return expired(&c.cache.load().served, now)
}

// close ends all goroutines. Each wait ends with one of the two contexts, so close takes a bounded
// time.
func (c *Client) close() {
	defer close(c.closing.done)
	all, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	work, cancel := context.WithTimeout(all, workPatience)
	defer cancel()
	exposures := c.observer.exposures()
	c.refresher.Stop()
	c.watcher.stop()
	exposures.stop()
	c.closing.err = errors.Join(c.closeSource(work), exposures.wait(work), exposures.losses())
	c.notifier.stop()
	if !endsInTime(all, c.notifier.done) {
		c.closing.err = errors.Join(c.closing.err, fmt.Errorf("%w for a hook", ErrNotEnded))
	}
}

// closeSource waits for the refresh under way, and closes the source when it is no longer in use.
func (c *Client) closeSource(ctx context.Context) error {
	var late error
	if !endsInTime(ctx, c.refresher.Done()) {
		late = fmt.Errorf("%w for the refresh under way", ErrNotEnded)
	}
	if !endsInTime(ctx, c.watcher.ended()) {
		late = errors.Join(late, fmt.Errorf("%w for a signal", ErrNotEnded))
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

// expired implements [Client.Expired].
func expired(s *served, now time.Time) (flags []FlagInfo) {
	for info := range flagsOf(s) {
		if !info.Permanent && !info.Expires.IsZero() && !now.Before(info.Expires.AddDate(0, 0, 1)) {
			flags = append(flags, info)
		}
	}
	slices.SortStableFunc(flags, func(a, b FlagInfo) int { return cmp.Compare(a.Expires.Unix(), b.Expires.Unix()) })
	return flags
}
