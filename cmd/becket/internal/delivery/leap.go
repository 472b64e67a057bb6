package delivery

import (
	"strconv"
	"time"
)

// Bounds of the rise of a revision. A step above both bounds looks like a typing error, or like a
// change from numbers that count to numbers that are times. Neither can be taken back, because
// clients refuse a lower revision. A time may be a day ahead, because clocks and zones differ.
const (
	usualRise  = 1_000_000   // for revisions that count
	usualShare = 100         // one hundredth, for large numbers such as those of a pipeline's runs
	mostFirst  = 1 << 53 / 2 // for a first revision: half of all revisions remain
	ahead      = 24 * time.Hour
)

// leaps reports whether a revision rises so far that it looks mistaken.
func leaps(present, next int64, now time.Time) bool {
	if present == 0 {
		return next > mostFirst
	}
	if next-present <= max(usualRise, present/usualShare) {
		return false
	}
	return !byOneClock(present, next, now)
}

// byOneClock reports whether both revisions are times in one notation, and the next one is not in
// the future.
func byOneClock(present, next int64, now time.Time) bool {
	for _, read := range notations {
		before, ok := read(present)
		if !ok {
			continue
		}
		if after, ok := read(next); ok && after.After(before) && !after.After(now.Add(ahead)) {
			return true
		}
	}
	return false
}

// notations read a number as a time: the digits of dates and of times, and the seconds,
// milliseconds and microseconds since 1970.
var notations = []func(int64) (time.Time, bool){
	digits("20060102"), digits("2006010215"), digits("200601021504"), digits("20060102150405"),
	since1970(time.Second), since1970(time.Millisecond), since1970(time.Microsecond),
}

func digits(layout string) func(int64) (time.Time, bool) {
	return func(n int64) (time.Time, bool) {
		t, err := time.Parse(layout, strconv.FormatInt(n, 10))
		return t, err == nil && plausible(t)
	}
}

func since1970(unit time.Duration) func(int64) (time.Time, bool) {
	return func(n int64) (time.Time, bool) {
		perSecond := int64(time.Second / unit)
		t := time.Unix(n/perSecond, 0)
		return t, plausible(t)
	}
}

// plausible reports whether a time may be that of a publication.
func plausible(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2200 }
