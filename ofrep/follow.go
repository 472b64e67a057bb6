package ofrep

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/events"
	"github.com/becketflags/becket/internal/timing"
)

const (
	// lookEvery is the greatest time between two looks at the answers. It only matters if the clock
	// is set, or if a hook of the program delays the hook of the stream.
	lookEvery = time.Second

	// lag is the time between an instant of a schedule and the event, so that a page that asks an
	// instance whose clock is a little late does not get the answer from before.
	lag = 200 * time.Millisecond

	betweenEvents = time.Second
	betweenSlopes = 5 * time.Second // the shortest time before an event of a linear ramp
)

// follower sends an event when the answers for the shown flags may have changed.
type follower struct {
	handler *handler
	send    func(events.Message) error

	mutex   sync.Mutex
	ruleset uint64 // the ruleset of answers; 0 if there is none
	answers timing.Answers
	shown   uint64 // a digest of everything else that pages see of the shown flags
	sent    state  // the state of the last event
	sentAt  time.Time
	message events.Message
}

// state is everything on which the answers depend, for all subjects.
type state struct {
	definitions, shown uint64
	local              bool
	timing.State
}

// start begins to follow the answers, and returns a function that ends it. Afterwards, the newest
// event belongs to the present answers.
func (f *follower) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	wake := make(chan struct{}, 1)
	ignore := f.handler.client.Listen(becket.Hooks{OnChange: func(becket.Changes) {
		select {
		case wake <- struct{}{}:
		default:
		}
	}})
	f.update()
	f.mutex.Lock()
	f.sentAt = time.Time{} // no page has got the event yet, so the next one need not wait
	f.mutex.Unlock()
	go f.run(ctx, wake)
	return func() {
		cancel()
		ignore()
	}
}

func (f *follower) run(ctx context.Context, wake <-chan struct{}) {
	for {
		timer := time.NewTimer(f.update())
		select {
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// newest returns the last event; its ID is "" if there is none.
func (f *follower) newest() events.Message {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.message
}

// update looks at the answers and sends an event if one is due. It returns the time until the next
// look.
func (f *follower) update() (wait time.Duration) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	view, flags := f.handler.pin(becket.Subject{})
	if view.Tier() == becket.TierDefaults {
		return lookEvery
	}
	if f.ruleset != flags.ruleset {
		f.ruleset, f.answers, f.shown = flags.ruleset, timing.Of(view, flags.keys()), flags.digest()
	}
	next := state{f.answers.Definitions, f.shown, f.answers.Local, f.answers.At(lag)}
	wait = min(lookEvery, max(next.Wait, time.Millisecond))
	if next.Wait == 0 {
		wait = lookEvery
	}
	next.Wait = 0
	if next == f.sent {
		return wait
	}
	between := betweenEvents
	if slopes := f.sent; slopes.follow(next.Slopes) == next {
		between = betweenSlopes
	}
	now := time.Now()
	if early := between - now.Sub(f.sentAt); f.message.ID != "" && early > 0 {
		return min(wait, early)
	}
	f.sent, f.sentAt = next, now
	f.message = f.messageOf(view, next)
	_ = f.send(f.message) // it fails only for an invalid ID
	return wait
}

// follow returns the state with other percentages of linear ramps.
func (s state) follow(slopes uint64) state {
	s.Slopes = slopes
	return s
}

// event is the content of an event, as the protocol defines it.
type event struct {
	Type         string `json:"type"`
	ETag         string `json:"etag"`
	LastModified int64  `json:"lastModified"`
}

// messageOf returns the event for a state. Its ID is the same in all processes that have the
// document, unless the answers depend on more than the document.
func (f *follower) messageOf(view becket.View, s state) events.Message {
	hash := sha256.New()
	hash.Write(f.answers.Document[:])
	numbers := []uint64{s.Steps, s.Slopes}
	if s.local {
		hash.Write(process)
		numbers = append(numbers, s.definitions, s.shown)
	}
	for _, number := range numbers {
		hash.Write(binary.BigEndian.AppendUint64(nil, number))
	}
	id := base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:12])
	data, _ := json.Marshal(event{"refetchEvaluation", fmt.Sprintf("%d-%s", view.Revision(), id), f.sentAt.Unix()})
	return events.Message{ID: id, Data: data}
}

// process is a random text of this process.
var process = newKey()
