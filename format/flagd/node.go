package flagd

import (
	"github.com/becketflags/becket/internal/match"
)

// node is a compiled part of a rule. It is immutable. The operator decides which of its fields mean
// something.
type node struct {
	op   operator
	args []node

	// alone says that the rule gives its operator one argument outside a list. The value of this
	// argument may still be the list of arguments.
	alone bool

	value *datum // for opConstant, and for an iteration's list that the rule writes out
	path  *path  // for opVariable
	known *known // nil for most nodes
}

// known holds the results that depend only on an operator's constant arguments.
type known struct {
	members          // for opIn, if its second argument is a long list of constants
	buckets *buckets // for opFractional, if its variants and weights are constants
	version *version // for opSemVer, if its operator and one of its versions are constants
}

// path is the path of a variable.
type path struct {
	parts []string // without empty ones
	full  string   // the parts joined by dots: the name under which an entry of a map is found
	fixed bool     // an outer iteration's data do not replace it: it is "" or begins with a dot
}

// members is the second argument of "in" as sets, when it is constant and all of its elements are
// of one kind.
type members struct {
	texts   *match.Texts // nil unless all are texts
	numbers map[float64]struct{}
}

// operator is the operation of a node.
type operator uint8

const (
	opConstant operator = iota
	opList              // a list with rules in it
	opFail              // an unknown operator, or arguments that are not the needed list
	opVariable          // a path known beforehand, with a default in args[0] or without
	opLookUp            // everything else that "var" can be given
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

// lazy reports whether the operator looks at its arguments itself, and so needs them as a list.
func (o operator) lazy() bool {
	return o == opIf || o == opAnd || o == opOr || o.iterates()
}

// iterates reports whether the operator evaluates its second argument for each element of its
// first.
func (o operator) iterates() bool { return o >= opMap && o <= opNone }
