package becket

import (
	"context"
	"time"
)

// Signal tells a client when there may be a new document, so that it need not wait for the next
// poll. The sources of the packages nats, redis and postgres are signals too, and so are [HTTP]
// with [WithEvents], and [File]. A signal has no authority: the client fetches from its source and
// checks the document as at every poll, and it goes on polling.
//
// A signal may have a method Name() string, whose result appears in [Status] and in the log. It
// must not contain secrets. By default, the name is the Go type of the signal.
type Signal interface {
	// Watch waits for hints and passes them to changed. It calls changed with the zero Hint as soon
	// as it is connected, and returns an error soon after the connection is lost, or nil after ctx
	// is done. The client then calls it again after a pause. A call that has lasted ten seconds
	// counts as connected even without a call of changed. Calls of changed never block, and do
	// nothing after Watch has returned; they may come from several goroutines.
	Watch(ctx context.Context, changed func(Hint)) error
}

// Hint is what a publisher says about its new document. The zero Hint means that there may be a new
// one. Nothing in a hint is believed: a wrong one costs a few fetches.
type Hint struct {
	Revision int64  // the document's revision; 0 or less if it is not known
	ETag     string // the document's ETag; "" if it is not known
	// the time over which the clients of a fleet should distribute their fetches; 0 or less for the
	// time of [WithSignalSpread]
	Spread time.Duration
}

// SignalStatus is the state of a signal.
type SignalStatus struct {
	Name      string
	Connected bool
	// when the signal was connected or lost; when the client was made, if neither has happened
	Since     time.Time
	LastHint  time.Time // when the last hint came; zero if none has come
	LastError error     // why it was lost or not connected last; nil if it never was
	pollsOn   bool      // the client polls as often as without the signal, so a loss is no fault
}
