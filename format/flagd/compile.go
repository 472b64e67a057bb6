package flagd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/becketflags/becket/internal/match"
)

// compiler turns rules, as encoding/json decodes them, into nodes.
type compiler struct {
	evaluators map[string]*node // nil while evaluators are compiled: a reference in one of them is not followed
	v3         bool             // which version of fractional
	problems   []string         // what will fail when it is evaluated, in the order found
	used       []string         // the evaluators that were referred to
	depth      int              // of the rule that is being compiled
}

// mostNested is how deep rules may stand in each other: evaluating one takes stack.
const mostNested = 500

// compile compiles one rule.
func (c *compiler) compile(rule any) node {
	if c.depth == mostNested {
		return c.fail(fmt.Sprintf("rules nested deeper than %d", mostNested))
	}
	c.depth++
	defer func() { c.depth-- }()
	switch r := rule.(type) {
	case []any:
		return c.list(r)
	case map[string]any:
		if len(r) != 1 {
			return node{value: datumOf(r)}
		}
		for name, args := range r {
			return c.operation(name, args)
		}
	}
	return node{value: datumOf(rule)}
}

// list compiles a list: a constant when nothing in it needs to be evaluated.
func (c *compiler) list(rules []any) node {
	args := make([]node, len(rules))
	constant := true
	for i := range rules {
		args[i] = c.compile(rules[i])
		constant = constant && args[i].op == opConstant
	}
	if !constant {
		return node{op: opList, args: args}
	}
	elements := make([]datum, len(args))
	for i := range args {
		elements[i] = args[i].value
	}
	return node{value: list(elements)}
}

func (c *compiler) operation(name string, args any) node {
	if name == "$ref" {
		return c.reference(args)
	}
	op, ok := operators[name]
	if !ok {
		return c.fail(fmt.Sprintf("unknown operator %q", name))
	}
	rules, isList := args.([]any)
	switch {
	case op == opLookUp:
		return c.variable(args)
	case op.lazy() && !isList:
		return c.fail(fmt.Sprintf("the arguments of %q are no list", name))
	case op.iterates():
		return c.iteration(op, rules)
	case !isList:
		return node{op: op, alone: true, args: []node{c.compile(args)}}
	}
	n := node{op: op, args: make([]node, len(rules))}
	for i := range rules {
		n.args[i] = c.compile(rules[i])
	}
	c.prepare(&n)
	return n
}

func (c *compiler) fail(problem string) node {
	c.problems = append(c.problems, problem)
	return node{op: opFail}
}

// reference stands for an evaluator of the document. It is compiled once, whatever the number of its references.
func (c *compiler) reference(args any) node {
	name, _ := args.(string)
	evaluator, ok := c.evaluators[name]
	if !ok || !plainText(name) {
		return c.fail(fmt.Sprintf("unknown evaluator %q", name))
	}
	if !slices.Contains(c.used, name) {
		c.used = append(c.used, name)
	}
	return *evaluator
}

// variable compiles "var". A path that is known, with or without a default, is split here once and for all.
func (c *compiler) variable(args any) node {
	switch a := args.(type) {
	case string:
		return node{op: opVariable, path: newPath(a)}
	case []any:
		if len(a) == 0 || len(a) > 2 {
			break
		}
		name, ok := a[0].(string)
		if !ok {
			break
		}
		n := node{op: opVariable, path: newPath(name)}
		n.path.fixed = false // only a text is
		if len(a) == 2 {
			n.args = []node{c.compile(a[1])}
		}
		return n
	case float64:
		return node{op: opVariable, path: newPath(strconv.FormatFloat(a, 'f', -1, 64))}
	}
	return node{op: opLookUp, args: []node{c.compile(args)}}
}

func newPath(name string) *path {
	p := &path{fixed: name == "" || name[0] == '.'}
	for part := range strings.SplitSeq(name, ".") {
		if part != "" {
			p.parts = append(p.parts, part)
		}
	}
	p.full = strings.Join(p.parts, ".")
	return p
}

// iteration compiles "map" and its like. A list that is written out is data as it stands: nothing in it is evaluated.
func (c *compiler) iteration(op operator, rules []any) node {
	n := node{op: op}
	for i, rule := range rules {
		if elements, ok := rule.([]any); ok && i == 0 {
			n.args = append(n.args, node{value: datumOf(elements)})
			continue
		}
		n.args = append(n.args, c.compile(rule))
	}
	return n
}

// prepare works out what can be known of an operator's constant arguments.
func (c *compiler) prepare(n *node) {
	switch n.op {
	case opIn:
		if len(n.args) == 2 && n.args[1].op == opConstant && n.args[1].value.kind == kindList {
			n.in = newMembers(n.args[1].value.elements())
		}
	case opSemVer:
		n.version = newVersion(n.args)
	case opFractional:
		n.buckets = newBuckets(n.args)
	}
}

// newMembers returns the sets of a list whose elements are all texts or all numbers, and nil for others and for short ones.
func newMembers(elements []datum) *members {
	const shortest = 4
	if len(elements) < shortest {
		return nil
	}
	for i := range elements {
		if elements[i].kind != elements[0].kind {
			return nil
		}
	}
	switch elements[0].kind {
	case kindText:
		words := make([]string, len(elements))
		for i := range elements {
			words[i] = elements[i].text
		}
		texts := match.NewTexts(words)
		return &members{texts: &texts}
	case kindNumber:
		m := &members{numbers: make(map[float64]struct{}, len(elements))}
		for i := range elements {
			m.numbers[elements[i].number] = struct{}{}
		}
		return m
	default:
		return nil
	}
}
