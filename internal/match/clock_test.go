package match

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTimesOfDayAreReadAndWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"00:00": 0, "09:30": 570, "23:59": 1439, "24:00": MinutesPerDay} {
		minute, ok := ParseClock(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, minute, text)
		assert.Equal(t, text, ClockText(minute))
	}
	for _, text := range []string{
		"", "9:30", "09:60", "24:01", "25:00", "0930", "09.30", "-1:00", "09:30:00", "０9:30",
	} {
		_, ok := ParseClock(text)
		assert.False(t, ok, text)
	}
}
