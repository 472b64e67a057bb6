package flagd

import (
	"strings"
)

// compare applies a comparison to two arguments, or an order to three. Further arguments are
// ignored.
func (e *evaluation) compare(op operator, args []datum, single bool) datum {
	if single && op != opSame && op != opDifferent {
		return e.fail()
	}
	if len(args) < 2 || single {
		return boolean(op == opUnequal || op == opDifferent)
	}
	result := e.holds(op, &args[0], &args[1])
	if len(args) == 3 && op >= opLess {
		result = result && e.holds(op, &args[1], &args[2])
	}
	return boolean(result)
}

// holds applies a comparison to two values.
func (e *evaluation) holds(op operator, a, b *datum) bool {
	switch op {
	case opEqual:
		return e.equal(a, b)
	case opUnequal:
		return !e.equal(a, b)
	case opSame:
		return e.same(a, b)
	case opDifferent:
		return !e.same(a, b)
	default:
		return e.ordered(op, a, b)
	}
}

// equal is "==": null equals only null, two texts are equal if their bytes are, and all other
// values are compared as numbers.
func (e *evaluation) equal(a, b *datum) bool {
	switch {
	case a.kind == kindNull || b.kind == kindNull:
		return a.kind == b.kind
	case a.kind == kindText && b.kind == kindText:
		return e.sameText(a.text, b.text)
	default:
		return e.comparable(a) == e.comparable(b)
	}
}

func (e *evaluation) sameText(a, b string) bool {
	return len(a) == len(b) && e.read(len(a)) && a == b
}

// same is "===".
func (e *evaluation) same(a, b *datum) bool {
	return a.kind == b.kind && e.equal(a, b)
}

func (e *evaluation) less(a, b *datum) bool {
	if a.kind == kindText && b.kind == kindText {
		return e.read(min(len(a.text), len(b.text))) && a.text < b.text
	}
	return e.comparable(a) < e.comparable(b)
}

// ordered applies an order. "<=" means less or equal: null is less than 1 and equal to nothing, so
// null is not "<=" 0.
func (e *evaluation) ordered(op operator, a, b *datum) bool {
	switch op {
	case opLess:
		return e.less(a, b)
	case opGreater:
		return e.less(b, a)
	case opLessOrEqual:
		return e.less(a, b) || e.equal(a, b)
	default:
		return e.less(b, a) || e.equal(b, a)
	}
}

// affix is "starts_with" and "ends_with".
func (e *evaluation) affix(op operator, a, b *datum) datum {
	if a.kind != kindText || b.kind != kindText || !e.read(len(b.text)) {
		return datum{}
	}
	if op == opStartsWith {
		return boolean(strings.HasPrefix(a.text, b.text))
	}
	return boolean(strings.HasSuffix(a.text, b.text))
}
