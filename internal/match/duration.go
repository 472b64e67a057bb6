package match

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// hoursPerDay is the length of "d". A day of the calendar can be an hour shorter or longer.
const hoursPerDay = 24

// ParseDuration reads a duration like time.ParseDuration, with the additional unit "d" for 24
// hours: "90s", "7d", "1d12h". It returns false for any other text, and for a duration that is too
// long for a time.Duration.
func ParseDuration(text string) (time.Duration, bool) {
	if !strings.Contains(text, "d") {
		duration, err := time.ParseDuration(text)
		return duration, err == nil
	}
	text, negative := strings.CutPrefix(text, "-")
	if !negative {
		text = strings.TrimPrefix(text, "+")
	}
	total := time.Duration(0)
	for text != "" {
		part, ok := time.Duration(0), false
		if part, text, ok = cutDuration(text); !ok || part > math.MaxInt64-total {
			return 0, false
		}
		total += part
	}
	if negative {
		total = -total
	}
	return total, true
}

// DurationText writes a duration as a document does: "7d", "1d12h", "90s".
func DurationText(d time.Duration) string {
	if d < 0 && d > math.MinInt64 {
		return "-" + DurationText(-d)
	}
	const day = hoursPerDay * time.Hour
	text := d.String()
	if d >= day {
		text = (d % day).String()
	}
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	switch {
	case d < day:
		return text
	case d%day == 0:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	default:
		return strconv.FormatInt(int64(d/day), 10) + "d" + text
	}
}

// cutDuration reads the first number with its unit.
func cutDuration(text string) (part time.Duration, rest string, ok bool) {
	unit := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if unit <= 0 {
		return 0, "", false
	}
	end := unit + strings.IndexAny(text[unit:]+"0", ".0123456789")
	if text[unit:end] != "d" {
		part, err := time.ParseDuration(text[:end])
		return part, text[end:], err == nil
	}
	part, err := time.ParseDuration(text[:unit] + "h")
	if err != nil || part > math.MaxInt64/hoursPerDay {
		return 0, "", false
	}
	return part * hoursPerDay, text[end:], true
}
