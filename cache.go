package becket

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/becketflags/becket/internal/lending"
)

// cache holds the current ruleset in memory: one atomic pointer. Readers load it once per view and
// never wait; the one goroutine that refreshes stores it. The zero cache holds nothing.
type cache struct {
	current atomic.Pointer[snapshot]
}

// lastID counts the snapshots of this process.
var lastID atomic.Uint64

func (c *cache) load() *snapshot { return c.current.Load() }

func (c *cache) store(s *snapshot) {
	if s.self != s {
		s.self, s.id = s, lastID.Add(1)
	}
	c.current.Store(s)
}

// snapshot is a ruleset with what a view needs to know of where it came from. It is immutable once
// it is stored, but for the moment of the last confirmation, which snapshots of the same ruleset
// share.
type snapshot struct {
	served
	answers    Rules            // the rules that evaluations ask: overridden, or else rules; nil where there are none
	native     *ruleset         // rules once more where they are the native ones, so that a check calls them directly
	overridden *overriddenRules // rules with local overrides before them; nil where there are none. Then native is nil
	below      *ruleset         // the native rules below overrides
	foreign    bool             // the rules are those of another format
	borrows    bool             // and they may be lent memory: they keep nothing
	observer   *observer        // nil: nobody listens to evaluations
	misfits    *misfits         // nil: nobody counts them

	self *snapshot // see far
	id   uint64    // see View.RulesetID; set when the snapshot is stored
}

// far returns s, two pointers further than the compiler knows. Escape analysis does not tell the
// two pointers of a view apart: what is called by an interface that its snapshot holds, or kept of
// it, counts as kept of its subject, as many pointers deep. Nothing of a subject is that deep. It
// costs two loads, and is for all ways but the usual one.
func (s *snapshot) far() *snapshot { return s.self.self }

// newSnapshot returns a snapshot of rules, which may be nil. clock is the client's.
func newSnapshot(rules Rules, tier Tier, clock func() time.Time, o *observer) *snapshot {
	s := &snapshot{observer: o}
	s.rules, s.answers, s.tier = rules, rules, tier
	s.moment = &Moment{clock: clock, confirmed: newConfirmation()}
	s.native, _ = rules.(*ruleset)
	if rules != nil {
		s.foreign = s.native == nil
		_, s.borrows = rules.(lending.Borrower)
		if foreign, ok := rules.(interface{ borrows() bool }); ok {
			s.borrows = foreign.borrows()
		}
		info := rules.Info()
		s.revision, s.environment = info.Revision, info.Environment
	}
	return s
}

// ask asks overrides and what is below them: native rules directly, all others by their interface.
// s is far, since all of them may keep the subject for all that the compiler knows.
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

// listener returns the observer that is to hear of an evaluation: none where no hook and no sink
// wants to, and none of an evaluation that a function of the program makes while a client calls it.
func (s *snapshot) listener() *observer {
	if s.observer == nil || isCalledOut() {
		return nil
	}
	return s.observer
}

// askForeign asks rules of another format. Those of this module are lent a copy of the subject, and
// somebody else's get one that is theirs.
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

// confirm notes that the source vouched for the ruleset at that time, which should carry a
// monotonic clock reading.
func (s *snapshot) confirm(at time.Time) { s.moment.confirmed.at.Store(&at) }

// promote returns the same ruleset at another tier.
func (s *snapshot) promote(tier Tier) *snapshot {
	promoted := *s
	promoted.tier = tier
	return &promoted
}

// heldRuleset is the ruleset in use with all that belongs to it and to no other.
type heldRuleset struct {
	snapshot  *snapshot
	info      RulesInfo
	sum       [sha256.Size]byte // of the document
	body      []byte            // nil unless there is a disk copy to keep
	validator Validator
	signature []byte
	signedBy  string
	fetchedAt time.Time
}

// publication is where the fetcher's rulesets go: the pointer that views read, with the overrides
// before them.
type publication struct {
	cache     *cache
	overrides *overrideFile
}

func (p *publication) store(s *snapshot) { p.cache.store(p.overrides.over(s)) }

// over returns the snapshot with the overrides before it.
func (o *overrideFile) over(s *snapshot) *snapshot {
	if o == nil {
		return s
	}
	covered := *s
	covered.native, covered.below, covered.overridden = nil, s.native, newOverriddenRules(s.rules, *o.list.Load(), o.file)
	covered.answers = covered.overridden
	return &covered
}
