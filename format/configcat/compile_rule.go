package configcat

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket"
)

func (c *compiler) rule(s *setting, whole, n *node, at place) rule {
	c.cost++
	if n.kind != kindObject {
		return rule{err: c.problem(at, "a rule must be an object")}
	}
	r := rule{}
	switch list := n.member("c"); {
	case list.kind == kindArray:
		r.conditions = make([]condition, len(list.members))
		for i := range list.members {
			r.conditions[i] = c.condition(&list.members[i], at.member("c").element(i))
		}
	case list.there():
		r.conditions = []condition{c.broken(at.member("c"), "the conditions are not a list")}
	}
	value := n.member("s")
	switch {
	case value.there():
		r.serves, r.served = true, c.served(s, value, at.member("s"))
	default:
		r.options = c.options(s, whole, n, at)
		if !r.options.there() {
			r.err = c.problem(at, "the rule serves nothing")
		}
	}
	return r
}

// condition compiles a wrapper, which contains one condition of one of the three kinds.
func (c *compiler) condition(n *node, at place) condition {
	user, in, required := n.member("u"), n.member("s"), n.member("p")
	switch {
	case user.there() && !in.there() && !required.there():
		return c.userCondition(user, at.member("u"))
	case in.there() && !user.there() && !required.there():
		return c.segmentCondition(in, at.member("s"))
	case required.there() && !user.there() && !in.there():
		return c.prerequisite(required, at.member("p"))
	default:
		return c.broken(at, "it needs exactly one of \"u\", \"s\" and \"p\"")
	}
}

// segmentCondition compiles a segment condition. An invalid comparator takes effect only after the
// segment has been evaluated.
func (c *compiler) segmentCondition(n *node, at place) condition {
	out := condition{form: formSegment}
	index, ok := n.member("s").integer()
	if !ok || index < 0 || index >= int64(len(c.parts)) {
		out.err = c.problem(at.member("s"), "there is no segment %s", n.member("s").shown())
		return out
	}
	out.segment = c.parts[index]
	c.cost += out.segment.cost
	c.refers = true
	out.negated, out.err = c.negation(n, at)
	return out
}

// prerequisite compiles the parts of a prerequisite condition that do not depend on the other
// setting.
func (c *compiler) prerequisite(n *node, at place) condition {
	out := condition{form: formPrerequisite}
	name := n.member("f")
	if name.kind != kindText {
		return c.broken(at.member("f"), "the prerequisite's key is missing or not a text")
	}
	out.negated, out.err = c.negation(n, at)
	out.required = &required{key: name.text, value: *n.member("v"), at: at}
	c.linked = append(c.linked, out.required)
	return out
}

// negation reads a comparator that is 0, or 1 for the opposite.
func (c *compiler) negation(n *node, at place) (bool, *becket.EvaluationError) {
	number, ok := n.member("c").integer()
	if !ok || number < 0 || number > 1 {
		return false, c.problem(at.member("c"), "unknown comparator %s", n.member("c").shown())
	}
	return number == 1, nil
}

// segments compiles "s". An evaluation that reaches an invalid segment fails.
func (c *compiler) segments(r *nodeReader) {
	if r.decoder.PeekKind() != kindArray {
		return
	}
	r.token()
	at := root("s")
	for i := 0; r.more(jsontext.KindEndArray); i++ {
		r.count, c.cost, c.problems = 0, 1, 0
		n := r.read()
		s := &segment{name: n.member("n").text, digest: n.digest()}
		switch place := at.element(i); {
		case r.count > maxNodes:
			s.err = c.problem(place, "it has more than %d values", maxNodes)
		case n.kind != kindObject:
			s.err = c.problem(place, "a segment must be an object")
		case s.name == "":
			s.err = c.problem(place.member("n"), "the segment's name is missing or empty")
		default:
			c.segment(s, &n, place)
		}
		s.cost = c.cost
		c.parts = append(c.parts, s)
	}
	c.describeSegments()
}

func (c *compiler) segment(s *segment, n *node, at place) {
	c.context(s.name)
	switch list := n.member("r"); {
	case list.kind == kindArray:
		s.conditions = make([]condition, len(list.members))
		for i := range list.members {
			s.conditions[i] = c.userCondition(&list.members[i], at.member("r").element(i))
		}
	case list.there():
		s.err = c.problem(at.member("r"), "the conditions are not a list")
	}
}

// describeSegments lists the digests of segments by their names. Several segments may have the same
// name.
func (c *compiler) describeSegments() {
	c.info.Segments = map[string]uint64{}
	for _, s := range c.parts {
		c.info.Segments[s.name] = c.info.Segments[s.name]*31 + s.digest
	}
}
