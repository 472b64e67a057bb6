package flagd

import (
	"fmt"
	"math"
	"regexp"
	"slices"
)

// arity is the number of arguments that the schema allows for an operator.
type arity struct {
	least, most int  // if most is 0, any number is allowed
	alone       bool // a single argument may be outside a list
}

// arities has the operators of the schema, except for "var" and "$ref". The schema does not have
// flagd's other operators.
var arities = map[string]arity{
	"==": {least: 2, most: 2}, "===": {least: 2, most: 2}, "!=": {least: 2, most: 2}, "!==": {least: 2, most: 2},
	">": {least: 2, most: 2}, ">=": {least: 2, most: 2}, "<": {least: 2, most: 3}, "<=": {least: 2, most: 3},
	"%": {least: 2, most: 2}, "/": {least: 2, most: 2}, "*": {least: 2}, "+": {least: 1}, "-": {least: 1},
	"max": {least: 1}, "min": {least: 1},
	"map": {least: 2, most: 2}, "filter": {least: 2, most: 2}, "all": {least: 2, most: 2}, "none": {least: 2, most: 2},
	"some": {least: 2, most: 2}, "in": {least: 2, most: 2}, "reduce": {least: 3, most: 3},
	"substr": {least: 2, most: 3},
	"!":      {alone: true}, "!!": {alone: true},
	"if": {least: 1}, "or": {least: 1}, "and": {least: 1}, "merge": {least: 1}, "cat": {least: 1},
	"starts_with": {least: 2, most: 2}, "ends_with": {least: 2, most: 2}, "sem_ver": {least: 3, most: 3},
	"missing": {}, "missing_some": {least: 2, most: 2}, "fractional": {least: 1},
}

// forbid records a part that flagd's schema forbids although flagd evaluates it.
func (c *compiler) forbid(format string, arguments ...any) {
	if len(c.forbidden) < mostOfFlag {
		c.forbidden = append(c.forbidden, fmt.Sprintf(format, arguments...))
	}
}

// checkShape compares an operation with the schema. The operator is known to flagd.
func (c *compiler) checkShape(name string, args *datum) {
	if name == "var" {
		c.checkVariable(args)
		return
	}
	allowed, known := arities[name]
	if !known {
		c.forbid("the operator %q is not in the schema", name)
		return
	}
	if args.kind != kindList {
		if !allowed.alone {
			c.forbid("the arguments of %q are not a list", name)
		}
		c.checkArgument(name, args)
		return
	}
	elements := args.elements()
	if count := len(elements); count < allowed.least || allowed.most > 0 && count > allowed.most {
		c.forbid("%q has %d arguments", name, count)
		return
	}
	switch name {
	case "starts_with", "ends_with":
		if !every(elements, isTextOrRule) {
			c.forbid("an argument of %q is neither a text nor a rule", name)
		}
	case "missing":
		c.checkTexts(name, elements)
	case "missing_some":
		if elements[0].kind != kindNumber || elements[1].kind != kindList {
			c.forbid("%q needs a number and a list of texts", name)
			return
		}
		c.checkTexts(name, elements[1].elements())
	case "sem_ver":
		c.checkSemVer(elements)
	case "fractional":
		c.checkFractional(elements)
	case "!", "!!": // an argument may be a list of any elements
	default:
		for i := range elements {
			c.checkArgument(name, &elements[i])
		}
	}
}

// checkArgument checks an argument, which may be any value except an object that is not a rule.
func (c *compiler) checkArgument(name string, d *datum) {
	if d.kind == kindObject && len(d.more.pairs) != 1 {
		c.forbid("an argument of %q is an object that is not a rule", name)
	}
}

// isRule reports whether a value is an operation and not a reference. The operation itself is
// checked when it is compiled.
func isRule(d *datum) bool {
	return d.kind == kindObject && len(d.more.pairs) == 1 && d.more.pairs[0].name != "$ref"
}

func isTextOrRule(d *datum) bool { return d.kind == kindText || isRule(d) }

func every(elements []datum, is func(*datum) bool) bool {
	for i := range elements {
		if !is(&elements[i]) {
			return false
		}
	}
	return true
}

func (c *compiler) checkTexts(name string, elements []datum) {
	if slices.ContainsFunc(elements, func(d datum) bool { return d.kind != kindText }) {
		c.forbid("%q has a list with other values than texts", name)
	}
}

func (c *compiler) checkVariable(args *datum) {
	if args.kind != kindList {
		if name, isFlagd := cutFlagd(args); isFlagd && name != flagKeyName && name != timestampName {
			c.forbid("there is no %q", shorten(args.text))
		}
		return
	}
	for i, element := range args.elements() {
		if i == 0 && element.kind != kindText || element.kind > kindText {
			c.forbid(`"var" needs a text, and a default that is neither a list nor a rule`)
			return
		}
	}
	if len(args.elements()) == 0 {
		c.forbid(`"var" has no arguments`)
	}
}

// cutFlagd returns the rest of a path if the path leads into flagd's own data.
func cutFlagd(args *datum) (name string, ok bool) {
	const prefix = flagdName + "."
	if args.kind != kindText || len(args.text) < len(prefix) || args.text[:len(prefix)] != prefix {
		return "", false
	}
	return args.text[len(prefix):], true
}

// strictVersion is the syntax of versions in the schema, which is stricter than flagd's syntax.
var strictVersion = func() *regexp.Regexp {
	const number = `(0|[1-9]\d*)`
	const part, build = `(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)`, `[0-9a-zA-Z-]+`
	return regexp.MustCompile(`^` + number + `\.` + number + `\.` + number +
		`(-` + part + `(\.` + part + `)*)?(\+` + build + `(\.` + build + `)*)?$`)
}()

func (c *compiler) checkSemVer(elements []datum) {
	for _, i := range [...]int{0, 2} {
		d := &elements[i]
		isVariable := isRule(d) && d.more.pairs[0].name == "var"
		if !isVariable && (d.kind != kindText || !strictVersion.MatchString(d.text)) {
			c.forbid(`argument %d of "sem_ver" is neither a version of three numbers nor "var"`, i+1)
		}
	}
	relations := []string{"=", "!=", ">", "<", ">=", "<=", "~", "^"}
	if d := &elements[1]; d.kind != kindText || !slices.Contains(relations, d.text) {
		c.forbid(`the operator of "sem_ver" is none of =, !=, >, <, >=, <=, ~ and ^`)
	}
}

// checkFractional checks the buckets. A rule may precede them.
func (c *compiler) checkFractional(elements []datum) {
	for i := range elements {
		d := &elements[i]
		switch {
		case i == 0 && isRule(d):
		case d.kind != kindList:
			c.forbid(`argument %d of "fractional" is not a bucket`, i+1)
		case len(d.elements()) == 0 || len(d.elements()) > 2:
			c.forbid(`a bucket of "fractional" has %d elements`, len(d.elements()))
		default:
			c.checkBucket(d.elements())
		}
	}
}

func (c *compiler) checkBucket(bucket []datum) {
	c.checkArgument("fractional", &bucket[0])
	if len(bucket) < 2 || isRule(&bucket[1]) {
		return
	}
	weight := &bucket[1]
	if weight.kind != kindNumber || weight.number < 0 || weight.number != math.Trunc(weight.number) {
		c.forbid(`a weight of "fractional" is not an integer from 0 on`)
	}
}
