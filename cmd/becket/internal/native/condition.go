package native

import "slices"

// Form is the form of a condition.
type Form string

// The forms of conditions.
const (
	Test      Form = "attribute"
	InFlag    Form = "flag"
	InSegment Form = "segment"
	All       Form = "all"
	Any       Form = "any"
	Negated   Form = "not"
)

// Condition is a condition as it is written, with one exception: several operators in one condition
// become an "all" of one condition each.
type Condition struct {
	Node      *Node
	Form      Form
	Attribute string
	Operator  string // for a test of an attribute
	Operand   *Node
	Fold      bool         // ignore_case, if the operator uses it
	Key       string       // for a flag or a segment
	Variants  []string     // for a flag
	Parts     []*Condition // for all, any and not
}

var folding = []string{"in", "not_in", "contains", "starts_with", "ends_with", "matches"}

// condition reads a condition. It returns nil for a nil node.
func condition(n *Node) *Condition {
	if n == nil {
		return nil
	}
	c := &Condition{Node: n}
	switch {
	case n.Member("attribute") != nil:
		return tests(n)
	case n.Member("segment") != nil:
		c.Form, c.Key = InSegment, n.Member("segment").String()
	case n.Member("flag") != nil:
		c.Form, c.Key, c.Variants = InFlag, n.Member("flag").String(), n.Member("in").Texts()
	case n.Member("not") != nil:
		c.Form, c.Parts = Negated, []*Condition{condition(n.Member("not"))}
	case n.Member("any") != nil:
		c.Form, c.Parts = Any, conditions(n.Member("any"))
	default:
		c.Form, c.Parts = All, conditions(n.Member("all"))
	}
	return c
}

func conditions(n *Node) (parts []*Condition) {
	for _, element := range elementsOf(n) {
		parts = append(parts, condition(element))
	}
	return parts
}

func tests(n *Node) *Condition {
	all := &Condition{Node: n, Form: All}
	fold := isTrue(n.Member("ignore_case"))
	for _, m := range n.Members {
		if m.Name == "attribute" || m.Name == "ignore_case" || len(m.Name) > 1 && m.Name[:2] == "x-" || m.Name == "$schema" {
			continue
		}
		all.Parts = append(all.Parts, &Condition{
			Node: n, Form: Test, Attribute: n.Member("attribute").String(), Operator: m.Name, Operand: m.Value,
			Fold: fold && slices.Contains(folding, m.Name),
		})
	}
	if len(all.Parts) == 1 {
		return all.Parts[0]
	}
	return all
}

// Walk calls visit for c and every condition below it. negated says whether the number of "not"
// above the condition is odd.
func (c *Condition) Walk(negated bool, visit func(c *Condition, negated bool)) {
	if c == nil {
		return
	}
	visit(c, negated)
	for _, part := range c.Parts {
		part.Walk(negated != (c.Form == Negated), visit)
	}
}
