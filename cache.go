package becket

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/becketflags/becket/internal/lending"
)

// cache holds the current ruleset in memory, by one atomic pointer. Readers load it once per view
// and never wait. Only New and the refreshing goroutine store it. The zero cache is empty.
type cache struct {
	current atomic.Pointer[snapshot]
}

// lastID is the last ID of a snapshot in this process.
var lastID atomic.Uint64

func (c *cache) load() *snapshot { return c.current.Load() }

func (c *cache) store(s *snapshot) {
	if s.self != s {
		s.self, s.id = s, lastID.Add(1)
	}
	c.current.Store(s)
}

// snapshot is a ruleset with the data that views need. It is immutable once it is stored, except
// for the time of the last confirmation and the counts of misfits. Snapshots of the same ruleset
// share both.
type snapshot struct {
	served
	// the rules for evaluations: overridden, or else rules; nil if there are none
	answers Rules
	// the same as rules if they are native, so that checks call them directly
	native     *ruleset
	overridden *overriddenRules // the rules with local overrides, or nil; if set, native is nil
	below      *ruleset         // the native rules under the overrides, or nil
	// the rules of the other format keep nothing, so memory may be lent to them
	borrows  bool
	observer *observer // nil if evaluations are not reported
	misfits  *misfits  // nil if misfits are not counted

	self *snapshot // see far
	id   uint64    // see View.RulesetID; set when the snapshot is stored
	// the SHA-256 of the document; zero if there are no rules
	sum [sha256.Size]byte
}

// far returns s through two more pointers than necessary. Escape analysis does not distinguish the
// two pointers of a view: if a value behind the snapshot is kept or passed to an interface, the
// value at the same depth behind the subject counts as kept too. A subject has no values at this
// depth. far costs two loads, so the usual path of a check does not use it.
func (s *snapshot) far() *snapshot { return s.self.self }

// isForeign reports whether the rules belong to a format other than the native one.
func (s *snapshot) isForeign() bool { return s.rules != nil && s.native == nil && s.below == nil }

// newSnapshot returns a snapshot of rules, which may be nil. clock is the client's clock.
func newSnapshot(rules Rules, tier Tier, clock func() time.Time, o *observer) *snapshot {
	s := &snapshot{observer: o}
	s.rules, s.answers, s.tier = rules, rules, tier
	s.moment = &Moment{clock: clock, confirmed: newConfirmation()}
	s.native, _ = rules.(*ruleset)
	if rules != nil {
		_, s.borrows = bareRules(rules).(lending.Borrower)
		info := rules.Info()
		s.revision, s.environment = info.Revision, info.Environment
	}
	return s
}

// ask evaluates a flag with the overrides or, if the flag is not overridden, with the rules: native
// rules directly, and others through their interface. s must come from [snapshot.far], because the
// compiler assumes that the rules keep the subject.
func (s *snapshot) ask(subject *Subject, flag string, want Kind) Result {
	if s.overridden != nil {
		if r, ok := s.overridden.answerOf(flag, want); ok {
			return r
		}
	}
	switch {
	case s.below != nil:
		return s.below.evaluate(flag, want, subject, s.moment)
	case s.rules == nil:
		return Result{Reason: ReasonError, Err: ErrNotReady}
	default:
		return s.askForeign(subject, flag, want)
	}
}

// listener returns the observer to which an evaluation is reported. It returns nil if there is no
// hook and no sink, and for an evaluation within a function of the program that a client is
// calling; see [callOut].
func (s *snapshot) listener() *observer {
	if s.observer == nil || isCalledOut() {
		return nil
	}
	return s.observer
}

// askForeign evaluates a flag with the rules of another format. Rules that implement
// [lending.Borrower] get a copy of the subject in lent memory. Other rules get a copy that they may
// keep.
func (s *snapshot) askForeign(subject *Subject, flag string, want Kind) Result {
	if !s.borrows {
		own := newOwnSubject(subject, flag)
		return s.rules.Evaluate(own.flag, want, &own.subject, s.moment)
	}
	l := lend(subject, flag)
	r := s.rules.Evaluate(l.flag, want, &l.lent, s.moment)
	l.giveBack()
	return r
}

// confirm records that the source confirmed the ruleset at that time, which should have a monotonic
// clock reading.
func (s *snapshot) confirm(at time.Time) { s.moment.confirmed.at.Store(&at) }

// promote returns a snapshot of the same ruleset with another tier.
func (s *snapshot) promote(tier Tier) *snapshot {
	promoted := *s
	promoted.tier = tier
	return &promoted
}

// heldRuleset is the ruleset in use with everything that belongs to it.
type heldRuleset struct {
	snapshot  *snapshot
	info      RulesInfo
	sum       [sha256.Size]byte // SHA-256 of the document
	body      []byte            // nil unless there is a disk cache or a relay
	validator Validator
	signature []byte
	signedBy  string
	fetchedAt time.Time
}

// publication makes the fetcher's rulesets available to views: it stores their pointer, with the
// overrides applied.
type publication struct {
	cache     *cache
	overrides *overrideFile
}

func (p *publication) store(s *snapshot) { p.cache.store(p.overrides.over(s)) }

// over returns the snapshot with the overrides applied. A nil overrideFile returns the snapshot
// itself.
func (o *overrideFile) over(s *snapshot) *snapshot {
	if o == nil {
		return s
	}
	covered := *s
	covered.native, covered.below, covered.overridden = nil, s.native, newOverriddenRules(s.rules, *o.list.Load(),
		o.file)
	covered.answers = covered.overridden
	return &covered
}
