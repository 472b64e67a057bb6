package draw

import (
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// nodeForm is the kind of a node.
type nodeForm uint8

const (
	ofTest nodeForm = iota
	ofAll
	ofAny
	ofNot
	ofFlag // another flag's answer
	ofOpen // nobody can tell before the subjects are made
)

// node is a condition of a version, with its segments written out.
type node struct {
	form      nodeForm
	attribute int // indexes of a test
	test      int
	parts     []*node
	// of another flag: the conditions under which it may serve a wanted variant
	serves *node
}

// attribute is an attribute that conditions ask about or that a rule hashes.
type attribute struct {
	name      string
	tests     []*native.Test
	byID      map[string]int
	sets      []*match.Texts // of the targeting key: keys that segments list
	setNodes  []*node        // the nodes of the sets, whose tests come after the others
	questions []*candidates  // of flags of other formats
	isUnmet   bool           // no value meets one of the tests
	isBy      bool           // a percentage, layer or split hashes it
	classes   []class
	ordinary  bitset // the classes of random subjects
	single    bitset // the classes without lists of several elements
	// isDescribed says that the user describes the attribute, so that its values are not made here
	isDescribed bool
}

// builder turns the conditions of one version into nodes.
type builder struct {
	d        *drawing
	version  int
	segments map[string]*node
	flags    map[string]*node
}

func (b *builder) condition(c *native.Condition) *node {
	if c == nil {
		return &node{form: ofAll}
	}
	switch c.Form {
	case native.InSegment:
		return b.segment(c.Reference.Key)
	case native.InFlag:
		return &node{form: ofFlag, serves: b.mayServe(c.Reference)}
	case native.OnAttribute:
		n := &node{form: ofAll}
		for t := range c.EachTest() {
			n.parts = append(n.parts, b.d.testNode(c.Attribute, t))
		}
		return n
	}
	n := &node{form: map[native.Form]nodeForm{native.All: ofAll, native.Any: ofAny, native.Not: ofNot}[c.Form]}
	for part := range c.EachPart() {
		n.parts = append(n.parts, b.condition(part))
	}
	return n
}

// segment writes a segment out: its keys, and its condition.
func (b *builder) segment(key string) *node {
	if n, ok := b.segments[key]; ok {
		return n
	}
	b.segments[key] = &node{form: ofOpen} // of a segment that refers to itself, which is invalid
	s := b.d.versions[b.version].Native.Segment(key)
	if s == nil {
		return b.segments[key]
	}
	n := &node{form: ofAny}
	if s.Include.Len() > 0 {
		n.parts = append(n.parts, b.d.setNode(&s.Include))
	}
	if s.If != nil {
		n.parts = append(n.parts, b.condition(s.If))
	}
	if s.Exclude.Len() > 0 {
		outside := &node{form: ofNot, parts: []*node{b.d.setNode(&s.Exclude)}}
		n = &node{form: ofAll, parts: []*node{outside, n}}
	}
	b.segments[key] = n
	return n
}

// mayServe returns the conditions under which a flag may serve one of the wanted variants, if the
// hashes allow it.
func (b *builder) mayServe(r *native.Reference) *node {
	id := r.Key + "\x00" + strings.Join(r.Variants, "\x00")
	if n, ok := b.flags[id]; ok {
		return n
	}
	b.flags[id] = &node{form: ofOpen}
	f := b.d.versions[b.version].Native.Flag(r.Key)
	if f == nil {
		return b.flags[id]
	}
	n := &node{form: ofAny}
	for i := range f.Rules {
		if servesAny(&f.Rules[i].Serve, r.Variants) {
			n.parts = append(n.parts, b.condition(f.Rules[i].If))
		}
	}
	if servesAny(&f.Default, r.Variants) {
		n.parts = append(n.parts, &node{form: ofAll})
	}
	b.flags[id] = n
	return n
}

// servesAny reports whether s may serve one of the variants.
func servesAny(s *native.Serve, variants []string) bool {
	return slices.ContainsFunc(ruleset.Served(s), func(v string) bool { return slices.Contains(variants, v) })
}

// holds decides a condition for one class of each attribute.
func (n *node) holds(classes []int, attributes []*attribute) truth {
	switch n.form {
	case ofTest:
		if attributes[n.attribute].isDescribed {
			return open
		}
		return attributes[n.attribute].classes[classes[n.attribute]].truth[n.test]
	case ofNot:
		return n.parts[0].holds(classes, attributes).not()
	case ofAll:
		return fold(n.parts, classes, attributes, yes, no)
	case ofAny:
		return fold(n.parts, classes, attributes, no, yes)
	default:
		return open
	}
}

// fold joins the results of parts: the end if any part has it, else open, else unknown, else start.
func fold(parts []*node, classes []int, attributes []*attribute, start, end truth) truth {
	result := start
	for _, part := range parts {
		switch t := part.holds(classes, attributes); t {
		case end:
			return end
		case open:
			result = open
		case unknown:
			if result != open {
				result = unknown
			}
		}
	}
	return result
}

// tests calls visit for every test below a node, also those of other flags.
func (n *node) tests(seen map[*node]bool, visit func(attribute, test int)) {
	if seen[n] {
		return
	}
	seen[n] = true
	if n.form == ofTest {
		visit(n.attribute, n.test)
	}
	for _, part := range n.parts {
		part.tests(seen, visit)
	}
	if n.serves != nil {
		n.serves.tests(seen, visit)
	}
}
