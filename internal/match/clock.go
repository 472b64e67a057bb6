package match

import "fmt"

// Minutes of the parts of a day.
const (
	MinutesPerHour = 60
	MinutesPerDay  = 24 * MinutesPerHour
)

// DayWords are the days of the week as documents write them, in the order of [time.Weekday].
var DayWords = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseClock reads a time of day, "00:00" to "24:00", as minutes after midnight.
func ParseClock(text string) (minute int, ok bool) {
	if len(text) != len("00:00") || text[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	hours, minutes := int(text[0]-'0')*10+int(text[1]-'0'), int(text[3]-'0')*10+int(text[4]-'0')
	minute = hours*MinutesPerHour + minutes
	return minute, minutes < MinutesPerHour && minute <= MinutesPerDay
}

// ClockText writes minutes after midnight as a time of day.
func ClockText(minute int) string {
	return fmt.Sprintf("%02d:%02d", minute/MinutesPerHour, minute%MinutesPerHour)
}
