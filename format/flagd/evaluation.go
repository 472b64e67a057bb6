package flagd

import (
	"github.com/becketflags/becket"
)

// evaluation is the state of one evaluation. It lives on the stack of the goroutine that evaluates.
type evaluation struct {
	subject *becket.Subject
	at      *becket.Moment
	key     string // the flag's key
	v3      bool   // "fractional" is version 3

	inner bool    // variables are looked up in data, and not in the subject
	data  datum   // such as an iteration's element
	outer []scope // the data that flagd uses first in outer iterations, the outermost first

	steps      int
	counted    bool // the attributes have been counted
	attributes int  // number of the subject's attributes

	failed    bool
	consulted bool // "fractional" was evaluated

	timed bool
	now   int64 // Unix seconds; valid if timed is set
}

// scope is the data in which variables are looked up.
type scope struct {
	inner bool
	data  datum
}

// fail ends the evaluation with an error. The results of later operations are ignored.
func (e *evaluation) fail() datum {
	e.failed = true
	return datum{}
}

// eval evaluates a node.
func (e *evaluation) eval(n *node) datum {
	if !e.spend(1) {
		return datum{}
	}
	switch n.op {
	case opConstant:
		return *n.value
	case opVariable:
		d, _ := e.variable(n)
		return d
	}
	switch n.op {
	case opList:
		return e.list(n)
	case opLookUp:
		d, _ := e.lookUp(n)
		return d
	case opIf:
		return e.conditional(n)
	case opAnd:
		return e.firstDecisive(n, false)
	case opOr:
		return e.firstDecisive(n, true)
	case opIn:
		return e.in(n)
	case opFractional:
		return e.fractional(n)
	case opSemVer:
		return e.semVer(n)
	case opMap, opFilter, opReduce, opAll, opSome, opNone:
		return e.iterate(n)
	case opFail:
		return e.fail()
	}
	return e.operate(n)
}

// operate evaluates the arguments and applies the operator to them. Frequent operators do not need
// a slice of arguments.
func (e *evaluation) operate(n *node) datum {
	switch n.shortcut() {
	case shortcutTruth:
		return e.truth(n)
	case shortcutPair:
		a, b := e.eval(&n.args[0]), e.eval(&n.args[1])
		return boolean(e.holds(n.op, &a, &b))
	case shortcutBetween:
		a, b, c := e.eval(&n.args[0]), e.eval(&n.args[1]), e.eval(&n.args[2])
		return boolean(e.holds(n.op, &a, &b) && e.holds(n.op, &b, &c))
	case shortcutAffix:
		a, b := e.eval(&n.args[0]), e.eval(&n.args[1])
		return e.affix(n.op, &a, &b)
	}
	args, single := e.arguments(n)
	if e.failed {
		return datum{}
	}
	return e.apply(n.op, args, single)
}

// shortcut is a way to apply an operator without a slice of arguments.
type shortcut uint8

const (
	noShortcut      shortcut = iota
	shortcutTruth            // "!" or "!!" of one value
	shortcutPair             // a comparison of two values
	shortcutBetween          // an order of three values
	shortcutAffix            // "starts_with" or "ends_with"
)

func (n *node) shortcut() shortcut {
	isTruth := n.op == opNot || n.op == opTruth
	switch {
	case isTruth && (n.alone || len(n.args) == 1):
		return shortcutTruth
	case n.alone:
		return noShortcut
	case len(n.args) == 2 && n.op >= opEqual && n.op <= opGreaterOrEqual:
		return shortcutPair
	case len(n.args) == 3 && n.op >= opLess && n.op <= opGreaterOrEqual:
		return shortcutBetween
	case len(n.args) == 2 && (n.op == opStartsWith || n.op == opEndsWith):
		return shortcutAffix
	}
	return noShortcut
}

// truth is "!" and "!!" of one value. A value outside a list of arguments may be the list itself.
func (e *evaluation) truth(n *node) datum {
	d := e.eval(&n.args[0])
	if n.alone && d.kind == kindList && len(d.more.list) > 0 {
		d = d.more.list[0]
	}
	return boolean(d.truthy() == (n.op == opTruth))
}

// apply applies an operator to arguments of any number.
func (e *evaluation) apply(op operator, args []datum, single bool) datum {
	switch op {
	case opNot, opTruth:
		return boolean((len(args) > 0 && args[0].truthy()) == (op == opTruth))
	case opEqual, opUnequal, opSame, opDifferent, opLess, opLessOrEqual, opGreater, opGreaterOrEqual:
		return e.compare(op, args, single)
	case opStartsWith, opEndsWith:
		if single || len(args) != 2 {
			return datum{}
		}
		return e.affix(op, &args[0], &args[1])
	case opCat:
		return e.cat(args, single)
	case opSubstr:
		return e.substr(args, single)
	case opMerge, opMissing, opMissingSome, opSet, opContainsAll, opContainsAny, opContainsNone:
		return e.lists(op, args, single)
	default:
		return e.calculate(op, args, single)
	}
}

// arguments evaluates the arguments into a slice. single is true for one value that is not a list
// of arguments. The slice is on the heap, so its values must not refer to the subject.
func (e *evaluation) arguments(n *node) (args []datum, single bool) {
	if !n.alone {
		return e.many(n.args), false
	}
	d := e.eval(&n.args[0])
	if d.kind == kindList {
		return d.elements(), false
	}
	return []datum{e.own(d)}, true
}

// many evaluates nodes into a new slice.
func (e *evaluation) many(nodes []node) []datum {
	if !e.spend(len(nodes)) {
		return nil
	}
	args := make([]datum, len(nodes))
	for i := range nodes {
		args[i] = e.own(e.eval(&nodes[i]))
		if e.failed {
			return nil
		}
	}
	return args
}

func (e *evaluation) list(n *node) datum { return list(e.many(n.args)) }

// conditional is "if": conditions with their results, and the result if no condition holds.
func (e *evaluation) conditional(n *node) datum {
	args := n.args
	for len(args) > 1 {
		condition := e.eval(&args[0])
		if e.failed {
			return datum{}
		}
		if condition.truthy() {
			return e.ifResult(&args[1])
		}
		args = args[2:]
	}
	if len(args) == 1 {
		return e.ifResult(&args[0])
	}
	return datum{}
}

// ifResult evaluates a result of "if". If the result is an object with one entry, flagd evaluates
// the object as a rule. This package runs no attribute as a rule, so the evaluation fails.
func (e *evaluation) ifResult(n *node) datum {
	d := e.eval(n)
	if d.kind == kindObject && d.more.size() == 1 {
		return e.fail()
	}
	return d
}

// firstDecisive is "and" and "or": it returns the first value that decides, or the last value.
func (e *evaluation) firstDecisive(n *node, decisive bool) datum {
	var last datum
	for i := range n.args {
		last = e.eval(&n.args[i])
		if e.failed || last.truthy() == decisive {
			return last
		}
	}
	return last
}
