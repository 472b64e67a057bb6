package match

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInstantsAreReadAsRFC3339SaysAndNotAsPackageTimeDoes(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	for text, want := range map[string]string{
		"2026-12-06T01:00:00+01:00": "2026-12-06T00:00:00Z", "2026-12-06t01:00:00z": "2026-12-06T01:00:00Z",
		"2026-02-28T23:59:59.999999999Z": "2026-02-28T23:59:59.999999999Z",
		"2024-02-29T00:00:00-23:59":      "2024-02-29T23:59:00Z",
		"0000-01-01T00:00:00Z":           "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z": "9999-12-31T23:59:59Z",
		"2000-02-29T00:00:00Z":               "2000-02-29T00:00:00Z",
		"2026-01-01T00:00:00.1234567899999Z": "2026-01-01T00:00:00.123456789Z",
		"1969-12-31T23:59:59.5Z":             "1969-12-31T23:59:59.5Z",
	} {
		got, ok := ParseInstant(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got.Time().Format(time.RFC3339Nano), text)
	}
	for _, text := range []string{
		"", "2026-12-06", "2026-12-06T01:00:00", "2026-12-06 01:00:00Z", "2026-12-06T01:00Z", "2026-12-06T1:00:00Z",
		"2026-12-06T01:00:00,5Z", "2026-12-06T01:00:00.Z", "2026-13-06T01:00:00Z", "2026-00-06T01:00:00Z",
		"2026-02-29T01:00:00Z", "1900-02-29T01:00:00Z", "2026-04-31T01:00:00Z", "2026-12-00T01:00:00Z",
		"2026-12-06T24:00:00Z", "2026-12-06T23:60:00Z", "2026-12-06T23:59:60Z", "2026-12-06T01:00:00+24:00",
		"2026-12-06T01:00:00+01:60", "2026-12-06T01:00:00+0100", "2026-12-06T01:00:00+01", "2026-12-06T01:00:00ZZ",
		"+026-12-06T01:00:00Z", "12026-12-06T01:00:00Z", "2026-12-06T01:00:00.5", "2026-12-06T01:00:00x01:00",
		strings.Repeat("2026-12-06T01:00:00Z", 100),
	} {
		_, ok := ParseInstant(text)
		assert.False(t, ok, text)
		assert.Zero(t, testing.AllocsPerRun(10, func() { _, ok = ParseInstant(text) }), text)
	}
}

func TestEveryDayOfFourCenturiesIsWhereTheCalendarHasIt(t *testing.T) {
	t.Parallel()
	for _, from := range []int{0, 1900} {
		for day := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < from+402; day = day.AddDate(0, 0, 1) {
			require.Equal(t, day.Unix()/secondsPerDay, daysSince1970(day.Year(), int(day.Month()), day.Day()), day)
		}
	}
}

// form is the grammar of RFC 3339, which package time does not insist on.
var form = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// FuzzParseInstant holds the reader to the grammar, and to package time for the ranges of numbers
// and for the calendar.
func FuzzParseInstant(f *testing.F) {
	for _, text := range []string{
		"2026-12-06T01:00:00Z", "2024-02-29T23:59:59.123456789+14:00", "0000-01-01T00:00:00-00:00",
		"2026-02-30T01:00:00Z",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := ParseInstant(text)
		want, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
		require.Equal(t, form.MatchString(text) && err == nil, ok)
		if ok {
			require.Equal(t, InstantOf(want), got)
		}
	})
}
