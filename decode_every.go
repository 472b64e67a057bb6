package becket

import (
	"slices"
	"time"
)

// mostZones is how many time zones one document may name, more than there are: each has to be looked for.
const mostZones = 1000

// longestZone is the longest name of a time zone, in bytes.
const longestZone = 64

// every reads the times at which a rule lives again and again.
func (r *reader) every() *recurrence {
	e := &recurrence{days: everyDay, until: minutesPerDay, zone: time.UTC}
	r.fields([]string{"days", "from", "until", "zone"}, func(field string) {
		switch field {
		case "days":
			e.days = r.days()
		case "from":
			e.from = r.clock(minutesPerDay - 1)
		case "until":
			e.until = r.clock(minutesPerDay)
		case "zone":
			e.zone = r.zone()
		}
	})
	return e
}

func (r *reader) days() (days weekdays) {
	at, before := r.at, r.failed
	r.array(func(int) {
		at := r.at
		word, ok := r.text()
		if !ok {
			return
		}
		day := slices.Index(dayWords, word)
		switch {
		case day < 0:
			r.fail(at, "%q is no day%s: one of mon, tue, wed, thu, fri, sat, sun", shorten(word), suggest(word, dayWords))
		case days.has(time.Weekday(day)):
			r.fail(at, "%q stands twice", word)
		default:
			days |= 1 << day
		}
	})
	if days == 0 && r.failed == before {
		r.fail(at, "\"days\" names no day")
	}
	return days
}

// clock reads a time of day, as minutes after midnight.
func (r *reader) clock(latest int) int {
	at := r.at
	text, ok := r.text()
	if !ok {
		return 0
	}
	minute, ok := parseClock(text)
	if !ok || minute > latest {
		r.fail(at, "%q is no time of day from 00:00 to %s", shorten(text), clockText(latest))
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
		r.fail(at, "this machine knows no time zone %q; where a zone is missing, a program has it by import _ \"time/tzdata\"", shorten(name))
		return time.UTC
	}
	return location
}

// loadZone returns nil for a name that is none. The zone of the machine is none: it differs from machine to machine.
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
