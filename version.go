package becket

import (
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/becketflags/becket/internal/match"
)

// versionRange is the operand of semver. Masterminds/semver says what a constraint means, pre-releases included. It cannot
// answer without allocating, so bounds on full versions, which is what people write, are compared here; a test
// holds both to the same answers.
type versionRange struct {
	releases []releaseRange      // what groups mean for plain releases; any of them
	groups   [][]versionBound    // any of which must hold in all its bounds; nil: ask the library
	library  *semver.Constraints // nil where groups say all
	text     string
}

type versionBound struct {
	operator string
	version  match.Version
}

func newVersionRange(constraint string) (*versionRange, error) {
	r := &versionRange{groups: versionGroups(constraint), text: constraint}
	r.releases = releaseRanges(r.groups)
	if r.groups != nil && !strings.ContainsAny(constraint, " ,|") {
		return r, nil // one bound, as the library reads it, too
	}
	library, err := semver.NewConstraint(constraint)
	if err != nil {
		return nil, err
	}
	if r.groups == nil {
		library.IncludePrerelease = true
		r.library = library
	}
	return r, nil
}

// versionGroups returns the bounds of a constraint, or nil if there is anything but bounds on full versions in it.
func versionGroups(constraint string) [][]versionBound {
	var groups [][]versionBound
	for group := range strings.SplitSeq(constraint, "||") {
		var bounds []versionBound
		operator := ""
		for _, word := range strings.FieldsFunc(group, func(r rune) bool { return r == ' ' || r == ',' }) {
			text := strings.TrimLeft(word, "=!<>~^")
			operator += word[:len(word)-len(text)]
			if text == "" {
				continue // ">= 2.1.0": the version is the next word
			}
			bound, ok := newVersionBound(operator, text)
			if !ok {
				return nil
			}
			bounds, operator = append(bounds, bound), ""
		}
		if len(bounds) == 0 || operator != "" {
			return nil
		}
		groups = append(groups, bounds)
	}
	return groups
}

func newVersionBound(operator, text string) (versionBound, bool) {
	version, ok := match.ParseVersion(strings.TrimPrefix(text, "v"))
	switch operator {
	case "", "=", "!=", "<", "<=", ">", ">=", "^":
	case "~":
		// Of ~0.0.0 the library makes "any version".
		ok = ok && (version.Major|version.Minor|version.Patch) != 0
	default:
		ok = false
	}
	return versionBound{operator, version}, ok
}

// contain reports whether the version satisfies the constraint: unknown when it is none.
func (r *versionRange) contain(text string) truth {
	if r.releases != nil {
		if release, ok := match.PackRelease(text); ok {
			return truthOf(r.containRelease(release))
		}
	}
	version, ok := match.ParseLooseVersion(text)
	if !ok {
		return unknown
	}
	if r.groups == nil {
		// The library's version keeps the text, so it gets a copy.
		prerelease := strings.Clone(version.Prerelease)
		return truthOf(r.library.Check(semver.New(version.Major, version.Minor, version.Patch, prerelease, "")))
	}
	for i := range r.groups {
		if withinAll(r.groups[i], version) {
			return yes
		}
	}
	return no
}

func withinAll(bounds []versionBound, version match.Version) bool {
	for i := range bounds {
		if !bounds[i].holds(version) {
			return false
		}
	}
	return true
}

func (b *versionBound) holds(version match.Version) bool {
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

// sameUpToFirstNonZero is what "^" means: the first number that is not 0, and those before it, do not change.
func sameUpToFirstNonZero(v, bound match.Version) bool {
	if v.Major != bound.Major || bound.Major > 0 {
		return v.Major == bound.Major
	}
	if v.Minor != bound.Minor || bound.Minor > 0 {
		return v.Minor == bound.Minor
	}
	return v.Patch == bound.Patch
}
