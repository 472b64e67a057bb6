package becket

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/graph"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// decoded is a ruleset that has just been read, with everything that linking needs: the document
// for places, the problems, and the definitions that are fine in themselves but were set aside
// because they refer to bad ones. Keep returns the bare ruleset.
type decoded struct {
	*ruleset
	document *native.Document
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
	for _, ref := range n.out {
		ref.flag, ref.segment = nil, nil
		if ref.toFlag {
			ref.flag = r.flags.find(ref.key)
		} else {
			ref.segment = r.segments[ref.key]
			if n.isKept() && ref.segment != nil && ref.segment.isBad() {
				ref.segment = nil // to an earlier definition, a segment without one is gone
			}
		}
		if ref.target() == nil && !n.isKept() {
			n.fail(r.dangling(n, ref))
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
	cost := int32(first.evaluations())
	place := first.placed()
	place.timed, place.asks = first.ownTime(), false
	for _, ref := range first.out {
		if problem := r.badSegment(g, first, ref); problem != nil {
			message := "it uses the segment %q, which is bad: %s"
			first.fail(r.problemOf(first, fmt.Sprintf(message, match.Brief(ref.key), trimPrefix(firstOf(problem)))))
			return
		}
		if target := ref.target(); target != nil && g.problemOf(target) == nil && !target.isBad() {
			cost += target.placed().cost
			place.timed = place.timed || target.placed().timed
			place.asks = place.asks || ref.toFlag || target.placed().asks
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

// badSegment returns why the segment that a reference leads to is bad, for a node that is bad
// because of that. A bad flag is unknown to the others, and costs nothing; and to an earlier
// definition a bad segment is replaced, or else gone.
func (r *decoded) badSegment(g nodes, n *node, ref *reference) error {
	if ref.segment == nil {
		return nil
	}
	if ref.segment.err != nil {
		return ref.segment.err
	}
	problem := g.problemOf(ref.segment)
	if problem == nil || n.isKept() {
		return nil
	}
	n.cause = ref.segment
	return problem
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
func (r *decoded) dangling(n *node, ref *reference) *DocumentError {
	target := "segment"
	if ref.toFlag {
		target = "flag"
	}
	message := fmt.Sprintf("there is no %s %q%s", target, match.Brief(ref.key), r.suggest(ref))
	return (*DocumentError)(r.document.Problem(ref.at, cmp.Or(ref.path, n.name().path()), message))
}

// suggest returns a suggestion for a reference to nothing, as long as those of the document have
// not taken too many steps.
func (r *decoded) suggest(ref *reference) string {
	const (
		most     = 1000       // keys to compare with
		mostWork = 20_000_000 // pairs of bytes to compare, which take about a tenth of a second
	)
	var keys []string
	switch {
	case r.searched > mostWork:
	case ref.toFlag && r.flags.count <= most:
		keys = r.keys()
	case !ref.toFlag && len(r.segments) <= most:
		keys = slices.Sorted(maps.Keys(r.segments))
	}
	for _, key := range keys {
		r.searched += (len(ref.key) + 1) * (len(key) + 1)
	}
	return match.Suggest(ref.key, keys)
}

func (r *decoded) problemOf(n *node, message string) *DocumentError {
	if len(n.out) > 0 && !n.isKept() {
		return (*DocumentError)(r.document.Problem(n.out[0].at, n.name().path(), message))
	}
	return &DocumentError{Path: n.name().path(), Message: match.Shorten(message, native.MaxMessage)}
}

// firstOf returns the first of several errors that were joined.
func firstOf(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
		return joined.Unwrap()[0]
	}
	return err
}

// nodes are the flags and segments of a ruleset with their references: a graph.
type nodes []*node

// node is a flag or a segment in the graph.
type node struct {
	definition
	out     []*reference // to other definitions
	problem error

	// cause is the bad segment of this ruleset because of which the node is bad; nil where
	// something else is wrong.
	cause *segment
}

// newNodes returns the graph of everything in the ruleset that is not bad, in the order of the
// keys. Flags and segments that refer to nothing, as most do, are not in it: nothing can be wrong
// with them, and what they cost is known.
func newNodes(r *ruleset) (g nodes) {
	for f := range r.flags.all() {
		if f.node != leaf {
			g.add(f)
		}
	}
	for _, s := range r.segments {
		g.add(s)
	}
	slices.SortFunc(g, func(a, b *node) int { return compareNames(a.name(), b.name()) })
	for i, n := range g {
		n.placed().node = int32(i)
	}
	return g
}

func (g *nodes) add(d definition) {
	if d.isBad() {
		return
	}
	out, place := d.references(), leafOf(d)
	if out != nil || place.cost > maxEvaluations {
		*g = append(*g, &node{definition: d, out: out})
	} else {
		*d.placed() = place
	}
}

func (n *node) isKept() bool { return n.keptFor() != nil }

// firstProblem returns what is wrong with today's definition, where the node holds a kept one.
func (n *node) firstProblem() error {
	if kept := n.keptFor(); kept != nil {
		return kept
	}
	return n.problem
}

// fail notes the first thing that is wrong with the node.
func (n *node) fail(problem *DocumentError) {
	if n.problem == nil {
		n.problem = problem
	}
}

// target returns the flag or segment that a reference leads to, nil where it is gone.
func (r *reference) target() definition {
	switch {
	case r.flag != nil:
		return r.flag
	case r.segment != nil:
		return r.segment
	default:
		return nil
	}
}

// problemOf returns what has turned out to be wrong with a definition of the ruleset, nil for
// nothing.
func (g nodes) problemOf(d definition) error {
	if d.isBad() || d.placed().node == leaf {
		return nil
	}
	return g[d.placed().node].problem
}

func (n *node) refersTo(other *node) bool {
	return slices.ContainsFunc(n.out, func(r *reference) bool { return r.target() == other.definition })
}

// describe names the members of a cycle, the first few of many.
func (g nodes) describe(component []int32) string {
	const most = 8
	var names []string
	for _, i := range component[:min(len(component), most)] {
		names = append(names, g[i].name().path())
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
	for position < len(n.out) {
		d := n.out[position].target()
		position++
		if d != nil && !d.isBad() && d.placed().node != leaf {
			return d.placed().node, position, true
		}
	}
	return 0, position, false
}

// path returns the path to the definition in a document.
func (n name) path() string { return native.Path(n.section, n.key) }
