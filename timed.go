package becket

import (
	"cmp"
	"math"
	"sort"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/timing"
)

func init() { timing.Of = answersFor }

// answersFor implements [timing.Of].
func answersFor(view any, flags []string) timing.Answers {
	f := follower{seen: map[name]bool{}}
	v, ok := view.(View)
	if !ok || v.snapshot == nil || v.snapshot.rules == nil {
		return timing.Answers{At: func(time.Duration) timing.State { return timing.State{} }}
	}
	s := v.snapshot.far()
	native := cmp.Or(s.native, s.below)
	if s.overridden != nil {
		f.local = true
		f.note(s.id)
	}
	if native == nil {
		for _, part := range s.sum {
			f.note(uint64(part))
		}
	} else {
		for _, key := range flags {
			f.follow(native, key)
		}
	}
	return timing.Answers{
		Document: s.sum, Definitions: f.digest, Local: f.local,
		At: func(ago time.Duration) timing.State {
			return f.at(match.InstantOf(s.moment.Now().Add(-ago)), s.moment.age()-ago)
		},
	}
}

// follower collects the definitions on which the answers for some flags depend, and their parts
// that depend on the time.
type follower struct {
	seen    map[name]bool
	digest  uint64
	local   bool // a definition is an earlier document's
	windows []*window
	ramps   []*ramp
	ages    []time.Duration // the values of "max_age"
}

func (f *follower) note(part uint64) { f.digest = mix(f.digest, part) }

// mix returns a digest of a sequence whose next part is given.
func mix(digest, part uint64) uint64 { return fmix64(digest*31+1) ^ fmix64(part+1) }

// follow collects a flag and everything that it refers to. References of published rulesets have no
// cycles.
func (f *follower) follow(rules *ruleset, key string) {
	open := []definition{}
	if first := rules.flags.find(key); first != nil {
		open = append(open, first)
	}
	for len(open) > 0 {
		d := open[len(open)-1]
		open = open[:len(open)-1]
		if f.seen[d.name()] {
			continue
		}
		f.seen[d.name()] = true
		f.note(match.FingerprintOf(d.name().path()).Hash())
		f.local = f.local || d.keptFor() != nil
		if d.isBad() {
			continue
		}
		for _, ref := range f.take(d) {
			if target := ref.target(); target != nil {
				open = append(open, target)
			}
		}
	}
}

// take collects one valid definition. It returns the references that an evaluation may follow.
func (f *follower) take(d definition) []*reference {
	switch d := d.(type) {
	case *segment:
		f.note(d.digest)
	case *flag:
		f.note(d.behaviour)
		if !d.enabled {
			return nil
		}
		if d.rare != nil && d.rare.maxAge > 0 {
			f.ages = append(f.ages, d.rare.maxAge)
		}
		for i := range d.rules {
			if gate := d.rules[i].gate; gate != nil {
				f.windows = appendThere(f.windows, gate.window)
				f.ramps = appendThere(f.ramps, gate.ramp)
			}
		}
	}
	return d.references()
}

func appendThere[T any](list []*T, part *T) []*T {
	if part == nil {
		return list
	}
	return append(list, part)
}

// forever is longer than the time for which any state stays.
const forever = time.Duration(math.MaxInt64)

// at returns the state of the collected parts at an instant. age is the time since the source last
// confirmed the ruleset.
func (f *follower) at(now match.Instant, age time.Duration) (s timing.State) {
	s.Wait = forever
	if len(f.windows)+len(f.ramps)+len(f.ages) == 0 {
		s.Wait = 0
		return s
	}
	for _, w := range f.windows {
		open, wait := uint64(0), w.stays(now)
		if w.open(now) {
			open = 1
		}
		s.Steps, s.Wait = mix(s.Steps, open), min(s.Wait, wait)
	}
	for _, r := range f.ramps {
		step, slope, wait := r.stateAt(now)
		s.Steps, s.Slopes, s.Wait = mix(s.Steps, step), mix(s.Slopes, slope), min(s.Wait, wait)
	}
	for _, most := range f.ages {
		stale, wait := uint64(1), aMoment
		if age <= most {
			stale, wait = 0, most-age+1
		}
		s.Steps, s.Wait = mix(s.Steps, stale), min(s.Wait, wait)
	}
	return s
}

// aMoment is the wait for changes whose instant is not computed: those of a linear ramp, and the
// confirmation of a ruleset that is too old.
const aMoment = time.Second

// stays returns the time after now for which the window certainly stays open or closed.
func (w *window) stays(now match.Instant) time.Duration {
	wait := forever
	if w.hasFrom {
		wait = min(wait, until(now, w.from))
	}
	if w.hasUntil {
		wait = min(wait, until(now, w.until))
	}
	if w.every != nil { // it begins and ends with a minute
		wait = min(wait, time.Minute-time.Duration(now.Time().Second())*time.Second-
			time.Duration(now.Nanoseconds))
	}
	return wait
}

// until returns the time from now to an instant, or forever if the instant has passed.
func until(now, at match.Instant) time.Duration {
	seconds := at.Sub(now)
	if !now.Before(at) || seconds > forever.Seconds()/2 {
		return forever
	}
	return max(time.Duration(seconds*float64(time.Second)), 1)
}

// stateAt returns the number of the last step that has passed and, for a linear ramp, its
// percentage, rounded down. The steps of a linear ramp only count when it begins and ends.
func (r *ramp) stateAt(now match.Instant) (step, percent uint64, wait time.Duration) {
	next := sort.Search(len(r.steps), func(i int) bool { return now.Before(r.steps[i].at) })
	wait = forever
	if next < len(r.steps) {
		wait = until(now, r.steps[next].at)
	}
	if !r.linear {
		return uint64(next), 0, wait
	}
	switch next {
	case 0:
		return 0, 0, wait
	case len(r.steps):
		return 2, 0, wait
	default:
		return 1, uint64(r.percentAt(now)), min(wait, aMoment)
	}
}
