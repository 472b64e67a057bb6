// Package imply decides whether one condition of a native ruleset implies another. A positive
// answer is certain: whenever the first condition is true for a subject, the second is true too. A
// negative answer may also mean that the package cannot tell.
package imply

import (
	"bytes"
	"hash/maphash"

	"github.com/becketflags/becket/internal/native"
)

// Formula is a condition in which "not" applies to single tests only. This loses nothing, because
// "not all" equals "any not" in three-valued logic too.
type Formula struct {
	kind    kind
	literal literal
	parts   []Formula
}

type kind uint8

const (
	isLiteral kind = iota
	isAll
	isAny
)

// literal is a test of an attribute, a segment or a flag, or its negation.
type literal struct {
	form      native.Form
	condition *native.Condition // the condition that has the test
	source    *native.Test      // nil for a segment or a flag
	attribute string
	operator  native.Operator
	fold      bool
	negated   bool
	reference *native.Reference // to a segment or flag
	values    []value           // for operators that take scalars or texts
	operands  *operands
}

// operands holds data that is computed from a literal's values once, because a literal may be
// compared with thousands of others.
type operands struct {
	set     map[id]struct{} // the values; nil unless the operator is "in"
	kinds   uint8           // one bit for each kind of value
	written []byte          // the values as written, without blanks
	digest  uint64          // a hash of written
	size    int             // bytes of the values
}

// Of returns the formula of a condition. A nil condition is always true.
func Of(c *native.Condition) Formula { return formula(c, false) }

// AnyOf returns a formula that is true when any of the formulas is true. It keeps the slice.
func AnyOf(formulas []Formula) Formula { return Formula{kind: isAny, parts: formulas} }

func formula(c *native.Condition, negated bool) Formula {
	if c == nil {
		return Formula{kind: isAll}
	}
	f := Formula{kind: isAll}
	if (c.Form == native.Any) != negated {
		f.kind = isAny
	}
	switch c.Form {
	case native.Not:
		return formula(c.Parts, !negated)
	case native.InSegment, native.InFlag:
		return Formula{literal: literal{form: c.Form, condition: c, reference: c.Reference, negated: negated}}
	case native.OnAttribute:
		for t := range c.EachTest() {
			f.parts = append(f.parts, Formula{literal: newLiteral(c, t, negated)})
		}
	default:
		for part := range c.EachPart() {
			f.parts = append(f.parts, formula(part, negated))
		}
	}
	if c.Form == native.OnAttribute && len(f.parts) == 1 {
		return f.parts[0]
	}
	return f
}

func newLiteral(c *native.Condition, t *native.Test, negated bool) literal {
	l := literal{
		condition: c,
		source:    t,
		attribute: c.Attribute,
		operator:  t.Operator,
		fold:      t.Fold,
		negated:   negated != t.Negated,
		values:    valuesOf(t),
	}
	l.operands = newOperands(t, l.values)
	return l
}

var seed = maphash.MakeSeed()

func newOperands(t *native.Test, values []value) *operands {
	o := &operands{written: t.Written.Compact()}
	o.digest = maphash.Bytes(seed, o.written)
	if t.Operator == native.In {
		o.set = make(map[id]struct{}, len(values))
	}
	for i := range values {
		o.kinds |= 1 << values[i].kind
		o.size += len(values[i].text)
		if o.set != nil {
			o.set[values[i].id()] = struct{}{}
		}
	}
	return o
}

// has reports whether the set of an "in" contains the value. The "in" may ignore case.
func (l *literal) has(v *value) bool {
	wanted := v.id()
	switch {
	case v.kind == aText && l.fold:
		wanted.text = fold(v.text)
	case v.folds:
		return false
	}
	_, ok := l.operands.set[wanted]
	return ok
}

// Never reports whether the formula is certainly never true.
func (f Formula) Never() bool {
	switch f.kind {
	case isLiteral:
		return f.literal.isIn() && !f.literal.negated && len(f.literal.values) == 0
	case isAll:
		for _, part := range f.parts {
			if part.Never() {
				return true
			}
		}
		return false
	default:
		for _, part := range f.parts {
			if !part.Never() {
				return false
			}
		}
		return true
	}
}

// isIn reports whether the literal is a test with in or not_in.
func (l *literal) isIn() bool { return l.form == native.OnAttribute && l.operator == native.In }

// same reports whether two literals have the same text in the document.
func (l *literal) same(other *literal) bool {
	if l.form != other.form || l.negated != other.negated {
		return false
	}
	switch l.form {
	case native.InSegment:
		return l.reference.Key == other.reference.Key
	case native.OnAttribute:
		return l.attribute == other.attribute && l.operator == other.operator && l.fold == other.fold &&
			(l.operator == native.Exists || l.operands.digest == other.operands.digest &&
				bytes.Equal(l.operands.written, other.operands.written))
	default:
		return false
	}
}
