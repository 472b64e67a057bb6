package flagd

// iterate is "map", "filter", "reduce", "all", "some" and "none": it evaluates the second argument
// for each element of the first. During this evaluation, the element is the data.
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
	switch n.op {
	case opReduce:
		return e.reduce(n, source.elements(), accumulator)
	case opMap, opFilter:
		return e.collect(n, source.elements())
	default:
		return e.quantify(n, source.elements())
	}
}

// tooFew returns flagd's result if arguments are missing: an empty result, or a failure if the list
// has elements.
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

// withoutElements returns the result if there is no list.
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

// source returns the list of elements, which is in the rule or is the result of a rule. It returns
// false for anything else.
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

// start returns the first accumulator. All later accumulators have its kind.
func (e *evaluation) start(n *node) datum {
	d := e.eval(n)
	if !d.isPrimitive() || n.op == opList {
		return e.fail()
	}
	return e.own(d)
}

// reduce is the operator "reduce": it computes a new accumulator from each element.
func (e *evaluation) reduce(n *node, elements []datum, accumulator datum) datum {
	for i := range elements {
		if !e.spend(8) { // the reduction is an object, which is made for each element
			return datum{}
		}
		if elements[i].kind == kindNull {
			continue
		}
		result := e.bodyWith(n, reduction(elements[i], accumulator), e.outer)
		if e.failed {
			return datum{}
		}
		accumulator = e.accumulate(accumulator.kind, result)
	}
	return accumulator
}

// collect is "map" and "filter": it returns a list of results, or of elements.
func (e *evaluation) collect(n *node, elements []datum) datum {
	scopes := e.outerScopes(n.op)
	var kept []datum
	for i := range elements {
		if !e.spend(1) {
			return datum{}
		}
		result := e.bodyWith(n, elements[i], scopes)
		if e.failed {
			return datum{}
		}
		if n.op == opMap {
			kept = append(kept, e.own(result))
		} else if result.truthy() {
			kept = append(kept, elements[i])
		}
	}
	return list(kept)
}

// quantify is "all", "some" and "none": it stops at the first element that decides.
func (e *evaluation) quantify(n *node, elements []datum) datum {
	scopes := e.outerScopes(n.op)
	for i := range elements {
		if !e.spend(1) {
			return datum{}
		}
		if n.op != opNone {
			scopes[len(scopes)-1] = scope{true, elements[i]}
		}
		result := e.bodyWith(n, elements[i], scopes)
		if e.failed {
			return datum{}
		}
		if result.truthy() != (n.op == opAll) {
			return boolean(n.op == opSome)
		}
	}
	return boolean(n.op != opSome)
}

// outerScopes returns the data whose variables flagd writes into an operator's second argument: the
// data outside the iteration for "filter", "none" and "some", and the element for "some" and "all".
// The element is the last scope; it is set for each element.
func (e *evaluation) outerScopes(op operator) []scope {
	if op == opMap || op == opReduce || !e.spend(len(e.outer)) {
		return e.outer
	}
	scopes := append(make([]scope, 0, len(e.outer)+2), e.outer...)
	if op != opAll {
		scopes = append(scopes, scope{e.inner, e.data})
	}
	if op == opAll || op == opSome {
		scopes = append(scopes, scope{})
	}
	return scopes
}

// bodyWith evaluates the second argument with other data and other scopes.
func (e *evaluation) bodyWith(n *node, data datum, outer []scope) datum {
	inner, dataBefore, outerBefore := e.inner, e.data, e.outer
	e.inner, e.data, e.outer = true, data, outer
	d := e.body(n)
	e.inner, e.data, e.outer = inner, dataBefore, outerBefore
	return d
}

// reduction is the data of "reduce".
func reduction(element, accumulator datum) datum {
	return object(map[string]datum{
		"current": element, "accumulator": accumulator, "valueType": text(typeName(accumulator.kind)),
	})
}

// body evaluates the second argument. Except for "map" and "filter", it must be a rule, even after
// flagd has written the outer data into it.
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

// accumulate converts a result to the accumulator's kind.
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
