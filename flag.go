package becket

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// flag is a compiled flag. It is immutable once its ruleset is published.
type flag struct {
	fingerprint  match.Fingerprint // of the key
	key          string
	rare         *rareFields // nil: none of them
	fixed        *Variant    // what the flag serves to everybody at all times; nil where that depends
	off          *Variant    // nil: the caller's default
	rules        []rule
	defaultServe serve     // "default" in the document
	variants     []Variant // sorted by name
	about        *about    // nil: the document says nothing for people
	placement
	kind                  Kind
	byTests               bool // see decideByTests
	enabled               bool
	track                 tracking
	definition, behaviour uint64
}

// rareFields are what most flags do not have. There are many flags, and it is one question less for
// each check.
type rareFields struct {
	err      *EvaluationError // set: the definition could not be read, and nothing else counts
	kept     error            // set: the definition is an earlier document's, because of this error in the present one's
	requires []*reference
	maxAge   time.Duration
}

// placement is what linking finds out about a flag or a segment together with all definitions that
// it refers to.
type placement struct {
	node  int32 // its place in the graph
	cost  int32 // evaluations, at most maxEvaluations + 1
	timed bool  // it depends on the clock
	asks  bool  // it may ask a flag
}

// failure returns why the definition could not be read, nil if it could.
func (f *flag) failure() *EvaluationError {
	if f.rare == nil {
		return nil
	}
	return f.rare.err
}

// keptFor returns why the definition is an earlier document's, nil if it is not.
func (f *flag) keptFor() error {
	if f.rare == nil {
		return nil
	}
	return f.rare.kept
}

// requires returns the flag's requirements.
func (f *flag) requires() []*reference {
	if f.rare == nil {
		return nil
	}
	return f.rare.requires
}

// ownTime reports whether the flag itself looks at the clock.
func (f *flag) ownTime() bool {
	if f.rare != nil && f.rare.maxAge > 0 {
		return true
	}
	for i := range f.rules {
		r := &f.rules[i]
		if r.gate != nil && (r.gate.window != nil || r.gate.ramp != nil) || slices.ContainsFunc(r.conditions, condition.isTimed) {
			return true
		}
	}
	return false
}

// info describes the flag.
func (f *flag) info() FlagInfo {
	info := FlagInfo{Key: f.key, Kind: f.kind, Enabled: f.enabled, Kept: f.keptFor() != nil, Err: f.keptFor(), Definition: f.definition, Behaviour: f.behaviour}
	if failure := f.failure(); failure != nil {
		info.Err = failure
		return info
	}
	for i := range f.variants {
		info.Variants = append(info.Variants, f.variants[i].Name)
	}
	if a := f.about; a != nil {
		info.Description, info.Owner, info.Tags, info.Metadata = a.description, a.owner, slices.Clone(a.tags), a.metadata
		info.Created, info.Expires, info.Permanent = a.created.time(), a.expires.time(), a.permanent
	}
	return info
}

// rule is a compiled rule.
type rule struct {
	name       string
	conditions []condition // all of which must hold
	gate       *gate       // nil: for all subjects at all times
	serve      serve
}

// serve is what a rule or a default gives: one of the two.
type serve struct {
	variant *Variant
	split   *split
}

// tracking says which evaluations give an exposure.
type tracking uint8

const (
	trackSplits tracking = iota
	trackAll
	trackNone
)

// about is what a flag says to people.
type about struct {
	description, owner string
	tags               []string
	metadata           map[string]any
	created, expires   day
	permanent          bool
}

// day is a date, as the number of days after the zero time's.
type day int32

func (d day) time() time.Time { return time.Time{}.AddDate(0, 0, int(d)) }

// impliedVariants are those of a flag that names none.
var impliedVariants = []Variant{{Name: "off", Value: BoolValue(false)}, {Name: "on", Value: BoolValue(true)}}

// mostByTests is how many rules a simple flag has at most. With more, it pays to remember where
// attributes were found.
const mostByTests = 4

// precompute finds out whether the flag serves the same to everybody at all times, or else is simple.
func (f *flag) precompute() {
	switch {
	case !f.enabled:
		f.fixed = f.off
	case f.rare != nil || f.defaultServe.split != nil:
	case len(f.rules) == 0:
		f.fixed = f.defaultServe.variant
	case len(f.rules) <= mostByTests:
		f.byTests = !slices.ContainsFunc(f.rules, func(r rule) bool {
			return r.gate != nil || r.serve.split != nil || len(r.conditions) != 1 || !r.conditions[0].isPlainTest()
		})
	}
}

// window is the time in which a rule lives: [from, until), either side open when absent, and within
// it the times that recur.
type window struct {
	from, until       match.Instant
	hasFrom, hasUntil bool
	every             *recurrence // nil: all the time
}

func (w *window) open(now match.Instant) bool {
	return (!w.hasFrom || !now.Before(w.from)) && (!w.hasUntil || now.Before(w.until)) &&
		(w.every == nil || w.every.open(now))
}

// recurrence is a part of some days of the week, by the wall clock of a time zone. An hour that the
// clocks skip does not occur there, and one that they repeat occurs twice.
type recurrence struct {
	days        weekdays
	from, until int // minutes after midnight; where until is not above from, it is one of the next day
	zone        *time.Location
}

// weekdays has a bit for each time.Weekday.
type weekdays uint8

const everyDay weekdays = 1<<7 - 1

func (d weekdays) has(day time.Weekday) bool { return d>>day&1 == 1 }

// open reports whether a part of a day that began today or yesterday lasts.
func (r *recurrence) open(now match.Instant) bool {
	wall := now.Time().In(r.zone)
	today, minute := wall.Weekday(), wall.Hour()*match.MinutesPerHour+wall.Minute()
	if r.from < r.until {
		return r.days.has(today) && r.from <= minute && minute < r.until
	}
	yesterday := (today + 6) % 7
	return r.days.has(today) && r.from <= minute || r.days.has(yesterday) && minute < r.until
}

// text writes the recurrence for people.
func (r *recurrence) text() string {
	var days []string
	for day, word := range match.DayWords {
		if r.days.has(time.Weekday(day)) {
			days = append(days, word)
		}
	}
	which := strings.Join(days, ", ")
	if r.days == everyDay {
		which = "every day"
	}
	return fmt.Sprintf("%s from %s until %s in %s", which, match.ClockText(r.from), match.ClockText(r.until), r.zone)
}
