package match

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestDurationsMayHaveDays(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "36h": 36 * time.Hour, "7d": 7 * day, "1d12h": 36 * time.Hour, "12h1d": 36 * time.Hour,
		"1.5d": 36 * time.Hour, ".5d": 12 * time.Hour, "0d": 0, "+1d": day, "-1d1h": -25 * time.Hour, "1d1d": 2 * day,
		"1d500ms": day + 500*time.Millisecond,
		"106751d": 106751 * day, "1d1µs": day + time.Microsecond,
	} {
		got, ok := ParseDuration(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"", "d", "1", "1d2", "1D", "1 d", "1d ", "1w", "--1d", "1d-1h", "106752d", "106751d24h", "1e3d", "1dd", "1..5d",
		"day", "1h1x",
		strings.Repeat("9", 400) + "d",
	} {
		_, ok := ParseDuration(text)
		assert.False(t, ok, text)
	}
	got, ok := ParseDuration(time.Duration(math.MaxInt64).String())
	assert.True(t, ok)
	assert.Equal(t, time.Duration(math.MaxInt64), got)
}

func TestDurationsAreWrittenAsDocumentsWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0s": "0s", "90s": "1m30s", "60m": "1h", "36h": "1d12h", "168h": "7d", "24h30m": "1d30m", "25h0m1s": "1d1h0m1s",
		"1h1m": "1h1m", "-36h": "-1d12h", "1.5s": "1.5s", "23h59m60s": "1d", "10m": "10m", "20h": "20h",
		"100ms": "100ms", "24h10s": "1d10s",
	} {
		d, ok := ParseDuration(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, DurationText(d))
	}
	for _, d := range []time.Duration{
		math.MaxInt64, math.MinInt64 + 1, 1, -1, time.Hour, 25*time.Hour + time.Nanosecond, 1e15, 123456789e9,
	} {
		again, ok := ParseDuration(DurationText(d))
		assert.True(t, ok, DurationText(d))
		assert.Equal(t, d, again)
	}
}
