package becket

import "github.com/becketflags/becket/internal/match"

// releaseRange is what the bounds of one group mean for releases, packed into numbers: from the first to before the second.
// Nearly every version that is asked about is a release, and comparing numbers is faster than comparing versions.
type releaseRange struct{ from, before uint64 }

// releaseRanges returns the ranges of all groups, or nil if there is a bound that is no range of packed releases.
func releaseRanges(groups [][]versionBound) []releaseRange {
	var ranges []releaseRange
	for _, group := range groups {
		all := releaseRange{0, 1 << 63}
		for i := range group {
			r, ok := group[i].releases()
			if !ok {
				return nil
			}
			all = releaseRange{max(all.from, r.from), min(all.before, r.before)}
		}
		ranges = append(ranges, all)
	}
	return ranges
}

// releases returns the releases within a bound. One on a prerelease cuts before the release that it precedes.
func (b *versionBound) releases() (releaseRange, bool) {
	const end = 1 << 63
	at, ok := match.PackVersion(b.version)
	next := at + 1
	if b.version.Prerelease != "" {
		next = at
	}
	switch b.operator {
	case ">=":
		return releaseRange{at, end}, ok
	case ">":
		return releaseRange{next, end}, ok
	case "<":
		return releaseRange{0, at}, ok
	case "<=":
		return releaseRange{0, next}, ok
	case "", "=":
		return releaseRange{at, next}, ok
	default:
		return releaseRange{}, false
	}
}

func (r *versionRange) containRelease(release uint64) bool {
	for i := range r.releases {
		if release >= r.releases[i].from && release < r.releases[i].before {
			return true
		}
	}
	return false
}
