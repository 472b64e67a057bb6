package becket

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/Masterminds/semver/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// randomVersion returns a version out of few numbers, so that equal ones and near ones are common.
func randomVersion(r *rand.Rand) string {
	number := func() string { return strconv.Itoa(r.IntN(3)) }
	version := number() + "." + number() + "." + number()
	if r.IntN(3) == 0 {
		version += []string{"-alpha", "-alpha.1", "-beta", "-beta.2", "-beta.11", "-1", "-x-y"}[r.IntN(7)]
	}
	return version
}

func TestBoundsOnVersionsMeanWhatTheLibrarySays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	fast := 0
	for range 50_000 {
		constraint := ""
		for groups := r.IntN(2); groups >= 0; groups-- {
			for bounds := r.IntN(2); bounds >= 0; bounds-- {
				constraint += []string{"", "=", "!=", "<", "<=", ">", ">= ", "^", "~", ">="}[r.IntN(10)] + randomVersion(r) + " "
			}
			if groups > 0 {
				constraint += "|| "
			}
		}
		versions, err := newVersionRange(constraint)
		require.NoError(t, err, constraint)
		if versions.groups != nil {
			fast++
		}
		library, err := semver.NewConstraint(constraint)
		require.NoError(t, err, constraint)
		library.IncludePrerelease = true
		for range 4 {
			text := randomVersion(r)
			want := library.Check(semver.MustParse(text))
			require.Equal(t, truthOf(want), versions.contain(text), "%s satisfies %s", text, constraint)
		}
	}
	assert.Greater(t, fast, 30_000, "most constraints are compared without the library")
}

func TestABoundThatIsReadWithoutTheLibraryIsOneToIt(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const letters = "0123456789..--+aZx*v=<>~^!"
	alone := 0
	for range 100_000 {
		constraint := []string{"", "=", "!=", "<", "<=", ">", ">=", "^", "~", "==", "=>", "~>", "v"}[r.IntN(13)]
		constraint += []string{"", "1.2.3", "0.0.0", "10.0.1", "18446744073709551615.1.2", "1.2"}[r.IntN(6)]
		for range r.IntN(8) {
			constraint += string(letters[r.IntN(len(letters))])
		}
		if versions, err := newVersionRange(constraint); err == nil && versions.groups != nil {
			_, err = semver.NewConstraint(constraint)
			require.NoError(t, err, constraint)
			alone++
		}
	}
	assert.Greater(t, alone, 5000)
}

func TestConstraintsThatOnlyTheLibraryKnows(t *testing.T) {
	for _, row := range []struct {
		constraint, version string
		want                truth
	}{
		{"1.2.x", "1.2.7", yes},
		{"1.2.x", "1.3.0", no},
		{"1.2 - 1.4.5", "1.4.5", yes},
		{"^4.0", "4.9.9-rc.1", yes},
		{"^4.0", "5.0.0-rc.1", no},
		{"~1", "1.9.0", yes},
		{"*", "0.0.1-pre", yes},
	} {
		versions, err := newVersionRange(row.constraint)
		require.NoError(t, err)
		assert.Nil(t, versions.groups, row.constraint)
		assert.Equal(t, row.want, versions.contain(row.version), "%s satisfies %s", row.version, row.constraint)
	}
}

func TestWhatIsNoVersionIsUnknown(t *testing.T) {
	versions, err := newVersionRange(">=2.1.0")
	require.NoError(t, err)
	for _, text := range []string{"", "two", "1.2.3.4", "01.2.3", "1.2.x", " 2.1.0", "2.1.0-", "2.1-beta", "99999999999999999999.0.0"} {
		assert.Equal(t, unknown, versions.contain(text), text)
	}
	for _, text := range []string{"v2.1", "3", "2.1.1-beta", "2.1.0+build"} {
		assert.Equal(t, yes, versions.contain(text), text)
	}
}
