package becket

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/becketflags/becket/internal/disk"
	"github.com/becketflags/becket/internal/poll"
	"github.com/becketflags/becket/internal/push"
)

// stampEvery is the least time between two updates of the disk copy's time of confirmation.
const stampEvery = time.Minute

// fetcher does a refresh: it fetches, verifies, decodes, accepts and publishes a document, and
// writes the disk copy. Only the refreshing goroutine uses it once New has returned.
type fetcher struct {
	config      *config
	publication publication
	decoder     *decoder
	disk        *guardedDisk // nil if there is no disk cache
	notifier    *notifier
	observer    *observer
	status      *statusRecorder
	current     *heldRuleset
	handover    *handover
	answered    chan struct{} // closed when the first fetch has succeeded or failed; nil after that

	// the least revision of the next document, from the bootstrap, the disk copy or the last
	// document
	least revisionBar
	// send no validator with the next fetch, because it may have made the last fetch fail
	skipValidator bool
	source        guardedSource
	pursuit       *push.Pursuit
	pace          *push.Pace
	repeat        time.Duration // the wait until this fetch is repeated; 0 if the schedule decides
	diskWrittenAt time.Time     // when the copy on disk was written, by the monotonic clock
	diskOutdated  bool          // the ruleset in use is new and not on disk yet
	// when invalid flags and segments were logged last, by the monotonic clock
	badReportedAt time.Time
}

// refresh fetches once. It returns nil if the source's document is in use now.
func (f *fetcher) refresh(ctx context.Context) error {
	began := time.Now()
	f.renewOverrides()
	if f.pursuit.Hurries() {
		ctx = push.Fresh(ctx)
	}
	result := f.fetchOnce(push.Polling(ctx, f.pace.Mean()))
	if result.Err != nil && ctx.Err() != nil {
		return result.Err // Close cancelled the fetch; this is not a failure
	}
	f.pace.Weak(f.current.validator.ETag == "")
	f.planRepeat(&result)
	result.Duration, result.Revision = time.Since(began), f.current.snapshot.revision
	f.record(&result)
	return result.Err
}

// planRepeat decides whether this refresh must be repeated soon, because it brought an older
// document than a hint promised. The schedule decides after a fetch that got no answer.
func (f *fetcher) planRepeat(result *Refresh) {
	failure, _ := errors.AsType[*DeliveryError](result.Err)
	f.repeat = f.pursuit.Next(push.Held{
		Revision: f.current.info.Revision, ETag: f.current.validator.ETag,
		Changed: failure == nil && !result.NotModified,
	})
	if failure != nil && failure.Cause == CauseFetch {
		f.repeat = 0
	}
}

// record reports a refresh to Status, the logger and the hooks, and writes the disk copy after a
// successful one.
func (f *fetcher) record(result *Refresh) {
	failure, _ := errors.AsType[*DeliveryError](result.Err)
	outage := f.status.refreshed(failure, result.NotModified)
	f.handover.offer(f.current)
	if f.answered != nil {
		close(f.answered) // before the disk is written, which may take long
		f.answered = nil
	}
	switch {
	case failure != nil:
		f.notifier.notify(&event{failure: failure, outage: outage})
	case outage != nil:
		f.notifier.notify(&event{outage: outage})
	}
	if failure == nil {
		f.writeDiskCopy()
	}
	f.repeatBad()
	f.notifier.notify(&event{refresh: result})
}

// repeatBad logs invalid flags and segments of the ruleset in use again, so that they are in the
// log of every hour.
func (f *fetcher) repeatBad() {
	if bad := f.current.info.Bad; len(bad) > 0 && time.Since(f.badReportedAt) >= repeatEvery {
		f.badReportedAt = time.Now()
		f.notifier.notify(&event{bad: bad, repeated: true})
	}
}

// reportBad reports the invalid definitions and the warnings of the ruleset in use to hooks and the
// logger.
func (f *fetcher) reportBad() {
	if info := f.current.info; len(info.Bad)+len(info.Warnings) > 0 {
		f.badReportedAt = time.Now()
		f.notifier.notify(&event{bad: info.Bad, warnings: info.Warnings})
	}
}

// failedRefresh returns the result of a failed refresh. bytes is the size of the document that it
// received, or 0.
func failedRefresh(cause Cause, err error, bytes int) Refresh {
	return Refresh{Bytes: bytes, Err: &DeliveryError{cause, err}}
}

// newSnapshot returns a snapshot of rules, which may be nil, for the client's views.
func (f *fetcher) newSnapshot(rules Rules, tier Tier) *snapshot {
	s := newSnapshot(rules, tier, f.config.clock, f.observer)
	s.misfits = &misfits{rules: rules, notifier: f.notifier}
	return s
}

// task returns the task of the client's polling loop.
func (f *fetcher) task() poll.Task {
	return poll.Task{
		Interval: f.config.interval,
		Run:      f.refresh,
		RetryAfter: func(err error) time.Duration {
			if status, ok := errors.AsType[*StatusError](err); ok {
				return status.RetryAfter
			}
			return 0
		},
		Repeat: func() time.Duration { return f.repeat },
		Planned: func(wait time.Duration, running bool) {
			if running {
				f.status.scheduled(time.Time{})
			} else {
				f.status.scheduled(f.config.clock().Add(wait))
			}
		},
		Ended: ErrClosed,
	}
}

// fetchOnce fetches once and returns the result without its duration and revision.
func (f *fetcher) fetchOnce(ctx context.Context) Refresh {
	validator := f.current.validator
	if f.skipValidator || f.handover.lacks(f.current) {
		validator = Validator{}
	}
	document, err := f.source.fetch(ctx, validator)
	if err != nil {
		f.skipValidator = distrustsValidator(err)
		return failedRefresh(CauseFetch, err, 0)
	}
	if document.NotModified {
		if validator == (Validator{}) || f.current.snapshot.rules == nil {
			f.skipValidator = true
			return failedRefresh(CauseFetch, errNotAsked, 0)
		}
		f.confirmed(f.current.snapshot.promote(TierNetwork))
		return Refresh{NotModified: true}
	}
	f.skipValidator = false
	return f.consider(ctx, document)
}

// distrustsValidator reports whether an error may have been caused by the validator, so that the
// next fetch must not send it.
func distrustsValidator(err error) bool {
	if errors.Is(err, errNotAsked) {
		return true
	}
	status, ok := errors.AsType[*StatusError](err)
	return ok && (status.Code == 400 || status.Code == 412 || status.Code == 416 || status.Code == 431)
}

// consider checks a fetched document and publishes it. If the document is refused, nothing changes,
// and its validator is not kept.
func (f *fetcher) consider(ctx context.Context, document Document) Refresh {
	size, first := len(document.Body), f.current.snapshot.rules == nil
	sum := sumOf(document.Body)
	signature, signedBy := f.current.signature, f.current.signedBy
	same := !first && sum() == f.current.sum
	if len(f.config.keys) > 0 && (!same || signedBy == "") {
		var err error
		if document, signature, signedBy, err = f.verified(ctx, document); err != nil {
			return failedRefresh(CauseSignature, err, size)
		}
		sum = sumOf(document.Body)
		same = !first && sum() == f.current.sum
	}
	next := &heldRuleset{validator: document.Validator, signature: signature, signedBy: signedBy}
	if f.keepsBody() {
		next.body = document.Body
	}
	if same {
		f.acceptSame(next)
		return Refresh{NotModified: true, Bytes: size}
	}
	if first {
		go sum() // computed in the background, since a caller of Wait may be waiting
	}
	rules, err := f.decoder.decode(ctx, document.Body, f.current.snapshot.rules)
	if err != nil {
		return failedRefresh(CauseDocument, err, size)
	}
	next.info, next.sum = rules.Info(), sum()
	if err := f.config.acceptable(next.info, f.current.info, f.least); err != nil {
		return failedRefresh(CauseRefused, err, size)
	}
	f.publish(next, rules)
	return Refresh{Bytes: size}
}

// keepsBody reports whether the bytes of documents are kept: for the disk copy, or for a relay.
func (f *fetcher) keepsBody() bool { return f.disk != nil || f.handover.wanted.Load() }

// sumOf returns a function that computes the SHA-256 of a document when it is first called.
func sumOf(body []byte) func() [sha256.Size]byte {
	return sync.OnceValue(func() [sha256.Size]byte { return sha256.Sum256(body) })
}

// publish makes the next ruleset the current one, and reports it to hooks and the logger
// afterwards.
func (f *fetcher) publish(next *heldRuleset, rules Rules) {
	now := f.config.clock()
	before := f.current
	next.snapshot = f.newSnapshot(rules, TierNetwork)
	next.snapshot.sum = next.sum
	next.snapshot.confirm(now)
	next.fetchedAt, f.least = now, revisionBar{next.info.Revision, TierNetwork}
	f.current, f.diskOutdated = next, true
	f.pace.KeepFresh(leastMaxAge(rules))
	f.status.served(next) // before the pointer, so that callers of Wait find the ruleset in Status
	f.publication.store(next.snapshot)
	f.notifier.notify(&event{
		before: &before.snapshot.served, after: &next.snapshot.served, first: before.snapshot.rules == nil,
	})
	f.reportBad()
}

// acceptSame handles a document with the same bytes as the document in use. A server that has no
// ETag, or changes it with every answer, returns such documents. acceptSame takes over the
// validator and the signature.
func (f *fetcher) acceptSame(next *heldRuleset) {
	h := *f.current
	h.validator, h.signature, h.signedBy, h.fetchedAt = next.validator, next.signature, next.signedBy, f.config.clock()
	if h.body == nil {
		h.body = next.body
	}
	f.least.raise(h.info.Revision, TierNetwork)
	f.current = &h
	f.confirmed(h.snapshot.promote(TierNetwork))
}

// confirmed records that the source confirmed the ruleset in use. s is a snapshot of this ruleset
// with the tier of the source.
func (f *fetcher) confirmed(s *snapshot) {
	s.confirm(f.config.clock())
	if f.current.snapshot.tier == s.tier {
		f.status.served(f.current)
		return
	}
	h := *f.current
	h.snapshot = s
	f.current = &h
	f.status.served(&h)
	f.publication.store(s)
}

// writeDiskCopy writes the disk copy if it is due: at once for a new ruleset, and at most once a
// minute for the time of confirmation. If the write of a new ruleset fails, the next successful
// refresh tries again.
func (f *fetcher) writeDiskCopy() {
	if f.disk == nil || !f.diskOutdated && time.Since(f.diskWrittenAt) < stampEvery {
		return
	}
	h := f.current
	err := f.disk.keep(&disk.Copy{
		Body: h.body, Sum: h.sum, Revision: h.info.Revision, ETag: h.validator.ETag,
		LastModified: h.validator.LastModified, Signature: h.signature, FetchedAt: h.fetchedAt,
		ConfirmedAt: f.config.clock(),
	})
	f.diskOutdated = err != nil
	if err != nil {
		f.diskFailed(err, false)
		return
	}
	f.diskWrittenAt = time.Now()
	f.status.wrote(nil)
}

// diskFailed records and reports that the disk copy could not be read or written.
func (f *fetcher) diskFailed(err error, reading bool) {
	f.status.wrote(err)
	f.notifier.notify(&event{failure: &DeliveryError{CauseDisk, err}, reading: reading})
}

// verified returns a document with a valid signature. It may be a newer document than the given
// one, because both are fetched again if the signature is missing or does not fit the document; see
// signTries.
func (f *fetcher) verified(ctx context.Context, document Document) (_ Document, signature []byte, signedBy string,
	err error) {
	for try := 1; ; try++ {
		signature, err = document.Signature, nil
		if signature == nil {
			signature, err = f.source.signature(ctx)
		}
		if err == nil {
			signedBy, err = verify(f.config.keys, document.Body, signature)
		}
		if err == nil {
			return document, signature, signedBy, nil
		}
		if try == signTries || !sleep(ctx, signWait) {
			return document, nil, "", err
		}
		again, fetchErr := f.source.fetch(ctx, Validator{})
		if fetchErr != nil {
			return document, nil, "", fmt.Errorf("%w; fetching it again: %w", err, within{fetchErr})
		}
		if again.NotModified {
			return document, nil, "", errNotAsked
		}
		document = again
	}
}

// renewOverrides reads the file of overrides again, and applies its changes.
func (f *fetcher) renewOverrides() {
	o := f.publication.overrides
	if o == nil {
		return
	}
	changed, err := o.reload()
	if err != nil {
		f.notifier.notify(&event{failure: &DeliveryError{CauseOverride, err}})
	}
	if changed {
		o.announce(f.notifier)
		f.publication.store(f.current.snapshot)
	}
}

// announce logs a warning that flags are overridden on this machine.
func (o *overrideFile) announce(n *notifier) {
	if o != nil {
		n.notify(&event{overrides: o})
	}
}
