package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// Limits of a constraint.
const (
	maxConstraint   = 512 // greatest length in bytes
	maxAlternatives = 32
)

// Constraint is a condition on versions. It consists of alternatives, separated by "||"; one of
// them must be satisfied. An alternative consists of bounds, all of which must be satisfied. Ranges
// ("1.2.x", "1.2 - 1.4") mean the same as in Masterminds/semver, including pre-releases. That
// library allocates for every check, so simple bounds, which are the usual case, are compared here.
// A version in a bound is read like a version that is checked: "2.9" is 2.9.0.
type Constraint struct {
	text         string
	alternatives []alternative
	// the alternatives as ranges of releases; nil if they cannot be expressed so
	releases []releaseRange
}

// alternative is one alternative: either bounds, or a constraint of the library.
type alternative struct {
	bounds  []bound
	library *semver.Constraints
}

type bound struct {
	operator string
	version  Version
}

// NewConstraint reads a constraint.
func NewConstraint(text string) (*Constraint, error) {
	if len(text) > maxConstraint {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(text), maxConstraint)
	}
	parts := strings.Split(text, "||")
	if len(parts) > maxAlternatives {
		return nil, fmt.Errorf("it has %d alternatives, more than %d", len(parts), maxAlternatives)
	}
	c := &Constraint{text: text}
	for _, part := range parts {
		a, err := newAlternative(part)
		if err != nil {
			return nil, err
		}
		c.alternatives = append(c.alternatives, a)
	}
	c.releases = releaseRanges(c.alternatives)
	return c, nil
}

// newAlternative reads an alternative. If it consists of simple bounds, the library only checks the
// syntax; otherwise the library's constraint is used.
func newAlternative(text string) (alternative, error) {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	var bounds []bound
	operator, ranges := "", false
	for i, word := range words {
		version := strings.TrimLeft(word, "=!<>~^")
		operator += word[:len(word)-len(version)]
		if version == "" {
			continue // as in ">= 2.1.0": the version is the next word
		}
		b, ok := newBound(operator, version)
		if ok {
			words[i] = strings.TrimSuffix(word, version) + b.version.String()
			bounds = append(bounds, b)
		}
		ranges = ranges || !ok
		operator = ""
	}
	if !ranges {
		text = strings.Join(words, " ")
	}
	library, err := semver.NewConstraint(text)
	if err != nil {
		return alternative{}, err
	}
	if !ranges && operator == "" && len(bounds) > 0 {
		return alternative{bounds: bounds}, nil
	}
	library.IncludePrerelease = true
	return alternative{library: library}, nil
}

func newBound(operator, text string) (bound, bool) {
	version, ok := ParseLooseVersion(text)
	known := slices.Contains([]string{"", "=", "!=", "<", "<=", ">", ">=", "^", "~"}, operator)
	return bound{operator, version}, ok && known
}

// String returns the text of the constraint.
func (c *Constraint) String() string { return c.text }

// Contains reports whether a version satisfies the constraint, and whether the text is a version,
// in the form of [ParseLooseVersion].
func (c *Constraint) Contains(text string) (satisfied, ok bool) {
	if c.releases != nil {
		if release, ok := PackRelease(text); ok {
			return c.ContainsRelease(release), true
		}
	}
	version, ok := ParseLooseVersion(text)
	if !ok {
		return false, false
	}
	for i := range c.alternatives {
		if c.alternatives[i].contains(version) {
			return true, true
		}
	}
	return false, true
}

func (a *alternative) contains(version Version) bool {
	if a.library != nil {
		// The library's version keeps the text, so a copy is passed to it.
		prerelease := strings.Clone(version.Prerelease)
		return a.library.Check(semver.New(version.Major, version.Minor, version.Patch, prerelease, ""))
	}
	for i := range a.bounds {
		if !a.bounds[i].holds(version) {
			return false
		}
	}
	return true
}

func (b *bound) holds(version Version) bool {
	order := version.Compare(b.version)
	switch b.operator {
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	case ">":
		return order > 0
	case "<=":
		return order <= 0
	case "!=":
		return order != 0
	case "^":
		return order >= 0 && sameUpToFirstNonZero(version, b.version)
	case "~":
		return order >= 0 && version.Major == b.version.Major && version.Minor == b.version.Minor
	default:
		return order == 0
	}
}

// sameUpToFirstNonZero implements "^": the bound's first number that is not 0, and the numbers
// before it, must be the same.
func sameUpToFirstNonZero(v, bound Version) bool {
	if v.Major != bound.Major || bound.Major > 0 {
		return v.Major == bound.Major
	}
	if v.Minor != bound.Minor || bound.Minor > 0 {
		return v.Minor == bound.Minor
	}
	return v.Patch == bound.Patch
}

// releaseRange is a range of packed releases that satisfy the bounds of one alternative: from is
// the first one, and before is the first one after the range. Nearly all versions that are checked
// are releases, and comparing numbers is faster than comparing versions.
type releaseRange struct{ from, before uint64 }

// releaseRanges returns the ranges of all alternatives, or nil if a bound cannot be expressed as a
// range of packed releases.
func releaseRanges(alternatives []alternative) []releaseRange {
	var ranges []releaseRange
	for i := range alternatives {
		if alternatives[i].library != nil {
			return nil
		}
		all := releaseRange{0, 1 << 63}
		for j := range alternatives[i].bounds {
			r, ok := alternatives[i].bounds[j].releases()
			if !ok {
				return nil
			}
			all = releaseRange{max(all.from, r.from), min(all.before, r.before)}
		}
		ranges = append(ranges, all)
	}
	return ranges
}

// releases returns the range of releases within a bound. If the bound's version is a prerelease,
// the range begins or ends before the release that follows it.
func (b *bound) releases() (releaseRange, bool) {
	const end = 1 << 63
	at, ok := PackVersion(b.version)
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

// TakesReleases reports whether [Constraint.ContainsRelease] may be called.
func (c *Constraint) TakesReleases() bool { return c.releases != nil }

// ContainsRelease is Contains for a release that [PackRelease] returned. It must only be called if
// TakesReleases returns true.
func (c *Constraint) ContainsRelease(release uint64) bool {
	for i := range c.releases {
		if release >= c.releases[i].from && release < c.releases[i].before {
			return true
		}
	}
	return false
}
