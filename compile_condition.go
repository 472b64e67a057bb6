package becket

import (
	"slices"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// conjunction compiles a condition into parts that must all be true, or nil if there is no
// condition.
func (c *compiler) conjunction(d *native.Condition) []condition {
	switch {
	case d == nil:
		return nil
	case d.Form == native.All:
		return c.parts(d)
	case d.Form == native.OnAttribute:
		return c.tests(d)
	}
	compiled := make([]condition, 1)
	c.condition(d, &compiled[0])
	return compiled
}

// condition compiles a condition into *to.
func (c *compiler) condition(d *native.Condition, to *condition) {
	switch {
	case d.Form != native.OnAttribute:
		to.form, to.rest = formOf[d.Form], c.rest(d)
	case d.Count == 1:
		c.test(d.Tests, c.attribute(d.Attribute), to)
	default:
		to.form, to.rest = formAll, &conditionRest{parts: c.tests(d)}
	}
}

var formOf = [...]form{
	native.All: formAll, native.Any: formAny, native.Not: formNot, native.InSegment: formSegment,
	native.InFlag: formFlag,
}

// rest compiles the parts or the reference of a condition that does not test an attribute.
func (c *compiler) rest(d *native.Condition) *conditionRest {
	if d.Reference != nil {
		return &conditionRest{reference: c.reference(d.Reference)}
	}
	return &conditionRest{parts: c.parts(d)}
}

func (c *compiler) parts(d *native.Condition) []condition {
	if d.Count == 0 {
		return nil
	}
	parts := make([]condition, d.Count)
	part := d.Parts
	for i := range parts {
		c.condition(part, &parts[i])
		part = part.Next
	}
	return parts
}

// tests compiles the tests of one attribute.
func (c *compiler) tests(d *native.Condition) []condition {
	attribute := c.attribute(d.Attribute)
	tests := make([]condition, d.Count)
	t := d.Tests
	for i := range tests {
		c.test(t, attribute, &tests[i])
		t = t.Next
	}
	return tests
}

var operatorOf = [...]operator{
	native.In: opIn, native.Contains: opContains, native.StartsWith: opStartsWith, native.EndsWith: opEndsWith,
	native.Matches: opMatches, native.Less: opLess, native.LessOrEqual: opLessOrEqual, native.Greater: opGreater,
	native.GreaterOrEqual: opGreaterOrEqual, native.Before: opBefore, native.After: opAfter, native.Semver: opSemver,
	native.CIDR: opCIDR, native.Exists: opExists, native.NewerThan: opNewerThan, native.OlderThan: opOlderThan,
}

// test compiles a test into *to.
func (c *compiler) test(d *native.Test, attribute *attributeName, to *condition) {
	to.operator, to.negated, to.fold, to.attribute = operatorOf[d.Operator], d.Negated, d.Fold, attribute
	switch to.operator {
	case opIn:
		to.set = setOf(d.List, d.Fold)
	case opContains, opStartsWith, opEndsWith:
		to.rest = &conditionRest{texts: d.Texts}
		if d.Fold {
			to.rest.texts = foldAll(d.Texts)
		}
	case opLess, opLessOrEqual, opGreater, opGreaterOrEqual:
		to.number = numeralOf(valueOfNumber(d.Number))
	case opBefore, opAfter:
		to.number = numeralOf(timeValue(d.Instant.Time()))
	case opNewerThan, opOlderThan:
		to.rest = &conditionRest{duration: d.Duration}
	case opMatches:
		to.rest = &conditionRest{pattern: d.Pattern}
	case opSemver:
		to.rest = c.versionRange(d.Versions)
	case opCIDR:
		to.rest = &conditionRest{prefixes: d.Prefixes}
	}
}

// setOf returns the set of a list's values. A shared list is compiled once.
func setOf(l *native.List, fold bool) *set {
	if !l.IsShared {
		return newSet(l.Values, fold)
	}
	if s, ok := l.Compiled.(*set); ok {
		return s
	}
	s := newSet(l.Values, fold)
	l.Compiled = s
	return s
}

// newSet returns the set of the values. If fold is true, case is ignored and the texts are folded.
func newSet(values []native.Value, fold bool) *set {
	s := &set{length: len(values)}
	var counts [native.Object + 1]int
	for i := range values {
		counts[values[i].Kind]++
	}
	texts := make([]string, 0, counts[native.Text])
	s.ints, s.floats = sized[int64](counts[native.Int]), sized[float64](counts[native.Float])
	for i := range values {
		switch v := &values[i]; v.Kind {
		case native.Text:
			text := v.Text
			if fold {
				text = string(match.AppendFold(nil, text))
			}
			texts = append(texts, text)
		case native.Int:
			if number := v.Number(); number.IsUnsigned() {
				s.larger = append(s.larger, number.Uint())
			} else {
				s.ints = append(s.ints, number.Int())
			}
		case native.Float:
			s.floats = append(s.floats, v.Number().Float())
		default:
			s.kinds.booleans = true
			s.booleans[BoolValue(v.Bool()).number] = true
		}
	}
	slices.Sort(s.ints)
	slices.Sort(s.larger)
	slices.Sort(s.floats)
	s.kinds.numbers = len(s.ints)+len(s.larger)+len(s.floats) > 0
	s.texts = match.NewTexts(texts)
	return s
}

// sized returns an empty slice with the given capacity, or nil for a capacity of 0.
func sized[T any](room int) []T {
	if room == 0 {
		return nil
	}
	return make([]T, 0, room)
}
