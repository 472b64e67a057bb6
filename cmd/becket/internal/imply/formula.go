// Package imply decides whether one condition of a native ruleset implies another. Its yes is certain: whenever the first is
// true for a subject, so is the second. Its no may also mean that it cannot tell.
package imply

import (
	"bytes"
	"encoding/json"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// Formula is a condition whose "not"s stand at the tests alone. In three-valued logic too, "not all" is "any not", so nothing is
// lost by moving them there.
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
	operator string // "in" for "not_in" too
	negated  bool
	values   []value // of the operators that take scalars or texts
}

// Of returns the formula of a condition; nil is always true.
func Of(c *native.Condition) Formula { return formula(c, false) }

// AnyOf returns the formula that is true when any of the conditions is.
func AnyOf(conditions []*native.Condition) Formula {
	f := Formula{kind: isAny}
	for _, c := range conditions {
		f.parts = append(f.parts, Of(c))
	}
	return f
}

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
	operands := c.Operand.Elements
	if c.Operand.Kind != '[' {
		operands = []*native.Node{c.Operand}
	}
	for _, operand := range operands {
		l.values = append(l.values, newValue(operand, c.Fold))
	}
	return l
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
func (l literal) same(other literal) bool {
	if l.Form != other.Form || l.negated != other.negated {
		return false
	}
	if l.Form == native.InSegment {
		return l.Key == other.Key
	}
	return l.Form == native.Test && l.Attribute == other.Attribute && l.operator == other.operator && l.Fold == other.Fold &&
		(l.operator == "exists" || bytes.Equal(compact(l.Operand), compact(other.Operand)))
}

func compact(n *native.Node) []byte {
	var b bytes.Buffer
	if json.Compact(&b, n.Raw) != nil {
		return n.Raw
	}
	return b.Bytes()
}
