package becket

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/match"
)

// TestRecurringWindowsFollowTheWallClock evaluates each minute of a year, and compares the result
// with a list of windows, one for each day.
func TestRecurringWindowsFollowTheWallClock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone        string
		days        weekdays
		from, until int
	}{
		{"Europe/Berlin", everyDay, 2 * 60, 3 * 60},
		{"Europe/Berlin", 1<<time.Sunday | 1<<time.Saturday, 22 * 60, 6 * 60},
		{"America/New_York", 1 << time.Sunday, 60, 120},
		{"Australia/Lord_Howe", everyDay, 90, 105}, // its clocks change by half an hour
		{"UTC", 1 << time.Wednesday, 720, 720},
	} {
		zone, err := time.LoadLocation(test.zone)
		require.NoError(t, err)
		r := recurrence{test.days, test.from, test.until, zone}
		opened := 0
		for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(time.Minute) {
			want := startedOn(&r, at.In(zone), 0) || startedOn(&r, at.In(zone), -1)
			require.Equal(t, want, r.open(match.InstantOf(at)), "%s: %s", r.text(), at.In(zone))
			if want {
				opened++
			}
		}
		require.Positive(t, opened, r.text())
	}
}

// startedOn reports whether a wall clock shows a time within the window that started so many days
// from its date on.
func startedOn(r *recurrence, wall time.Time, days int) bool {
	// The wall clock's readings as if they were UTC: every day of that calendar has 24 hours.
	reading := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, time.UTC)
	midnight := reading.Truncate(24*time.Hour).AddDate(0, 0, days)
	length := r.until - r.from
	if length <= 0 {
		length += match.MinutesPerDay
	}
	start := midnight.Add(time.Duration(r.from) * time.Minute)
	return r.days.has(midnight.Weekday()) && !reading.Before(start) &&
		reading.Before(start.Add(time.Duration(length)*time.Minute))
}

func TestTheFirstAttributeThatGivesAKeyIsHashed(t *testing.T) {
	t.Parallel()
	rules, err := Native.Decode([]byte(`{"schema": 1, "flags": {
		"one":  {"rules": [{"percent": 50, "salt": "s", "by": "account", "serve": "on"}]},
		"two":  {"rules": [{"percent": 50, "salt": "s", "by": ["account", "key", "device"], "serve": "on"}]},
		"arms": {"variants": {"a": 1, "b": 2},
			"default": {"split": {"a": 1, "b": 1}, "salt": "s", "by": ["account", "device"]}}}}`))
	require.NoError(t, err)
	require.Empty(t, rules.Info().Bad)
	ask := func(flag string, s Subject) Result {
		return rules.Evaluate(flag, KindAny, &s, MomentAt(time.Unix(0, 0), 0))
	}
	for i := range 100 {
		key := fmt.Sprint("k", i)
		want := ask("one", NewSubject("", String("account", key)))
		for _, s := range []Subject{
			NewSubject("other", String("account", key), String("device", "other")),
			NewSubject(key, String("device", "other")),
			NewSubject(key, String("account", ""), String("device", "other")),
			NewSubject(key, Strings("account", "a list is no key")),
			NewSubject("", String("device", key), Float("account", 0.5)),
		} {
			got := ask("two", s)
			require.Equal(t, want.Variant, got.Variant, key)
			require.Empty(t, got.Missing, "a later attribute exists, so none is reported as missing")
		}
	}
	none := ask("two", NewSubject(""))
	assert.Equal(t, "account", none.Missing)
	assert.Equal(t, ReasonDefault, none.Reason)
	none = ask("arms", NewSubject("key"))
	assert.Equal(t, ErrTargetingKeyMissing, none.Err)
	assert.Equal(t, "account", none.Missing)
}

func TestALinearRampStaysWithinItsShares(t *testing.T) {
	t.Parallel()
	start := match.Instant{Seconds: 1_790_000_000}
	for _, length := range []int64{3, 7, 86_400, 2_592_001} {
		r := ramp{linear: true, steps: []rampStep{{start, 33.3}, {match.Instant{Seconds: start.Seconds + length}, 0}}}
		for nanoseconds := range uint32(2000) {
			now := match.Instant{Seconds: start.Seconds + length - 1, Nanoseconds: 999_998_000 + nanoseconds}
			percent := r.percentAt(now)
			require.True(t, percent >= 0 && percent <= 100, "%v after %v", percent, now)
			require.Less(t, threshold(percent), threshold(33.3), "the last subjects come only at the end")
		}
	}
}

func TestIntegersReachTo64BitsWithoutASign(t *testing.T) {
	t.Parallel()
	rules, err := Native.Decode([]byte(`{"schema": 1, "flags": {
		"in":   {"rules": [{"if": {"attribute": "id", "in": [18446744073709551615, -1, 0.5]}, "serve": "on"}]},
		"gt":   {"rules": [{"if": {"attribute": "id", "gt": 18446744073709551614}, "serve": "on"}]},
		"lt":   {"rules": [{"if": {"attribute": "id", "lt": 9223372036854775808}, "serve": "on"}]},
		"half": {"rules": [{"if": {"attribute": "id", "gt": 9223372036854775807.5}, "serve": "on"}]},
		"hash": {"rules": [{"percent": 50, "by": "id", "salt": "s", "serve": "on"}]}}}`))
	require.NoError(t, err)
	require.Empty(t, rules.Info().Bad)
	on := func(flag string, id Attribute) bool {
		s := NewSubject("u", id)
		r := rules.Evaluate(flag, KindBool, &s, MomentAt(time.Unix(0, 0), 0))
		return r.Variant.Value.Bool()
	}
	largest := uint64(1<<64 - 1)
	for what, id := range map[string]Attribute{
		"uint64": Any("id", largest), "json.Number": Any("id", json.Number("18446744073709551615")),
		"a pointer": Any("id", &largest),
	} {
		assert.True(t, on("in", id), what)
		assert.True(t, on("gt", id), what)
		assert.False(t, on("lt", id), what)
		assert.True(t, on("half", id), what)
		assert.Equal(t, on("hash", String("id", "18446744073709551615")), on("hash", id), what)
	}
	below := Any("id", uint64(1<<64-2))
	assert.False(t, on("in", below))
	assert.False(t, on("gt", below))
	assert.False(t, on("in", Int("id", -2)), "a negative integer does not equal a large unsigned one")
	assert.True(t, on("in", Int("id", -1)))
	assert.True(t, on("lt", Int("id", -1)))
	assert.True(t, on("lt", Int64("id", 1<<63-1)))
	assert.False(t, on("lt", Float("id", 1<<63)))
	assert.True(t, on("gt", Float("id", 1<<64)), "a float above the range of integers is larger")
}

func TestExplanationsShowRecurringWindowsAndDurations(t *testing.T) {
	t.Parallel()
	rules, err := Native.Decode([]byte(`{"schema": 1, "flags": {"f": {"rules": [{"every": {"days": ["mon", "fri"], "from": "09:00", "until": "17:00", "zone": "Europe/Berlin"},
		"if": {"attribute": "joined", "newer_than": "1d12h"}, "serve": "on"}]}}}`))
	require.NoError(t, err)
	explainer, ok := rules.(Explainer)
	require.True(t, ok)
	s := NewSubject("u", String("joined", "2026-11-15T00:00:00Z"))
	x := explainer.Explain("f", &s, MomentAt(time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC), 0), nil)
	assert.Contains(t, x.String(), "window mon, fri from 09:00 until 17:00 in Europe/Berlin: true")
	assert.Contains(t, x.String(), `joined newer_than "1d12h": true`)
	assert.Equal(t, ReasonTargetingMatch, x.Reason)
}

func TestExplanationsNameTheAttributeThatIsHashed(t *testing.T) {
	t.Parallel()
	rules, err := Native.Decode([]byte(`{"schema": 1, "flags": {"f": {"rules": [
		{"layer": {"name": "l", "from": 0, "to": 0}, "by": ["account", "device"], "serve": "on"},
		{"percent": 0, "by": ["account", "device"], "serve": "on"}, {"percent": 0, "serve": "on"}]}}}`))
	require.NoError(t, err)
	explainer, ok := rules.(Explainer)
	require.True(t, ok)
	explain := func(s Subject) string { return explainer.Explain("f", &s, MomentAt(time.Time{}, 0), nil).String() }
	x := explain(NewSubject("u", String("device", "d")))
	assert.Regexp(t, `layer l from 0 to 0: false \(bucket [0-9.]+ of device\)`, x)
	assert.Regexp(t, `percent 0 %: false \(bucket [0-9.]+ of device against 0\)`, x)
	assert.Regexp(t, `percent 0 %: false \(bucket [0-9.]+ against 0\)`, x)
	assert.Equal(t, 2, strings.Count(explain(NewSubject("u")), "no key to hash"))
}

// maxZones is the greatest number of time zones in one document.
const maxZones = 1000

func TestTheNumberOfTimeZonesInADocumentIsLimited(t *testing.T) {
	t.Parallel()
	var flags []string
	for i := range maxZones + 5 {
		flags = append(flags,
			fmt.Sprintf(`"f%d": {"rules": [{"every": {"zone": "Nowhere/Town%d"}, "serve": "on"}]}`, i, i))
	}
	rules, err := decodeNative([]byte(`{"schema": 1, "flags": {`+strings.Join(flags, ",")+`}}`), 1)
	require.NoError(t, err)
	bad := rules.Info().Bad
	require.Len(t, bad, maxZones+5)
	beyond := 0
	for i := range bad {
		if strings.Contains(bad[i].Err.Error(), "more than 1000 time zones") {
			beyond++
		}
	}
	assert.Equal(t, 5, beyond)
}
