package flagd

// iterate is "map", "filter", "reduce", "all", "some" and "none": its second argument is evaluated
// for each element of its first. The data are the element then.
func (e *evaluation) iterate(n *node) datum {
	least := 2
	if n.op == opReduce {
		least = 3
	}
	if len(n.args) < least {
		return e.tooFew(n)
	}
	var accumulator datum
	if n.op == opReduce {
		if accumulator = e.start(&n.args[2]); e.failed {
			return datum{}
		}
	}
	source, ok := e.source(&n.args[0])
	if e.failed || !ok || n.op >= opAll && !source.truthy() {
		return withoutElements(n.op)
	}
	if source.kind != kindList {
		return e.fail()
	}
	inner, data, outer := e.inner, e.data, e.outer
	result := e.walk(n, source.elements(), accumulator)
	e.inner, e.data, e.outer = inner, data, outer
	return result
}

// tooFew is what flagd makes of missing arguments: an empty answer, or a failure if there are
// elements to go over.
func (e *evaluation) tooFew(n *node) datum {
	if n.op < opAll {
		return withoutElements(n.op)
	}
	if len(n.args) == 0 {
		return e.fail()
	}
	source, _ := e.source(&n.args[0])
	if source.truthy() {
		return e.fail()
	}
	return withoutElements(n.op)
}

// withoutElements is the answer where there is no list.
func withoutElements(op operator) datum {
	switch op {
	case opMap, opFilter:
		return list(nil)
	case opReduce:
		return number(0)
	default:
		return boolean(op == opNone)
	}
}

// source is the list to go over: one that is written out, or what a rule gives. Anything else is no
// list.
func (e *evaluation) source(n *node) (d datum, ok bool) {
	if n.op == opConstant && n.value.kind <= kindText {
		return datum{}, false
	}
	given := false
	switch n.op {
	case opVariable:
		d, given = e.variable(n)
	case opLookUp:
		d, given = e.lookUp(n)
	default:
		d = e.eval(n)
	}
	if given && d.isPrimitive() {
		return datum{}, false
	}
	return d, d.kind != kindNull
}

// start is the first accumulator, whose kind the accumulator keeps.
func (e *evaluation) start(n *node) datum {
	d := e.eval(n)
	if !d.isPrimitive() || n.op == opList {
		return e.fail()
	}
	return e.own(d)
}

// walk evaluates n's second argument for each element.
func (e *evaluation) walk(n *node, elements []datum, accumulator datum) datum {
	here := scope{e.inner, e.data}
	outer, around := e.outer, e.around(n.op, here)
	var kept []datum
	perElement := 1
	if n.op == opReduce {
		perElement = 8 // an object is made for each
	}
	for i := range elements {
		if !e.spend(perElement) {
			return datum{}
		}
		element := elements[i]
		if n.op == opReduce && element.kind == kindNull {
			continue
		}
		e.inner, e.data, e.outer = true, element, around
		switch n.op {
		case opReduce:
			e.data = reduction(element, accumulator)
		case opSome, opAll:
			around[len(around)-1] = scope{true, element}
		}
		result := e.body(n)
		e.inner, e.data, e.outer = here.inner, here.data, outer
		if e.failed {
			return datum{}
		}
		switch n.op {
		case opReduce:
			accumulator = e.accumulate(accumulator.kind, result)
		case opMap:
			kept = append(kept, e.own(result))
		case opFilter:
			if result.truthy() {
				kept = append(kept, element)
			}
		default:
			if result.truthy() != (n.op == opAll) {
				return boolean(n.op == opSome)
			}
		}
	}
	switch n.op {
	case opReduce:
		return accumulator
	case opMap, opFilter:
		return list(kept)
	default:
		return boolean(n.op != opSome)
	}
}

// around is what an operator puts around its second argument: flagd writes the variables of the
// data outside into it for "filter", "none" and "some", and those of the element for "some" and
// "all". The element's place is the last, filled in for each.
func (e *evaluation) around(op operator, here scope) []scope {
	if op == opMap || op == opReduce || !e.spend(len(e.outer)) {
		return e.outer
	}
	around := append(make([]scope, 0, len(e.outer)+2), e.outer...)
	if op != opAll {
		around = append(around, here)
	}
	if op == opAll || op == opSome {
		around = append(around, scope{})
	}
	return around
}

// reduction is the data of "reduce".
func reduction(element, accumulator datum) datum {
	return object(map[string]datum{
		"current": element, "accumulator": accumulator, "valueType": text(typeName(accumulator.kind)),
	})
}

// body evaluates what is said of an element. Except for "map" and "filter" it must be a rule, also
// after the data around have been written into it.
func (e *evaluation) body(n *node) datum {
	rule := &n.args[1]
	if n.op == opMap || n.op == opFilter {
		return e.eval(rule)
	}
	var d datum
	given := false
	switch rule.op {
	case opVariable:
		d, given = e.variable(rule)
	case opLookUp:
		d, given = e.lookUp(rule)
	case opList:
		return e.fail()
	case opConstant:
		d, given = *rule.value, true
	default:
		return e.eval(rule)
	}
	if given && d.kind != kindObject {
		return e.fail()
	}
	return d
}

// accumulate brings a result to the accumulator's kind.
func (e *evaluation) accumulate(kept kind, result datum) datum {
	switch kept {
	case kindBool:
		return boolean(result.truthy())
	case kindNumber:
		if f, ok := e.arithmetic(&result); ok {
			return number(f)
		}
	default:
		if written, ok := result.written(); ok {
			return e.own(text(written))
		}
	}
	return e.fail()
}

func typeName(k kind) string {
	switch k {
	case kindBool:
		return "bool"
	case kindNumber:
		return "number"
	default:
		return "string"
	}
}
