package flagd

import "math"

// calculate applies an arithmetic operator. Only "+" and "abs" take a single value that is not a
// list.
func (e *evaluation) calculate(op operator, args []datum, single bool) datum {
	switch {
	case single && op != opAdd && op != opAbs:
		return e.fail()
	case len(args) == 0:
		return e.calculateEmpty(op)
	case op == opModulo && len(args) < 2:
		return e.fail()
	case !e.look(len(args)):
		return datum{}
	}
	first, ok := e.arithmetic(&args[0])
	switch {
	case !ok:
		return e.fail()
	case op == opAbs:
		return number(math.Abs(first))
	case op == opSubtract && len(args) == 1:
		return number(-1 * first)
	case op == opModulo:
		args = args[:2]
	}
	return e.fold(op, first, args[1:])
}

// fold applies an operator of two numbers to a first number and all other numbers, from left to
// right.
func (e *evaluation) fold(op operator, result float64, others []datum) datum {
	if op == opAdd && len(others) > 0 {
		result += 0 // flagd's sum starts from zero, so that the sum of two negative zeros is 0
	}
	for i := range others {
		operand, ok := e.arithmetic(&others[i])
		if !ok {
			return e.fail()
		}
		result = combine(op, result, operand)
	}
	return number(result)
}

// calculateEmpty applies an arithmetic operator to an empty list.
func (e *evaluation) calculateEmpty(op operator) datum {
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
