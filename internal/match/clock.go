package match

import "fmt"

// Numbers of minutes.
const (
	MinutesPerHour = 60
	MinutesPerDay  = 24 * MinutesPerHour
)

// DayWords are the names of the days of the week in documents, in the order of [time.Weekday].
var DayWords = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseClock reads a time of day from "00:00" to "24:00" and returns the minutes after midnight.
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

// ClockText returns the time of day for minutes after midnight, such as "09:30".
func ClockText(minute int) string {
	return fmt.Sprintf("%02d:%02d", minute/MinutesPerHour, minute%MinutesPerHour)
}
