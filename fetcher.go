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
)

// stampEvery is how often "not modified" renews the time stamp on disk.
const stampEvery = time.Minute

// fetcher does one refresh: fetch, verify, decode, accept, publish, keep. Only the refresher's
// goroutine uses it once New has returned.
type fetcher struct {
	config      *config
	publication publication
	decoder     *decoder
	disk        *guardedDisk // nil: none
	notifier    *notifier
	observer    *observer
	status      *statusBoard
	held        *held
	expiry      expiryWarner

	bar       int64 // least revision of the next document: that of the last one from network or disk
	plain     bool  // the next fetch goes without a validator: the last answer to one was no good
	source    guardedSource
	renewedAt time.Time // of the copy on disk, by the monotonic clock
	diskDue   bool      // the copy on disk is not what is held
}

// refresh fetches once. It returns nil if the source was reached and what it said is now in use.
func (f *fetcher) refresh(ctx context.Context) error {
	began := time.Now()
	f.renewOverrides()
	defer f.warnExpired()
	bytes, outcome, failure := f.once(ctx)
	if failure != nil && ctx.Err() != nil {
		return failure // closed meanwhile: nobody failed
	}
	f.status.refreshed(failure, outcome)
	if failure != nil {
		f.notifier.tell(&event{failure: failure})
	} else {
		f.keep()
	}
	result := Refresh{Outcome: outcome, Duration: time.Since(began), Bytes: bytes, Revision: f.held.snapshot.revision}
	if failure != nil {
		result.Err = failure
		f.notifier.tell(&event{refresh: &result})
		return failure
	}
	f.notifier.tell(&event{refresh: &result})
	return nil
}

// newSnapshot returns a snapshot of rules, which may be nil, for the client's views.
func (f *fetcher) newSnapshot(rules Rules, tier Tier) *snapshot {
	s := newSnapshot(rules, tier, f.config.clock, f.observer)
	s.misfits = &misfits{notifier: f.notifier}
	return s
}

// task is what the client's polling loop runs.
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

func (f *fetcher) once(ctx context.Context) (int, Outcome, *DeliveryError) {
	validator := f.held.validator
	if f.plain {
		validator = Validator{}
	}
	document, err := f.source.fetch(ctx, validator)
	if err != nil {
		f.plain = distrustsValidator(err)
		return 0, OutcomeFailed, &DeliveryError{CauseFetch, err}
	}
	if document.NotModified {
		if validator.IsZero() || f.held.snapshot.rules == nil {
			f.plain = true
			return 0, OutcomeFailed, &DeliveryError{CauseFetch, ErrUnexpectedNotModified}
		}
		f.confirmed(f.held.snapshot.promote(TierNetwork))
		return 0, OutcomeNotModified, nil
	}
	f.plain = false
	return f.offered(ctx, document)
}

// distrustsValidator tells answers that may be due to the validator itself, so that the next fetch
// does without.
func distrustsValidator(err error) bool {
	if errors.Is(err, ErrUnexpectedNotModified) {
		return true
	}
	status, ok := errors.AsType[*StatusError](err)
	return ok && (status.Code == 400 || status.Code == 412 || status.Code == 416 || status.Code == 431)
}

// offered decides on a whole document. A refused one changes nothing, its validator is forgotten
// with it.
func (f *fetcher) offered(ctx context.Context, document Document) (int, Outcome, *DeliveryError) {
	size, first := len(document.Body), f.held.snapshot.rules == nil
	sum := sumOf(document.Body)
	signature, signedBy := f.held.signature, f.held.signedBy
	same := !first && sum() == f.held.sum
	if len(f.config.keys) > 0 && (!same || signedBy == "") {
		var err error
		if document, signature, signedBy, err = f.verified(ctx, document); err != nil {
			return size, OutcomeFailed, &DeliveryError{CauseSignature, err}
		}
		sum = sumOf(document.Body)
		same = !first && sum() == f.held.sum
	}
	next := &held{validator: document.Validator, signature: signature, signedBy: signedBy}
	if same {
		f.unchanged(next)
		return size, OutcomeNotModified, nil
	}
	if first {
		go sum() // meanwhile, since somebody may be waiting
	}
	rules, err := f.decoder.decode(ctx, document.Body, f.held.snapshot.rules)
	if err != nil {
		return size, OutcomeFailed, &DeliveryError{CauseDocument, err}
	}
	next.info, next.sum = rules.Info(), sum()
	if err := f.config.acceptable(next.info, f.held.info, f.bar); err != nil {
		return size, OutcomeFailed, &DeliveryError{CauseRefused, err}
	}
	f.publish(next, rules, document.Body)
	return size, OutcomePublished, nil
}

// sumOf returns a function that sums up a document once, when it is called first.
func sumOf(body []byte) func() [sha256.Size]byte {
	return sync.OnceValue(func() [sha256.Size]byte { return sha256.Sum256(body) })
}

// publish swaps the pointer. What is told of it is told afterwards.
func (f *fetcher) publish(next *held, rules Rules, body []byte) {
	now := f.config.clock()
	before := f.held
	next.snapshot = f.newSnapshot(rules, TierNetwork)
	next.snapshot.confirm(now)
	next.fetchedAt, f.bar = now, next.info.Revision
	if f.disk != nil {
		next.body = body
	}
	f.held, f.diskDue = next, true
	f.status.served(next) // before the pointer: who waited for the ruleset finds it in Status too
	f.publication.store(next.snapshot)
	f.notifier.tell(&event{before: &before.snapshot.served, after: &next.snapshot.served, first: before.snapshot.rules == nil})
	if len(next.info.Bad)+len(next.info.Warnings) > 0 {
		f.notifier.tell(&event{bad: next.info.Bad, warnings: next.info.Warnings})
	}
}

// unchanged takes the validator of a document that is byte for byte the one in use: a server
// without ETag, or one that changes it at every answer.
func (f *fetcher) unchanged(next *held) {
	h := *f.held
	h.validator, h.signature, h.signedBy, h.fetchedAt = next.validator, next.signature, next.signedBy, f.config.clock()
	f.bar = max(f.bar, h.info.Revision)
	f.held = &h
	f.confirmed(h.snapshot.promote(TierNetwork))
}

// confirmed notes that the source vouched for the ruleset in use.
func (f *fetcher) confirmed(s *snapshot) {
	s.confirm(f.config.clock())
	if f.held.snapshot.tier == s.tier {
		f.status.served(f.held)
		return
	}
	h := *f.held
	h.snapshot = s
	f.held = &h
	f.status.served(&h)
	f.publication.store(s)
}

// keep writes the disk copy where it is due: at once for a new ruleset, and every minute for its
// time stamp. Failing stops nothing; the next refresh tries again.
func (f *fetcher) keep() {
	if f.disk == nil || !f.diskDue && time.Since(f.renewedAt) < stampEvery {
		return
	}
	h := f.held
	err := f.disk.keep(&disk.Copy{
		Body: h.body, Sum: h.sum, Revision: h.info.Revision, ETag: h.validator.ETag, LastModified: h.validator.LastModified,
		Signature: h.signature, FetchedAt: h.fetchedAt, ConfirmedAt: f.config.clock(),
	})
	f.diskDue = err != nil
	if err == nil {
		f.renewedAt = time.Now()
	}
	f.status.wrote(err)
	if err != nil {
		f.notifier.tell(&event{failure: &DeliveryError{CauseDisk, err}})
	}
}

// verified returns a document whose signature holds, which may be a newer one than it was given.
func (f *fetcher) verified(ctx context.Context, document Document) (_ Document, signature []byte, signedBy string, err error) {
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
			return document, nil, "", ErrUnexpectedNotModified
		}
		document = again
	}
}

// renewOverrides takes over what has changed in the file.
func (f *fetcher) renewOverrides() {
	o := f.publication.overrides
	if o == nil {
		return
	}
	changed, err := o.reload()
	if err != nil {
		f.notifier.tell(&event{failure: &DeliveryError{CauseOverride, err}})
	}
	if changed {
		o.announce(f.notifier)
		f.publication.store(f.held.snapshot)
	}
}

// announce logs that answers come from here.
func (o *overrides) announce(n *notifier) {
	if o != nil {
		n.tell(&event{overrides: o})
	}
}

// warnExpired tells of the flags that have not been told of today.
func (f *fetcher) warnExpired() {
	if !f.config.expiryWarnings {
		return
	}
	w, now := &f.expiry, f.config.clock()
	day := now.UTC().Truncate(24 * time.Hour)
	if day.Equal(w.day) && f.held.sum == w.sum {
		return
	}
	if !day.Equal(w.day) {
		w.warned, w.full = map[string]bool{}, false
	}
	w.day, w.sum = day, f.held.sum
	if news, more := w.news(expired(&f.held.snapshot.served, now)); len(news)+more > 0 {
		f.notifier.tell(&event{expired: news, expiredMore: more})
	}
}

// maxExpiryWarnings is for how many flags a warning is logged in a day: a document may have a
// million.
const maxExpiryWarnings = 1000

// expiryWarner remembers which flags it has warned of today. Only the refresher's goroutine uses
// it.
type expiryWarner struct {
	day    time.Time
	sum    [32]byte // of the document that was looked at
	warned map[string]bool
	full   bool // one line has said that there are more
}

// news returns the flags to warn of now, and how many more there are where nobody has been told so
// today.
func (w *expiryWarner) news(flags []FlagInfo) (news []FlagInfo, more int) {
	for _, flag := range flags {
		switch {
		case w.warned[flag.Key]:
		case len(w.warned) < maxExpiryWarnings:
			w.warned[flag.Key] = true
			news = append(news, flag)
		case !w.full:
			more++
		}
	}
	w.full = w.full || more > 0
	return news, more
}
