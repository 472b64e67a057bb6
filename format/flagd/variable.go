package flagd

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/becketflags/becket"
)

// Names that the data of an evaluation have besides the subject's attributes.
const (
	flagdName        = "$flagd"
	flagKeyName      = "flagKey"
	timestampName    = "timestamp"
	targetingKeyName = "targetingKey"
)

// variable looks a path up that is known beforehand. given tells that the value came out of the
// data around an iteration, which flagd writes into the rule before it evaluates it.
func (e *evaluation) variable(n *node) (d datum, given bool) {
	if len(e.outer) > 0 && !n.path.fixed {
		return e.throughScopes(n)
	}
	return e.find(n), false
}

// find looks a path up in the data at hand.
func (e *evaluation) find(n *node) datum {
	if !e.make(len(n.path.full)) {
		return datum{}
	}
	var d, otherwise datum
	if len(n.args) > 0 { // flagd evaluates it first, and fails where it does
		if otherwise = e.eval(&n.args[0]); e.failed {
			return datum{}
		}
	}
	if e.inner {
		d = descend(e.data, n.path.parts)
	} else {
		d = e.attribute(n.path.parts, n.path.full)
	}
	if d.kind == kindNull {
		return otherwise
	}
	return d
}

// lookUp is "var" with whatever else it was given: a path that is itself a rule, null, a list of
// three.
func (e *evaluation) lookUp(n *node) (d datum, given bool) {
	if len(e.outer) > 0 {
		return e.throughScopes(n)
	}
	return e.named(e.eval(&n.args[0])), false
}

// throughScopes looks in the data of each iteration around, the outermost first, and then in the
// data at hand. The path itself is evaluated anew for each.
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

// looksLikeRule reports whether d is an object of one entry, or a list with such in it.
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
	var otherwise datum
	switch name.kind {
	case kindNull:
		if e.inner && e.data.isPrimitive() {
			return e.data
		}
		return datum{}
	case kindNumber:
		written, _ := name.written()
		name = text(written)
	case kindList:
		elements := name.elements()
		if len(elements) == 0 {
			return e.everything()
		}
		if len(elements) == 2 {
			otherwise = elements[1]
		}
		if name = elements[0]; name.kind != kindText {
			return e.fail()
		}
	}
	if name.kind != kindText {
		if e.inner && e.data.kind == kindNull {
			return datum{}
		}
		return e.fail()
	}
	if !e.spend(1 + len(name.text)) {
		return datum{}
	}
	if name.text == "" {
		return e.everything()
	}
	p := newPath(strings.Clone(name.text))
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

// attribute follows a path from the subject. full is the path with its dots.
func (e *evaluation) attribute(parts []string, full string) datum {
	if len(parts) == 0 {
		return e.everything()
	}
	if !e.lookUpSubject() {
		return datum{}
	}
	root, rest := parts[0], parts[1:]
	switch {
	case root == flagdName:
		return e.properties(rest)
	case root == targetingKeyName && e.subject.Key() != "":
		if len(rest) > 0 {
			return datum{}
		}
		return e.text(e.subject.Key())
	}
	if v, ok := e.subject.Entry("", root); ok {
		return e.value(v, rest)
	}
	if v, ok := e.subject.Entry(root, full); ok {
		return e.value(v, nil)
	}
	if !e.spend(len(parts)) {
		return datum{}
	}
	for end := len(full) - 1; end >= len(root); end-- { // a shorter path may lead to a list
		if full[end] != '.' {
			continue
		}
		if !e.lookUpSubject() {
			return datum{}
		}
		if v, ok := e.subject.Entry(root, full[:end]); ok {
			return e.value(v, strings.Split(full[end+1:], "."))
		}
	}
	return e.rebuild(root, full)
}

// value converts an attribute and follows the rest of a path into it. A list or an object is
// copied.
func (e *evaluation) value(v becket.Value, rest []string) datum {
	switch v.Kind() {
	case becket.KindList:
		if !e.spend(v.Len()) {
			return datum{}
		}
		elements := make([]datum, v.Len())
		for i := range elements {
			elements[i] = e.own(e.scalar(v.At(i)))
		}
		return descend(list(elements), rest)
	case becket.KindObject:
		raw := v.Raw()
		if !e.spend(len(raw) / 4) {
			return datum{}
		}
		if !json.Valid(raw) {
			return datum{}
		}
		decoded, err := parse(raw)
		if err != nil {
			return datum{}
		}
		return descend(decoded, rest)
	}
	if len(rest) > 0 {
		return datum{}
	}
	return e.scalar(v)
}

// scalar is [scalarOf], counted.
func (e *evaluation) scalar(v becket.Value) datum {
	if v.Kind() == becket.KindString {
		return e.text(v.Text())
	}
	return scalarOf(v)
}

// text counts a text of the subject, which is looked through for bytes that are not UTF-8.
func (e *evaluation) text(s string) datum {
	if !e.read(len(s)) {
		return datum{}
	}
	if !utf8.ValidString(s) && !e.spend(len(s)/4) {
		return datum{}
	}
	return text(validText(s))
}

// properties is what flagd itself puts into the data.
func (e *evaluation) properties(rest []string) datum {
	switch {
	case len(rest) == 0:
		if !e.spend(8) {
			return datum{}
		}
		return object(map[string]datum{flagKeyName: text(e.key), timestampName: number(e.timestamp())})
	case len(rest) == 1 && rest[0] == flagKeyName:
		return text(e.key)
	case len(rest) == 1 && rest[0] == timestampName:
		return number(e.timestamp())
	default:
		return datum{}
	}
}

// timestamp reads the clock once in an evaluation, and only when a rule asks.
func (e *evaluation) timestamp() float64 {
	if !e.timed {
		e.now, e.timed = e.at.Now().Unix(), true
	}
	return float64(e.now)
}

// everything is all the data.
func (e *evaluation) everything() datum {
	if e.inner {
		return e.data
	}
	members := map[string]datum{flagdName: e.properties(nil)}
	grouped := map[string]string{} // of each name that was set: the map it belongs to
	e.subject.Entries(func(root, name string, path []string, v becket.Value) bool {
		top := root
		if root == "" {
			top = name
		}
		if owner, set := grouped[top]; !e.spend(8) || top == flagdName || set && (root == "" || owner != root) {
			return !e.failed
		}
		top = strings.Clone(top)
		grouped[top] = strings.Clone(root)
		if root == "" || name == root {
			members[top] = e.own(e.value(v, nil))
			return !e.failed
		}
		if path == nil {
			path = strings.Split(name[len(root)+1:], ".")
		} else {
			path = path[1:]
		}
		e.place(below(members, top), path, v)
		return !e.failed
	})
	if key := e.subject.Key(); key != "" {
		members[targetingKeyName] = e.own(e.text(key))
	}
	return object(members)
}

// rebuild makes an object of the entries of a map that lie under a path.
func (e *evaluation) rebuild(root, full string) datum {
	var members map[string]datum // made when there is something to put in
	e.subject.Entries(func(of, name string, path []string, v becket.Value) bool {
		if !e.spend(1) || of != root {
			return !e.failed
		}
		rest, under := namesUnder(full, name, path)
		if !under {
			return true
		}
		if members == nil {
			members = map[string]datum{}
		}
		e.place(members, rest, v)
		return !e.failed
	})
	if members == nil {
		return datum{}
	}
	return object(members)
}

// namesUnder returns the names that lead from a path to an entry, and whether the entry lies under
// it.
func namesUnder(full, name string, path []string) (rest []string, under bool) {
	if path == nil {
		if len(name) <= len(full) || name[len(full)] != '.' || name[:len(full)] != full {
			return nil, false
		}
		return strings.Split(name[len(full)+1:], "."), true
	}
	for i, part := range path[:len(path)-1] {
		if !strings.HasPrefix(full, part) || strings.IndexByte(part, '.') >= 0 {
			return nil, false
		}
		if full = full[len(part):]; full == "" {
			return path[i+1:], true
		}
		if full[0] != '.' {
			return nil, false
		}
		full = full[1:]
	}
	return nil, false
}

// place puts an entry where the names say. What is there already came later and counts.
func (e *evaluation) place(members map[string]datum, names []string, v becket.Value) {
	for i, name := range names {
		if members == nil || !e.spend(8+len(name)/4) {
			return
		}
		name = strings.Clone(name)
		if i < len(names)-1 {
			members = below(members, name)
		} else if _, there := members[name]; !there {
			members[name] = e.own(e.value(v, nil))
		}
	}
}

// below returns the members of an object in members, which it makes where there is none; nil where
// something else is.
func below(members map[string]datum, name string) map[string]datum {
	d, there := members[name]
	if !there {
		d = object(map[string]datum{})
		members[name] = d
	}
	if d.kind != kindObject {
		return nil
	}
	return d.more.members
}
