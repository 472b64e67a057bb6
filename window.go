package becket

import (
	"fmt"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// window is the time in which a rule lives: [from, until), either side open when absent, and within it the times that recur.
type window struct {
	from, until       match.Instant
	hasFrom, hasUntil bool
	every             *recurrence // nil: all the time
}

func (w *window) open(now match.Instant) bool {
	return (!w.hasFrom || !now.Before(w.from)) && (!w.hasUntil || now.Before(w.until)) &&
		(w.every == nil || w.every.open(now))
}

// recurrence is a part of some days of the week, by the wall clock of a time zone. An hour that the clocks skip does not occur there, and
// one that they repeat occurs twice.
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
	today, minute := wall.Weekday(), wall.Hour()*minutesPerHour+wall.Minute()
	if r.from < r.until {
		return r.days.has(today) && r.from <= minute && minute < r.until
	}
	yesterday := (today + 6) % 7
	return r.days.has(today) && r.from <= minute || r.days.has(yesterday) && minute < r.until
}

const (
	minutesPerHour = 60
	minutesPerDay  = 24 * minutesPerHour
)

// dayWords are the words of a document, in the order of time.Weekday.
var dayWords = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// text writes the recurrence for people.
func (r *recurrence) text() string {
	var days []string
	for day, word := range dayWords {
		if r.days.has(time.Weekday(day)) {
			days = append(days, word)
		}
	}
	which := strings.Join(days, ", ")
	if r.days == everyDay {
		which = "every day"
	}
	return fmt.Sprintf("%s from %s until %s in %s", which, clockText(r.from), clockText(r.until), r.zone)
}

func clockText(minute int) string {
	return fmt.Sprintf("%02d:%02d", minute/minutesPerHour, minute%minutesPerHour)
}

// parseClock reads a time of day, "00:00" to "24:00", as minutes after midnight.
func parseClock(text string) (minute int, ok bool) {
	if len(text) != len("00:00") || text[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	hours, minutes := int(text[0]-'0')*10+int(text[1]-'0'), int(text[3]-'0')*10+int(text[4]-'0')
	minute = hours*minutesPerHour + minutes
	return minute, minutes < minutesPerHour && minute <= minutesPerDay
}
