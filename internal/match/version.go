package match

import (
	"fmt"
	"strings"
)

// Version is a semantic version, with the order of SemVer 2.0. Build metadata is not kept, because
// it does not affect the order. Prerelease shares the memory of the parsed text.
type Version struct {
	Major, Minor, Patch uint64
	Prerelease          string // without the hyphen; "" for a release
}

// ParseVersion reads a version in the syntax of SemVer 2.0: three numbers without leading zeros,
// and optionally a prerelease and build metadata. It returns false for a number of more than 64
// bits.
func ParseVersion(s string) (v Version, ok bool) {
	v, parts, ok := scanVersion(s, false)
	return v, ok && parts == 3
}

// ParseLooseVersion reads a version that may begin with "v", may have leading zeros in its numbers,
// and may lack the last one or two numbers, which are then 0: "v2", "2.9-beta", "2026.04.1".
func ParseLooseVersion(s string) (v Version, ok bool) {
	if s != "" && (s[0] == 'v' || s[0] == 'V') {
		s = s[1:]
	}
	v, _, ok = scanVersion(s, true)
	return v, ok
}

// String returns the version in the syntax of SemVer 2.0.
func (v Version) String() string {
	s := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if v.Prerelease != "" {
		s += "-" + v.Prerelease
	}
	return s
}

// scanVersion reads a version with one to three numbers, and returns how many numbers there were.
// zeros allows leading zeros.
func scanVersion(s string, zeros bool) (v Version, parts int, ok bool) {
	for i := 0; ; {
		start := i
		var n uint64
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			digit := uint64(s[i] - '0')
			if n > (1<<64-1-digit)/10 {
				return v, 0, false
			}
			n = n*10 + digit
		}
		if i == start || s[start] == '0' && i-start > 1 && !zeros {
			return v, 0, false
		}
		parts++
		switch parts {
		case 1:
			v.Major = n
		case 2:
			v.Minor = n
		default:
			v.Patch = n
		}
		switch {
		case i == len(s):
			return v, parts, true
		case parts == 3 || s[i] != '.':
			v.Prerelease, ok = scanSuffix(s[i:])
			return v, parts, ok
		}
		i++
	}
}

// scanSuffix reads "-prerelease", "+build", or both, and returns the prerelease.
func scanSuffix(s string) (prerelease string, ok bool) {
	build := ""
	if i := strings.IndexByte(s, '+'); i >= 0 {
		s, build = s[:i], s[i+1:]
		if !validIdentifiers(build, true) {
			return "", false
		}
	}
	if s == "" {
		return "", true
	}
	if s[0] != '-' || !validIdentifiers(s[1:], false) {
		return "", false
	}
	return s[1:], true
}

// validIdentifiers checks identifiers that are separated by dots. Numeric identifiers must not have
// leading zeros, unless zeros allows them, as in build metadata.
func validIdentifiers(s string, zeros bool) bool {
	for {
		identifier, rest, more := strings.Cut(s, ".")
		if identifier == "" {
			return false
		}
		numeric := true
		for i := range len(identifier) {
			switch c := identifier[i]; {
			case c-'0' <= 9:
			case c == '-', c|0x20 >= 'a' && c|0x20 <= 'z':
				numeric = false
			default:
				return false
			}
		}
		if numeric && !zeros && len(identifier) > 1 && identifier[0] == '0' {
			return false
		}
		if !more {
			return true
		}
		s = rest
	}
}

// Compare returns -1, 0 or 1 by SemVer 2.0's precedence.
func (v Version) Compare(w Version) int {
	switch {
	case v.Major != w.Major:
		return order(v.Major < w.Major)
	case v.Minor != w.Minor:
		return order(v.Minor < w.Minor)
	case v.Patch != w.Patch:
		return order(v.Patch < w.Patch)
	default:
		return comparePrereleases(v.Prerelease, w.Prerelease)
	}
}

func order(less bool) int {
	if less {
		return -1
	}
	return 1
}

// comparePrereleases orders pre-releases by their identifiers, and before the release itself, which
// has none.
func comparePrereleases(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "" || b == "":
		return order(b == "")
	}
	for {
		x, restA, moreA := strings.Cut(a, ".")
		y, restB, moreB := strings.Cut(b, ".")
		if c := compareIdentifiers(x, y); c != 0 {
			return c
		}
		if !moreA || !moreB {
			switch {
			case moreB:
				return -1
			case moreA:
				return 1
			}
			return 0
		}
		a, b = restA, restB
	}
}

// compareIdentifiers orders numeric identifiers by their values, and before all other identifiers,
// which it orders by their bytes. Numbers have no leading zeros, so a longer number is greater;
// numbers of any size can be compared.
func compareIdentifiers(a, b string) int {
	numericA, numericB := isNumeric(a), isNumeric(b)
	switch {
	case numericA && numericB && len(a) != len(b):
		return order(len(a) < len(b))
	case numericA != numericB:
		return order(numericA)
	case a == b:
		return 0
	default:
		// not strings.Compare, because escape analysis assumes that it keeps its texts
		return order(a < b)
	}
}

func isNumeric(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return true
}
