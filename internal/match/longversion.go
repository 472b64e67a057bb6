package match

// LongVersion is a semantic version whose numbers may have any number of digits. They are compared
// as texts, which is correct because they have no leading zeros. The parts share the memory of the
// parsed text. A missing number is "0".
type LongVersion struct {
	Major, Minor, Patch string
	Prerelease          string // without the hyphen; "" for a release
}

// ParseLongVersion reads a version like [ParseLooseVersion], but without the limit of 64 bits for a
// number and without leading zeros.
func ParseLongVersion(s string) (v LongVersion, ok bool) {
	if s != "" && (s[0] == 'v' || s[0] == 'V') {
		s = s[1:]
	}
	v.Minor, v.Patch = "0", "0"
	if v.Major, s, ok = cutNumber(s); !ok || s == "" {
		return v, ok
	}
	if s[0] != '.' {
		return v, false
	}
	if v.Minor, s, ok = cutNumber(s[1:]); !ok || s == "" {
		return v, ok
	}
	if s[0] != '.' {
		return v, false
	}
	if v.Patch, s, ok = cutNumber(s[1:]); !ok || s == "" {
		return v, ok
	}
	v.Prerelease, ok = scanSuffix(s)
	return v, ok
}

// cutNumber splits s after a number at its beginning. It returns false if there is no number or it
// has leading zeros.
func cutNumber(s string) (digits, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	return s[:i], s[i:], i > 0 && (i == 1 || s[0] != '0')
}

// Compare returns -1, 0 or 1 by SemVer 2.0's precedence.
func (v LongVersion) Compare(w LongVersion) int {
	if c := v.CompareMinor(w); c != 0 {
		return c
	}
	if c := compareIdentifiers(v.Patch, w.Patch); c != 0 {
		return c
	}
	return comparePrereleases(v.Prerelease, w.Prerelease)
}

// CompareMinor compares only the major and minor numbers.
func (v LongVersion) CompareMinor(w LongVersion) int {
	if c := compareIdentifiers(v.Major, w.Major); c != 0 {
		return c
	}
	return compareIdentifiers(v.Minor, w.Minor)
}
