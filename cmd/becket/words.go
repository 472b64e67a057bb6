package main

import (
	"fmt"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// instant is a time on the command line: an instant of RFC 3339, or a date for its first instant in
// UTC.
type instant time.Time

// UnmarshalText reads an instant from the command line.
func (i *instant) UnmarshalText(text []byte) error {
	at, err := parseInstant(string(text))
	*i = instant(at)
	return err
}

// parseInstant reads an instant of RFC 3339, or a date for its first instant in UTC.
func parseInstant(text string) (time.Time, error) {
	if date, err := time.Parse(time.DateOnly, text); err == nil {
		return date, nil
	}
	at, ok := match.ParseInstant(text)
	if !ok {
		return time.Time{}, fmt.Errorf("%q is not an instant such as 2026-12-24T09:00:00Z, and not a date", text)
	}
	return at.Time(), nil
}

// at returns the time that the user asked for, or else the present time.
func (e *env) at(asked *instant) time.Time {
	if asked == nil {
		return e.now()
	}
	return time.Time(*asked)
}
