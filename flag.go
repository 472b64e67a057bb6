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
	fingerprint match.Fingerprint // hash of the key
	key         string
	rare        *rareFields // nil if all of them are unset
	// the variant for all subjects at all times; nil if the flag must be evaluated
	fixed *Variant
	// the variant while the flag is disabled, stale or lacks a requirement; nil for the caller's
	// default
	off          *Variant
	rules        []rule
	defaultServe serve     // "default" in the document
	variants     []Variant // sorted by name
	about        *about    // descriptive fields; nil if the document has none
	placement
	kind                  Kind
	byTests               bool // see decideByTests
	enabled               bool
	track                 tracking
	definition, behaviour uint64 // digests; see FlagInfo
}

// rareFields holds fields that most flags leave unset. A nil pointer instead of them saves memory,
// and one comparison in each check.
type rareFields struct {
	// why the definition could not be read; if set, the other fields are not used
	err *EvaluationError
	// if set, the definition is an earlier document's, because this error is in the present one
	kept     error
	requires []*reference
	maxAge   time.Duration
}

// placement holds the results of linking for a flag or a segment. They include the definitions that
// it refers to, directly or not.
type placement struct {
	node  int32 // index in the graph of definitions
	cost  int32 // number of evaluations, at most maxEvaluations + 1
	timed bool  // the value depends on the time
	asks  bool  // an evaluation may evaluate another flag
}

// failure returns why the definition could not be read, or nil if it could.
func (f *flag) failure() *EvaluationError {
	if f.rare == nil {
		return nil
	}
	return f.rare.err
}

// keptFor returns why the definition is an earlier document's, or nil if it is not.
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

// ownTime reports whether the flag itself depends on the time, without the flags and segments that
// it refers to.
func (f *flag) ownTime() bool {
	if f.rare != nil && f.rare.maxAge > 0 {
		return true
	}
	for i := range f.rules {
		r := &f.rules[i]
		if r.gate != nil && (r.gate.window != nil || r.gate.ramp != nil) ||
			slices.ContainsFunc(r.conditions, condition.isTimed) {
			return true
		}
	}
	return false
}

// info describes the flag.
func (f *flag) info() FlagInfo {
	info := FlagInfo{
		Key: f.key, Kind: f.kind, Enabled: f.enabled, Kept: f.keptFor() != nil, Err: f.keptFor(),
		Definition: f.definition, Behaviour: f.behaviour,
	}
	if failure := f.failure(); failure != nil {
		info.Err = failure
		return info
	}
	for i := range f.variants {
		info.Variants = append(info.Variants, f.variants[i].Name)
	}
	if a := f.about; a != nil {
		info.Description, info.Owner, info.Tags, info.Metadata = a.description, a.owner, slices.Clone(a.tags),
			a.metadata
		info.Created, info.Expires, info.Permanent = a.created.time(), a.expires.time(), a.permanent
	}
	return info
}

// rule is a compiled rule.
type rule struct {
	name       string
	conditions []condition // the rule applies if all of them are true
	gate       *gate       // nil if the rule has no limits
	serve      serve
}

// serve is what a rule or a default serves: either a variant or a split.
type serve struct {
	variant *Variant
	split   *split
}

// tracking says which evaluations count as exposures.
type tracking uint8

const (
	trackSplits tracking = iota
	trackAll
	trackNone
)

// about holds the descriptive fields of a flag.
type about struct {
	description, owner string
	tags               []string
	metadata           map[string]any
	created, expires   day
	permanent          bool
}

// day is a date, as the number of days since the zero time.
type day int32

func (d day) time() time.Time { return time.Time{}.AddDate(0, 0, int(d)) }

// impliedVariants are the variants of a flag that defines none.
var impliedVariants = []Variant{{Name: "off", Value: BoolValue(false)}, {Name: "on", Value: BoolValue(true)}}

// mostByTests is the greatest number of rules of a flag that decideByTests decides. For more rules
// it is faster to remember where attributes were found.
const mostByTests = 4

// precompute sets fixed if the flag serves the same variant to all subjects at all times, and
// otherwise byTests if decideByTests can decide it.
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

// window is the time in which a rule can apply. It begins at from and ends before until; either may
// be absent. Within this time, every can limit the rule to recurring times.
type window struct {
	from, until       match.Instant
	hasFrom, hasUntil bool
	every             *recurrence // nil if the rule does not recur
}

func (w *window) open(now match.Instant) bool {
	return (!w.hasFrom || !now.Before(w.from)) && (!w.hasUntil || now.Before(w.until)) &&
		(w.every == nil || w.every.open(now))
}

// recurrence is a time of day on some days of the week, in a time zone. An hour that the clocks
// skip does not occur, and an hour that they repeat occurs twice.
type recurrence struct {
	days weekdays
	// minutes after midnight; if until is not greater than from, it is on the next day
	from, until int
	zone        *time.Location
}

// weekdays has a bit for each time.Weekday.
type weekdays uint8

const everyDay weekdays = 1<<7 - 1

func (d weekdays) has(day time.Weekday) bool { return d>>day&1 == 1 }

// open reports whether now is in a period that began today or yesterday.
func (r *recurrence) open(now match.Instant) bool {
	wall := now.Time().In(r.zone)
	today, minute := wall.Weekday(), wall.Hour()*match.MinutesPerHour+wall.Minute()
	if r.from < r.until {
		return r.days.has(today) && r.from <= minute && minute < r.until
	}
	yesterday := (today + 6) % 7
	return r.days.has(today) && r.from <= minute || r.days.has(yesterday) && minute < r.until
}

// text describes the recurrence, for explanations.
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
