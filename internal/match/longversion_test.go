package match

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLongVersionsOfAnyLengthAreOrdered(t *testing.T) {
	ascending := []string{
		"0", "0.0.1", "v0.1", "V1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.9", "1.0.0-alpha.10", "1.0.0-alpha.a",
		"1.0.0-beta", "1", "1.0.1", "1.2", "1.10", "2.0.0+build.01", "9.9.99999999999999999999",
		"9.9.100000000000000000000", "10",
		"18446744073709551616", "99999999999999999999999999",
	}
	for i := range ascending {
		v, ok := ParseLongVersion(ascending[i])
		assert.True(t, ok, ascending[i])
		for j := range ascending {
			w, _ := ParseLongVersion(ascending[j])
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			assert.Equal(t, want, v.Compare(w), "%s against %s", ascending[i], ascending[j])
		}
	}
}

func TestInvalidLongVersionsAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "v", "vv1", "Vv1", "a", "1.", ".1", "1..2", "01", "1.02", "1.2.03", "1.2.3.4", "1.2-a", "1-a", "1.2+b",
		"1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3+a..b", "1.2.3-ä", " 1", "1 ", "1.2.3-a b", "-1", "+1",
		"1e6",
	} {
		_, ok := ParseLongVersion(s)
		assert.False(t, ok, "%q", s)
	}
}

func TestCompareMinorLeavesOutTheRest(t *testing.T) {
	v, _ := ParseLongVersion("1.2.3-a")
	w, _ := ParseLongVersion("1.2")
	x, _ := ParseLongVersion("1.3")
	assert.Equal(t, 0, v.CompareMinor(w))
	assert.Equal(t, -1, v.CompareMinor(x))
}
