package web

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRetryAfterIsReadInBothFormsAndBounded(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for name, test := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"seconds":                       {"120", "", 2 * time.Minute},
		"with spaces":                   {" 5 ", "", 5 * time.Second},
		"none":                          {"", "", 0},
		"negative":                      {"-5", "", 0},
		"a day":                         {"86400", "", time.Hour},
		"beyond 64 bits":                {"99999999999999999999999", "", time.Hour},
		"beyond 64 bits below zero":     {"-99999999999999999999999", "", 0},
		"a fraction":                    {"1.5", "", 0},
		"words":                         {"soon", "", 0},
		"a date":                        {at(time.Minute), "", time.Minute},
		"a date in the past":            {at(-time.Minute), "", 0},
		"a date far away":               {"Fri, 31 Dec 9999 23:59:59 GMT", "", time.Hour},
		"a date by the server's clock":  {at(365*24*time.Hour + time.Minute), at(365 * 24 * time.Hour), time.Minute},
		"a date by a clock that is odd": {at(time.Minute), "now", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Retry-After": {test.value}, "Date": {test.date}}
			assert.Equal(t, test.want, RetryAfter(header, now, time.Hour))
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120", "")
	f.Add("Thu, 01 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add("99999999999999999999999", "now")
	f.Fuzz(func(t *testing.T, value, date string) {
		wait := RetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, time.Unix(0, 0), time.Hour)
		assert.True(t, wait >= 0 && wait <= time.Hour, "%v", wait)
	})
}
