package becket

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/statusform"
	"github.com/becketflags/becket/internal/wording"
)

// Status is the state of a client. It is a copy and contains no secrets, so it may be logged or
// shown. A nil or zero client has the zero Status. As JSON and in a log of slog it has the names
// that docs/operations.md lists: errors as texts, durations in seconds, and of overrides only the
// keys. Both have at most 1 MiB, for any document.
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
	NextFetch    time.Time
	PollInterval time.Duration // the interval of WithPollInterval

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

	// Signals are the signals of WithSignal in their order, and then the source if it is one.
	Signals []SignalStatus

	Exposures     ExposureStatus
	OverridesFile string         // the file of WithOverrides; "" if there is none
	Overrides     map[string]any // the overrides' values by the keys of the flags

	HookPanics    uint64 // recovered panics in hooks, loggers and other functions of the program
	DroppedEvents uint64 // events that were not delivered because hooks or the logger were too slow
	Closed        bool   // the client fetches no more, because Close was called
}

// Health says whether a client serves its flags as they were published.
type Health struct {
	Serving bool // a ruleset is in use; if false, checks return their defaults
	// Reasons are sentences about everything that is wrong, the gravest first; empty if nothing is.
	Reasons []string
}

// String returns "failing" if no ruleset is in use, "degraded" if something else is wrong, and
// otherwise "healthy".
func (h Health) String() string {
	switch {
	case !h.Serving:
		return "failing"
	case len(h.Reasons) > 0:
		return "degraded"
	default:
		return "healthy"
	}
}

const (
	// See unconfirmedIntervals. A client with signals polls more rarely.
	unconfirmedPolling     = 10
	unconfirmedWithSignals = 20
	lostSignal             = time.Minute      // how long a lost signal is no fault
	recentLoss             = 15 * time.Minute // how long lost exposures count as a fault
	maxBadReasons          = 10               // greatest number of reasons about definitions
)

// Health returns what is wrong with the client at the time of the Status: no ruleset, invalid
// definitions, failed refreshes, also if the document was refused, a ruleset that the source has
// not confirmed within ten poll intervals, or twenty with signals, a signal that has been lost for
// over a minute, misfits, a disk copy that cannot be read or written, exposures that were lost
// within 15 minutes, and Close. Overrides and the counters since the start do not count. A program
// should be ready if Serving is true, and alive in any case. The zero Status is failing.
func (s Status) Health() Health {
	h := Health{Serving: s.Tier != TierDefaults}
	add := func(is bool, format string, args ...any) {
		if is {
			h.Reasons = append(h.Reasons, statusform.Text(fmt.Sprintf(format, args...)))
		}
	}
	add(!h.Serving, "there is no ruleset, so checks return their defaults")
	bad := keptFirst(s.Bad)
	for i := range min(len(bad), maxBadReasons) {
		add(true, "%s", bad[i].reason())
	}
	add(len(bad) > maxBadReasons, "further invalid flags and segments: %d", len(bad)-maxBadReasons)
	add(s.Failures > 0, "%s", s.failing())
	age := s.ReadAt.Sub(s.ConfirmedAt)
	switch {
	case s.ConfirmedAt.IsZero():
		add(h.Serving, "the source has not confirmed the ruleset since the start, so that of the tier %s is in use",
			s.Tier)
	case s.PollInterval > 0:
		intervals := s.unconfirmedIntervals()
		add(age > time.Duration(intervals)*s.PollInterval,
			"the source has not confirmed the ruleset for %v, which is more than %d poll intervals",
			age.Round(time.Second), intervals)
	}
	for i := range s.Signals {
		add(s.Signals[i].lostLong(s.ReadAt), "%s", s.Signals[i].reason())
	}
	for i := range min(len(s.Misfits), 1) {
		m := &s.Misfits[i]
		times := "once"
		if m.Checks > 1 {
			times = fmt.Sprintf("%d times", m.Checks)
		}
		add(true, "checks of %q as %s return their default (%s): %s", m.Flag, m.Type, times, wording.Unprefixed(m.Err))
	}
	add(len(s.Misfits) > 1, "further flags whose checks return their default: %d", len(s.Misfits)-1)
	add(s.DiskError != nil, "the disk copy could not be read or written: %s", wording.Unprefixed(s.DiskError))
	add(!s.Exposures.DroppedAt.IsZero() && s.ReadAt.Sub(s.Exposures.DroppedAt) < recentLoss,
		"exposures were lost in the last %.0f minutes (%d since the start): the sink failed or cannot keep up",
		recentLoss.Minutes(), s.Exposures.Dropped)
	add(s.Closed, "the client is closed, so the ruleset is not renewed")
	return h
}

// failing describes the failed refreshes.
func (s *Status) failing() string {
	what, text := "refreshes have failed", wording.Unprefixed(s.LastError)
	if failure, ok := errors.AsType[*DeliveryError](s.LastError); ok {
		text = wording.Unprefixed(failure.Err)
		if failure.Cause != CauseFetch {
			what = "refreshes have refused the source's document"
		}
	}
	return fmt.Sprintf("%s, %d in a row: %s", what, s.Failures, text)
}

// unconfirmedIntervals returns the number of poll intervals after which it counts as a fault that
// the source has not confirmed the ruleset.
func (s *Status) unconfirmedIntervals() int {
	if len(s.Signals) > 0 {
		return unconfirmedWithSignals
	}
	return unconfirmedPolling
}

// lostLong reports whether the signal's loss counts as a fault.
func (s *SignalStatus) lostLong(now time.Time) bool {
	return !s.Connected && !s.pollsOn && !s.Since.IsZero() && now.Sub(s.Since) > lostSignal
}

// reason describes a lost signal.
func (s *SignalStatus) reason() string {
	text := fmt.Sprintf("the signal %s is not connected, so that changes arrive by polling", s.Name)
	if s.LastError != nil {
		text += ": " + wording.Unprefixed(s.LastError)
	}
	return text
}

// reason describes an invalid definition.
func (b *Bad) reason() string {
	effect := "has no earlier definition"
	if b.Kept {
		effect = "keeps its earlier definition"
	}
	section := map[string]string{"flags": "flag", "segments": "segment"}[b.Section]
	var texts []string
	for _, err := range statusform.Separate(cmp.Or(b.Err, error(*b))) {
		texts = append(texts, wording.Unprefixed(err))
	}
	return fmt.Sprintf("the %s %q is invalid and %s: %s", cmp.Or(section, b.Section), b.Key, effect,
		strings.Join(texts, "; "))
}

// keptFirst returns the definitions in their order, but those first that are kept: their last edit
// is not in force, even if it was to switch a flag off.
func keptFirst(all []Bad) []Bad {
	list := make([]Bad, 0, len(all))
	for _, kept := range []bool{true, false} {
		for i := range all {
			if all[i].Kept == kept {
				list = append(list, all[i])
			}
		}
	}
	return list
}

// MarshalJSON writes the status as an object without zero times and empty texts. It never fails.
func (s Status) MarshalJSON() ([]byte, error) { return json.Marshal(s.form()) }

// LogValue returns the members of the JSON object as a group.
func (s Status) LogValue() slog.Value { return s.form().LogValue() }

// form returns the status as it is written.
func (s *Status) form() *statusform.Status {
	health := s.Health()
	f := &statusform.Status{
		Healthy: health.String() == "healthy", Health: health.String(), Reasons: health.Reasons,
		Tier: s.Tier.String(), Revision: s.Revision, Environment: s.Environment, Format: s.Format, Flags: s.Flags,
		ETag: statusform.Text(s.ETag), SignedBy: s.SignedBy,
		ReadAt: statusform.Time(s.ReadAt), FetchedAt: statusform.Time(s.FetchedAt),
		ConfirmedAt: statusform.Time(s.ConfirmedAt), NextFetch: statusform.Time(s.NextFetch),
		PollInterval: s.PollInterval.Seconds(), FailedAt: statusform.Time(s.FailedAt), Failures: s.Failures,
		LastError: statusform.Error(s.LastError), DiskError: statusform.Error(s.DiskError),
		Refreshes: s.Refreshes, NotModified: s.NotModified, Failed: s.Failed,
		Exposures: statusform.Exposures(s.Exposures), OverridesFile: s.OverridesFile,
		HookPanics: s.HookPanics, DroppedEvents: s.DroppedEvents, Closed: s.Closed,
	}
	if !s.ConfirmedAt.IsZero() {
		f.Age = statusform.Seconds(s.ReadAt.Sub(s.ConfirmedAt))
	}
	f.Exposures.DroppedAt = statusform.Time(f.Exposures.DroppedAt)
	f.Bad, f.BadOmitted = badForms(keptFirst(s.Bad))
	for i := range s.Signals {
		signal := &s.Signals[i]
		f.Signals = append(f.Signals, statusform.Signal{
			Name: statusform.Text(signal.Name), Connected: signal.Connected, Since: statusform.Time(signal.Since),
			LastHint: statusform.Time(signal.LastHint), LastError: statusform.Error(signal.LastError),
		})
	}
	f.Signals, f.SignalsOmitted = statusform.List(f.Signals)
	f.Misfits, f.MisfitsOmitted = misfitForms(s.Misfits)
	f.Warnings, f.WarningsOmitted = statusform.Texts(s.Warnings, wording.Unprefixed)
	f.Overrides, f.OverridesOmitted = statusform.Texts(slices.Sorted(maps.Keys(s.Overrides)),
		func(key string) string { return key })
	return f
}

func badForms(all []Bad) (list []statusform.Bad, omitted int) {
	for i := range min(len(all), statusform.MaxEntries) {
		var problems []statusform.Problem
		for _, err := range statusform.Separate(cmp.Or(all[i].Err, error(all[i]))) {
			p := statusform.Problem{Message: wording.Unprefixed(err)}
			if located, ok := err.(*DocumentError); ok && located != nil { //nolint:errorlint // a wrapper says more
				p = statusform.Problem(*located)
			}
			problems = append(problems, p)
		}
		list = append(list, statusform.Bad{
			Section: all[i].Section, Key: statusform.Text(all[i].Key), Kept: all[i].Kept,
			Problems: statusform.Problems(problems),
		})
	}
	list, _ = statusform.List(list)
	return list, len(all) - len(list)
}

func misfitForms(all []Misfit) ([]statusform.Misfit, int) {
	list := make([]statusform.Misfit, len(all))
	for i, m := range all {
		list[i] = statusform.Misfit{
			Flag: statusform.Text(m.Flag), Type: statusform.Text(m.Type), Checks: m.Checks,
			Error: statusform.Text(wording.Unprefixed(m.Err)),
		}
	}
	return statusform.List(list)
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
func (b *statusRecorder) refreshed(failure *DeliveryError, notModified bool) *outage {
	now := b.clock() // called without the lock, because a clock of the program may call Status
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.status.Refreshes++
	b.failure = nil
	failures := b.status.Failures
	if failure == nil {
		b.status.Failures = 0
		if notModified {
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
