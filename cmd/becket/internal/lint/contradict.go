package lint

import (
	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/imply"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// contradictions reports the tests of a condition that are never true together.
//
// It is an error if they are never true whatever the subject is. If the attribute could hold a
// list, two elements of it can pass the two tests. That is the usual way to ask for two elements of
// a list of texts, so it is a warning for texts of which nobody knows whether they are a list.
func (c *checker) contradictions(f imply.Formula, path string, budget *imply.Budget) {
	for _, found := range budget.Contradictions(f) {
		severity, hint := report.Error, ""
		if found.UnlessList {
			name := found.One.Condition.Attribute
			d, known := c.declared[name]
			switch {
			case known && d.Type == declare.List:
				continue
			case !known && name != declare.TargetingKey:
				severity = lightIf(!isRange(found.One.Test) || !isRange(found.Other.Test))
				hint = " unless the attribute is a list"
			}
		}
		c.grade(severity, Contradiction, found.Other.Condition.At, path,
			"never true: %s and %s exclude each other%s", part(found.One), part(found.Other), hint)
	}
}

// isRange reports whether a test bounds a number or an instant.
func isRange(t *native.Test) bool {
	switch t.Operator {
	case native.Less, native.LessOrEqual, native.Greater, native.GreaterOrEqual, native.Before, native.After,
		native.NewerThan, native.OlderThan:
		return true
	default:
		return false
	}
}

// part puts a test into words.
func part(p imply.Part) string {
	var text string
	if p.Test == nil {
		text = describe.Reference(p.Condition.Reference)
	} else {
		text = describe.TestOf(p.Condition.Attribute, p.Test)
	}
	if p.Negated {
		return "not (" + text + ")"
	}
	return text
}

// segmentContradictions looks for contradictions in the conditions of segments.
func (c *checker) segmentContradictions() {
	for _, s := range c.ruleset.Segments {
		budget := imply.Budget{Left: min(stepsOfFlag, c.steps)}
		before := budget.Left
		c.contradictions(imply.Of(s.If), wording.Member(native.Segments, s.Key)+".if", &budget)
		c.steps -= before - budget.Left
	}
}
