package openfeature

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/wording"
	of "github.com/open-feature/go-sdk/openfeature"
)

const (
	// eventBuffer is the number of events in the channel. If the channel is full, the provider
	// keeps further events and joins changes.
	eventBuffer = 16

	// settling is how long the provider sends no events after its initialisation. In this time the
	// SDK reports READY or ERROR itself and does not say when it has done so. An event that
	// overtook this report would leave the wrong state behind. The network usually answers within
	// this time, so a start from disk does not switch between STALE and READY either.
	settling = 100 * time.Millisecond
)

// EventChannel returns the channel of the provider's events. It is always the same channel, and it
// is never closed.
func (p *Provider) EventChannel() <-chan of.Event {
	if p == nil {
		return nil
	}
	return p.events
}

// watcher turns the client's changes into events. Only its goroutine sends them, and it holds no
// lock while it sends.
type watcher struct {
	client        *becket.Client
	events        chan of.Event
	staleAfter    time.Duration
	wake          chan struct{}
	stopped       chan struct{}
	ended         chan struct{}
	stopListening func() // ends the client's calls of changed

	mutex   sync.Mutex
	inits   int       // running calls of Init
	settled time.Time // when the SDK has certainly reported the result of the last Init
	state   of.State  // the provider's state as the SDK knows it
	changes changes
}

func startWatcher(client *becket.Client, events chan of.Event, staleAfter time.Duration) *watcher {
	w := &watcher{
		client: client, events: events, staleAfter: staleAfter, state: of.NotReadyState,
		wake: make(chan struct{}, 1), stopped: make(chan struct{}), ended: make(chan struct{}),
	}
	w.stopListening = client.Listen(becket.Hooks{
		OnChange:  w.changed,
		OnRefresh: func(becket.Refresh) { w.poke() },
	})
	go w.run()
	return w
}

// initialising makes the watcher send nothing until initialised has been called as often as
// initialising.
func (w *watcher) initialising() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.inits++
}

// initialised records the state that the SDK will report.
func (w *watcher) initialised(ready bool) {
	w.mutex.Lock()
	w.inits--
	w.settled = time.Now().Add(settling)
	w.state = of.ErrorState
	if ready {
		w.state = of.ReadyState
	}
	w.mutex.Unlock()
	w.poke()
}

// changed records a change. The client calls it. The first ruleset does not count as a change,
// because READY reports it.
func (w *watcher) changed(c becket.Changes) {
	if c.FromTier == becket.TierDefaults {
		return
	}
	w.mutex.Lock()
	w.changes.add(w.client, c)
	w.mutex.Unlock()
	w.poke()
}

func (w *watcher) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// stop ends the goroutine, even if it waits for the SDK to take an event, and removes the events
// that the SDK has not taken. Events before the shutdown must not appear after the next
// initialisation.
func (w *watcher) stop() {
	w.stopListening()
	close(w.stopped)
	<-w.ended
	for {
		select {
		case <-w.events:
		default:
			return
		}
	}
}

func (w *watcher) run() {
	defer close(w.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-w.stopped:
			return
		case <-w.wake:
		case <-timer.C:
		}
		due, again := w.due(time.Now())
		for _, event := range due {
			select {
			case w.events <- event:
			case <-w.stopped:
				return
			}
		}
		timer.Reset(again)
	}
}

// due returns the events to send now, and the latest time to look again.
func (w *watcher) due(now time.Time) ([]of.Event, time.Duration) {
	status := w.client.Status() // not under the lock: it calls the program's clock
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.inits > 0 {
		return nil, time.Hour
	}
	if wait := w.settled.Sub(now); wait > 0 {
		return nil, wait
	}
	var events []of.Event
	state, event, again := standing(status, w.staleAfter)
	if state != w.state {
		w.state = state
		events = append(events, event)
	}
	if event, ok := w.changes.take(); ok {
		events = append(events, event)
	}
	return events, again
}

// standing returns the provider's state by the client's status, the event that reports the state,
// and the time after which the state may change by itself. The age is that of the client's clock.
func standing(s becket.Status, limit time.Duration) (of.State, of.Event, time.Duration) {
	again := time.Hour
	age := s.ReadAt.Sub(s.ConfirmedAt)
	doubtful := limit > 0 && (s.Failures > 0 || s.Closed)
	switch {
	case s.Tier == becket.TierDefaults:
		event := newEvent(of.ProviderError, because("there is no ruleset", s.LastError))
		event.ErrorCode = of.ProviderNotReadyCode
		return of.ErrorState, event, again
	case s.Tier < becket.TierNetwork:
		text := because("the ruleset is from "+s.Tier.String(), s.LastError)
		return of.StaleState, newEvent(of.ProviderStale, text), again
	case doubtful && age >= limit:
		text := fmt.Sprintf("the source has not confirmed the ruleset for %v", age.Round(time.Second))
		return of.StaleState, newEvent(of.ProviderStale, because(text, s.LastError)), again
	case doubtful:
		again = limit - age + time.Millisecond
	}
	return of.ReadyState, newEvent(of.ProviderReady, "the ruleset is what the source has"), again
}

func because(text string, err error) string {
	if err == nil {
		return text
	}
	return text + ": " + wording.Unprefixed(err)
}

func newEvent(kind of.EventType, message string) of.Event {
	return of.Event{
		ProviderName: Name, EventType: kind, ProviderEventDetails: of.ProviderEventDetails{Message: message},
	}
}

// changes collects changes that the SDK does not know yet.
type changes struct {
	keys        map[string]bool // the changed flags, or nil if nothing has changed
	revision    int64
	environment string
}

// add adds the keys of changed flags. If a segment has changed, it adds all keys, because any flag
// may answer differently.
func (c *changes) add(client *becket.Client, reported becket.Changes) {
	if c.keys == nil {
		c.keys = map[string]bool{}
	}
	for _, key := range reported.Keys() {
		c.keys[key] = true
	}
	if len(reported.AddedSegments)+len(reported.RemovedSegments)+len(reported.ChangedSegments) > 0 {
		for flag := range client.Flags() {
			c.keys[flag.Key] = true
		}
	}
	c.revision, c.environment = reported.ToRevision, reported.Environment
}

func (c *changes) take() (of.Event, bool) {
	if c.keys == nil {
		return of.Event{}, false
	}
	event := newEvent(of.ProviderConfigChange, "the flags changed")
	event.FlagChanges = slices.Sorted(maps.Keys(c.keys))
	event.EventMetadata = map[string]any{MetaVersion: strconv.FormatInt(c.revision, 10)}
	if c.environment != "" {
		event.EventMetadata[MetaFlagSetID] = c.environment
	}
	*c = changes{}
	return event, true
}
