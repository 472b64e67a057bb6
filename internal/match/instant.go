package match

import "time"

// Instant is a point in time with a precision of a nanosecond. It has no time zone.
type Instant struct {
	Seconds     int64 // seconds since 1970 in UTC
	Nanoseconds uint32
}

// InstantOf returns the instant of t.
func InstantOf(t time.Time) Instant {
	return Instant{t.Unix(), uint32(t.Nanosecond())}
}

// Before reports whether i is before j.
func (i Instant) Before(j Instant) bool {
	return i.Seconds < j.Seconds || i.Seconds == j.Seconds && i.Nanoseconds < j.Nanoseconds
}

// Add returns the instant that is d later.
func (i Instant) Add(d time.Duration) Instant {
	return InstantOf(i.Time().Add(d))
}

// Sub returns the time from j to i in seconds.
func (i Instant) Sub(j Instant) float64 {
	return float64(i.Seconds-j.Seconds) + (float64(i.Nanoseconds)-float64(j.Nanoseconds))/1e9
}

// Time returns the instant in UTC.
func (i Instant) Time() time.Time { return time.Unix(i.Seconds, int64(i.Nanoseconds)).UTC() }

// ParseInstant reads a date-time of RFC 3339; "t" and "z" may be lower case. It returns false
// instead of an error, so that an invalid text allocates nothing. Digits after the ninth digit of
// the second's fraction are ignored.
func ParseInstant(s string) (Instant, bool) {
	const least = len("2006-01-02T15:04:05Z")
	if len(s) < least || s[4] != '-' || s[7] != '-' || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return Instant{}, false
	}
	year, yearOK := digits(s[:4])
	month, monthOK := digits(s[5:7])
	day, dayOK := digits(s[8:10])
	seconds, clockOK := clock(s[11:13], s[14:16])
	second, secondOK := digits(s[17:19])
	if !yearOK || !monthOK || !dayOK || !clockOK || !secondOK || second > 59 || month < 1 || month > 12 || day < 1 ||
		day > daysIn(year, month) {
		return Instant{}, false
	}
	nanoseconds, zone, ok := fraction(s[19:])
	if !ok {
		return Instant{}, false
	}
	offset, ok := zoneOffset(zone)
	return Instant{
		daysSince1970(year, month, day)*secondsPerDay + int64(seconds+second) - int64(offset), nanoseconds,
	}, ok
}

const (
	secondsPerMinute = 60
	secondsPerHour   = 60 * secondsPerMinute
	secondsPerDay    = 24 * secondsPerHour
)

// digits reads a number that consists only of digits.
func digits(s string) (number int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		number = number*10 + int(s[i]-'0')
	}
	return number, true
}

// clock converts hours and minutes into seconds.
func clock(hours, minutes string) (seconds int, ok bool) {
	hour, hourOK := digits(hours)
	minute, minuteOK := digits(minutes)
	return hour*secondsPerHour + minute*secondsPerMinute, hourOK && minuteOK && hour < 24 && minute < 60
}

// fraction reads the fraction of a second, if there is one, and returns the text after it.
func fraction(s string) (nanoseconds uint32, rest string, ok bool) {
	if s[0] != '.' {
		return 0, s, true
	}
	end := 1
	for scale := uint32(100_000_000); end < len(s) && s[end] >= '0' && s[end] <= '9'; end++ {
		nanoseconds += uint32(s[end]-'0') * scale
		scale /= 10
	}
	return nanoseconds, s[end:], end > 1
}

// zoneOffset reads "Z" or an offset and returns the seconds east of UTC.
func zoneOffset(s string) (seconds int, ok bool) {
	if len(s) == 1 {
		return 0, s[0]|0x20 == 'z'
	}
	if len(s) != len("+00:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	seconds, ok = clock(s[1:3], s[4:6])
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// daysSince1970 counts days of the Gregorian calendar. It lets years begin in March, so that a leap
// day is the last day of a year.
func daysSince1970(year, month, day int) int64 {
	if month < 3 {
		year, month = year-1, month+12
	}
	year += 400 // so that no year is negative
	return int64(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - daysToMarch1970)
}

// daysToMarch1970 is the number of days from March 1 of the year -400 to January 1, 1970.
const daysToMarch1970 = 719468 + 146097
