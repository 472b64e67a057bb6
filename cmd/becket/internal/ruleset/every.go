package ruleset

import (
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

const minutesPerWeek = 7 * match.MinutesPerDay

// week has a bit for each minute of a week, from Sunday 00:00 on.
type week [(minutesPerWeek + 63) / 64]uint64

// weekOf returns the minutes of a wall clock's week at which the rule's "every" applies.
func weekOf(r *native.Rule) (w week) {
	if !r.HasEvery {
		w.add(0, minutesPerWeek)
		return w
	}
	e := &r.Every
	length := e.Until - e.From
	if length <= 0 {
		length += match.MinutesPerDay
	}
	for day := range 7 {
		if !isOn(e, time.Weekday(day)) {
			continue
		}
		start := day*match.MinutesPerDay + e.From
		w.add(start, min(start+length, minutesPerWeek))
		w.add(0, start+length-minutesPerWeek) // the part after Saturday's midnight
	}
	return w
}

func isOn(e *native.Every, day time.Weekday) bool { return e.Days>>day&1 == 1 }

func (w *week) add(from, to int) {
	for minute := from; minute < to; minute++ {
		w[minute/64] |= 1 << (minute % 64)
	}
}

// EveryCovers reports whether one rule's "every" certainly applies at all times at which the
// other's does. A rule without it applies at all times.
func EveryCovers(one, other *native.Rule) bool {
	if !one.HasEvery {
		return true
	}
	if other.HasEvery && one.Every.Zone.String() != other.Every.Zone.String() {
		return false
	}
	all, part := weekOf(one), weekOf(other)
	for i := range part {
		if part[i]&^all[i] != 0 {
			return false
		}
	}
	return true
}

// enough is a time in which every day of a week occurs twice. So an hour that the clocks skip once
// occurs too.
const enough = 15 * 24 * time.Hour

// Occurs reports whether an "every" applies at any time from one instant until another. It counts
// the minutes that it looks at.
func Occurs(e *native.Every, from, until match.Instant) (occurs bool, minutes int) {
	if from.Add(enough).Before(until) {
		return true, 1
	}
	for at, end := from.Time(), until.Time(); at.Before(end); minutes++ {
		wall := at.In(e.Zone)
		if IsOpen(e, wall) {
			return true, minutes + 1
		}
		at = at.Add(time.Minute - time.Duration(wall.Second())*time.Second - time.Duration(wall.Nanosecond()))
	}
	return false, minutes
}

// IsOpen reports whether a window that began today or yesterday is open.
func IsOpen(e *native.Every, at time.Time) bool {
	wall := at.In(e.Zone)
	today, minute := wall.Weekday(), wall.Hour()*match.MinutesPerHour+wall.Minute()
	if e.From < e.Until {
		return isOn(e, today) && e.From <= minute && minute < e.Until
	}
	return isOn(e, today) && e.From <= minute || isOn(e, (today+6)%7) && minute < e.Until
}
