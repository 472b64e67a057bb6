package becket

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/native"
)

// Status is the state of a client. It is a copy and contains no secrets, so it may be logged or
// shown. A nil or zero client has the zero Status.
type Status struct {
	Tier        Tier   // where the ruleset in use came from
	Revision    int64  // the ruleset's revision; 0 if it has none, or if there is no ruleset
	Environment string // the environment that the ruleset names; "" if it names none
	Format      string // the name of the client's format, such as "native-v1"
	Flags       int    // number of flags in the ruleset, including invalid ones
	ETag        string // the ETag of the ruleset's document; "" if it has none
	// ID of the key that signed the document, in minisign's form; "" without WithPublicKey
	SignedBy string

	// ReadAt is when the Status was read. All times are from the client's clock, so the age of the
	// ruleset is ReadAt.Sub(ConfirmedAt).
	ReadAt time.Time
	// when the document in use was fetched, perhaps by an earlier run; zero for a bootstrap
	FetchedAt   time.Time
	ConfirmedAt time.Time // when the source last confirmed the document; zero if never
	// when the next fetch is due, unless Refresh is called before; zero during a fetch
	NextFetch time.Time

	// LastError is nil if the last refresh was successful: the document was fetched and accepted,
	// or confirmed, and with a disk cache it was written to disk. Before the first refresh has
	// ended, it is set if the disk copy or its folder could not be used.
	LastError error
	Failures  int       // number of consecutive failed refreshes
	FailedAt  time.Time // when a refresh or the disk copy last failed; zero if neither did
	DiskError error     // why the last read or write of the disk copy failed; nil if it did not

	Refreshes   uint64 // refreshes that have ended, since the client was made
	NotModified uint64 // refreshes in which the source confirmed the document
	Failed      uint64 // refreshes that failed

	Bad      []Bad   // invalid flags and segments of the document; at most the first 10,000
	Warnings []error // problems that do not affect evaluations; at most the first 101

	// Misfits are checks that cannot get their flag's value from the ruleset in use: unknown flags,
	// flags of another type, objects that do not fit. At most 100 are counted; the most frequent
	// come first.
	Misfits []Misfit

	Exposures     ExposureStatus
	OverridesFile string         // the file of WithOverrides; "" if there is none
	Overrides     map[string]any // the overrides' values by the keys of the flags

	HookPanics    uint64 // recovered panics in hooks, loggers and other functions of the program
	DroppedEvents uint64 // events that were not delivered because hooks or the logger were too slow
	Closed        bool   // the client fetches no more, because Close was called
}

// statusRecorder holds the state for Client.Status. The refreshing goroutine writes it, and any
// goroutine may read it.
type statusRecorder struct {
	clock    func() time.Time
	ownClock bool       // the clock is the program's
	timing   goroutines // the goroutines that ask the program's clock for the time of a Status

	mutex        sync.Mutex
	current      *heldRuleset
	status       Status    // only the fields that are stored nowhere else
	failure      error     // the error of the last refresh
	failingSince time.Time // when the first of the consecutive failures happened
}

// served records the ruleset in use.
func (b *statusRecorder) served(h *heldRuleset) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.current = h
}

// refreshed records a refresh. It returns the outage that goes on with a failure or ends with a
// success, and nil if there is none.
func (b *statusRecorder) refreshed(failure *DeliveryError, outcome Outcome) *outage {
	now := b.clock() // called without the lock, because a clock of the program may call Status
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.status.Refreshes++
	b.failure = nil
	failures := b.status.Failures
	if failure == nil {
		b.status.Failures = 0
		if outcome == OutcomeNotModified {
			b.status.NotModified++
		}
		if failures == 0 {
			return nil
		}
		return &outage{failures: failures, since: b.failingSince}
	}
	if failures == 0 {
		b.failingSince = now
	}
	b.failure = failure
	b.status.Failures++
	b.status.Failed++
	b.status.FailedAt = now
	return &outage{b.status.Failures, b.failingSince, &b.current.snapshot.served}
}

// wrote records the result of the last read or write of the disk copy.
func (b *statusRecorder) wrote(err error) {
	now := b.clock()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.status.DiskError = err
	if err != nil {
		b.status.FailedAt = now
	}
}

// scheduled records when the next fetch is due. The time is zero during a fetch.
func (b *statusRecorder) scheduled(at time.Time) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.status.NextFetch = at
}

// lastError joins the errors of the last refresh and of the disk copy.
func (b *statusRecorder) lastError() error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.joined()
}

// now returns the time of a Status. It calls the program's clock without a lock. If the clock
// itself calls Status, that call uses time.Now, so that they do not call each other without end.
func (b *statusRecorder) now() (now time.Time) {
	if !b.ownClock || b.timing.hasCaller() {
		return time.Now()
	}
	b.timing.run(func() { now = b.clock() })
	return now
}

func (b *statusRecorder) joined() error { return errors.Join(b.failure, b.status.DiskError) }

// firstCopy returns a copy of the first elements of a list, at most most of them.
func firstCopy[T any](list []T, most int) []T { return slices.Clone(list[:min(len(list), most)]) }

func (b *statusRecorder) read() Status {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	s := b.status
	s.LastError = b.joined()
	h := b.current
	s.Tier = h.snapshot.tier
	s.Revision, s.Environment, s.Flags = h.info.Revision, h.info.Environment, h.info.Flags
	s.Bad, s.Warnings = firstCopy(h.info.Bad, native.MaxBad), firstCopy(h.info.Warnings, native.MaxWarnings+1)
	s.Misfits = h.snapshot.misfits.list()
	s.ETag, s.SignedBy, s.FetchedAt = h.validator.ETag, h.signedBy, h.fetchedAt
	if confirmed := h.snapshot.moment.confirmed.at.Load(); confirmed != nil {
		s.ConfirmedAt = *confirmed
	}
	return s
}
