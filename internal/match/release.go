package match

const (
	releaseBits = 21 // bits for each of the three numbers
	releaseMax  = 1<<releaseBits - 1
)

// PackRelease reads a version that consists only of one to three numbers, with or without a leading
// "v". It packs them into one number, so that packed numbers have the same order as the versions.
// It does not accept a number above 2,097,151; ParseLooseVersion does.
func PackRelease(s string) (packed uint64, ok bool) {
	i := 0
	if s != "" && (s[0] == 'v' || s[0] == 'V') {
		i = 1
	}
	start, number, parts := i, uint64(0), 1
	for ; i < len(s); i++ {
		if digit := s[i] - '0'; digit <= 9 {
			number = number*10 + uint64(digit)
			if number > releaseMax {
				return 0, false
			}
			continue
		}
		if s[i] != '.' || i == start || parts == 3 {
			return 0, false
		}
		packed = packed<<releaseBits | number
		start, number = i+1, 0
		parts++
	}
	if start == len(s) {
		return 0, false
	}
	return (packed<<releaseBits | number) << (releaseBits * (3 - parts)), true
}

// PackVersion packs the numbers of a version like PackRelease. It ignores the prerelease.
func PackVersion(v Version) (packed uint64, ok bool) {
	packed = v.Major<<(2*releaseBits) | v.Minor<<releaseBits | v.Patch
	return packed, v.Major <= releaseMax && v.Minor <= releaseMax && v.Patch <= releaseMax
}
