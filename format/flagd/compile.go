package flagd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/becketflags/becket/internal/match"
)

// compiler compiles rules into nodes.
type compiler struct {
	// nil while evaluators are compiled, because they cannot contain references
	evaluators evaluators
	v3         bool            // "fractional" is version 3
	problems   []string        // parts that fail when they are evaluated
	forbidden  []string        // parts that the schema forbids and flagd accepts
	used       map[string]bool // the evaluators that the rules refer to
	depth      int             // the depth of the rule that is being compiled
}

// mostNested is the greatest depth of nested rules, because each level of an evaluation takes
// stack.
const mostNested = 500

// evaluators are the shared rules of a document, in the order of their names.
type evaluators []evaluator

// find returns the evaluator with that name, or nil if there is none.
func (e evaluators) find(name string) *evaluator {
	byName := func(e evaluator, name string) int { return strings.Compare(e.name, name) }
	i, found := slices.BinarySearchFunc(e, name, byName)
	if !found {
		return nil
	}
	return &e[i]
}

// evaluator is a shared rule.
type evaluator struct {
	name   string
	rule   datum
	node   node // the compiled rule, which refers to constants in rule
	digest uint64
}

// compile compiles one rule. The node refers to constants in the rule and does not copy them.
func (c *compiler) compile(rule *datum) node {
	if c.depth == mostNested {
		return c.fail(fmt.Sprintf("rules nested deeper than %d", mostNested))
	}
	c.depth++
	defer func() { c.depth-- }()
	switch {
	case rule.kind == kindList:
		if args := c.nodes(rule.elements()); args != nil {
			return node{op: opList, args: args}
		}
	case rule.kind == kindObject && len(rule.more.pairs) == 1:
		return c.operation(rule.more.pairs[0].name, &rule.more.pairs[0].value)
	}
	return node{value: rule}
}

// nodes compiles a list. It returns nil if no element needs an evaluation.
func (c *compiler) nodes(rules []datum) (nodes []node) {
	for i := range rules {
		n := c.compile(&rules[i])
		if nodes == nil && n.op != opConstant {
			nodes = constants(rules)
		}
		if nodes != nil {
			nodes[i] = n
		}
	}
	return nodes
}

func constants(rules []datum) []node {
	nodes := make([]node, len(rules))
	for i := range nodes {
		nodes[i].value = &rules[i]
	}
	return nodes
}

func (c *compiler) operation(name string, args *datum) node {
	if name == "$ref" {
		return c.reference(args)
	}
	op, ok := operators[name]
	isList := args.kind == kindList
	if ok {
		before := len(c.problems)
		defer func() {
			if len(c.problems) == before {
				c.checkShape(name, args)
			}
		}()
	}
	switch {
	case !ok:
		return c.fail(fmt.Sprintf("unknown operator %q", shorten(name)))
	case op == opLookUp:
		return c.variable(args)
	case op.lazy() && !isList:
		return c.fail(fmt.Sprintf("the arguments of %q are not a list", name))
	case op.iterates():
		return c.iteration(op, args.elements())
	case !isList:
		return node{op: op, alone: true, args: []node{c.compile(args)}}
	}
	rules := args.elements()
	n := node{op: op, args: c.nodes(rules)}
	if n.args == nil {
		const few = 8
		if len(rules) > few && !op.lazy() && op != opFractional {
			// this means the same, and the constants need no nodes
			return node{op: op, alone: true, args: []node{{value: args}}}
		}
		n.args = constants(rules)
	}
	c.prepare(&n)
	return n
}

func (c *compiler) fail(problem string) node {
	if len(c.problems) < mostOfFlag {
		c.problems = append(c.problems, problem)
	}
	return node{op: opFail}
}

// reference returns the node of an evaluator of the document. An evaluator is compiled once, for
// any number of references.
func (c *compiler) reference(args *datum) node {
	name := args.text
	e := c.evaluators.find(name)
	if e == nil || args.kind != kindText || !plainText(name) {
		return c.fail(fmt.Sprintf("unknown evaluator %q", shorten(name)))
	}
	if c.used == nil {
		c.used = map[string]bool{}
	}
	c.used[name] = true
	return e.node
}

// variable compiles "var". It splits a constant path, with or without a default, only once.
func (c *compiler) variable(args *datum) node {
	switch args.kind {
	case kindText:
		return node{op: opVariable, path: newPath(args.text)}
	case kindList:
		a := args.elements()
		if len(a) == 0 || len(a) > 2 || a[0].kind != kindText {
			break
		}
		n := node{op: opVariable, path: newPath(a[0].text)}
		n.path.fixed = false // only a text is fixed
		if len(a) == 2 {
			n.args = []node{c.compile(&a[1])}
		}
		return n
	case kindNumber:
		return node{op: opVariable, path: newPath(strconv.FormatFloat(args.number, 'f', -1, 64))}
	}
	return node{op: opLookUp, args: []node{c.compile(args)}}
}

func newPath(name string) *path {
	p := &path{fixed: name == "" || name[0] == '.'}
	p.parts = make([]string, 0, strings.Count(name, ".")+1)
	for part := range strings.SplitSeq(name, ".") {
		if part != "" {
			p.parts = append(p.parts, part)
		}
	}
	p.full = strings.Join(p.parts, ".")
	return p
}

// iteration compiles "map" and the other operators with an iteration. A list in the rule is data:
// its elements are not evaluated.
func (c *compiler) iteration(op operator, rules []datum) node {
	n := node{op: op, args: make([]node, len(rules))}
	for i := range rules {
		if i == 0 && rules[i].kind == kindList {
			n.args[i].value = &rules[i]
			continue
		}
		n.args[i] = c.compile(&rules[i])
	}
	return n
}

// prepare computes results that depend only on an operator's constant arguments.
func (c *compiler) prepare(n *node) {
	switch n.op {
	case opIn:
		if len(n.args) == 2 && n.args[1].op == opConstant && n.args[1].value.kind == kindList {
			n.known = newMembers(n.args[1].value.elements())
		}
	case opSemVer:
		if v := newVersion(n.args); v != nil {
			n.known = &known{version: v}
		}
	case opFractional:
		if b := newBuckets(n.args); b != nil {
			n.known = &known{buckets: b}
		}
	}
}

// newMembers returns the set of a list whose elements are all texts or all numbers. It returns nil
// for other lists and for short lists.
func newMembers(elements []datum) *known {
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
		return &known{members: members{texts: &texts}}
	case kindNumber:
		// without a capacity, because there may be only a few different texts
		numbers := map[float64]struct{}{}
		for i := range elements {
			numbers[elements[i].number] = struct{}{}
		}
		return &known{members: members{numbers: numbers}}
	default:
		return nil
	}
}
