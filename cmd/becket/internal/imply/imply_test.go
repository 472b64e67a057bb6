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
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

// document returns a ruleset with one flag for each condition. The flag is on where the condition
// is true.
func document(conditions ...string) string {
	flags := `"other": {"variants": {"x": 1, "y": 2, "z": 3}, "default": {"split": {"x": 1, "y": 1, "z": 1}}}`
	for i, c := range conditions {
		flags += fmt.Sprintf(`, "c%d": {"rules": [{"if": %s, "serve": "on"}]}`, i, c)
	}
	return `{"schema": 1, "segments": {"staff": {"include": ["u1", "u3"]}}, "flags": {` + flags + `}}`
}

func read(t *testing.T, conditions ...string) (*ruleset.Ruleset, becket.Rules) {
	t.Helper()
	body := []byte(document(conditions...))
	rules, err := becket.Native.Decode(body)
	require.NoError(t, err)
	require.Empty(t, rules.Info().Bad, "%s", body)
	all, err := ruleset.Read(body, nil)
	require.NoError(t, err)
	return all, rules
}

func implies(t *testing.T, a, b string) bool {
	t.Helper()
	all, _ := read(t, a, b)
	return imply.Implies(imply.Of(all.Flag("c0").Rules[0].If), imply.Of(all.Flag("c1").Rules[0].If))
}

func TestImplicationsAreFound(t *testing.T) {
	for name, pair := range map[string][2]string{
		"a condition implies itself": {
			`{"attribute": "v", "matches": "^a"}`, `{"attribute": "v", "matches": "^a"}`,
		},
		"a subset of a list": {
			`{"attribute": "c", "in": ["DE"]}`, `{"attribute": "c", "in": ["FR", "DE"]}`,
		},
		"a narrower range": {
			`{"attribute": "n", "gte": 18, "lt": 30}`, `{"attribute": "n", "gt": 17}`,
		},
		"an open range within a closed one": {
			`{"attribute": "n", "gt": 5}`, `{"attribute": "n", "gte": 5}`,
		},
		"numbers of a list within a range": {
			`{"attribute": "n", "in": [3, 4.5]}`, `{"attribute": "n", "lte": 4.5}`,
		},
		"a part of all": {
			`{"all": [{"segment": "staff"}, {"attribute": "c", "in": ["DE"]}]}`, `{"segment": "staff"}`,
		},
		"one of any": {
			`{"segment": "staff"}`, `{"any": [{"attribute": "c", "in": ["DE"]}, {"segment": "staff"}]}`,
		},
		"both of any": {
			`{"any": [{"attribute": "c", "in": ["DE"]}, {"attribute": "c", "in": ["FR"]}]}`,
			`{"attribute": "c", "in": ["DE", "FR"]}`,
		},
		"a list against its values one by one": {
			`{"attribute": "c", "in": ["DE", "FR"]}`,
			`{"any": [{"attribute": "c", "in": ["DE"]}, {"attribute": "c", "in": ["FR"]}]}`,
		},
		"a longer prefix": {`{"attribute": "c", "starts_with": "abc"}`, `{"attribute": "c", "contains": "b"}`},
		"a text in a list with a suffix, ignoring case": {
			`{"attribute": "c", "in": ["A@EXAMPLE.com"]}`,
			`{"attribute": "c", "ends_with": "@Example.com", "ignore_case": true}`,
		},
		"a negated longer list": {
			`{"attribute": "c", "not_in": ["DE", "FR"]}`, `{"attribute": "c", "not_in": ["DE"]}`,
		},
		"not in is the negation of in": {
			`{"attribute": "c", "not_in": ["DE"]}`, `{"not": {"attribute": "c", "in": ["DE"]}}`,
		},
		"not all is any not": {
			`{"not": {"all": [{"segment": "staff"}, {"attribute": "c", "in": ["DE"]}]}}`,
			`{"any": [{"attribute": "c", "not_in": ["DE"]}, {"not": {"segment": "staff"}}]}`,
		},
		"a compared attribute exists": {
			`{"attribute": "c", "not_in": ["DE"]}`, `{"attribute": "c", "exists": true}`,
		},
		"a smaller network": {
			`{"attribute": "ip", "cidr": "10.1.0.0/16"}`,
			`{"attribute": "ip", "cidr": ["192.168.0.0/16", "10.0.0.0/8"]}`,
		},
		"a younger age": {
			`{"attribute": "t", "newer_than": "36h"}`, `{"attribute": "t", "newer_than": "1d12h"}`,
		},
		"a lower bound of an age": {
			`{"attribute": "t", "older_than": "7d"}`, `{"attribute": "t", "older_than": "1d"}`,
		},
		"not newer than more": {
			`{"not": {"attribute": "t", "newer_than": "7d"}}`, `{"not": {"attribute": "t", "newer_than": "1d"}}`,
		},
		"a later bound of an instant": {
			`{"attribute": "t", "after": "2026-01-02T00:00:00Z"}`,
			`{"attribute": "t", "after": "2026-01-01T00:00:00Z"}`,
		},
		"an attribute with an age exists": {
			`{"attribute": "t", "older_than": "7d"}`, `{"attribute": "t", "exists": true}`,
		},
		"an earlier instant": {
			`{"attribute": "t", "before": "2026-01-01T00:00:00Z"}`,
			`{"attribute": "t", "before": "2026-01-01T03:00:00+01:00"}`,
		},
		"an IPv4 network that is written as IPv6": {
			`{"attribute": "ip", "cidr": "::ffff:10.1.0.0/112"}`, `{"attribute": "ip", "cidr": "10.0.0.0/8"}`,
		},
		"an instant in small letters": {
			`{"attribute": "t", "before": "2026-01-01t00:00:00z"}`,
			`{"attribute": "t", "before": "2026-01-02T00:00:00Z"}`,
		},
		"one integer in two spellings": {
			`{"attribute": "n", "in": [9007199254740993]}`, `{"attribute": "n", "in": [9007199254740993.0, 1]}`,
		},
		"some of several tests": {
			`{"attribute": "n", "gte": 18, "exists": true}`, `{"attribute": "n", "exists": true}`,
		},
		"fewer variants of a flag": {
			`{"flag": "other", "in": ["x"]}`, `{"flag": "other", "in": ["x", "y"]}`,
		},
		"a condition that is never true implies any other": {`{"any": []}`, `{"segment": "staff"}`},
	} {
		t.Run(name, func(t *testing.T) { assert.True(t, implies(t, pair[0], pair[1])) })
	}
}

func TestFalseImplicationsAreNotFound(t *testing.T) {
	for name, pair := range map[string][2]string{
		"a longer list": {
			`{"attribute": "c", "in": ["FR", "DE"]}`, `{"attribute": "c", "in": ["DE"]}`,
		},
		"two large integers with one float": {
			`{"attribute": "n", "in": [9007199254740993]}`, `{"attribute": "n", "in": [9007199254740992]}`,
		},
		"not one of several tests": {
			`{"not": {"attribute": "n", "gte": 18, "lt": 30}}`, `{"not": {"attribute": "n", "gte": 18}}`,
		},
		"all of several tests": {
			`{"attribute": "n", "gte": 18}`, `{"attribute": "n", "gte": 18, "lt": 30}`,
		},
		"an older age": {`{"attribute": "t", "newer_than": "7d"}`, `{"attribute": "t", "newer_than": "1d"}`},
		"a lower bound of an age that is younger": {
			`{"attribute": "t", "older_than": "1d"}`, `{"attribute": "t", "older_than": "7d"}`,
		},
		"not newer is not older, for a list": {
			`{"not": {"attribute": "t", "newer_than": "7d"}}`, `{"attribute": "t", "older_than": "7d"}`,
		},
		"older is not newer": {
			`{"attribute": "t", "older_than": "7d"}`, `{"attribute": "t", "newer_than": "8d"}`,
		},
		"another attribute": {
			`{"attribute": "c", "in": ["DE"]}`, `{"attribute": "d", "in": ["DE"]}`,
		},
		"one value does not exclude another of a list": {
			`{"attribute": "c", "in": ["DE"]}`, `{"attribute": "c", "not_in": ["FR"]}`,
		},
		"a missing attribute is in no complement": {
			`{"attribute": "d", "in": ["DE"]}`, `{"attribute": "c", "not_in": ["FR"]}`,
		},
		"not below is not at least, for a list": {
			`{"not": {"attribute": "n", "lt": 5}}`, `{"attribute": "n", "gte": 5}`,
		},
		"a closed range within an open one": {`{"attribute": "n", "gte": 5}`, `{"attribute": "n", "gt": 5}`},
		"a type that only the longer list has": {
			`{"attribute": "c", "not_in": ["DE", 5]}`, `{"attribute": "c", "not_in": ["DE"]}`,
		},
		"case that only the first ignores": {
			`{"attribute": "c", "in": ["de"], "ignore_case": true}`, `{"attribute": "c", "in": ["de"]}`,
		},
		"one of any against one": {
			`{"any": [{"segment": "staff"}, {"attribute": "c", "in": ["DE"]}]}`, `{"segment": "staff"}`,
		},
	} {
		t.Run(name, func(t *testing.T) { assert.False(t, implies(t, pair[0], pair[1])) })
	}
}

// A claimed implication holds for every subject that the library evaluates.
func TestClaimedImplicationsHoldForRandomSubjects(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const conditions, subjects = 160, 200
	texts := make([]string, conditions)
	for i := range texts {
		texts[i] = randomCondition(random, 2)
	}
	all, rules := read(t, texts...)
	truths := make([][]bool, conditions) // by condition and subject
	population := make([]becket.Subject, subjects)
	for i := range population {
		population[i] = randomSubject(random)
	}
	now := becket.MomentAt(time.Unix(0, 0), 0)
	for i := range truths {
		for j := range population {
			result := rules.Evaluate(fmt.Sprintf("c%d", i), becket.KindBool, &population[j], now)
			truths[i] = append(truths[i], result.Variant.Name == "on")
		}
	}
	claimed := 0
	for a := range texts {
		for b := range texts {
			if a == b || !imply.Implies(imply.Of(all.Flag(fmt.Sprintf("c%d", a)).Rules[0].If),
				imply.Of(all.Flag(fmt.Sprintf("c%d", b)).Rules[0].If)) {
				continue
			}
			claimed++
			for j := range population {
				require.False(t, truths[a][j] && !truths[b][j], "%s does not imply %s", texts[a], texts[b])
			}
		}
	}
	assert.Greater(t, claimed, 500, "the conditions must be alike enough for the test to mean something")
}

func randomCondition(random *rand.Rand, depth int) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	if depth > 0 && random.IntN(2) == 0 {
		switch random.IntN(3) {
		case 0:
			return `{"not": ` + randomCondition(random, depth-1) + `}`
		default:
			return `{"` + pick("all", "any") + `": [` + randomCondition(random, depth-1) + `, ` +
				randomCondition(random, depth-1) + `]}`
		}
	}
	attribute := `{"attribute": "` + pick("a", "b") + `", `
	switch random.IntN(9) {
	case 8:
		return attribute + pick(`"newer_than": "1h"`, `"newer_than": "2h"`, `"older_than": "1h"`, `"older_than": "2h"`,
			`"before": "1969-12-31T23:00:00Z"`, `"after": "1969-12-31T22:00:00Z"`) + `}`
	case 0:
		return `{"segment": "staff"}`
	case 1:
		return `{"flag": "other", "in": [` + pick(`"x"`, `"y"`, `"x", "y"`, "") + `]}`
	case 2:
		return attribute + `"exists": ` + pick("true", "false") + `}`
	case 3, 4:
		return attribute + `"` + pick("lt", "lte", "gt", "gte") + `": ` + pick("1", "2", "2.5") + `}`
	case 5:
		fold := pick("", `, "ignore_case": true`)
		return attribute + `"` + pick("starts_with", "ends_with", "contains") + `": ` +
			pick(`"x"`, `"X"`, `["x", "y"]`, `"xy"`) + fold + `}`
	default:
		fold := pick("", `, "ignore_case": true`)
		return attribute + `"` + pick("in", "not_in") + `": ` +
			pick(`"x"`, `["x", "XY"]`, `["x", 2]`, `[2]`, `[2.5, 2]`, `[2.5]`, `[true]`, `[]`,
				`["xy", "x", 2, true]`) + fold + `}`
	}
}

func randomSubject(random *rand.Rand) becket.Subject {
	values := []any{"x", "X", "xy", "XY", "y", "z", 1, 2, 3, 2.5, 1.5, true, false, []any{}, []any{"x", "z"},
		[]any{1, 3}, []any{2.5, "x"}, []any{true, 2},
		time.Unix(-1800, 0), time.Unix(-3600, 0), time.Unix(-7200, 0), time.Unix(60, 0),
		[]any{time.Unix(0, 0), time.Unix(-9999, 0)}}
	var attributes []becket.Attribute
	for _, name := range []string{"a", "b"} {
		if random.IntN(6) > 0 {
			attributes = append(attributes, becket.Any(name, values[random.IntN(len(values))]))
		}
	}
	return becket.NewSubject(fmt.Sprintf("u%d", random.IntN(6)), attributes...)
}

// list returns a condition with that many values. The last value is given, the others are the same
// in every list.
func list(operator, last string, values int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"attribute": "c", %q: [`, operator)
	for i := range values - 1 {
		fmt.Fprintf(&b, `"v%d", `, i)
	}
	return b.String() + `"` + last + `"]}`
}

// Two lists of n values take about n steps, not n times n.
func TestListsAreComparedInStepsThatGrowWithTheirLength(t *testing.T) {
	steps := func(operator string, values int) int {
		all, _ := read(t, list(operator, "x", values), list(operator, "y", values))
		budget := imply.Budget{Left: 1_000_000}
		a, b := imply.Of(all.Flag("c0").Rules[0].If), imply.Of(all.Flag("c1").Rules[0].If)
		assert.False(t, budget.Implies(a, b))
		return 1_000_000 - budget.Left
	}
	for _, operator := range []string{"in", "not_in"} {
		assert.LessOrEqual(t, steps(operator, 200), 210, operator)
		assert.LessOrEqual(t, steps(operator, 2_000), 2_010, operator)
	}
	assert.LessOrEqual(t, steps("contains", 2_000), 20_000,
		"pairs of parts are compared one by one, up to the bound of a search")
}

func TestABudgetEndsSearches(t *testing.T) {
	all, _ := read(t, list("in", "x", 100), list("in", "x", 200))
	a, b := imply.Of(all.Flag("c0").Rules[0].If), imply.Of(all.Flag("c1").Rules[0].If)
	// Both lists end with the same value, and the longer list contains the shorter one.
	assert.True(t, (&imply.Budget{Left: 200}).Implies(a, b))
	short := imply.Budget{Left: 50}
	assert.False(t, short.Implies(a, b), "a search that runs out of steps finds nothing")
	assert.Zero(t, short.Left)
}
