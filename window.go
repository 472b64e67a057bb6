package becket

import (
	"fmt"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
)

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
