package flagd

import (
	"github.com/becketflags/becket/internal/match"
)

// node is a compiled part of a rule. It never changes. The operator determines which fields have a
// meaning.
type node struct {
	op   operator
	args []node

	// alone says that the rule gives its operator one argument outside a list. The value of this
	// argument may still be the list of arguments.
	alone bool

	value *datum // for opConstant, and for an iteration's list in the rule
	path  *path  // for opVariable
	known *known // nil for most nodes
}

// known holds results that depend only on an operator's constant arguments.
type known struct {
	members          // for opIn, if its second argument is a long list of constants
	buckets *buckets // for opFractional, if its variants and weights are constants
	version *version // for opSemVer, if its operator and one of its versions are constants
}

// path is the path of a variable.
type path struct {
	parts []string // without empty parts
	full  string   // the parts joined by dots: the name under which an entry of a map is found
	// the data of an outer iteration cannot replace it: the path is "" or begins with a dot
	fixed bool
}

// members holds the second argument of "in" as a set, if the argument is constant and all its
// elements have one kind.
type members struct {
	texts   *match.Texts // nil unless all elements are texts
	numbers map[float64]struct{}
}

// operator is the operation of a node.
type operator uint8

const (
	opConstant operator = iota
	opList              // a list that contains rules
	// an unknown operator, or arguments that are not a list although the operator needs one
	opFail
	opVariable // a constant path, with a default in args[0] or without
	opLookUp   // any other argument of "var"
	opIf
	opAnd
	opOr
	opNot
	opTruth
	opEqual
	opUnequal
	opSame
	opDifferent
	opLess
	opLessOrEqual
	opGreater
	opGreaterOrEqual
	opIn
	opAdd
	opSubtract
	opMultiply
	opDivide
	opModulo
	opMax
	opMin
	opAbs
	opCat
	opSubstr
	opMerge
	opMissing
	opMissingSome
	opMap
	opFilter
	opReduce
	opAll
	opSome
	opNone
	opSet
	opContainsAll
	opContainsAny
	opContainsNone
	opStartsWith
	opEndsWith
	opSemVer
	opFractional
)

var operators = map[string]operator{
	"var": opLookUp, "if": opIf, "?:": opIf, "and": opAnd, "or": opOr, "!": opNot, "!!": opTruth,
	"==": opEqual, "!=": opUnequal, "===": opSame, "!==": opDifferent,
	"<": opLess, "<=": opLessOrEqual, ">": opGreater, ">=": opGreaterOrEqual, "in": opIn,
	"+": opAdd, "-": opSubtract, "*": opMultiply, "/": opDivide, "%": opModulo,
	"max": opMax, "min": opMin, "abs": opAbs,
	"cat": opCat, "substr": opSubstr, "merge": opMerge, "missing": opMissing, "missing_some": opMissingSome,
	"map": opMap, "filter": opFilter, "reduce": opReduce, "all": opAll, "some": opSome, "none": opNone, "set": opSet,
	"contains_all": opContainsAll, "contains_any": opContainsAny, "contains_none": opContainsNone,
	"starts_with": opStartsWith, "ends_with": opEndsWith, "sem_ver": opSemVer, "fractional": opFractional,
}

// lazy reports whether the operator evaluates its arguments itself, and so needs them as a list.
func (o operator) lazy() bool {
	return o == opIf || o == opAnd || o == opOr || o.iterates()
}

// iterates reports whether the operator evaluates its second argument for each element of its
// first.
func (o operator) iterates() bool { return o >= opMap && o <= opNone }
