package openfeature

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

const (
	// eventBuffer is how many events wait for the SDK before the provider keeps them to itself, joining changes.
	eventBuffer = 16

	// settling is how long the provider is quiet after it was initialised. The SDK reports READY or ERROR itself then, and does not
	// say when it has: an event that overtook it would leave the wrong state behind. Mostly the network answers within that
	// time, so that a start from disk does not flicker between STALE and READY either.
	settling = 100 * time.Millisecond
)

// EventChannel returns the provider's events, always the same channel. It is never closed.
func (p *Provider) EventChannel() <-chan of.Event {
	if p == nil {
		return nil
	}
	return p.events
}

// watcher turns what the client tells into events. Only its goroutine sends them; it holds no lock while it does.
type watcher struct {
	client     *becket.Client
	events     chan of.Event
	staleAfter time.Duration
	wake       chan struct{}
	stopped    chan struct{}
	ended      chan struct{}
	deaf       func() // stops listening to the client

	mutex   sync.Mutex
	inits   int       // calls of Init under way
	settled time.Time // when the SDK has told how the last Init ended
	state   of.State  // what the SDK takes the provider to be
	changes changes
}

func startWatcher(client *becket.Client, events chan of.Event, staleAfter time.Duration) *watcher {
	w := &watcher{
		client: client, events: events, staleAfter: staleAfter, state: of.NotReadyState,
		wake: make(chan struct{}, 1), stopped: make(chan struct{}), ended: make(chan struct{}),
	}
	w.deaf = client.Listen(becket.Hooks{
		OnChange:  w.changed,
		OnRefresh: func(becket.Refresh) { w.poke() },
	})
	go w.run()
	return w
}

// initialising keeps the watcher quiet until initialised is called as often.
func (w *watcher) initialising() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.inits++
}

// initialised notes what the SDK is about to report.
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

// changed is called by the client. The first ruleset is no change: it is what READY stands for.
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

// stop ends the goroutine, also one that waits for the SDK to take an event, and takes back what the SDK did not fetch: events
// of this life must not reach the next.
func (w *watcher) stop() {
	w.deaf()
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

// due returns the events to send now, and when to look again at the latest.
func (w *watcher) due(now time.Time) ([]of.Event, time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.inits > 0 {
		return nil, time.Hour
	}
	if wait := w.settled.Sub(now); wait > 0 {
		return nil, wait
	}
	var events []of.Event
	state, event, again := standing(w.client.Status(), now, w.staleAfter)
	if state != w.state {
		w.state = state
		events = append(events, event)
	}
	if event, ok := w.changes.take(); ok {
		events = append(events, event)
	}
	return events, again
}

// standing says how the provider is by the client's status, with the event for who does not know yet, and when time alone
// may change that.
func standing(s becket.Status, now time.Time, limit time.Duration) (of.State, of.Event, time.Duration) {
	again := time.Hour
	age := now.Sub(s.ConfirmedAt)
	doubtful := limit > 0 && (s.Failures > 0 || s.Closed)
	switch {
	case s.Tier == becket.TierDefaults:
		event := newEvent(of.ProviderError, because("there is no ruleset", s.LastError))
		event.ErrorCode = of.ProviderNotReadyCode
		return of.ErrorState, event, again
	case s.Tier < becket.TierNetwork:
		return of.StaleState, newEvent(of.ProviderStale, because("the ruleset is from "+s.Tier.String(), s.LastError)), again
	case doubtful && age > limit:
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
	return text + ": " + strings.TrimPrefix(err.Error(), "becket: ")
}

func newEvent(kind of.EventType, message string) of.Event {
	return of.Event{ProviderName: Name, EventType: kind, ProviderEventDetails: of.ProviderEventDetails{Message: message}}
}

// changes joins what changed since the SDK was last told.
type changes struct {
	keys        map[string]bool // nil: nothing changed
	revision    int64
	environment string
}

// add notes the keys of flags that changed. When a segment did, nobody can say which flags answer otherwise, so all are named.
func (c *changes) add(client *becket.Client, told becket.Changes) {
	if c.keys == nil {
		c.keys = map[string]bool{}
	}
	for _, key := range told.Keys() {
		c.keys[key] = true
	}
	if len(told.Segments) > 0 {
		for flag := range client.Flags() {
			c.keys[flag.Key] = true
		}
	}
	c.revision, c.environment = told.ToRevision, told.Environment
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
