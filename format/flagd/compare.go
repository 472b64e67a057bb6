package flagd

import (
	"strings"
)

// compare applies a comparison to two arguments, or an order to three; further ones are not looked at.
func (e *evaluation) compare(op operator, args []datum, single bool) datum {
	if single && op != opSame && op != opDifferent {
		return e.fail()
	}
	if len(args) < 2 || single {
		return boolean(op == opUnequal || op == opDifferent)
	}
	result := holds(op, &args[0], &args[1])
	if len(args) == 3 && op >= opLess {
		result = result && holds(op, &args[1], &args[2])
	}
	return boolean(result)
}

// holds applies a comparison to two values.
func holds(op operator, a, b *datum) bool {
	switch op {
	case opEqual:
		return equal(a, b)
	case opUnequal:
		return !equal(a, b)
	case opSame:
		return same(a, b)
	case opDifferent:
		return !same(a, b)
	default:
		return ordered(op, a, b)
	}
}

// equal is "==": null equals null alone, two texts their bytes, everything else its number.
func equal(a, b *datum) bool {
	switch {
	case a.kind == kindNull || b.kind == kindNull:
		return a.kind == b.kind
	case a.kind == kindText && b.kind == kindText:
		return a.text == b.text
	default:
		return a.comparable() == b.comparable()
	}
}

// same is "===".
func same(a, b *datum) bool {
	return a.kind == b.kind && equal(a, b)
}

func less(a, b *datum) bool {
	if a.kind == kindText && b.kind == kindText {
		return a.text < b.text
	}
	return a.comparable() < b.comparable()
}

// ordered applies an order. "<=" is less or equal, so null, which is less than 1 and equal to nothing, is not "<=" 0.
func ordered(op operator, a, b *datum) bool {
	switch op {
	case opLess:
		return less(a, b)
	case opGreater:
		return less(b, a)
	case opLessOrEqual:
		return less(a, b) || equal(a, b)
	default:
		return less(b, a) || equal(b, a)
	}
}

// affix is "starts_with" and "ends_with".
func affix(op operator, a, b *datum) datum {
	if a.kind != kindText || b.kind != kindText {
		return datum{}
	}
	if op == opStartsWith {
		return boolean(strings.HasPrefix(a.text, b.text))
	}
	return boolean(strings.HasSuffix(a.text, b.text))
}
