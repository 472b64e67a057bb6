package becket

import (
	"cmp"
	"math"
	"slices"

	"github.com/becketflags/becket/internal/match"
)

// operator is the operator of a test. not_in is opIn negated, and "exists": false is opExists
// negated.
type operator uint8

const (
	opIn operator = iota + 1
	opContains
	opStartsWith
	opEndsWith
	opMatches
	opLess
	opLessOrEqual
	opGreater
	opGreaterOrEqual
	opBefore
	opAfter
	opSemver
	opCIDR
	opExists
	opNewerThan
	opOlderThan
)

// isRelative reports whether the operator compares with the time of the evaluation.
func (o operator) isRelative() bool { return o >= opNewerThan }

// operatorNames has the names of the operators in a document.
var operatorNames = map[operator]string{
	opIn: "in", opContains: "contains", opStartsWith: "starts_with", opEndsWith: "ends_with", opMatches: "matches",
	opLess: "lt", opLessOrEqual: "lte", opGreater: "gt", opGreaterOrEqual: "gte", opBefore: "before", opAfter: "after",
	opSemver: "semver", opCIDR: "cidr", opExists: "exists", opNewerThan: "newer_than", opOlderThan: "older_than",
}

// unfitReason says why an operator cannot use an attribute: the operator does not compare values of
// this kind, or the value cannot be parsed for the comparison.
type unfitReason struct {
	operator operator
	kind     Kind
}

// text returns the reason as a text. All texts are made once, so that this allocates nothing.
func (r unfitReason) text() string { return unfitTexts[r.operator][r.kind] }

var unfitTexts = func() (texts [opOlderThan + 1][KindList + 1]string) {
	for operator, word := range operatorNames {
		for kind := range texts[operator] {
			texts[operator][kind] = word + " cannot use this " + Kind(kind).String()
		}
	}
	return texts
}()

// set is the operand of the operators in and not_in.
type set struct {
	texts    match.Texts
	ints     []int64   // sorted
	larger   []uint64  // sorted integers above the range of int64
	floats   []float64 // sorted; integral numbers are in ints or larger
	kinds    setKinds
	booleans [2]bool
	length   int
}

// setKinds says which kinds of values a set contains, in addition to texts. For a value of another
// kind, the result of in is unknown.
type setKinds struct{ numbers, booleans bool }

// has reports whether the value is in the set. The result is unknown if the set contains no value
// of the same type.
func (s *set) has(value Value, fold bool) truth {
	if s.length == 0 {
		return inNothing(value)
	}
	switch value.kind() {
	case KindString:
		if s.texts.Len() == 0 {
			return unknown
		}
		return truthOf(s.hasText(value.Text(), fold))
	case KindInt, KindFloat:
		return s.hasNumber(value)
	case KindBool:
		if !s.kinds.booleans {
			return unknown
		}
		return truthOf(s.booleans[value.number])
	default:
		return unknown
	}
}

// inNothing is the result of in with an empty array: false for every value that in can compare.
func inNothing(value Value) truth {
	switch value.kind() {
	case KindString, KindInt, KindBool:
		return no
	case KindFloat:
		if !math.IsNaN(value.Float()) {
			return no
		}
	}
	return unknown
}

// foldedOnStack is the longest text in bytes whose case is folded on the stack.
const foldedOnStack = 128

func (s *set) hasText(text string, fold bool) bool {
	switch {
	case !fold:
		return s.texts.Has(text)
	case len(text) <= foldedOnStack:
		var buffer [foldedOnStack]byte
		return s.texts.Has(textOf(match.AppendFold(buffer[:0], text)))
	default:
		long := borrowTextCopy()
		found := s.texts.Has(long.fold(text))
		long.giveBack()
		return found
	}
}

func (s *set) hasNumber(value Value) truth {
	if !s.kinds.numbers {
		return unknown
	}
	if value.kind() == KindInt {
		_, found := slices.BinarySearch(s.ints, value.Int())
		if value.isUnsigned() {
			_, found = slices.BinarySearch(s.larger, value.Uint())
		}
		return truthOf(found)
	}
	f := value.Float()
	if math.IsNaN(f) {
		return unknown
	}
	_, found := slices.BinarySearch(s.floats, f)
	return truthOf(found)
}

// compareNumber compares numbers without rounding, even an integer with a float. The result is
// unknown for NaN and for a value that is not a number.
func compareNumber(op operator, value, operand Value) truth {
	var order int
	switch {
	case value.kind() == KindInt && operand.kind() == KindInt:
		order = compareInts(value, operand)
	case value.kind() == KindInt:
		order = compareIntFloat(value, operand.Float())
	case value.kind() != KindFloat:
		return unknown
	case operand.kind() == KindInt:
		f := value.Float()
		if math.IsNaN(f) {
			return unknown
		}
		order = -compareIntFloat(operand, f)
	default:
		f, g := value.Float(), operand.Float()
		if math.IsNaN(f) {
			return unknown
		}
		order = cmp.Compare(f, g)
	}
	return truthOf(satisfies(op, order))
}

// satisfies reports whether a comparison holds. order is -1, 0 or 1, as of [cmp.Compare].
func satisfies(op operator, order int) bool {
	switch op {
	case opLess:
		return order < 0
	case opLessOrEqual:
		return order <= 0
	case opGreater:
		return order > 0
	default:
		return order >= 0
	}
}

// compareInts compares two integers. Both may be above the range of int64.
func compareInts(a, b Value) int {
	if a.isUnsigned() || b.isUnsigned() {
		// Uint is 0 for a negative integer, which keeps the order
		return cmp.Compare(a.Uint(), b.Uint())
	}
	return cmp.Compare(a.Int(), b.Int())
}

// compareIntFloat compares an integer with a float that is not NaN, without rounding the integer.
func compareIntFloat(i Value, f float64) int {
	switch {
	case f >= 1<<64:
		return -1
	case f >= 1<<63: // floats of this size are integral
		return compareInts(i, uintValue(uint64(f)))
	case f < -1<<63:
		return 1
	}
	whole := int64(f)
	return cmp.Or(compareInts(i, IntValue(whole)), cmp.Compare(float64(whole), f))
}

// foldAll folds the case of texts; see [match.AppendFold].
func foldAll(texts []string) []string {
	folded := make([]string, len(texts))
	for i, text := range texts {
		folded[i] = string(match.AppendFold(nil, text))
	}
	return folded
}

// versionWithin reports whether a version satisfies the constraint. The result is unknown if the
// text is not a version.
func versionWithin(constraint *match.Constraint, text string) truth {
	satisfied, ok := constraint.Contains(text)
	if !ok {
		return unknown
	}
	return truthOf(satisfied)
}

// truth is the result of a condition: no, unknown or yes. In this order, "all" is the minimum of
// its parts and "any" is the maximum.
type truth uint8

const (
	no truth = iota
	unknown
	yes
)

func (t truth) not() truth { return yes - t }

func (t truth) String() string { return [...]string{"false", "unknown", "true"}[t] }

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}
