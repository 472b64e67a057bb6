package flagd

import "strings"

// Names that the data of an evaluation have besides the subject's attributes.
const (
	flagdName        = "$flagd"
	flagKeyName      = "flagKey"
	timestampName    = "timestamp"
	targetingKeyName = "targetingKey"
)

// variable looks up a path that is known beforehand. given is true if the value comes from the data
// outside an iteration, which flagd writes into the rule before it evaluates the rule.
func (e *evaluation) variable(n *node) (d datum, given bool) {
	if len(e.outer) > 0 && !n.path.fixed {
		return e.throughScopes(n)
	}
	return e.find(n), false
}

// find looks up a path in the current data.
func (e *evaluation) find(n *node) datum {
	if !e.make(len(n.path.full)) {
		return datum{}
	}
	var otherwise datum
	if len(n.args) > 0 { // flagd evaluates the default first, and fails if the default fails
		if otherwise = e.eval(&n.args[0]); e.failed {
			return datum{}
		}
	}
	return e.follow(n.path, otherwise)
}

// follow returns the value at a path in the current data, or else the other value.
func (e *evaluation) follow(p *path, otherwise datum) datum {
	var d datum
	if e.inner {
		d = descend(e.data, p.parts)
	} else {
		d = e.attribute(p.parts, p.full)
	}
	if d.kind == kindNull {
		return otherwise
	}
	return d
}

// lookUp is "var" with any other argument: a path that is itself a rule, null, or a list of three.
func (e *evaluation) lookUp(n *node) (d datum, given bool) {
	if len(e.outer) > 0 {
		return e.throughScopes(n)
	}
	return e.named(e.eval(&n.args[0])), false
}

// throughScopes looks in the data of each outer iteration, the outermost first, and then in the
// current data. The path itself is evaluated anew for each.
func (e *evaluation) throughScopes(n *node) (d datum, given bool) {
	outer, here := e.outer, scope{e.inner, e.data}
	defer func() { e.outer, e.inner, e.data = outer, here.inner, here.data }()
	e.outer = nil
	for i := range outer {
		e.inner, e.data = outer[i].inner, outer[i].data
		if d = e.anyVariable(n); d.kind != kindNull {
			if e.looksLikeRule(&d) { // flagd would run it; no attribute is run as a rule here
				return e.fail(), true
			}
			return d, true
		}
		if !e.spend(1) {
			return datum{}, false
		}
	}
	e.inner, e.data = here.inner, here.data
	return e.anyVariable(n), false
}

// looksLikeRule reports whether d is an object of one entry, or a list that contains one.
func (e *evaluation) looksLikeRule(d *datum) bool {
	switch d.kind {
	case kindObject:
		return d.more.size() == 1
	case kindList:
		for i := range d.more.list {
			if e.looksLikeRule(&d.more.list[i]) || !e.spend(1) {
				return true
			}
		}
	}
	return false
}

func (e *evaluation) anyVariable(n *node) datum {
	if n.op == opVariable {
		return e.find(n)
	}
	return e.named(e.eval(&n.args[0]))
}

// named looks up a variable by an evaluated name, as "var" and "missing" do.
func (e *evaluation) named(name datum) datum {
	switch name.kind {
	case kindText:
		return e.atPath(name.text, datum{})
	case kindNumber:
		written, _ := name.written()
		return e.atPath(written, datum{})
	case kindList:
		return e.namedByList(name.elements())
	case kindNull:
		if e.inner && e.data.isPrimitive() {
			return e.data
		}
		return datum{}
	}
	if e.inner && e.data.kind == kindNull {
		return datum{}
	}
	return e.fail()
}

// namedByList looks up a variable by a list of its name and the value that stands in for it.
func (e *evaluation) namedByList(elements []datum) datum {
	if len(elements) == 0 {
		return e.everything()
	}
	if elements[0].kind != kindText {
		return e.fail()
	}
	var otherwise datum
	if len(elements) == 2 {
		otherwise = elements[1]
	}
	return e.atPath(elements[0].text, otherwise)
}

// atPath looks up a variable by a path that is known only now.
func (e *evaluation) atPath(full string, otherwise datum) datum {
	if !e.spend(1 + len(full)) {
		return datum{}
	}
	if full == "" {
		return e.everything()
	}
	p := newPath(strings.Clone(full))
	return e.follow(p, otherwise)
}

// descend follows a path into lists by index and into objects by name.
func descend(d datum, parts []string) datum {
	for _, part := range parts {
		switch d.kind {
		case kindObject:
			d = d.member(part)
		case kindList:
			i := integer(textNumber(part))
			if i < 0 || i >= int64(len(d.more.list)) {
				return datum{}
			}
			d = d.more.list[i]
		default:
			return datum{}
		}
	}
	return d
}
