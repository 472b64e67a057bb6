package flagd

import "strings"

// Names in the data of an evaluation that do not come from the subject's attributes.
const (
	flagdName        = "$flagd"
	flagKeyName      = "flagKey"
	timestampName    = "timestamp"
	targetingKeyName = "targetingKey"
)

// variable looks up a constant path. given is true if the value comes from the data outside an
// iteration, which flagd writes into the rule before it evaluates the rule.
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

// follow returns the value at a path in the current data, or the other value if there is none.
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

// lookUp is "var" with any other argument: a path that is itself a rule, null, or a list of three
// elements.
func (e *evaluation) lookUp(n *node) (d datum, given bool) {
	if len(e.outer) > 0 {
		return e.throughScopes(n)
	}
	return e.named(e.eval(&n.args[0])), false
}

// throughScopes looks for a variable in the data of each outer iteration, the outermost first, and
// then in the current data. It evaluates the path again for each of them.
func (e *evaluation) throughScopes(n *node) (d datum, given bool) {
	outer, here := e.outer, scope{e.inner, e.data}
	defer func() { e.outer, e.inner, e.data = outer, here.inner, here.data }()
	e.outer = nil
	for i := range outer {
		e.inner, e.data = outer[i].inner, outer[i].data
		if d = e.anyVariable(n); d.kind != kindNull {
			// flagd would run it as a rule; this package runs no attribute as a rule
			if e.looksLikeRule(&d) {
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

// namedByList looks up a variable by a list of its name and its default.
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

// atPath looks up a variable by a path that is not constant.
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

// descend follows a path. It uses a list's indices and an object's names.
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
