package imply_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/imply"
)

func contradictions(t *testing.T, condition string) []imply.Contradiction {
	t.Helper()
	all, _ := read(t, condition)
	budget := imply.Budget{Left: 100_000}
	return budget.Contradictions(imply.Of(all.Flag("c0").Rules[0].If))
}

func TestContradictionsAreFound(t *testing.T) {
	for name, row := range map[string]struct {
		condition  string
		unlessList bool
	}{
		"a range without numbers":         {`{"attribute": "n", "gte": 30, "lt": 20}`, true},
		"a range that excludes its bound": {`{"attribute": "n", "gt": 20, "lte": 20}`, true},
		"two values at once": {
			`{"all": [{"attribute": "c", "in": ["DE"]}, {"attribute": "c", "in": ["FR", "PL"]}]}`, true,
		},
		"a value outside of a range":     {`{"attribute": "n", "in": [5, 50], "gte": 60}`, true},
		"values that each fail one test": {`{"attribute": "n", "in": [5, 50], "gte": 10, "lt": 40}`, true},
		"a text that is no number":       {`{"attribute": "n", "in": ["5"], "gte": 1}`, true},
		"a number and a text":            {`{"attribute": "n", "starts_with": "5", "gte": 1}`, true},
		"two beginnings":                 {`{"all": [{"attribute": "c", "starts_with": "a"}, {"attribute": "c", "starts_with": ["b", "c"]}]}`, true},
		"two endings": {
			`{"all": [{"attribute": "c", "ends_with": "@a.example"}, {"attribute": "c", "ends_with": "@b.example"}]}`, true,
		},
		"a value with another beginning": {`{"attribute": "c", "in": ["DE", "DK"], "starts_with": "F"}`, true},
		"before the day that it is after": {
			`{"attribute": "t", "before": "2026-01-01T00:00:00Z", "after": "2026-02-01T00:00:00Z"}`, true,
		},
		"young and old":           {`{"attribute": "t", "newer_than": "7d", "older_than": "30d"}`, true},
		"two networks":            {`{"all": [{"attribute": "ip", "cidr": "10.0.0.0/8"}, {"attribute": "ip", "cidr": "192.168.0.0/16"}]}`, true},
		"missing and equal":       {`{"attribute": "c", "exists": false, "in": ["DE"]}`, false},
		"missing and not missing": {`{"all": [{"attribute": "c", "exists": false}, {"attribute": "c", "exists": true}]}`, false},
		"in and not in":           {`{"attribute": "c", "in": ["DE"], "not_in": ["DE", "FR"]}`, false},
		"a segment and its opposite": {
			`{"all": [{"segment": "staff"}, {"not": {"segment": "staff"}}]}`, false,
		},
		"two variants of a flag": {`{"all": [{"flag": "other", "in": ["x"]}, {"flag": "other", "in": ["y"]}]}`, false},
		"an alternative that the rest excludes": {
			`{"all": [{"attribute": "c", "in": ["DE"]}, {"any": [{"attribute": "n", "gt": 5}, {"attribute": "c", "in": ["FR"]}]}]}`,
			true,
		},
		"below two negations": {`{"not": {"not": {"attribute": "n", "gte": 30, "lt": 20}}}`, true},
		"case that both ignore": {
			`{"all": [{"attribute": "c", "in": ["de"], "ignore_case": true}, {"attribute": "c", "in": ["FR"]}]}`, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := contradictions(t, row.condition)
			require.Len(t, found, 1)
			assert.Equal(t, row.unlessList, found[0].UnlessList)
		})
	}
}

func TestConditionsThatCanHoldAreNoContradictions(t *testing.T) {
	for name, condition := range map[string]string{
		"a range":                      `{"attribute": "n", "gte": 20, "lt": 30}`,
		"a range of one number":        `{"attribute": "n", "gte": 20, "lte": 20}`,
		"lists that share a value":     `{"all": [{"attribute": "c", "in": ["DE", "FR"]}, {"attribute": "c", "in": ["FR"]}]}`,
		"two attributes":               `{"all": [{"attribute": "c", "in": ["DE"]}, {"attribute": "d", "in": ["FR"]}]}`,
		"alternatives":                 `{"any": [{"attribute": "c", "in": ["DE"]}, {"attribute": "c", "in": ["FR"]}]}`,
		"not within a range":           `{"not": {"attribute": "n", "gte": 30, "lt": 20}}`,
		"a value with that beginning":  `{"attribute": "c", "in": ["DE", "FR"], "starts_with": "F"}`,
		"a longer beginning":           `{"all": [{"attribute": "c", "starts_with": "a"}, {"attribute": "c", "starts_with": "ab"}]}`,
		"a beginning in another case":  `{"all": [{"attribute": "c", "starts_with": "a", "ignore_case": true}, {"attribute": "c", "starts_with": "Ab"}]}`,
		"two parts":                    `{"all": [{"attribute": "c", "contains": "a"}, {"attribute": "c", "contains": "b"}]}`,
		"an instant as a text":         `{"attribute": "t", "in": ["2026-01-01T00:00:00Z"], "after": "2025-01-01T00:00:00Z"}`,
		"an age between two":           `{"attribute": "t", "newer_than": "30d", "older_than": "7d"}`,
		"a network within another":     `{"all": [{"attribute": "ip", "cidr": "10.0.0.0/8"}, {"attribute": "ip", "cidr": "10.1.0.0/16"}]}`,
		"large numbers that are equal": `{"all": [{"attribute": "n", "in": [18446744073709551615]}, {"attribute": "n", "in": [1.8446744073709551615e19]}]}`,
		"two variants that both take":  `{"all": [{"flag": "other", "in": ["x", "y"]}, {"flag": "other", "in": ["y", "z"]}]}`,
		"an empty list":                `{"all": [{"attribute": "c", "in": []}, {"attribute": "c", "in": ["FR"]}]}`,
		"one value excluded of two":    `{"attribute": "c", "in": ["DE", "FR"], "not_in": ["FR"]}`,
	} {
		t.Run(name, func(t *testing.T) { assert.Empty(t, contradictions(t, condition)) })
	}
}

// No subject that the library evaluates passes both tests of a contradiction.
func TestContradictionsHoldForRandomSubjects(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const tests, subjects = 120, 300
	texts := make([]string, tests)
	for i := range texts {
		if texts[i] = randomCondition(random, 0); random.IntN(3) == 0 {
			texts[i] = `{"not": ` + texts[i] + `}`
		}
	}
	_, rules := read(t, texts...)
	population := make([]becket.Subject, subjects)
	hasList := make([]bool, subjects)
	truths := make([][]bool, tests)
	now := becket.MomentAt(time.Unix(0, 0), 0)
	for j := range population {
		population[j] = randomSubject(random)
		for _, name := range []string{"a", "b"} {
			value, _ := population[j].Attribute(name)
			hasList[j] = hasList[j] || strings.HasPrefix(value.String(), "[")
		}
	}
	for i := range texts {
		for j := range population {
			result := rules.Evaluate(fmt.Sprintf("c%d", i), becket.KindBool, &population[j], now)
			truths[i] = append(truths[i], result.Variant.Name == "on")
		}
	}
	claimed, certain := 0, 0
	for a := range texts {
		for b := range a {
			both := `{"all": [` + texts[a] + `, ` + texts[b] + `]}`
			found := contradictions(t, both)
			if len(found) == 0 {
				continue
			}
			claimed++
			if !found[0].UnlessList {
				certain++
			}
			for j := range population {
				if hasList[j] && found[0].UnlessList {
					continue
				}
				require.False(t, truths[a][j] && truths[b][j], "%s holds for subject %d", both, j)
			}
		}
	}
	assert.Greater(t, claimed, 500, "the tests must be alike enough for this to mean something")
	assert.Greater(t, certain, 100)
}

func TestTheSearchForContradictionsIsBounded(t *testing.T) {
	condition := `{"all": [`
	for i := range 5_000 {
		condition += fmt.Sprintf(`{"attribute": "a%d", "gte": 1}, `, i)
	}
	all, _ := read(t, condition+`{"attribute": "z", "gte": 2, "lt": 1}]}`)
	f := imply.Of(all.Flag("c0").Rules[0].If)
	budget := imply.Budget{Left: 1_000}
	assert.Empty(t, budget.Contradictions(f), "a search that runs out of steps finds nothing")
	assert.LessOrEqual(t, budget.Left, 0)
	budget.Left = 20_000_000
	assert.Len(t, budget.Contradictions(f), 1)
}
