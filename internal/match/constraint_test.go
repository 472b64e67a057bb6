package match

import (
	"math/rand/v2"
	"strconv"
	"strings"
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

func TestBoundsOnVersionsAgreeWithSemver(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	fast := 0
	for range 50_000 {
		constraint := ""
		for groups := r.IntN(2); groups >= 0; groups-- {
			for bounds := r.IntN(2); bounds >= 0; bounds-- {
				constraint += []string{
					"", "=", "!=", "<", "<=", ">", ">= ", "^", "~", ">=",
				}[r.IntN(10)] + randomVersion(r) + " "
			}
			if groups > 0 {
				constraint += "|| "
			}
		}
		versions, err := NewConstraint(constraint)
		require.NoError(t, err, constraint)
		if versions.alternatives[0].library == nil {
			fast++
		}
		if strings.Contains(constraint, "~0.0.0") {
			continue // of which the library makes "any version"
		}
		library, err := semver.NewConstraint(constraint)
		require.NoError(t, err, constraint)
		library.IncludePrerelease = true
		for range 4 {
			text := randomVersion(r)
			want := library.Check(semver.MustParse(text))
			got, ok := versions.Contains(text)
			require.True(t, ok)
			require.Equal(t, want, got, "%s satisfies %s", text, constraint)
		}
	}
	assert.Greater(t, fast, 30_000, "most constraints are compared without the library")
}

func TestVersionsInConstraintsAreReadAsAttributesAre(t *testing.T) {
	for _, row := range []struct {
		constraint, version string
		want                bool
	}{
		{"v2", "2.0.0", true}, {"2", "2.0.1", false}, {"=2.9", "2.9.0", true}, {
			"=2.9", "2.9.1", false,
		}, {">2.1", "2.1.5", true}, {
			"<=2.1", "2.1.5", false,
		},
		{
			">=2.9-beta", "2.9.0-alpha", false,
		}, {">=2.9-beta", "2.9.0-beta.2", true}, {">=2026.04.1", "2026.4.1", true}, {"<2026.04.1", "2026.4.1", false},
		{
			"2026.4.1", "2026.04.01", true,
		}, {"^4.0", "4.9.9-rc.1", true}, {"^4.0", "5.0.0-rc.1", false}, {"~1", "1.0.9", true}, {"~1", "1.9.0", false},
		{"~0.0.0", "0.0.7", true}, {"~0.0.0", "0.1.0", false}, {">= 2.1, < 3", "2.1.0", true}, {
			">= 2.1, < 3", "3.0.0", false,
		},
		{"1.2.x", "1.2.7", true}, {"1.2.x", "1.3.0", false}, {"1.2 - 1.4.5", "1.4.5", true}, {"*", "0.0.1-pre", true}, {
			"1.2.x || 3.0", "3.0.0", true,
		},
	} {
		constraint, err := NewConstraint(row.constraint)
		require.NoError(t, err, row.constraint)
		got, ok := constraint.Contains(row.version)
		assert.True(t, ok)
		assert.Equal(t, row.want, got, "%s satisfies %s", row.version, row.constraint)
		assert.Equal(t, row.constraint, constraint.String())
	}
}

func TestConstraintsAreBounded(t *testing.T) {
	_, err := NewConstraint(strings.Repeat(" ", maxConstraint-5) + "1.2.3")
	require.NoError(t, err)
	_, err = NewConstraint(strings.Repeat(" ", maxConstraint-4) + "1.2.3")
	require.ErrorContains(t, err, "513 bytes, more than 512")
	_, err = NewConstraint(strings.Repeat("1||", maxAlternatives-1) + "1")
	require.NoError(t, err)
	_, err = NewConstraint(strings.Repeat("1||", maxAlternatives) + "1")
	require.ErrorContains(t, err, "33 alternatives, more than 32")
	for _, text := range []string{"", "||", "1||", ">=", ">=1 <", "one", ">=1.2.3.4", "1.2.3 ~~ 4", "=!1.2.3"} {
		_, err := NewConstraint(text)
		assert.Error(t, err, text)
	}
}

func TestTextsThatAreNoVersionsAreRecognised(t *testing.T) {
	for _, constraint := range []string{">=2.1.0", "2.x || *"} {
		versions, err := NewConstraint(constraint)
		require.NoError(t, err)
		for _, text := range []string{
			"", "two", "1.2.3.4", "1.2.x", " 2.1.0", "2.1.0-", "2.1-01", "2.1-", "99999999999999999999.0.0", "v",
			"2..1",
		} {
			_, ok := versions.Contains(text)
			assert.False(t, ok, text)
		}
		for _, text := range []string{
			"v2.1", "3", "2.1.1-beta", "2.1.0+build", "2.9-beta", "v02.01", "3+build", "3-0",
		} {
			satisfied, ok := versions.Contains(text)
			assert.True(t, ok && satisfied, text)
		}
	}
}
