package becket

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/native"
)

// Status is how a client stands. It is a copy, without secrets: it may be logged and served to
// people. The zero Status is that of a nil client.
type Status struct {
	Tier        Tier
	Revision    int64
	Environment string
	Format      string
	Flags       int // how many the ruleset has, those set aside too
	ETag        string
	SignedBy    string // ID of the key that signed the document, as minisign writes it; "" where no keys were given

	// ReadAt is when the Status was read. All times are the client's clock's, so that the age of the
	// ruleset is ReadAt.Sub(ConfirmedAt).
	ReadAt      time.Time
	FetchedAt   time.Time // when the document in use came from its source, perhaps in an earlier run; zero for a bootstrap
	ConfirmedAt time.Time // when the source last vouched for it; zero if never
	NextFetch   time.Time // when the source will be asked next, unless Refresh does so earlier; zero while it is being asked

	// LastError is nil when the last refresh was good: fetched, accepted or confirmed, and kept on
	// disk if that was asked for. Before the first refresh has ended it says why there was a disk
	// copy that could not be used.
	LastError error
	Failures  int       // refreshes in a row that failed
	FailedAt  time.Time // when the last of all failures was; zero if there was none
	DiskError error     // why the disk copy could not be read or written the last time; nil when it could

	Refreshes   uint64 // ended ones, since the client was made
	NotModified uint64 // those of them that the source answered with "nothing new"
	Failed      uint64 // those of them that failed

	Bad      []Bad   // what of the document was set aside, the first 10,000 of them
	Warnings []error // what is odd about it but harmless, the first 101 of them

	// Misfits are checks that cannot get their flag's value from the ruleset in use: unknown flags,
	// flags of another type, objects that do not fit. At most 100 are counted; the most frequent come
	// first.
	Misfits []Misfit

	Exposures     ExposureStatus
	OverridesFile string         // the file whose overrides stand before the ruleset; "" where there are none
	Overrides     map[string]any // the values by the flags' keys

	HookPanics    uint64 // panics in hooks and loggers, all recovered
	DroppedEvents uint64 // events that were not delivered because hooks were too slow
	Closed        bool
}

// statusRecorder collects what Status tells. The refresher writes it, everybody reads it.
type statusRecorder struct {
	clock    func() time.Time
	ownClock bool       // the clock is the program's
	timing   goroutines // the goroutines that ask the program's clock for the time of a Status

	mutex        sync.Mutex
	current      *heldRuleset
	status       Status    // the fields that have no other home
	failure      error     // of the last refresh
	failingSince time.Time // when the first of the failures in a row was
}

// served notes what is in use now.
func (b *statusRecorder) served(h *heldRuleset) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.current = h
}

// refreshed records a refresh. It returns the outage that goes on with a failure or ends with a
// success, and nil if there is none.
func (b *statusRecorder) refreshed(failure *DeliveryError, outcome Outcome) *outage {
	now := b.clock() // not under the lock: a program's clock may ask for the Status
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

func (b *statusRecorder) wrote(err error) {
	now := b.clock()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.status.DiskError = err
	if err != nil {
		b.status.FailedAt = now
	}
}

// scheduled notes when the next fetch is due; the zero time while there is one.
func (b *statusRecorder) scheduled(at time.Time) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.status.NextFetch = at
}

// lastError joins what keeps the last refresh from having been good.
func (b *statusRecorder) lastError() error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.joined()
}

// now returns the time of a Status. It calls the program's clock without a lock, and if the clock
// itself asks for the Status, that one has the time of time.Now instead of asking without end.
func (b *statusRecorder) now() (now time.Time) {
	if !b.ownClock || b.timing.hasCaller() {
		return time.Now()
	}
	b.timing.run(func() { now = b.clock() })
	return now
}

func (b *statusRecorder) joined() error { return errors.Join(b.failure, b.status.DiskError) }

// firstCopy returns a copy of a list's first elements.
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
