package imply

import (
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// maxSteps bounds the search, which could otherwise take long on conditions that nobody writes.
const maxSteps = 20_000

// Implies reports whether b is certainly true whenever a is.
func Implies(a, b Formula) bool {
	s := search{left: maxSteps}
	return s.implies(a, b)
}

type search struct{ left int }

func (s *search) implies(a, b Formula) bool {
	if s.left--; s.left < 0 {
		return false
	}
	switch {
	case a.kind == isAny:
		return s.every(a.parts, func(part Formula) bool { return s.implies(part, b) })
	case b.kind == isAll:
		return s.every(b.parts, func(part Formula) bool { return s.implies(a, part) })
	case a.kind == isAll && s.some(a.parts, func(part Formula) bool { return s.implies(part, b) }):
		return true
	case b.kind == isAny:
		return s.some(b.parts, func(part Formula) bool { return s.implies(a, part) }) || s.each(a, b)
	case a.kind == isLiteral && b.kind == isLiteral:
		return a.literal.implies(b.literal)
	default:
		return false
	}
}

func (s *search) every(parts []Formula, holds func(Formula) bool) bool {
	return !slices.ContainsFunc(parts, func(part Formula) bool { return !holds(part) })
}

func (s *search) some(parts []Formula, holds func(Formula) bool) bool {
	return slices.ContainsFunc(parts, holds)
}

// each tries the values of an "in" one by one: ["DE", "FR"] implies any of ["DE"] and ["FR"].
func (s *search) each(a, b Formula) bool {
	if a.kind != isLiteral || a.literal.operator != "in" || a.literal.negated || len(a.literal.values) < 2 {
		return false
	}
	return s.every(a.literal.singles(), func(single Formula) bool { return s.implies(single, b) })
}

func (l literal) singles() (all []Formula) {
	for i := range l.values {
		one := l
		one.values = l.values[i : i+1]
		all = append(all, Formula{literal: one})
	}
	return all
}

// implies decides for two literals.
func (l literal) implies(other literal) bool {
	if l.same(other) {
		return true
	}
	if l.Form != other.Form {
		return false
	}
	switch l.Form {
	case native.InFlag:
		return l.Key == other.Key && l.negated == other.negated && (!l.negated && subset(l.Variants, other.Variants) ||
			l.negated && subset(other.Variants, l.Variants))
	case native.Test:
		return l.Attribute == other.Attribute && l.impliesTest(other)
	default:
		return false
	}
}

// impliesTest decides for two tests of one attribute. A definite answer of any operator but exists means that the attribute is
// there. A negated test is true when the test is false, not when it is unknown; so where both tests are false for the same
// kinds of values, the implication is that of the tests, turned round.
func (l literal) impliesTest(other literal) bool {
	switch {
	case other.operator == "exists":
		return !other.negated && l.operator != "exists"
	case l.operator == "exists" || l.negated != other.negated:
		return false
	case l.negated:
		return l.definiteWhere(other) && other.truthImplies(l)
	default:
		return l.truthImplies(other)
	}
}

// family groups the operators that are unknown for the same values.
func (l literal) family() string {
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

// definiteWhere reports whether other is true or false, and not unknown, wherever l is. An "in" is unknown for values of a type
// that it does not list, unless it lists none at all.
func (l literal) definiteWhere(other literal) bool {
	if l.family() != other.family() {
		return false
	}
	if l.operator != "in" || len(other.values) == 0 {
		return l.operator != "in" || len(l.values) == 0 || len(other.values) == 0
	}
	if len(l.values) == 0 {
		return false
	}
	for _, v := range l.values {
		if !slices.ContainsFunc(other.values, func(o value) bool { return o.kind == v.kind }) {
			return false
		}
	}
	return true
}

// truthImplies decides for two tests that are not negated. On a list each holds when it holds for any element, so what is right
// for one value is right for lists.
func (l literal) truthImplies(other literal) bool {
	if l.operator == "in" {
		return !slices.ContainsFunc(l.values, func(v value) bool { return !other.holds(v) })
	}
	if l.family() != other.family() {
		return false
	}
	switch l.family() {
	case "numbers":
		return impliesBound(l.operator, l.values[0], other.operator, other.values[0])
	case "texts":
		return !slices.ContainsFunc(l.values, func(v value) bool { return !impliesText(l.operator, v, other) })
	case "instants":
		return l.operator == other.operator && impliesInstant(l.operator, l.values[0].text, other.values[0].text)
	case "cidr":
		return !slices.ContainsFunc(l.values, func(v value) bool { return !slices.ContainsFunc(other.values, v.inside) })
	default:
		return l.same(other)
	}
}

// holds reports whether the test is certainly true for a value. A value that ignores case stands for all its spellings.
func (l literal) holds(v value) bool {
	switch l.operator {
	case "in":
		return slices.ContainsFunc(l.values, func(own value) bool { return own.equals(v) })
	case "starts_with", "ends_with", "contains":
		return impliesText("in", v, l)
	case "lt", "lte", "gt", "gte":
		return v.kind == aNumber && v.isExact && l.values[0].isExact && compareHolds(l.operator, v.number, l.values[0].number)
	default:
		return false
	}
}

// impliesText reports whether a text that is, starts with, ends with or contains v passes the test.
func impliesText(operator string, v value, test literal) bool {
	if v.kind != aText || v.folds && !test.Fold {
		return false
	}
	known := operator == "in" || operator == test.operator || test.operator == "contains"
	return known && slices.ContainsFunc(test.values, func(own value) bool {
		text := v.text
		if test.Fold {
			text = fold(text)
		}
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

// impliesBound reports whether every number within one bound is within the other.
func impliesBound(operator string, bound value, other string, otherBound value) bool {
	if operator[0] != other[0] || !bound.isExact || !otherBound.isExact {
		return false
	}
	strict := len(other) == 2 && len(operator) == 3 // "lt" is not implied by "lte" of the same number
	switch difference := otherBound.number - bound.number; {
	case difference == 0:
		return !strict
	case operator[0] == 'l':
		return difference > 0
	default:
		return difference < 0
	}
}

// impliesInstant reports whether every instant within one bound is within the other.
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
