package configcat

import (
	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/match"
)

// verdict is the result of a condition.
type verdict uint8

const (
	no verdict = iota
	yes
	skip  // the condition cannot be evaluated for this user, so its rule does not match
	fatal // the evaluation ends; evaluation.err says why
)

func verdictOf(holds bool) verdict {
	if holds {
		return yes
	}
	return no
}

// not negates true and false, and leaves the other verdicts as they are.
func (v verdict) not() verdict {
	if v <= yes {
		return yes - v
	}
	return v
}

// all evaluates conditions from left to right and stops at the first that is not true.
func (e *evaluation) all(conditions []condition) verdict {
	for i := range conditions {
		if v := conditions[i].evaluate(e); v != yes {
			return v
		}
	}
	return yes
}

func (c *condition) evaluate(e *evaluation) verdict {
	switch c.form {
	case formUser:
		return c.user(e)
	case formSegment:
		return c.inSegment(e)
	case formPrerequisite:
		return c.prerequisite(e)
	default:
		return e.fail(c.err)
	}
}

// user evaluates a user condition in this order: the presence of the attribute, its conversion, the
// comparison value.
func (c *condition) user(e *evaluation) verdict {
	if !e.lookUp() {
		return e.fail(errTooLong)
	}
	value, ok := e.attribute(c.attribute)
	if e.nobody || !ok || value.Kind() == becket.KindString && value.Text() == "" {
		return e.noteMissing(c.attribute)
	}
	isWhole := value.Kind() == becket.KindString && (c.comparator == isOneOf || c.comparator == equals)
	if !isWhole && !e.convert(value) {
		return e.fail(errTooLong)
	}
	switch c.comparator {
	case unknownComparator:
		return e.fail(c.err)
	case versionIsOneOf, versionLess, versionLessOrEqual, versionGreater, versionNotLess:
		return c.compareVersion(e, value)
	case numberEquals, numberDiffers, numberLess, numberLessOrEqual, numberGreater, numberNotLess:
		f, ok := number(value)
		return c.compareNumber(e, f, ok)
	case before, after:
		f, ok := instant(value)
		return c.compareNumber(e, f, ok)
	case listContains, listContainsHashed:
		return c.compareList(e, value)
	default:
		return c.compareText(e, value)
	}
}

func (c *condition) compareNumber(e *evaluation, f float64, ok bool) verdict {
	if !ok {
		return skip
	}
	if c.err != nil {
		return e.fail(c.err)
	}
	holds := false
	switch c.comparator {
	case numberEquals:
		holds = f == c.number
	case numberDiffers:
		holds = f != c.number
	case numberLess, before:
		holds = f < c.number
	case numberLessOrEqual:
		holds = f <= c.number
	case numberGreater, after:
		holds = f > c.number
	case numberNotLess:
		holds = f >= c.number
	}
	return verdictOf(holds)
}

func (c *condition) compareVersion(e *evaluation, value becket.Value) verdict {
	v, ok := version(value)
	switch o := c.operand; {
	case !ok:
		return skip
	case c.err != nil:
		return e.fail(c.err)
	case c.comparator == versionIsOneOf:
		return c.isVersionOf(e, v)
	case len(o.versions) == 0:
		return no
	case !e.spend(o.size / bytesPerStep):
		return e.fail(errTooLong)
	default:
		return verdictOf(c.ordered(v.Compare(o.versions[0])))
	}
}

func (c *condition) ordered(order int) bool {
	switch c.comparator {
	case versionLess:
		return order < 0
	case versionLessOrEqual:
		return order <= 0
	case versionGreater:
		return order > 0
	default:
		return order >= 0
	}
}

// isVersionOf counts the steps for all items even if the first one matches. One invalid item makes
// the condition false.
func (c *condition) isVersionOf(e *evaluation, v match.Version) verdict {
	if c.operand.err != nil {
		return e.fail(c.operand.err)
	}
	if c.operand.invalid {
		return no
	}
	if !e.spend(len(c.operand.versions)/2 + c.operand.size/bytesPerStep) {
		return e.fail(errTooLong)
	}
	found := false
	for i := range c.operand.versions {
		if v.Compare(c.operand.versions[i]) == 0 {
			found = true
			break
		}
	}
	return verdictOf(found != c.negated)
}

func (c *condition) compareList(e *evaluation, list becket.Value) verdict {
	switch {
	case !isList(list):
		return skip
	case c.err != nil:
		return e.fail(c.err)
	}
	o := c.operand
	if c.comparator == listContains {
		return c.conclude(e, anyElement(list, func(element string) bool {
			return !e.spend(1+len(element)/bytesPerStep) || o.texts.Has(element)
		}))
	}
	return c.conclude(e, anyElement(list, func(element string) bool {
		return !e.compare(equalsHashed, o, len(element)) || o.hashes.has(hashOf(element, o.salt))
	}))
}

func (c *condition) compareText(e *evaluation, value becket.Value) verdict {
	if c.err != nil { // every attribute has a text
		return e.fail(c.err)
	}
	s, o, holds := text(value), c.operand, false
	if !e.compare(c.comparator, o, len(s)) {
		return e.fail(errTooLong)
	}
	switch c.comparator {
	case isOneOf:
		holds = o.texts.Has(s)
	case equals:
		holds = s == o.text
	case contains:
		holds = match.ContainsAny(s, o.list)
	case startsWith:
		holds = match.HasAnyPrefix(s, o.list)
	case endsWith:
		holds = match.HasAnySuffix(s, o.list)
	case isOneOfHashed, equalsHashed:
		holds = o.hashes.has(hashOf(s, o.salt))
	case startsWithHashed:
		holds = sliceMatches(s, o.slices, o.salt, false)
	case endsWithHashed:
		holds = sliceMatches(s, o.slices, o.salt, true)
	}
	return c.conclude(e, holds)
}

// conclude negates the verdict of a negative comparator. An invalid item counts if no item before
// it decided.
func (c *condition) conclude(e *evaluation, holds bool) verdict {
	if e.exhausted {
		return e.fail(errTooLong)
	}
	if !holds && c.operand.err != nil {
		return e.fail(c.operand.err)
	}
	return verdictOf(holds != c.negated)
}

// inSegment evaluates a segment condition. If the segment cannot be evaluated, its negation cannot
// be evaluated either.
func (c *condition) inSegment(e *evaluation) verdict {
	switch {
	case e.nobody:
		return skip
	case c.segment == nil:
		return e.fail(c.err)
	case c.segment.err != nil:
		return e.fail(c.segment.err)
	}
	if !e.spend(1) {
		return e.fail(errTooLong)
	}
	v := e.segment(c.segment)
	switch {
	case v > yes:
		return v
	case c.err != nil: // the comparator is unknown
		return e.fail(c.err)
	case c.negated:
		return v.not()
	default:
		return v
	}
}

// prerequisite evaluates the other setting for the same user and compares its value.
func (c *condition) prerequisite(e *evaluation) verdict {
	if c.required.err != nil {
		return e.fail(c.required.err)
	}
	o := e.prerequisite(c.required.setting)
	switch {
	case o.err != nil:
		return e.fail(o.err)
	case c.err != nil: // the comparator is unknown
		return e.fail(c.err)
	case !e.spend(1 + len(c.required.wanted.Text())/readPerStep):
		return e.fail(errTooLong)
	default:
		return verdictOf(o.variant.Value.Equal(c.required.wanted) != c.negated)
	}
}
