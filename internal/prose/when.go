package prose

import (
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// when returns the times at which a rule applies, or "".
func when(r *native.Rule) string {
	var parts []string
	if r.HasFrom {
		parts = append(parts, "from "+instant(r.From, r.Written.Field("from")))
	}
	if r.HasUntil {
		parts = append(parts, "until "+instant(r.Until, r.Written.Field("until")))
	}
	text := strings.Join(parts, " ")
	if r.HasEvery {
		if text != "" {
			text += ", "
		}
		text += Every(&r.Every)
	}
	return text
}

// phase is the relation of a rule's from and until to a time.
type phase int

const (
	during phase = iota
	before
	over
)

func phaseOf(r *native.Rule, now time.Time) phase {
	at := match.InstantOf(now)
	switch {
	case r.HasUntil && !at.Before(r.Until):
		return over
	case r.HasFrom && at.Before(r.From):
		return before
	default:
		return during
	}
}

// Every returns the recurring times at which a rule applies, such as "on weekdays from 09:00 to
// 17:00 in Europe/Berlin".
func Every(e *native.Every) string {
	text := days(e.Days)
	switch {
	case e.From == 0 && e.Until == match.MinutesPerDay:
	case e.From < e.Until:
		text += " from " + match.ClockText(e.From) + " to " + match.ClockText(e.Until)
	default:
		text += " from " + match.ClockText(e.From) + " to " + match.ClockText(e.Until) + " of the next day"
	}
	return text + " in " + e.Zone.String()
}

const (
	allDays  native.Weekdays = 1<<7 - 1
	weekdays native.Weekdays = 0b0111110
	weekends native.Weekdays = 0b1000001
)

// days returns the days of the week, beginning with Monday.
func days(d native.Weekdays) string {
	switch d {
	case allDays:
		return "every day"
	case weekdays:
		return "on weekdays"
	case weekends:
		return "on weekends"
	}
	var names []string
	for i := range 7 {
		if day := (i + 1) % 7; d>>day&1 == 1 {
			names = append(names, time.Weekday(day).String()+"s")
		}
	}
	return "on " + list(names, "and")
}

// shareAt returns the percentage of a ramp at a time, as an evaluation computes it.
func shareAt(r *native.Ramp, now time.Time) float64 {
	at := match.InstantOf(now)
	next := 0
	for next < len(r.Steps) && !at.Before(r.Steps[next].At) {
		next++
	}
	switch {
	case next == 0:
		return 0
	case next == len(r.Steps) || !r.Linear:
		return r.Steps[next-1].Percent
	}
	from, to := &r.Steps[next-1], &r.Steps[next]
	share := from.Percent + (to.Percent-from.Percent)*at.Sub(from.At)/to.At.Sub(from.At)
	return min(max(share, 0), 100)
}

// nextStep returns the first step of a ramp that is in the future, or nil.
func nextStep(r *native.Ramp, now time.Time) *native.Step {
	at := match.InstantOf(now)
	for i := range r.Steps {
		if at.Before(r.Steps[i].At) {
			return &r.Steps[i]
		}
	}
	return nil
}

const longestRamp = 24 // steps of a ramp that are shown

// ramp returns the steps of a ramp in a sentence.
func ramp(r *native.Ramp) string {
	var steps []string
	for i := range r.Steps[:min(len(r.Steps), longestRamp)] {
		step := &r.Steps[i]
		steps = append(steps, percent(step.Percent)+" from "+instant(step.At, step.Written.Field("at")))
	}
	text := "the share changes with time: " + shortList(steps, len(r.Steps), "and", "step")
	if r.Linear {
		text += ", and between these times it changes evenly"
	}
	return text
}
