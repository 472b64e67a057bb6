package imply

import (
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/native"
)

// Contradiction is a pair of tests of which at least one is not true, whatever the subject is.
type Contradiction struct {
	One, Other Part
	// The two may both be true for an attribute that holds a list, by different elements.
	UnlessList bool
}

// Part is a test within a condition.
type Part struct {
	Condition *native.Condition
	Test      *native.Test // nil for a segment or a flag
	Negated   bool         // a "not" stands above the test
}

// Contradictions returns pairs of tests that a formula wants to be true together although they
// never are. It reports only certain cases.
func (b *Budget) Contradictions(f Formula) []Contradiction {
	s := contradictions{budget: b}
	s.visit(&f, nil)
	return s.found
}

type contradictions struct {
	budget *Budget
	found  []Contradiction
}

// visit looks at a formula all of whose subjects also meet the outer tests.
func (s *contradictions) visit(f *Formula, outer []*literal) {
	if f.kind == isAny {
		for i := range f.parts {
			s.visit(&f.parts[i], outer)
		}
		return
	}
	together := slices.Clip(outer)
	var alternatives []*Formula
	split(f, &together, &alternatives)
	if s.anyPair(together, len(outer)) {
		return
	}
	for _, alternative := range alternatives {
		s.visit(alternative, together)
	}
}

// split collects the tests that all must be true, and the formulas of which one part suffices.
func split(f *Formula, together *[]*literal, alternatives *[]*Formula) {
	switch f.kind {
	case isLiteral:
		*together = append(*together, &f.literal)
	case isAll:
		for i := range f.parts {
			split(&f.parts[i], together, alternatives)
		}
	default:
		*alternatives = append(*alternatives, f)
	}
}

// anyPair looks for a contradiction among tests, of which those from the given index on are new.
func (s *contradictions) anyPair(together []*literal, from int) bool {
	for i := from; i < len(together); i++ {
		for _, earlier := range together[:i] {
			if s.budget.Left--; s.budget.Left <= 0 {
				return false
			}
			if never, unlessList := s.budget.contradict(earlier, together[i]); never {
				s.found = append(s.found, Contradiction{earlier.part(), together[i].part(), unlessList})
				return true
			}
		}
	}
	for _, l := range together {
		if l.isIn() && !l.negated && len(l.values) > 1 && s.noValueLeft(l, together, from) {
			return true
		}
	}
	return false
}

// noValueLeft reports whether each value of an "in" fails one of the other tests. It reports
// nothing if none of the tests is new.
func (s *contradictions) noValueLeft(in *literal, together []*literal, from int) bool {
	var last *literal
	isNew := false
	var others []*literal
	for i, l := range together {
		if l != in && !l.negated && l.attribute == in.attribute && l.form == native.OnAttribute {
			others, last = append(others, l), l
		}
		isNew = isNew || i >= from && l.attribute == in.attribute
	}
	if len(others) < 2 || !isNew {
		return false
	}
	search := search{left: min(maxSteps, s.budget.Left)}
	before := search.left
	never := search.all(in.values, func(v *value) bool {
		return slices.ContainsFunc(others, func(l *literal) bool { return search.fails(l, v) })
	})
	s.budget.Left -= before - max(search.left, 0)
	if never {
		s.found = append(s.found, Contradiction{in.part(), last.part(), true})
	}
	return never
}

func (l *literal) part() Part {
	p := Part{Condition: l.condition, Test: l.source, Negated: l.negated}
	if l.source != nil {
		p.Negated = l.negated != l.source.Negated
	}
	return p
}

// contradict reports whether two tests are never true together, and whether this is only so for an
// attribute that holds no list.
func (b *Budget) contradict(one, other *literal) (never, unlessList bool) {
	if one.form != other.form || one.attribute != other.attribute {
		return false, false
	}
	s := search{left: min(maxSteps, b.Left)}
	before := s.left
	defer func() { b.Left -= before - max(s.left, 0) }()
	switch one.form {
	case native.InSegment:
		return one.reference.Key == other.reference.Key && one.negated != other.negated, false
	case native.InFlag:
		return one.reference.Key == other.reference.Key && s.variantsContradict(one, other), false
	default:
		return s.testsContradict(one, other)
	}
}

func (s *search) variantsContradict(one, other *literal) bool {
	a, b := one.reference.Variants, other.reference.Variants
	switch {
	case !s.spend(len(a) * len(b)):
		return false
	case one.negated && other.negated:
		return false
	case one.negated:
		return subset(b, a)
	case other.negated:
		return subset(a, b)
	default:
		return !slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
	}
}

func (s *search) testsContradict(one, other *literal) (never, unlessList bool) {
	absent := func(l *literal) bool { return l.operator == native.Exists && l.negated }
	switch {
	case absent(one) || absent(other):
		// Other operators are unknown if the attribute is missing.
		return absent(one) != absent(other), false
	case one.operator == native.Exists || other.operator == native.Exists:
		return false, false
	case one.negated && other.negated:
		return false, false
	case one.negated:
		one, other = other, one
	}
	if other.negated {
		positive := *other
		positive.negated = false
		return s.literal(one, &positive), false
	}
	return s.apart(one, other) && s.left >= 0, true
}

// apart reports whether no single value passes both tests, which are not negated.
func (s *search) apart(a, b *literal) bool {
	switch {
	case a.isIn() && len(a.values) == 0 || b.isIn() && len(b.values) == 0:
		return false // an empty list is a finding of its own
	case a.isIn():
		return s.all(a.values, func(v *value) bool { return s.fails(b, v) })
	case b.isIn():
		return s.apart(b, a)
	case a.family() != b.family():
		return a.isOfNumbers() != b.isOfNumbers()
	}
	switch a.family() {
	case native.Less:
		return boundsApart(a, b) || boundsApart(b, a)
	case native.Before:
		return momentsApart(a, b) || momentsApart(b, a)
	case native.NewerThan:
		return agesApart(a, b) || agesApart(b, a)
	case native.CIDR:
		return s.spend(len(a.values)*len(b.values)) && !pairs(a, b, func(v, w *value) bool {
			return v.inside(w) || w.inside(v)
		})
	case native.Contains:
		return s.endsApart(a, b)
	default:
		return false
	}
}

// isOfNumbers reports whether the operator is for numbers alone. All others, except "in", are for
// texts.
func (l *literal) isOfNumbers() bool { return l.family() == native.Less }

// boundsApart reports whether the lower bound is above the upper one.
func boundsApart(lower, upper *literal) bool {
	low, high := &lower.values[0], &upper.values[0]
	if isUpper(lower.operator) || !isUpper(upper.operator) || !low.isExact || !high.isExact {
		return false
	}
	return low.number > high.number || low.number == high.number &&
		(lower.operator == native.Greater || upper.operator == native.Less)
}

func momentsApart(after, before *literal) bool {
	return after.operator == native.After && before.operator == native.Before &&
		!after.values[0].instant.Before(before.values[0].instant)
}

func agesApart(newer, older *literal) bool {
	return newer.operator == native.NewerThan && older.operator == native.OlderThan &&
		newer.values[0].age <= older.values[0].age
}

// endsApart reports whether no text has a beginning, or an ending, of both lists.
func (s *search) endsApart(a, b *literal) bool {
	fits := map[native.Operator]func(text, part string) bool{
		native.StartsWith: strings.HasPrefix, native.EndsWith: strings.HasSuffix,
	}[a.operator]
	steps := (1 + a.operands.size/bytesPerStep) * (1 + b.operands.size/bytesPerStep) * (1 + len(a.values)*len(b.values))
	return a.operator == b.operator && fits != nil && s.spend(steps) && !pairs(a, b, func(v, w *value) bool {
		one, other := foldedIf(v, w.folds), foldedIf(w, v.folds)
		return fits(one, other) || fits(other, one)
	})
}

// pairs reports whether a condition holds for a value of one test and a value of the other.
func pairs(a, b *literal, holds func(v, w *value) bool) bool {
	for i := range a.values {
		for j := range b.values {
			if holds(&a.values[i], &b.values[j]) {
				return true
			}
		}
	}
	return false
}

// foldedIf returns the text of a value, folded if the other one ignores case.
func foldedIf(v *value, folds bool) string {
	if folds && !v.folds {
		return fold(v.text)
	}
	return v.text
}

// fails reports whether a test, which is not negated, is certainly not true for a value. A value
// that ignores case stands for all its spellings.
func (s *search) fails(test *literal, v *value) bool {
	switch test.family() {
	case native.In:
		return s.spend(len(test.values)) &&
			!slices.ContainsFunc(test.values, func(w value) bool { return mayEqual(v, &w) })
	case native.Less:
		bound := &test.values[0]
		return v.kind != aNumber || v.isExact && bound.isExact && !compareHolds(test.operator, v.number, bound.number)
	case native.Contains:
		steps := (1 + len(test.values)) * (1 + (len(v.text)+test.operands.size)/bytesPerStep)
		return v.kind != aText || s.spend(steps) && !slices.ContainsFunc(test.values, func(w value) bool {
			text, part := foldedIf(v, w.folds), foldedIf(&w, v.folds)
			switch test.operator {
			case native.StartsWith:
				return strings.HasPrefix(text, part)
			case native.EndsWith:
				return strings.HasSuffix(text, part)
			default:
				return strings.Contains(text, part)
			}
		})
	case native.Exists:
		return false
	default:
		return v.kind != aText // the other operators read texts
	}
}

// mayEqual reports whether two operands are perhaps equal.
func mayEqual(v, w *value) bool {
	switch {
	case v.kind != w.kind:
		return false
	case v.kind == aText:
		return foldedIf(v, w.folds) == foldedIf(w, v.folds)
	case v.kind == aNumber:
		return !v.isExact || !w.isExact || v.number == w.number
	default:
		return v.text == w.text
	}
}
