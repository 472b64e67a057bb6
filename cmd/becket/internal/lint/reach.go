package lint

import (
	"slices"

	"github.com/becketflags/becket/cmd/becket/internal/imply"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

// Limits of the search for unreachable rules. The search compares each condition with the
// conditions of all earlier rules, which could take very long for a flag with many rules. It
// reports nothing that it cannot decide within the limits.
const (
	stepsOfFlag    = 2_000_000
	stepsOfRuleset = 20_000_000
	stepsOfEvery   = 100 // for a comparison of recurring windows
)

// reach finds rules of a flag that no subject can reach.
func (c *checker) reach() {
	budget := imply.Budget{Left: min(stepsOfFlag, c.steps)}
	before := budget.Left
	formulas := make([]imply.Formula, len(c.flag.Rules))
	for i := range c.flag.Rules {
		r := &c.flag.Rules[i]
		formulas[i] = imply.Of(r.If)
		c.contradictions(formulas[i], rulePath(c.flag, r)+".if", &budget)
		c.reachable(r, formulas[:i+1], &budget)
	}
	c.steps -= before - budget.Left
}

// reachable reports a rule that no subject can reach: its own condition is never true, or earlier
// rules take every subject. It reports only certain cases. The last formula belongs to the rule
// itself.
//
// The finding is an error if subjects of the rule get another answer than the rule says. It is a
// warning if they get the same answer from another rule, or if the rule before it has no condition:
// a rule for everybody at the top is a usual way to switch a flag in a hurry.
func (c *checker) reachable(r *native.Rule, formulas []imply.Formula, budget *imply.Budget) {
	condition := formulas[r.Index]
	if condition.Never() {
		c.find(UnreachableRule, r.Written.At, rulePath(c.flag, r),
			"rule %q can never apply: its condition is never true", r.Name)
		return
	}
	// formulas of earlier rules that stop every subject that meets their condition
	var open []imply.Formula
	harmless := true // those rules serve the same as this one
	for i := range c.flag.Rules[:r.Index] {
		earlier := &c.flag.Rules[i]
		if budget.Left--; budget.Left <= 0 {
			return
		}
		if earlier.HasEvery {
			budget.Left -= stepsOfEvery
		}
		if !letsThrough(earlier, r) {
			continue
		}
		if budget.Implies(condition, formulas[i]) {
			c.grade(lightIf(earlier.If == nil || sameAnswer(earlier, r)), UnreachableRule, r.Written.At,
				rulePath(c.flag, r), "rule %q can never apply: rule %q before it takes all of its subjects",
				r.Name, earlier.Name)
			return
		}
		open = append(open, formulas[i])
		harmless = harmless && sameAnswer(earlier, r)
	}
	if len(open) > 1 && budget.Implies(condition, imply.AnyOf(open)) {
		c.grade(lightIf(harmless), UnreachableRule, r.Written.At, rulePath(c.flag, r),
			"rule %q can never apply: the rules before it together take all of its subjects", r.Name)
	}
}

// lightIf returns the severity of a finding that is a warning under a condition and else an error.
func lightIf(warning bool) report.Severity {
	if warning {
		return report.Warning
	}
	return report.Error
}

// sameAnswer reports whether the subjects of two rules get the same variant.
func sameAnswer(a, b *native.Rule) bool {
	return !a.Serve.IsSplit && !b.Serve.IsSplit && a.Serve.Name == b.Serve.Name
}

// letsThrough reports whether every subject that passes the later rule's window, layer and share
// also passes those of the earlier rule.
func letsThrough(earlier, later *native.Rule) bool {
	return windowCovers(earlier, later) && layerCovers(earlier, later) && shareCovers(earlier, later) &&
		splitCovers(earlier, later)
}

// splitCovers reports whether every subject that reaches the earlier rule's split has a key for it.
// A subject without a key goes on to the next rule.
func splitCovers(earlier, later *native.Rule) bool {
	by := earlier.Serve.By
	return !earlier.Serve.IsSplit || ruleset.Rolls(later) && slices.Equal(later.By, by) ||
		later.Serve.IsSplit && slices.Equal(later.Serve.By, by)
}

func windowCovers(earlier, later *native.Rule) bool {
	switch {
	case !ruleset.EveryCovers(earlier, later),
		earlier.HasFrom && (!later.HasFrom || later.From.Before(earlier.From)),
		earlier.HasUntil && (!later.HasUntil || earlier.Until.Before(later.Until)):
		return false
	default:
		return true
	}
}

func layerCovers(earlier, later *native.Rule) bool {
	a, b := earlier.Layer, later.Layer
	return !earlier.HasLayer || later.HasLayer && a.Name == b.Name && slices.Equal(earlier.By, later.By) &&
		a.From <= b.From && a.To >= b.To
}

// shareCovers compares percentages. Even 100 % excludes subjects without a key, so it covers only
// rules that hash the same key.
func shareCovers(earlier, later *native.Rule) bool {
	sameKey := slices.Equal(earlier.By, later.By)
	sameHash := sameKey && earlier.Salt == later.Salt
	switch {
	case earlier.HasRamp:
		return sameHash && later.HasRamp && ruleset.SameRamp(&earlier.Ramp, &later.Ramp)
	case !earlier.HasPercent:
		return true
	case earlier.Percent == 100:
		return sameKey && ruleset.Rolls(later)
	default:
		return sameHash && later.HasPercent && later.Percent <= earlier.Percent
	}
}
