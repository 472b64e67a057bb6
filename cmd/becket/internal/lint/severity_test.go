package lint_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

func TestTheCircumstancesDecideTheSeverity(t *testing.T) {
	const de, eu = `{"attribute": "c", "in": ["DE"]}`, `{"attribute": "c", "in": ["DE", "FR"]}`
	const theme = `"theme": {"variants": {"off": 0, "light": 1, "dark": 2, "blue": 3}, "off": "off", `
	for name, row := range map[string]struct {
		flags, finding string
		want           report.Severity
	}{
		"a rule below one that takes its subjects for another variant": {
			`"f": {"rules": [{"if": ` + eu + `, "serve": "on"}, {"if": ` + de + `, "serve": "off"}]}`,
			lint.UnreachableRule, report.Error,
		},
		"a rule below one that serves the same": {
			`"f": {"rules": [{"if": ` + eu + `, "serve": "on"}, {"if": ` + de + `, "serve": "on"}]}`,
			lint.UnreachableRule, report.Warning,
		},
		"a rule below one that splits": {
			`"f": {"rules": [{"if": ` + eu + `, "serve": {"split": {"on": 1, "off": 1}}}, {"if": ` + de +
				`, "serve": {"split": {"on": 2, "off": 1}}}]}`,
			lint.UnreachableRule, report.Error,
		},
		"a rule below one for everybody": {
			`"f": {"rules": [{"serve": "off"}, {"if": ` + de + `, "serve": "on"}]}`,
			lint.UnreachableRule, report.Warning,
		},
		"a rule whose condition is never true": {
			`"f": {"rules": [{"if": {"any": []}, "serve": "on"}]}`, lint.UnreachableRule, report.Error,
		},
		"rules that together take the subjects for another variant": {
			`"f": {"rules": [{"if": ` + de + `, "serve": "on"}, {"if": {"attribute": "c", "in": ["FR"]}, "serve": "on"},
				{"if": ` + eu + `, "serve": "off"}]}`,
			lint.UnreachableRule, report.Error,
		},
		"rules that together serve the same": {
			`"f": {"rules": [{"if": ` + de + `, "serve": "on"}, {"if": {"attribute": "c", "in": ["FR"]}, "serve": "on"},
				{"if": ` + eu + `, "serve": "on"}]}`,
			lint.UnreachableRule, report.Warning,
		},
		"a required flag that is switched off": {
			`"g": {"enabled": false}, "f": {"requires": [{"flag": "g", "in": ["on"]}]}`,
			lint.UnmetPrerequisite, report.Warning,
		},
		"a required flag that has no rules": {
			`"g": {}, "f": {"requires": [{"flag": "g", "in": ["on"]}]}`, lint.UnmetPrerequisite, report.Warning,
		},
		"a required flag that a rule at the top keeps off": {
			`"g": {"rules": [{"serve": "off"}, {"serve": "on"}]}, "f": {"requires": [{"flag": "g", "in": ["on"]}]}`,
			lint.UnmetPrerequisite, report.Warning,
		},
		"a required flag whose rollout has not begun": {
			theme + `"default": "light"}, "f": {"requires": [{"flag": "theme", "in": ["dark"]}]}`,
			lint.UnmetPrerequisite, report.Warning,
		},
		"a required variant that is never served beside others": {
			theme + `"rules": [{"percent": 5, "serve": "dark"}], "default": "light"},
				"f": {"requires": [{"flag": "theme", "in": ["blue"]}]}`,
			lint.UnmetPrerequisite, report.Error,
		},
		"a condition on a variant that is never served": {
			theme + `"rules": [{"percent": 5, "serve": "dark"}], "default": "light"},
				"f": {"rules": [{"if": {"flag": "theme", "in": ["blue"]}, "serve": "on"}]}`,
			lint.UnmetPrerequisite, report.Error,
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, _ := check(t, `{"schema": 1, "flags": {`+row.flags+`}}`)
			found = slices.DeleteFunc(found, func(f lint.Finding) bool { return f.Name != row.finding })
			require.NotEmpty(t, found)
			assert.Equal(t, row.want, found[0].Severity, found[0].Message)
		})
	}
}

// errorsOf returns the errors of a document at a time.
func errorsOf(t *testing.T, document string, at time.Time) (found []string) {
	t.Helper()
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err)
	require.Empty(t, rules.Info().Bad, document)
	all, err := ruleset.Read([]byte(document), nil)
	require.NoError(t, err)
	for _, f := range lint.Check(all, at, nil) {
		if f.Severity == report.Error {
			found = append(found, f.Path+" "+f.Name)
		}
	}
	return found
}

// A random document without errors still has none when a flag of it is switched off, and at any
// other time.
func TestSwitchingAFlagOffAndTimeMakeNoError(t *testing.T) {
	clean, faulty := 0, 0
	for seed := range uint64(1500) {
		document := func(off int) string {
			random := rand.New(rand.NewPCG(seed, 2))
			var flags []string
			for i := range 4 {
				flags = append(flags, randomFlag(random, i, i == off))
			}
			return `{"schema": 1, "flags": {` + strings.Join(flags, ", ") + `}}`
		}
		if len(errorsOf(t, document(-1), now)) > 0 {
			faulty++
			continue
		}
		clean++
		for i := range 4 {
			assert.Empty(t, errorsOf(t, document(i), now), document(i))
		}
		for _, at := range []time.Time{now.AddDate(-20, 0, 0), now.AddDate(20, 0, 0)} {
			assert.Empty(t, errorsOf(t, document(-1), at), document(-1))
		}
	}
	assert.Greater(t, clean, 300)
	assert.Greater(t, faulty, 300)
}

// randomFlag returns a flag with rules, and with requirements that may ask for a variant that is
// never served.
func randomFlag(random *rand.Rand, i int, off bool) string {
	var rules []string
	for range random.IntN(3) {
		rules = append(rules, randomRule(random))
	}
	requires := ""
	if i > 0 {
		requires = fmt.Sprintf(`, "requires": [{"flag": "f%d", "in": ["%s"]}]`, random.IntN(i),
			[]string{"a", "b", "o"}[random.IntN(3)])
	}
	return fmt.Sprintf(
		`"f%d": {"enabled": %t, "variants": {"a": 1, "b": 2, "o": 3}, "off": "o", "default": "%s"%s, "rules": [%s]}`,
		i, !off, []string{"a", "o"}[random.IntN(2)], requires, strings.Join(rules, ", "))
}
