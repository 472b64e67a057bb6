package becket

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// form is the kind of a condition.
type form uint8

const (
	formTest form = iota // an operator on an attribute
	formAll
	formAny
	formNot
	formSegment
	formFlag
)

// condition is a compiled condition. An attribute with several operators is compiled into an "all"
// of tests with one operator each.
type condition struct {
	form      form
	operator  operator
	negated   bool // the operator is not_in, or "exists": false
	fold      bool // case is ignored (ignore_case)
	attribute *attributeName
	number    numeral        // operand of comparisons of numbers and instants
	set       *set           // operand of in and not_in
	rest      *conditionRest // all other operands; nil if there are none
}

// numeral is a number or an instant: a Value that needs no pointer.
type numeral struct {
	number uint64
	meta
}

func numeralOf(v Value) numeral { return numeral{v.number, v.meta} }

func (n numeral) value() Value { return Value{number: n.number, meta: n.meta} }

// conditionRest holds the parts and operands of rarer forms and operators.
type conditionRest struct {
	parts     []condition // parts of all, any and not
	reference *reference  // reference of a condition on a segment or a flag
	// operand of contains, starts_with and ends_with; folded if case is ignored
	texts    []string
	pattern  *match.Pattern
	versions *match.Constraint
	prefixes []netip.Prefix
	duration time.Duration // operand of newer_than and older_than
}

// reference is a reference to a flag or a segment. Linking sets one of the two pointers. Both stay
// nil in a kept definition if the target does not exist.
type reference struct {
	key      string
	toFlag   bool // the target is a flag; otherwise it is a segment
	segment  *segment
	flag     *flag
	variants []string // the variants of the flag that satisfy the reference
	at       int      // offset of the reference in the document
	// path of the reference, for messages; "" if the definition has many references
	path string
}

// segment is a compiled segment.
type segment struct {
	key       string
	exclude   match.Texts
	include   match.Texts
	condition *condition
	digest    uint64
	// why the definition is invalid; if set, definitions that refer to it are invalid too
	err  error
	kept error // why the definition is an earlier document's; nil if it is not
	placement
}

// isPlainTest reports whether the condition depends only on the value of one attribute.
func (c *condition) isPlainTest() bool {
	return c.form == formTest && c.operator != opExists && !c.operator.isRelative()
}

// isTimed reports whether the condition depends on the time of the evaluation, without the flags
// and segments that it refers to.
func (c condition) isTimed() bool {
	if c.form == formTest {
		return c.operator.isRelative()
	}
	return c.rest != nil && slices.ContainsFunc(c.rest.parts, condition.isTimed)
}

// holds decides a condition.
func (c *condition) holds(e *evaluation) truth {
	switch {
	case e.trace != nil && !e.trace.testing:
		return e.trace.condition(e, c)
	case c.form != formTest:
		return c.combine(e)
	}
	value := e.find(c.attribute)
	switch {
	case value.kind() == KindString && c.operator == opSemver && value.number <= parsedText:
		result := e.version(c.attribute, value.Text(), c.rest.versions)
		if result == unknown {
			e.noteUnfit(c, KindString)
		}
		return result
	case c.operator >= opExists:
		return c.holdsRarely(e, value)
	case value.kind() == KindAny:
		e.noteMissing(c.attribute)
		return unknown
	}
	result := c.test(value, &e.effort)
	if result == unknown {
		e.noteUnfit(c, value.kind())
	}
	return result
}

// holdsRarely decides a test with the operator exists, newer_than or older_than, which needs more
// than the attribute's value.
func (c *condition) holdsRarely(e *evaluation, value Value) truth {
	switch {
	case c.operator == opExists:
		there := value.kind() != KindAny || e.subject.hasEntriesOf(c.attribute.text)
		return truthOf(there != c.negated)
	case value.kind() == KindAny:
		e.noteMissing(c.attribute)
		return unknown
	default:
		relative := *c
		relative.number = numeralOf(timeValue(e.now.Add(-c.rest.duration).Time()))
		result := relative.test(value, &e.effort)
		if result == unknown {
			e.noteUnfit(c, value.kind())
		}
		return result
	}
}

// test applies the operator to a value, which is the zero Value if the attribute is missing.
func (c *condition) test(value Value, spent *effort) truth {
	var result truth
	switch {
	case c.operator == opIn && value.kind() == KindString && value.number <= shortText && c.set.texts.Len() > 0 &&
		!c.fold:
		result = truthOf(c.set.texts.Has(value.Text())) // the same as compare, without two calls
	case value.kind() == KindAny:
		result = unknown
	case value.kind() == KindList:
		result = c.compareList(value, spent)
	default:
		result = c.compare(value, spent)
	}
	if c.negated {
		return result.not()
	}
	return result
}

// combine decides a condition that is not a test: a combination of conditions, or a reference.
func (c *condition) combine(e *evaluation) truth {
	switch c.form {
	case formAll:
		return allHold(c.rest.parts, e)
	case formAny:
		return anyHolds(c.rest.parts, e)
	case formNot:
		return c.rest.parts[0].holds(e).not()
	case formSegment:
		return c.rest.reference.contains(e)
	default:
		return c.rest.reference.satisfied(e)
	}
}

func allHold(parts []condition, e *evaluation) truth {
	result := yes
	for i := range parts {
		if result = min(result, parts[i].holds(e)); result == no {
			break
		}
	}
	return result
}

func anyHolds(parts []condition, e *evaluation) truth {
	result := no
	for i := range parts {
		if result = max(result, parts[i].holds(e)); result == yes {
			break
		}
	}
	return result
}

func (r *reference) contains(e *evaluation) truth {
	if r.segment == nil {
		return unknown
	}
	if e.trace != nil {
		return e.trace.segment(e, r.segment)
	}
	return r.segment.contains(e)
}

func (s *segment) contains(e *evaluation) truth {
	if key := e.subject.Key(); key != "" {
		if !e.effort.hashing(key) {
			return unknown
		}
		if s.exclude.Has(key) {
			return no
		}
		if s.include.Has(key) {
			return yes
		}
	}
	if s.condition == nil {
		return no
	}
	return s.condition.holds(e)
}

// required does the work of satisfied for a requirement, and records the requirement if there is a
// trace.
func (r *reference) required(e *evaluation) truth {
	if e.trace != nil {
		return e.trace.requirement(e, r)
	}
	return r.satisfied(e)
}

// satisfied reports whether the flag serves one of the variants. The result is unknown if the
// flag's evaluation fails, and false if it serves the caller's default.
func (r *reference) satisfied(e *evaluation) truth {
	if r.flag == nil {
		return unknown
	}
	variant := r.flag.decideTraced(e)
	if e.failed != 0 {
		return unknown
	}
	if variant == nil {
		return no
	}
	return truthOf(slices.Contains(r.variants, variant.Name))
}

// compareList reports whether the operator is true for any element of the list.
func (c *condition) compareList(list Value, spent *effort) truth {
	const each = 4 // steps per element
	result := no
	for i := range list.Len() {
		element := list.at(i)
		if !spent.spend(each + c.effortOfText(min(len(element.Text()), usualText))) {
			return unknown
		}
		if result = max(result, c.compare(element, spent)); result == yes {
			break
		}
	}
	return result
}

// compare applies the operator, without its negation, to one value.
func (c *condition) compare(value Value, spent *effort) truth {
	switch c.operator {
	case opIn:
		return c.inSet(value, spent)
	case opLess, opLessOrEqual, opGreater, opGreaterOrEqual:
		return compareNumber(c.operator, value, c.number.value())
	case opBefore, opAfter, opNewerThan, opOlderThan:
		return c.compareInstant(value)
	}
	if value.kind() != KindString {
		return unknown
	}
	return c.compareText(value.Text(), spent)
}

// inSet reports whether a value is in the set. A text that is longer than all texts of the set is
// not hashed.
func (c *condition) inSet(value Value, spent *effort) truth {
	if value.kind() == KindString && c.set.texts.Len() > 0 {
		text := value.Text()
		if !canHave(&c.set.texts, len(text), c.fold) {
			return no
		}
		if !spent.hashing(text) || c.fold && !spent.spend(2*len(text)) {
			return unknown
		}
	}
	return c.set.has(value, c.fold)
}

func (c *condition) compareText(text string, spent *effort) truth {
	if len(text) > usualText && !spent.spend(c.effortOfText(len(text))) {
		return unknown
	}
	switch c.operator {
	case opMatches:
		return truthOf(matches(c.rest.pattern.Regexp, text))
	case opSemver:
		if len(text) > parsedText {
			return unknown
		}
		return versionWithin(c.rest.versions, text)
	case opCIDR:
		return c.insideAny(text)
	}
	var long *textCopy
	if c.fold {
		var buffer [foldedOnStack]byte
		if len(text) <= len(buffer) {
			text = textOf(match.AppendFold(buffer[:0], text))
		} else {
			long = borrowTextCopy()
			text = long.fold(text)
		}
	}
	answer := no
	for _, operand := range c.rest.texts {
		if c.operator == opContains && strings.Contains(text, operand) ||
			c.operator == opStartsWith && strings.HasPrefix(text, operand) ||
			c.operator == opEndsWith && strings.HasSuffix(text, operand) {
			answer = yes
			break
		}
	}
	if long != nil {
		long.giveBack()
	}
	return answer
}

func (c *condition) compareInstant(value Value) truth {
	at := match.Instant{Seconds: int64(value.number), Nanoseconds: value.fraction()}
	if value.kind() != KindTime {
		var ok bool
		if len(value.Text()) > parsedText {
			return unknown
		}
		if at, ok = match.ParseInstant(value.Text()); !ok {
			return unknown
		}
	}
	than := match.Instant{Seconds: int64(c.number.number), Nanoseconds: c.number.fraction()}
	switch c.operator {
	case opBefore:
		return truthOf(at.Before(than))
	case opOlderThan:
		return truthOf(!than.Before(at))
	default:
		return truthOf(than.Before(at))
	}
}

// insideAny reports whether the text is an IP address within one of the prefixes. The result is
// unknown if it is not an address.
func (c *condition) insideAny(text string) truth {
	if len(text) > parsedText {
		return unknown
	}
	address, ok := match.ParseAddress(text)
	if !ok {
		return unknown
	}
	for _, prefix := range c.rest.prefixes {
		if prefix.Contains(address) {
			return yes
		}
	}
	return no
}

func (r *reference) text() string { return r.key + " in " + listText(r.variants) }
