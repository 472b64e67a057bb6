package main

import (
	"fmt"
	"strconv"
	"time"
)

// at returns the time that the user asked for, or else the present time.
func (e *env) at(asked *time.Time) time.Time {
	if asked == nil {
		return e.now()
	}
	return *asked
}

// count writes a number of things: "1 flag", "1,234 flags".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}

// thousands writes a number with commas.
func thousands(n int) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
