package lint

import (
	"github.com/becketflags/becket/cmd/becket/internal/imply"
	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// reachable finds a rule that nobody can reach: its own condition is never true, or earlier rules take everybody before it. It is
// only said where it is certain.
func (c *checker) reachable(r *native.Rule) {
	condition := imply.Of(r.If)
	if condition.Never() {
		c.find(UnreachableRule, r.Node.At, r.Path, "rule %q can never apply: its condition is never true", r.Name)
		return
	}
	var open []*native.Condition // of earlier rules that pass on nobody who meets their condition
	for _, earlier := range c.flag.Rules[:r.Index] {
		if !letsThrough(earlier, r) {
			continue
		}
		if imply.Implies(condition, imply.Of(earlier.If)) {
			c.find(UnreachableRule, r.Node.At, r.Path, "rule %q can never apply: rule %q before it takes everybody whom it is for", r.Name, earlier.Name)
			return
		}
		open = append(open, earlier.If)
	}
	if len(open) > 1 && imply.Implies(condition, imply.AnyOf(open)) {
		c.find(UnreachableRule, r.Node.At, r.Path, "rule %q can never apply: the rules before it together take everybody whom it is for", r.Name)
	}
}

// letsThrough reports whether everybody who passes the later rule's window, layer and share passes the earlier one's too.
func letsThrough(earlier, later *native.Rule) bool {
	return windowCovers(earlier, later) && layerCovers(earlier, later) && shareCovers(earlier, later)
}

func windowCovers(earlier, later *native.Rule) bool {
	if !earlier.From.IsZero() && (later.From.IsZero() || later.From.Before(earlier.From)) {
		return false
	}
	return earlier.Until.IsZero() || !later.Until.IsZero() && !later.Until.After(earlier.Until)
}

func layerCovers(earlier, later *native.Rule) bool {
	a, b := earlier.Layer, later.Layer
	return a == nil || b != nil && a.Name == b.Name && earlier.By == later.By && a.From <= b.From && a.To >= b.To
}

// shareCovers compares percentages. Even 100 keeps out who has no key, so it covers only rules that hash the same key.
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
