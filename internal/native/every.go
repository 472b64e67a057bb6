package native

import (
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// mostZones is the greatest number of time zones in one document. There are fewer zones in the
// world; the limit bounds the time for looking up names.
const mostZones = 1000

// longestZone is the longest name of a time zone, in bytes.
const longestZone = 64

// Every is the recurring time in which a rule can apply.
type Every struct {
	Days        Weekdays
	From, Until int // minutes after midnight
	Zone        *time.Location
}

// Weekdays has a bit for each [time.Weekday].
type Weekdays uint8

const everyDay Weekdays = 1<<7 - 1

// every reads the recurring time in which a rule can apply.
func (r *reader) every() Every {
	e := Every{Days: everyDay, Until: match.MinutesPerDay, Zone: time.UTC}
	r.fields([]string{"days", "from", "until", "zone"}, func(field string) {
		switch field {
		case "days":
			e.Days = r.days()
		case "from":
			e.From = r.clock(match.MinutesPerDay - 1)
		case "until":
			e.Until = r.clock(match.MinutesPerDay)
		case "zone":
			e.Zone = r.zone()
		}
	})
	return e
}

func (r *reader) days() (days Weekdays) {
	at, before := r.at, r.failed
	r.array(func(int) {
		at := r.at
		word, ok := r.text()
		if !ok {
			return
		}
		day := slices.Index(match.DayWords, word)
		switch {
		case day < 0:
			r.fail(at, "%q is not a day%s", match.Brief(word),
				instead(asDay(word), match.Suggest(word, match.DayWords)+": one of mon, tue, wed, thu, fri, sat, sun"))
		case days>>day&1 == 1:
			r.fail(at, "%q occurs twice", word)
		default:
			days |= 1 << day
		}
	})
	if days == 0 && r.failed == before {
		r.fail(at, "\"days\" names no day")
	}
	return days
}

// clock reads a time of day and returns the minutes after midnight.
func (r *reader) clock(latest int) int {
	at := r.at
	text, ok := r.text()
	if !ok {
		return 0
	}
	minute, ok := match.ParseClock(text)
	if !ok || minute > latest {
		r.fail(at, "%q is not a time of day from 00:00 to %s%s", match.Brief(text), match.ClockText(latest),
			instead(asClock(text), ""))
	}
	return minute
}

// zone reads the IANA name of a time zone.
func (r *reader) zone() *time.Location {
	at := r.at
	name, ok := r.text()
	if !ok {
		return time.UTC
	}
	location, known := r.zones[name]
	switch {
	case known:
	case len(r.zones) >= mostZones:
		r.fail(at, "the document names more than %d time zones", mostZones)
		return time.UTC
	default:
		location = loadZone(name)
		r.zones[name] = location
	}
	if location == nil {
		message := "this machine knows no time zone %q%s; " +
			"import _ \"time/tzdata\" adds all time zones to a program"
		advice := ""
		if !strings.Contains(name, "/") {
			advice = r.remedyOf("=unknown", "", nil)
		}
		r.fail(at, message, match.Brief(name), advice)
		return time.UTC
	}
	return location
}

// loadZone returns the time zone with the given name, or nil if there is none. "Local" is not
// accepted, because it differs between machines.
func loadZone(name string) *time.Location {
	if name == "" || name == "Local" || len(name) > longestZone {
		return nil
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return location
}
