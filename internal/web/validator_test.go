package web

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestADateIsAValidatorWhenItIsAMinuteOlderThanTheAnswer(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		age    time.Duration // time from the Last-Modified to the Date
		date   time.Duration // time from the client's present to the Date
		strong bool
	}{
		"an hour":                         {time.Hour, 0, true},
		"a minute":                        {time.Minute, 0, true},
		"less":                            {time.Minute - time.Second, 0, false},
		"the same second":                 {0, 0, false},
		"later than the answer":           {-time.Hour, 0, false},
		"young, by a clock that is late":  {time.Second, -24 * time.Hour, false},
		"young, by a clock that is early": {time.Second, 24 * time.Hour, false},
		"old, by a clock that is late":    {time.Hour, -24 * time.Hour, true},
	} {
		text := now.Add(test.date - test.age).Format(http.TimeFormat)
		header := http.Header{"Date": {now.Add(test.date).Format(http.TimeFormat)}, "Last-Modified": {text}}
		want := ""
		if test.strong {
			want = text
		}
		assert.Equal(t, want, DateValidator(header, now), name)
	}
	hour := now.Add(-time.Hour).Format(http.TimeFormat)
	assert.Equal(t, hour, DateValidator(http.Header{"Last-Modified": {hour}}, now),
		"the time of arrival stands in for a Date that is missing")
	assert.Empty(t, DateValidator(http.Header{"Last-Modified": {now.Format(http.TimeFormat)}}, now))
	assert.Equal(t, hour, DateValidator(http.Header{"Last-Modified": {hour}, "Date": {"noon"}}, now),
		"or for a Date that is invalid")
	assert.Empty(t, DateValidator(http.Header{"Last-Modified": {"yesterday"}}, now))
	assert.Empty(t, DateValidator(http.Header{}, now))
}

func TestAnETagByTimeAndSizeIsNoStrongerThanTheDate(t *testing.T) {
	const modified, etag = "Sun, 22 Nov 2026 11:00:00 GMT", `"6b02cb30-1a2"`
	header := func(date, modified, etag string) http.Header {
		return http.Header{"Date": {date}, "Last-Modified": {modified}, "Etag": {etag}}
	}
	const soon, later = "Sun, 22 Nov 2026 11:00:59 GMT", "Sun, 22 Nov 2026 11:01:00 GMT"
	for name, test := range map[string]struct {
		header http.Header
		want   string
	}{
		"young":                       {header(soon, modified, etag), ""},
		"young, behind gzip":          {header(soon, modified, "W/"+etag), ""},
		"a minute old":                {header(later, modified, etag), etag},
		"of another second":           {header(soon, modified, `"6b02cb31-1a2"`), `"6b02cb31-1a2"`},
		"of the content":              {header(soon, modified, `"6b02cb30"`), `"6b02cb30"`},
		"of the second and a content": {header(soon, modified, `"6b02cb30-xyz"`), `"6b02cb30-xyz"`},
		"without a date":              {header(soon, "", etag), etag},
		"none":                        {header(soon, modified, ""), ""},
	} {
		assert.Equal(t, test.want, ETagValidator(test.header, time.Now()), name)
	}
}

func TestADocumentIsDueBeforeTenMinutesAreOver(t *testing.T) {
	began := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	w := &WholeTimes{}
	assert.True(t, w.Due(began, 0), "the age of the document is unknown")
	w.Came(began)
	for _, step := range []struct {
		after time.Duration
		due   bool
	}{
		{4 * time.Minute, false},
		{8 * time.Minute, true}, // the next poll, at twelve minutes, would be too late
		{8*time.Minute + time.Second, false},
		{10 * time.Minute, true},
	} {
		assert.Equal(t, step.due, w.Due(began.Add(step.after), 0), "%v", step.after)
	}
	assert.True(t, w.Due(began.Add(10*time.Minute+time.Second), 0), "it stays due until the whole document is fetched")
	w.Came(began.Add(11 * time.Minute))
	assert.False(t, w.Due(began.Add(11*time.Minute+time.Second), 0))
}

func TestADocumentIsDueBeforeTheNextFetchWouldBeTooLate(t *testing.T) {
	t.Parallel()
	began := time.Now()
	for name, row := range map[string]struct {
		since, interval time.Duration
		due             bool
	}{
		"the next one is soon":                     {9 * time.Minute, 30 * time.Second, false},
		"the next one is late, as with signals":    {9 * time.Minute, 5 * time.Minute, true},
		"the next one is late, but early enough":   {3 * time.Minute, 5 * time.Minute, false},
		"each fetch is too late for the next one":  {time.Second, 10 * time.Minute, true},
		"the interval is not known, and calls are": {9 * time.Minute, 0, false},
	} {
		w := &WholeTimes{}
		w.Came(began)
		w.Due(began.Add(row.since-time.Second), row.interval)
		assert.Equal(t, row.due, w.Due(began.Add(row.since), row.interval), name)
	}
}
