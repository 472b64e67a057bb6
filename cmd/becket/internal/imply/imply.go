package imply

import (
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
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
	if a.kind != isLiteral || !a.literal.isIn() || a.literal.negated || len(a.literal.values) < 2 {
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
	if a.form != b.form {
		return false
	}
	switch a.form {
	case native.InFlag:
		if a.reference.Key != b.reference.Key || a.negated != b.negated {
			return false
		}
		fewer, more := a.reference.Variants, b.reference.Variants
		if a.negated {
			fewer, more = more, fewer
		}
		return s.spend(len(fewer)*len(more)) && subset(fewer, more)
	case native.OnAttribute:
		return a.attribute == b.attribute && s.test(a, b)
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
	case b.operator == native.Exists:
		return !b.negated && a.operator != native.Exists
	case a.operator == native.Exists || a.negated != b.negated:
		return false
	case a.negated:
		return a.definiteWhere(b) && s.truth(b, a)
	default:
		return s.truth(a, b)
	}
}

// family returns the first of the operators that are unknown for the same values.
func (l *literal) family() native.Operator {
	switch l.operator {
	case native.Contains, native.StartsWith, native.EndsWith:
		return native.Contains
	case native.Less, native.LessOrEqual, native.Greater, native.GreaterOrEqual:
		return native.Less
	case native.Before, native.After:
		return native.Before
	case native.NewerThan, native.OlderThan:
		return native.NewerThan
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
	if l.operator != native.In || len(other.values) == 0 {
		return l.operator != native.In || len(l.values) == 0 || len(other.values) == 0
	}
	return len(l.values) > 0 && l.operands.kinds&^other.operands.kinds == 0
}

// truth compares two tests that are not negated. A test of a list holds if it holds for any
// element, so an implication for single values is also one for lists.
func (s *search) truth(a, b *literal) bool {
	if a.operator == native.In {
		return s.all(a.values, func(v *value) bool { return s.holds(b, v) })
	}
	if a.family() != b.family() {
		return false
	}
	switch a.family() {
	case native.Less:
		return impliesBound(a.operator, &a.values[0], b.operator, &b.values[0])
	case native.Contains:
		return s.all(a.values, func(v *value) bool { return s.text(a.operator, v, b) })
	case native.Before:
		return a.operator == b.operator && impliesInstant(a.operator, a.values[0].instant, b.values[0].instant)
	case native.NewerThan:
		return a.operator == b.operator && impliesAge(a.operator, a.values[0].age, b.values[0].age)
	case native.CIDR:
		return s.all(a.values, func(v *value) bool {
			return s.spend(len(b.values)) && slices.ContainsFunc(b.values,
				func(other value) bool { return v.inside(&other) })
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
	switch test.family() {
	case native.In:
		return s.spend(len(v.text)/bytesPerStep) && test.has(v)
	case native.Contains:
		return s.text(native.In, v, test)
	case native.Less:
		bound := &test.values[0]
		return v.kind == aNumber && v.isExact && bound.isExact && compareHolds(test.operator, v.number, bound.number)
	default:
		return false
	}
}

// bytesPerStep is the number of bytes of a searched text that count as one step.
const bytesPerStep = 64

// text reports whether a text that equals, starts with, ends with or contains v passes the test.
func (s *search) text(operator native.Operator, v *value, test *literal) bool {
	if v.kind != aText || v.folds && !test.fold {
		return false
	}
	if operator != native.In && operator != test.operator && test.operator != native.Contains {
		return false
	}
	text := v.text
	if test.fold {
		text = fold(text)
	}
	steps := len(test.values) + test.operands.size/bytesPerStep
	if test.operator == native.Contains {
		steps += len(test.values) * (len(text) / bytesPerStep)
	}
	return s.spend(steps) && slices.ContainsFunc(test.values, func(own value) bool {
		switch test.operator {
		case native.StartsWith:
			return strings.HasPrefix(text, own.text)
		case native.EndsWith:
			return strings.HasSuffix(text, own.text)
		default:
			return strings.Contains(text, own.text)
		}
	})
}

// impliesBound reports whether every number within one bound is also within the other.
func impliesBound(operator native.Operator, bound *value, other native.Operator, otherBound *value) bool {
	if isUpper(operator) != isUpper(other) || !bound.isExact || !otherBound.isExact {
		return false
	}
	switch difference := otherBound.number - bound.number; {
	case difference == 0:
		return operator == other || other == native.LessOrEqual || other == native.GreaterOrEqual
	case isUpper(operator):
		return difference > 0
	default:
		return difference < 0
	}
}

func isUpper(o native.Operator) bool { return o == native.Less || o == native.LessOrEqual }

// impliesInstant reports whether every instant within one bound is also within the other.
func impliesInstant(operator native.Operator, bound, other match.Instant) bool {
	if operator == native.Before {
		return !other.Before(bound)
	}
	return !bound.Before(other)
}

// impliesAge reports whether every age within one bound is also within the other.
func impliesAge(operator native.Operator, bound, other time.Duration) bool {
	if operator == native.NewerThan {
		return bound <= other
	}
	return bound >= other
}

func compareHolds(operator native.Operator, a, b float64) bool {
	switch operator {
	case native.Less:
		return a < b
	case native.LessOrEqual:
		return a <= b
	case native.Greater:
		return a > b
	default:
		return a >= b
	}
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
