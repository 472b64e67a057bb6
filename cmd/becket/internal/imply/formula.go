// Package imply decides whether one condition of a native ruleset implies another. A positive
// answer is certain: whenever the first condition is true for a subject, the second is true too. A
// negative answer may also mean that the package cannot tell.
package imply

import (
	"bytes"
	"encoding/json"
	"hash/maphash"

	"github.com/becketflags/becket/cmd/becket/internal/native"
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
	*native.Condition
	operator string // "in" also stands for "not_in"
	negated  bool
	values   []value // for operators that take scalars or texts
	operands *operands
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
	switch c.Form {
	case native.Negated:
		return formula(c.Parts[0], !negated)
	case native.All, native.Any:
		f := Formula{kind: isAll}
		if (c.Form == native.Any) != negated {
			f.kind = isAny
		}
		for _, part := range c.Parts {
			f.parts = append(f.parts, formula(part, negated))
		}
		return f
	default:
		return Formula{literal: newLiteral(c, negated)}
	}
}

func newLiteral(c *native.Condition, negated bool) literal {
	l := literal{Condition: c, operator: c.Operator, negated: negated}
	switch c.Operator {
	case "not_in":
		l.operator, l.negated = "in", !negated
	case "exists":
		l.negated = negated != (c.Operand.Kind == 'f')
	}
	if c.Operand == nil {
		return l
	}
	elements := c.Operand.Elements
	if c.Operand.Kind != '[' {
		elements = []*native.Node{c.Operand}
	}
	l.values = make([]value, 0, len(elements))
	for _, element := range elements {
		v := newValue(element, c.Fold)
		if c.Operator == "cidr" {
			v.prefix = prefixOf(v.text)
		}
		l.values = append(l.values, v)
	}
	l.operands = newOperands(c.Operand, l.operator, l.values)
	return l
}

var seed = maphash.MakeSeed()

func newOperands(n *native.Node, operator string, values []value) *operands {
	o := &operands{written: compact(n)}
	o.digest = maphash.Bytes(seed, o.written)
	if operator == "in" {
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
	case v.kind == aText && l.Fold:
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
		return f.literal.operator == "in" && !f.literal.negated && f.literal.Form == native.Test && len(f.literal.values) == 0
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

// same reports whether two literals are written alike.
func (l *literal) same(other *literal) bool {
	if l.Form != other.Form || l.negated != other.negated {
		return false
	}
	if l.Form == native.InSegment {
		return l.Key == other.Key
	}
	return l.Form == native.Test && l.Attribute == other.Attribute && l.operator == other.operator && l.Fold == other.Fold &&
		(l.operator == "exists" || l.operands.digest == other.operands.digest && bytes.Equal(l.operands.written, other.operands.written))
}

func compact(n *native.Node) []byte {
	var b bytes.Buffer
	if json.Compact(&b, n.Raw) != nil {
		return n.Raw
	}
	return b.Bytes()
}
