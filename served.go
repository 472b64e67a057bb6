package becket

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// served is a ruleset and where it came from: what everybody may know of a snapshot.
type served struct {
	rules       Rules // nil: no ruleset yet
	revision    int64
	environment string
	tier        Tier
	moment      *Moment
}

// flagsOf lists a snapshot's flags; ranging over it is safe where there are no rules.
func flagsOf(s *served) iter.Seq[FlagInfo] {
	if s == nil || s.rules == nil {
		return func(func(FlagInfo) bool) {}
	}
	return s.rules.Flags()
}

func expired(s *served, now time.Time) (flags []FlagInfo) {
	for info := range flagsOf(s) {
		if info.ExpiredBy(now) {
			flags = append(flags, info)
		}
	}
	slices.SortStableFunc(flags, func(a, b FlagInfo) int { return cmp.Compare(a.Expires.Unix(), b.Expires.Unix()) })
	return flags
}
