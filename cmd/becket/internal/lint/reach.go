package lint

import (
	"github.com/becketflags/becket/cmd/becket/internal/imply"
	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// Limits of the search for unreachable rules. The search compares each condition with the
// conditions of all earlier rules, which could take very long for a flag with many rules. It
// reports nothing that it cannot decide within the limits.
const (
	stepsOfFlag    = 2_000_000
	stepsOfRuleset = 20_000_000
)

// reach finds rules of a flag that no subject can reach.
func (c *checker) reach() {
	budget := imply.Budget{Left: min(stepsOfFlag, c.steps)}
	before := budget.Left
	formulas := make([]imply.Formula, len(c.flag.Rules))
	for i, r := range c.flag.Rules {
		formulas[i] = imply.Of(r.If)
		c.reachable(r, formulas[:i+1], &budget)
	}
	c.steps -= before - budget.Left
}

// reachable reports a rule that no subject can reach: its own condition is never true, or earlier
// rules take every subject. It reports only certain cases. The last formula belongs to the rule
// itself.
func (c *checker) reachable(r *native.Rule, formulas []imply.Formula, budget *imply.Budget) {
	condition := formulas[r.Index]
	if condition.Never() {
		c.find(UnreachableRule, r.Node.At, r.Path, "rule %q can never apply: its condition is never true", r.Name)
		return
	}
	var open []imply.Formula // formulas of earlier rules that stop every subject that meets their condition
	for i, earlier := range c.flag.Rules[:r.Index] {
		if budget.Left--; budget.Left <= 0 {
			return
		}
		if !letsThrough(earlier, r) {
			continue
		}
		if budget.Implies(condition, formulas[i]) {
			c.find(UnreachableRule, r.Node.At, r.Path, "rule %q can never apply: rule %q before it takes all of its subjects", r.Name, earlier.Name)
			return
		}
		open = append(open, formulas[i])
	}
	if len(open) > 1 && budget.Implies(condition, imply.AnyOf(open)) {
		c.find(UnreachableRule, r.Node.At, r.Path, "rule %q can never apply: the rules before it together take all of its subjects", r.Name)
	}
}

// letsThrough reports whether every subject that passes the later rule's window, layer and share
// also passes those of the earlier rule.
func letsThrough(earlier, later *native.Rule) bool {
	return windowCovers(earlier, later) && layerCovers(earlier, later) && shareCovers(earlier, later) && splitCovers(earlier, later)
}

// splitCovers reports whether every subject that reaches the earlier rule's split has a key for it.
// A subject without a key goes on to the next rule.
func splitCovers(earlier, later *native.Rule) bool {
	by := earlier.Serve.By
	return earlier.Serve.Arms == nil || later.Rolls() && later.By == by || later.Serve.Arms != nil && later.Serve.By == by
}

func windowCovers(earlier, later *native.Rule) bool {
	if earlier.Every != nil && (later.Every == nil || string(earlier.Every.Raw) != string(later.Every.Raw)) {
		return false
	}
	if !earlier.From.IsZero() && (later.From.IsZero() || later.From.Before(earlier.From)) {
		return false
	}
	return earlier.Until.IsZero() || !later.Until.IsZero() && !later.Until.After(earlier.Until)
}

func layerCovers(earlier, later *native.Rule) bool {
	a, b := earlier.Layer, later.Layer
	return a == nil || b != nil && a.Name == b.Name && earlier.By == later.By && a.From <= b.From && a.To >= b.To
}

// shareCovers compares percentages. Even 100 % excludes subjects without a key, so it covers only
// rules that hash the same key.
func shareCovers(earlier, later *native.Rule) bool {
	switch {
	case earlier.Ramp != nil:
		return later.Ramp != nil && earlier.By == later.By && earlier.Salt == later.Salt && string(earlier.Ramp.Node.Raw) == string(later.Ramp.Node.Raw)
	case earlier.Percent == nil:
		return true
	case *earlier.Percent == 100:
		return later.Rolls() && earlier.By == later.By
	default:
		return later.Percent != nil && earlier.By == later.By && earlier.Salt == later.Salt && *later.Percent <= *earlier.Percent
	}
}
