package imply

import (
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// maxSteps bounds one search. Without a bound, artificial conditions could take a very long time.
const maxSteps = 20_000

// Budget is the number of steps that several searches may take together. Comparing a pair of
// conditions or a pair of values is one step. When the budget is used up, searches find nothing.
type Budget struct{ Left int }

// Implies reports whether other is certainly true whenever one is. It takes at most 20,000 steps.
func (b *Budget) Implies(one, other Formula) bool {
	s := search{left: min(maxSteps, b.Left)}
	before := s.left
	implied := s.implies(&one, &other)
	b.Left -= before - max(s.left, 0)
	return implied
}

// Implies reports whether b is certainly true whenever a is.
func Implies(a, b Formula) bool { return (&Budget{Left: maxSteps}).Implies(a, b) }

type search struct{ left int }

// spend counts steps and reports whether the search may go on.
func (s *search) spend(steps int) bool {
	s.left -= steps
	return s.left >= 0
}

func (s *search) implies(a, b *Formula) bool {
	if !s.spend(1) {
		return false
	}
	switch {
	case a.kind == isAny:
		return every(a.parts, func(part *Formula) bool { return s.implies(part, b) })
	case b.kind == isAll:
		return every(b.parts, func(part *Formula) bool { return s.implies(a, part) })
	case a.kind == isAll && some(a.parts, func(part *Formula) bool { return s.implies(part, b) }):
		return true
	case b.kind == isAny:
		return some(b.parts, func(part *Formula) bool { return s.implies(a, part) }) || s.each(a, b)
	case a.kind == isLiteral && b.kind == isLiteral:
		return s.literal(&a.literal, &b.literal)
	default:
		return false
	}
}

func every(parts []Formula, holds func(*Formula) bool) bool {
	return !some(parts, func(part *Formula) bool { return !holds(part) })
}

func some(parts []Formula, holds func(*Formula) bool) bool {
	for i := range parts {
		if holds(&parts[i]) {
			return true
		}
	}
	return false
}

// each tries the values of an "in" one by one: ["DE", "FR"] implies any of ["DE"] and ["FR"].
func (s *search) each(a, b *Formula) bool {
	if a.kind != isLiteral || a.literal.operator != "in" || a.literal.negated || len(a.literal.values) < 2 {
		return false
	}
	for i := range a.literal.values {
		single := *a
		single.literal.values = a.literal.values[i : i+1]
		if !s.implies(&single, b) {
			return false
		}
	}
	return true
}

// literal compares two literals.
func (s *search) literal(a, b *literal) bool {
	if a.same(b) {
		return true
	}
	if a.Form != b.Form {
		return false
	}
	switch a.Form {
	case native.InFlag:
		if a.Key != b.Key || a.negated != b.negated || !s.spend(len(a.Variants)*len(b.Variants)) {
			return false
		}
		return !a.negated && subset(a.Variants, b.Variants) || a.negated && subset(b.Variants, a.Variants)
	case native.Test:
		return a.Attribute == b.Attribute && s.test(a, b)
	default:
		return false
	}
}

// test compares two tests of one attribute. If an operator other than exists gives a definite
// answer, the attribute is present. A negated test is true when the test is false, but not when it
// is unknown. So if both tests are false for the same kinds of values, the implication between
// their negations is the reverse implication between the tests.
func (s *search) test(a, b *literal) bool {
	switch {
	case b.operator == "exists":
		return !b.negated && a.operator != "exists"
	case a.operator == "exists" || a.negated != b.negated:
		return false
	case a.negated:
		return a.definiteWhere(b) && s.truth(b, a)
	default:
		return s.truth(a, b)
	}
}

// family returns a name that is equal for operators that are unknown for the same values.
func (l *literal) family() string {
	switch l.operator {
	case "lt", "lte", "gt", "gte":
		return "numbers"
	case "before", "after":
		return "instants"
	case "starts_with", "ends_with", "contains":
		return "texts"
	default:
		return l.operator
	}
}

// definiteWhere reports whether other is true or false, and not unknown, wherever l is. An "in" is
// unknown for values of a type that it does not list, unless its list is empty.
func (l *literal) definiteWhere(other *literal) bool {
	if l.family() != other.family() {
		return false
	}
	if l.operator != "in" || len(other.values) == 0 {
		return l.operator != "in" || len(l.values) == 0 || len(other.values) == 0
	}
	return len(l.values) > 0 && l.operands.kinds&^other.operands.kinds == 0
}

// truth compares two tests that are not negated. A test of a list holds if it holds for any
// element, so an implication for single values is also one for lists.
func (s *search) truth(a, b *literal) bool {
	if a.operator == "in" {
		return s.all(a.values, func(v *value) bool { return s.holds(b, v) })
	}
	if a.family() != b.family() {
		return false
	}
	switch a.family() {
	case "numbers":
		return impliesBound(a.operator, &a.values[0], b.operator, &b.values[0])
	case "texts":
		return s.all(a.values, func(v *value) bool { return s.text(a.operator, v, b) })
	case "instants":
		return a.operator == b.operator && impliesInstant(a.operator, a.values[0].text, b.values[0].text)
	case "cidr":
		return s.all(a.values, func(v *value) bool {
			return s.spend(len(b.values)) && slices.ContainsFunc(b.values, func(other value) bool { return v.inside(&other) })
		})
	default:
		return a.same(b)
	}
}

// all reports whether a condition holds for every value. Each value is one step.
func (s *search) all(values []value, holds func(*value) bool) bool {
	for i := range values {
		if !s.spend(1) || !holds(&values[i]) {
			return false
		}
	}
	return true
}

// holds reports whether the test is certainly true for a value. A value that ignores case stands
// for all its spellings.
func (s *search) holds(test *literal, v *value) bool {
	switch test.operator {
	case "in":
		return s.spend(len(v.text)/bytesPerStep) && test.has(v)
	case "starts_with", "ends_with", "contains":
		return s.text("in", v, test)
	case "lt", "lte", "gt", "gte":
		bound := &test.values[0]
		return v.kind == aNumber && v.isExact && bound.isExact && compareHolds(test.operator, v.number, bound.number)
	default:
		return false
	}
}

// bytesPerStep is the number of bytes of a searched text that count as one step.
const bytesPerStep = 64

// text reports whether a text that equals, starts with, ends with or contains v passes the test.
func (s *search) text(operator string, v *value, test *literal) bool {
	if v.kind != aText || v.folds && !test.Fold {
		return false
	}
	if operator != "in" && operator != test.operator && test.operator != "contains" {
		return false
	}
	text := v.text
	if test.Fold {
		text = fold(text)
	}
	steps := len(test.values) + test.operands.size/bytesPerStep
	if test.operator == "contains" {
		steps += len(test.values) * (len(text) / bytesPerStep)
	}
	return s.spend(steps) && slices.ContainsFunc(test.values, func(own value) bool {
		switch test.operator {
		case "starts_with":
			return strings.HasPrefix(text, own.text)
		case "ends_with":
			return strings.HasSuffix(text, own.text)
		default:
			return strings.Contains(text, own.text)
		}
	})
}

// impliesBound reports whether every number within one bound is also within the other.
func impliesBound(operator string, bound *value, other string, otherBound *value) bool {
	if operator[0] != other[0] || !bound.isExact || !otherBound.isExact {
		return false
	}
	strict := len(other) == 2 && len(operator) == 3 // "lte" does not imply "lt" of the same number
	switch difference := otherBound.number - bound.number; {
	case difference == 0:
		return !strict
	case operator[0] == 'l':
		return difference > 0
	default:
		return difference < 0
	}
}

// impliesInstant reports whether every instant within one bound is also within the other.
func impliesInstant(operator, bound, other string) bool {
	a, err := time.Parse(time.RFC3339Nano, bound)
	b, otherErr := time.Parse(time.RFC3339Nano, other)
	if err != nil || otherErr != nil {
		return false
	}
	if operator == "before" {
		return !b.Before(a)
	}
	return !a.Before(b)
}

func compareHolds(operator string, a, b float64) bool {
	switch operator {
	case "lt":
		return a < b
	case "lte":
		return a <= b
	case "gt":
		return a > b
	default:
		return a >= b
	}
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
