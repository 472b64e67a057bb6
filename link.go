package becket

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/graph"
	"github.com/becketflags/becket/internal/match"
)

// maxEvaluations bounds what one check may cost: the evaluations of a flag with all the flags and
// segments that it asks, each as often as it is asked. A diamond of requirements doubles them at
// every level.
const maxEvaluations = 10_000

var tooManyEvaluations = fmt.Sprintf("one check of it takes more than %d evaluations", maxEvaluations)

// decoded is a ruleset that has just been read, with what linking needs: the reader for places,
// what is wrong, and the definitions that are fine in themselves but were set aside for what they
// refer to. Keep leaves the ruleset alone.
type decoded struct {
	*ruleset
	reader   *reader
	problems map[name][]*DocumentError // found while decoding
	noted    int                       // how many problems those are
	searched int                       // steps that suggestions have taken
	aside    nodes
}

// link resolves the references of a ruleset as it was decoded, and sets aside what is bad.
func (r *decoded) link() {
	for _, member := range sortedNames(r.problems) {
		r.setAside(member, joinProblems(r.problems[member]))
	}
	// Once something is set aside, the others must be pointed at what stands in its place.
	for bad := r.settle(); len(bad) > 0; bad = r.settle() {
		for _, n := range bad {
			r.aside = append(r.aside, n)
			r.setAside(n.name(), n.problem)
		}
	}
	r.finish()
}

func sortedNames[V any](m map[name]V) []name {
	return slices.SortedFunc(maps.Keys(m), compareNames)
}

// setAside puts a stub in the place of a bad definition.
func (r *decoded) setAside(member name, err error) {
	if member.section == inSegments {
		r.segments[member.key] = &segment{key: member.key, err: err}
		return
	}
	failure := &EvaluationError{Code: CodeParseError, Message: ErrParse.Message, Cause: err}
	r.flags.set(&flag{fingerprint: match.FingerprintOf(member.key), key: member.key, rare: &rareFields{err: failure}})
}

// finish lists what is bad or kept, and describes the rest.
func (r *decoded) finish() {
	r.info.Flags = r.flags.count
	r.info.Bad = nil
	r.info.Segments = make(map[string]uint64, len(r.segments))
	for f := range r.flags.all() {
		switch failure, kept := f.failure(), f.keptFor(); {
		case failure != nil:
			r.info.Bad = append(r.info.Bad, Bad{inFlags, f.key, failure.Cause, false})
		case kept != nil:
			r.info.Bad = append(r.info.Bad, Bad{inFlags, f.key, kept, true})
		}
	}
	for key, s := range r.segments {
		switch {
		case s.err != nil:
			r.info.Bad = append(r.info.Bad, Bad{inSegments, key, s.err, false})
		case s.kept != nil:
			r.info.Bad = append(r.info.Bad, Bad{inSegments, key, s.kept, true})
		}
		r.info.Segments[key] = s.digest
	}
	slices.SortFunc(r.info.Bad, func(a, b Bad) int {
		return compareNames(name{a.Section, a.Key}, name{b.Section, b.Key})
	})
}

// settle resolves all references, computes costs, and returns the nodes that turn out to be bad:
// because of a reference to nothing, a bad segment, a cycle, or too high a cost. A node comes after
// the nodes that it refers to.
func (r *decoded) settle() (bad nodes) {
	g := newNodes(r.ruleset)
	for _, n := range g {
		r.resolve(n)
	}
	for _, component := range graph.Components(len(g), g.edges) {
		r.judge(g, component)
		for _, i := range component {
			if g[i].problem != nil {
				bad = append(bad, g[i])
			}
		}
	}
	return bad
}

// resolve sets the pointers of a node's references.
func (r *decoded) resolve(n *node) {
	for _, l := range n.links {
		l.flag, l.segment = nil, nil
		if l.toFlag {
			l.flag = r.flags.find(l.key)
		} else {
			l.segment = r.segments[l.key]
			if n.isKept() && l.segment != nil && l.segment.err != nil {
				l.segment = nil // to an earlier definition, a segment without one is gone
			}
		}
		if l.flag == nil && l.segment == nil && !n.isKept() {
			n.fail(r.dangling(n, l))
		}
	}
}

// judge looks at nodes that refer to each other in a circle, or at a single one. What they refer to
// has been judged.
func (r *decoded) judge(g nodes, component []int32) {
	first := g[component[0]]
	if len(component) > 1 || first.refersTo(first) {
		r.failCycle(g, component)
		return
	}
	if first.problem != nil {
		return
	}
	cost := first.evaluations()
	place := first.linked()
	place.timed, place.asks = first.ownTime(), false
	for _, l := range first.links {
		target, problem := l.target(g)
		switch {
		case target == nil: // gone, or set aside: it costs nothing
			if l.segment != nil {
				problem = l.segment.err
			}
		case problem == nil:
			cost += target.cost
			place.timed = place.timed || target.timed
			place.asks = place.asks || l.toFlag || target.asks
		case l.segment == nil: // a bad flag is unknown to the others, and costs nothing
			problem = nil
		case first.isKept(): // the segment is replaced, or else gone
			problem = nil
		default:
			first.cause = l.segment
		}
		if problem != nil {
			first.fail(r.problemOf(first, fmt.Sprintf("it uses the segment %q, which is bad: %s", shorten(l.key), trimPrefix(firstOf(problem)))))
			return
		}
		if cost > maxEvaluations {
			break
		}
	}
	if cost > maxEvaluations {
		first.fail(r.problemOf(first, tooManyEvaluations))
		return
	}
	place.cost = cost
}

// failCycle notes that the nodes refer to each other in a circle.
func (r *decoded) failCycle(g nodes, component []int32) {
	message := "it is part of a cycle: " + g.describe(component)
	for _, i := range component {
		if g[i].problem == nil {
			g[i].fail(r.problemOf(g[i], message))
		}
	}
}

// dangling describes a reference to nothing.
func (r *decoded) dangling(n *node, l *link) *DocumentError {
	what := "segment"
	if l.toFlag {
		what = "flag"
	}
	message := fmt.Sprintf("there is no %s %q%s", what, shorten(l.key), r.suggest(l))
	return r.reader.problem(l.at, cmp.Or(l.path, n.path()), message)
}

// suggest returns a suggestion for a reference to nothing, as long as those of the document have
// not taken too many steps.
func (r *decoded) suggest(l *link) string {
	const (
		most     = 1000       // keys to compare with
		mostWork = 20_000_000 // pairs of bytes to compare, which take about a tenth of a second
	)
	var keys []string
	switch {
	case r.searched > mostWork:
	case l.toFlag && r.flags.count <= most:
		keys = r.keys()
	case !l.toFlag && len(r.segments) <= most:
		keys = slices.Sorted(maps.Keys(r.segments))
	}
	for _, key := range keys {
		r.searched += (len(l.key) + 1) * (len(key) + 1)
	}
	return suggest(l.key, keys)
}

func (r *decoded) problemOf(n *node, message string) *DocumentError {
	if len(n.links) > 0 && !n.isKept() {
		return r.reader.problem(n.links[0].at, n.path(), message)
	}
	return &DocumentError{Path: n.path(), Message: cut(message, maxMessage)}
}

// firstOf returns the first of several errors that were joined.
func firstOf(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
		return joined.Unwrap()[0]
	}
	return err
}

// leaf is the place of a flag or a segment that is not in the graph.
const leaf = -1

// leafOf returns what linking would find out about a flag that refers to nothing.
func leafOf(f *flag) linked {
	return linked{node: leaf, cost: int32(f.evaluations()), timed: f.ownTime()}
}

// links returns the flag's references: of its requirements, then of its rules' conditions.
func (f *flag) links() []*link {
	links := slices.Clone(f.requires())
	for i := range f.rules {
		for j := range f.rules[i].conditions {
			links = f.rules[i].conditions[j].links(links)
		}
	}
	return links
}

// links appends the references in a condition, which may be nil.
func (c *condition) links(links []*link) []*link {
	if c == nil || c.more == nil {
		return links
	}
	if c.more.link != nil {
		push(&links, c.more.link)
	}
	for i := range c.more.parts {
		links = c.more.parts[i].links(links)
	}
	return links
}

// nodes are the flags and segments of a ruleset with their references: a graph.
type nodes []*node

// node is a flag or a segment.
type node struct {
	flag    *flag
	segment *segment
	links   []*link
	problem error
	cause   *segment // the bad segment of this ruleset because of which the node is bad; nil where something else is wrong
}

// newNodes returns the graph of everything in the ruleset that is not bad, in the order of the
// keys. Flags and segments that refer to nothing, as most do, are not in it: nothing can be wrong
// with them, and what they cost is known.
func newNodes(r *ruleset) (g nodes) {
	for f := range r.flags.all() {
		if f.failure() != nil || f.node == leaf {
			continue
		}
		if links := f.links(); links != nil {
			g = append(g, &node{flag: f, links: links})
		} else {
			f.linked = leafOf(f)
		}
	}
	for _, s := range r.segments {
		if s.err != nil {
			continue
		}
		n := &node{segment: s, links: s.condition.links(nil)}
		if cost := n.evaluations(); n.links != nil || cost > maxEvaluations {
			g = append(g, n)
		} else {
			s.linked = linked{node: leaf, cost: cost, timed: n.ownTime()}
		}
	}
	slices.SortFunc(g, func(a, b *node) int { return compareNames(a.name(), b.name()) })
	for i, n := range g {
		n.linked().node = int32(i)
	}
	return g
}

func (n *node) name() name {
	if n.flag != nil {
		return name{inFlags, n.flag.key}
	}
	return name{inSegments, n.segment.key}
}

func (n *node) path() string {
	var b strings.Builder
	name := n.name()
	writeStep(&b, step{name: name.section})
	writeStep(&b, step{name: name.key})
	return b.String()
}

func (n *node) linked() *linked {
	if n.flag != nil {
		return &n.flag.linked
	}
	return &n.segment.linked
}

func (n *node) isKept() bool {
	return n.flag != nil && n.flag.keptFor() != nil || n.segment != nil && n.segment.kept != nil
}

// firstProblem returns what is wrong with today's definition, where the node holds a kept one.
func (n *node) firstProblem() error {
	switch {
	case n.flag != nil && n.flag.keptFor() != nil:
		return n.flag.keptFor()
	case n.segment != nil && n.segment.kept != nil:
		return n.segment.kept
	default:
		return n.problem
	}
}

// fail notes the first thing that is wrong with the node.
func (n *node) fail(problem *DocumentError) {
	if n.problem == nil {
		n.problem = problem
	}
}

// target returns what is known about the flag or segment that the link leads to, and what has
// turned out to be wrong with it; nil where it is gone or was set aside.
func (l *link) target(g nodes) (place *linked, problem error) {
	switch {
	case l.flag != nil && l.flag.failure() == nil:
		place = &l.flag.linked
	case l.segment != nil && l.segment.err == nil:
		place = &l.segment.linked
	default:
		return nil, nil
	}
	if place.node != leaf {
		problem = g[place.node].problem
	}
	return place, problem
}

func (n *node) refersTo(other *node) bool {
	return slices.ContainsFunc(n.links, func(l *link) bool {
		return l.flag != nil && l.flag == other.flag || l.segment != nil && l.segment == other.segment
	})
}

// ownTime reports whether the node itself looks at the clock.
func (n *node) ownTime() bool {
	if n.flag != nil {
		return n.flag.ownTime()
	}
	return n.segment.condition != nil && n.segment.condition.isTimed()
}

// describe names the members of a cycle, the first few of many.
func (g nodes) describe(component []int32) string {
	const most = 8
	var names []string
	for _, i := range component[:min(len(component), most)] {
		names = append(names, g[i].path())
	}
	slices.Sort(names)
	if len(component) > most {
		names = append(names, fmt.Sprintf("and %d more", len(component)-most))
	}
	return strings.Join(names, ", ")
}

// edges follows the references of a node to others of the graph. References out of bad nodes do not
// count.
func (g nodes) edges(node int32, position int) (target int32, after int, ok bool) {
	n := g[node]
	if n.problem != nil {
		return 0, position, false
	}
	for position < len(n.links) {
		place, _ := n.links[position].target(g)
		position++
		if place != nil && place.node != leaf {
			return place.node, position, true
		}
	}
	return 0, position, false
}
