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
		age    time.Duration // of the document at the answer's Date
		date   time.Duration // of the answer, as seen from here
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
		"or for one that is none")
	assert.Empty(t, DateValidator(http.Header{"Last-Modified": {"yesterday"}}, now))
	assert.Empty(t, DateValidator(http.Header{}, now))
}

func TestADocumentIsDueBeforeTenMinutesAreOver(t *testing.T) {
	began := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	w := &WholeTimes{}
	assert.True(t, w.Due(began), "its age is unknown")
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
		assert.Equal(t, step.due, w.Due(began.Add(step.after)), "%v", step.after)
	}
	assert.True(t, w.Due(began.Add(10*time.Minute+time.Second)), "until it comes")
	w.Came(began.Add(11 * time.Minute))
	assert.False(t, w.Due(began.Add(11*time.Minute+time.Second)))
}
