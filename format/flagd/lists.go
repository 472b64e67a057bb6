package flagd

import (
	"strings"

	"github.com/becketflags/becket"
)

// in reports whether a list has an element, or a text contains another text.
func (e *evaluation) in(n *node) datum {
	if n.known != nil && (n.known.texts != nil || n.known.numbers != nil) {
		needle := e.eval(&n.args[0])
		return e.member(n, &needle)
	}
	if !n.alone && len(n.args) == 2 && n.args[1].op == opVariable {
		if found, ok := e.inAttribute(n); ok {
			return boolean(found)
		}
	}
	if !n.alone && len(n.args) == 2 {
		a, b := e.eval(&n.args[0]), e.eval(&n.args[1])
		return e.contained(&a, &b)
	}
	args, single := e.arguments(n)
	if e.failed || single || len(args) == 0 {
		return e.fail()
	}
	if len(args) == 1 {
		return boolean(false)
	}
	return e.contained(&args[0], &args[1])
}

// member looks up the needle in the set of a constant list, if there is a set for the needle's
// kind.
func (e *evaluation) member(n *node, needle *datum) datum {
	switch {
	case n.known.texts != nil && needle.kind == kindText:
		if !e.make(len(needle.text)) {
			return datum{}
		}
		return boolean(n.known.texts.Has(needle.text))
	case n.known.numbers != nil && needle.kind == kindNumber:
		_, ok := n.known.numbers[needle.number]
		return boolean(ok)
	default:
		return e.contained(needle, n.args[1].value)
	}
}

// inAttribute looks for a text in an attribute that is a list, without a copy of the list.
func (e *evaluation) inAttribute(n *node) (found, ok bool) {
	p := n.args[1].path
	if first := n.args[0].op; first != opConstant && first != opVariable {
		return false, false // so that no long argument is evaluated twice
	}
	if e.inner || len(e.outer) > 0 || len(p.parts) != 1 || p.parts[0] == flagdName || p.parts[0] == targetingKeyName {
		return false, false
	}
	if !e.lookUpSubject() {
		return false, true
	}
	haystack, there := e.subject.Entry("", p.parts[0])
	if !there || haystack.Kind() != becket.KindList {
		return false, false
	}
	needle := e.eval(&n.args[0])
	if needle.kind != kindText {
		return false, false
	}
	if !e.look(haystack.Len()) {
		return false, true
	}
	for i := range haystack.Len() {
		element := haystack.At(i)
		if element.Kind() != becket.KindString {
			continue
		}
		if !e.read(len(element.Text())) {
			return false, true
		}
		if validText(element.Text()) == needle.text {
			return true, true
		}
	}
	return false, true
}

// contained is "in" for two values. An element that is itself a list is a range of numbers.
func (e *evaluation) contained(needle, haystack *datum) datum {
	if haystack.kind == kindText {
		if needle.kind != kindText {
			return e.fail()
		}
		if !e.make(len(haystack.text)) {
			return datum{}
		}
		return boolean(strings.Contains(haystack.text, needle.text))
	}
	if haystack.kind != kindList {
		return boolean(false)
	}
	elements := haystack.elements()
	if !e.look(len(elements)) {
		return datum{}
	}
	for i := range elements {
		if e.isElement(needle, &elements[i]) || e.failed {
			return boolean(!e.failed)
		}
	}
	return boolean(false)
}

func (e *evaluation) isElement(needle, element *datum) bool {
	if element.kind == kindList {
		return e.inRange(needle, element.elements())
	}
	if needle.kind == kindNumber {
		f, ok := e.arithmetic(element)
		if !ok {
			e.failed = true
		}
		return ok && f == needle.number
	}
	return e.identical(needle, element)
}

func (e *evaluation) inRange(needle *datum, bounds []datum) bool {
	if len(bounds) < 2 {
		e.failed = true
		return false
	}
	f, ok := e.arithmetic(needle)
	low, okLow := e.arithmetic(&bounds[0])
	if !ok || !okLow {
		e.failed = true
		return false
	}
	if f < low || f != f || low != low {
		return false
	}
	high, okHigh := e.arithmetic(&bounds[1])
	if !okHigh {
		e.failed = true
	}
	return okHigh && high >= f
}

// identical compares values without conversions. Two lists or two objects cannot be compared, as in
// flagd.
func (e *evaluation) identical(a, b *datum) bool {
	switch {
	case a.kind != b.kind:
		return false
	case a.kind >= kindList:
		e.failed = true
		return false
	case a.kind == kindText:
		return e.sameText(a.text, b.text)
	default:
		return a.number == b.number
	}
}

// lists applies an operator that reads or makes lists.
func (e *evaluation) lists(op operator, args []datum, single bool) datum {
	switch op {
	case opMerge:
		return e.merge(args, single)
	case opMissing:
		return e.missing(args, single)
	case opMissingSome:
		return e.missingSome(args, single)
	case opSet:
		return e.set(args, single)
	default:
		return e.containing(op, args, single)
	}
}

// merge joins lists and single values into one list.
func (e *evaluation) merge(args []datum, single bool) datum {
	if single && !args[0].isPrimitive() {
		return e.fail()
	}
	var merged []datum
	for i := range args {
		if args[i].kind != kindList {
			merged = append(merged, e.own(args[i]))
			continue
		}
		if !e.spend(len(args[i].more.list)) {
			return datum{}
		}
		merged = append(merged, args[i].more.list...)
	}
	return list(merged)
}

// missing returns the names of missing variables.
func (e *evaluation) missing(names []datum, single bool) datum {
	if single && names[0].kind != kindText {
		return e.fail()
	}
	var missing []datum
	for i := range names {
		if d := e.named(names[i]); d.kind == kindNull {
			missing = append(missing, e.own(names[i]))
		}
		if !e.spend(1) {
			return datum{}
		}
	}
	return list(missing)
}

// missingSome returns nothing as soon as enough names are found.
func (e *evaluation) missingSome(args []datum, single bool) datum {
	if single || len(args) < 2 || args[1].kind != kindList {
		return e.fail()
	}
	enough, ok := e.arithmetic(&args[0])
	if !ok {
		return e.fail()
	}
	names := args[1].elements()
	missing := e.missing(names, false)
	if e.failed || integer(enough) <= int64(len(names)-len(missing.elements())) {
		return list(nil)
	}
	return missing
}

// set returns a copy of an object with one member changed.
func (e *evaluation) set(args []datum, single bool) datum {
	switch {
	case single:
		return e.fail()
	case len(args) == 0:
		return datum{}
	case len(args) < 3 || args[0].kind != kindObject:
		return args[0]
	case args[1].kind != kindText || !e.spend(4*args[0].more.size()) || !e.make(len(args[1].text)):
		return e.fail()
	}
	members := make(map[string]datum, args[0].more.size()+1)
	args[0].more.each(func(name string, member *datum) { members[name] = *member })
	members[strings.Clone(args[1].text)] = e.own(args[2])
	return object(members)
}

// containing is "contains_all", "contains_any" and "contains_none": it counts the elements of the
// second list that the first list has.
func (e *evaluation) containing(op operator, args []datum, single bool) datum {
	if single || len(args) != 2 || args[0].kind != kindList || args[1].kind != kindList {
		return boolean(op == opContainsNone)
	}
	for _, wanted := range args[1].elements() {
		has := false
		elements := args[0].elements()
		for i := range elements {
			if has = e.identical(&elements[i], &wanted); has || !e.spend(1) {
				break
			}
		}
		if e.failed {
			return datum{}
		}
		if has != (op == opContainsAll) {
			return boolean(op == opContainsAny)
		}
	}
	return boolean(op != opContainsAny)
}
