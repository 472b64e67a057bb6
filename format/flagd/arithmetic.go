package flagd

import "math"

// calculate applies an arithmetic operator. A single value that is no list is for "+" and "abs"
// alone.
func (e *evaluation) calculate(op operator, args []datum, single bool) datum {
	if single && op != opAdd && op != opAbs {
		return e.fail()
	}
	if len(args) == 0 {
		return e.nothing(op)
	}
	if !e.look(len(args)) {
		return datum{}
	}
	result, ok := e.arithmetic(&args[0])
	switch {
	case !ok || op == opModulo && len(args) < 2:
		return e.fail()
	case op == opSubtract && len(args) == 1:
		return number(-1 * result)
	case op == opAbs:
		return number(math.Abs(result))
	}
	rest := args[1:]
	if op == opAdd && len(rest) > 0 {
		result += 0 // flagd's sum starts from zero, so that no two negative zeros make one
	}
	if op == opModulo {
		rest = rest[:1]
	}
	for i := range rest {
		operand, ok := e.arithmetic(&rest[i])
		if !ok {
			return e.fail()
		}
		result = combine(op, result, operand)
	}
	return number(result)
}

// nothing is what an operator makes of an empty list.
func (e *evaluation) nothing(op operator) datum {
	switch op {
	case opAdd, opSubtract, opDivide:
		return number(0)
	case opMultiply:
		return number(1)
	case opMax, opMin:
		return datum{}
	default:
		return e.fail()
	}
}

func combine(op operator, a, b float64) float64 {
	switch op {
	case opAdd:
		return a + b
	case opSubtract:
		return a - b
	case opMultiply:
		return a * b
	case opDivide:
		return a / b
	case opModulo:
		return math.Mod(a, b)
	case opMax:
		if b > a {
			return b
		}
		return a
	default:
		if a > b {
			return b
		}
		return a
	}
}
