package draw

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// mostMoments is the number of later moments at which a flag is tried.
const mostMoments = 16

// Later returns moments after the time of the evaluation at which other windows of a flag's rules
// are open than before, or its ramps have other shares. The recurring windows are those of the next
// week. more says that there are more such moments than the function returns.
func (d *Drawer) Later(key string) (moments []time.Time, more bool) {
	s := schedule{now: d.options.At}
	for i := range d.versions {
		if d.versions[i].Native != nil {
			s.flag(d.versions[i].Native, key, map[string]bool{})
		}
	}
	slices.SortFunc(s.moments, time.Time.Compare)
	seen := map[string]bool{s.pattern(s.now): true}
	for _, at := range s.moments {
		pattern := s.pattern(at)
		switch {
		case seen[pattern]:
		case len(moments) == mostMoments:
			return moments, true
		default:
			seen[pattern] = true
			moments = append(moments, at)
		}
	}
	return moments, false
}

// schedule collects the rules that depend on time.
type schedule struct {
	now     time.Time
	rules   []*native.Rule
	moments []time.Time
}

func (s *schedule) flag(in *ruleset.Ruleset, key string, seen map[string]bool) {
	f := in.Flag(key)
	if f == nil || seen[key] {
		return
	}
	seen[key] = true
	for i := range f.Rules {
		s.rule(&f.Rules[i])
	}
	for ref := range ruleset.OfFlag(f) {
		s.follow(in, ref, seen)
	}
}

func (s *schedule) follow(in *ruleset.Ruleset, ref *native.Reference, seen map[string]bool) {
	if ref.ToFlag {
		s.flag(in, ref.Key, seen)
		return
	}
	name := "segment " + ref.Key
	if segment := in.Segment(ref.Key); segment != nil && !seen[name] {
		seen[name] = true
		for ref := range ruleset.OfSegment(segment) {
			s.follow(in, ref, seen)
		}
	}
}

func (s *schedule) rule(r *native.Rule) {
	if !r.HasFrom && !r.HasUntil && !r.HasRamp && !r.HasEvery {
		return
	}
	s.rules = append(s.rules, r)
	if r.HasFrom {
		s.add(r.From.Time())
	}
	if r.HasUntil {
		s.add(r.Until.Time())
	}
	for i := range r.Ramp.Steps {
		s.add(r.Ramp.Steps[i].At.Time())
	}
	if r.HasEvery {
		s.every(&r.Every)
	}
}

// every adds the openings and closings of the next week.
func (s *schedule) every(e *native.Every) {
	year, month, day := s.now.In(e.Zone).Date()
	for i := range 8 {
		for _, minute := range []int{e.From, e.Until} {
			s.add(time.Date(year, month, day+i, 0, minute, 0, 0, e.Zone))
		}
	}
}

func (s *schedule) add(at time.Time) {
	if at.After(s.now) {
		s.moments = append(s.moments, at)
	}
}

// pattern says which windows are open and which shares ramps have.
func (s *schedule) pattern(at time.Time) string {
	var b strings.Builder
	now := match.InstantOf(at)
	for _, r := range s.rules {
		open := (!r.HasFrom || !now.Before(r.From)) && (!r.HasUntil || now.Before(r.Until)) &&
			(!r.HasEvery || ruleset.IsOpen(&r.Every, at))
		step := 0
		for step < len(r.Ramp.Steps) && !now.Before(r.Ramp.Steps[step].At) {
			step++
		}
		fmt.Fprintf(&b, "%t %d,", open, step)
	}
	return b.String()
}
