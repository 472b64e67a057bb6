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
	"github.com/becketflags/becket/internal/wording"
)

// decoded is a ruleset that has just been read, with everything that linking needs: the document,
// for positions; the problems; and valid definitions that were marked as invalid because of the
// definitions that they refer to. Keep returns the ruleset alone.
type decoded struct {
	*ruleset
	document *native.Document
	problems map[name][]*DocumentError // problems found by the decoder
	noted    int                       // number of problems
	searched int                       // steps that suggestions for names have taken so far
	aside    nodes
}

// link resolves the references of a decoded ruleset, and marks invalid definitions.
func (r *decoded) link() {
	for _, member := range sortedNames(r.problems) {
		r.invalidate(member, joinProblems(r.problems[member]))
	}
	// After a definition is marked, references to it must be resolved again, because a stub has
	// replaced it.
	for bad := r.settle(); len(bad) > 0; bad = r.settle() {
		for _, n := range bad {
			r.aside = append(r.aside, n)
			r.invalidate(n.name(), n.problem)
		}
	}
	r.finish()
}

func sortedNames[V any](m map[name]V) []name {
	return slices.SortedFunc(maps.Keys(m), compareNames)
}

// invalidate marks a definition as invalid: it replaces it by a stub that holds the error.
func (r *decoded) invalidate(member name, err error) {
	if member.section == inSegments {
		r.segments[member.key] = &segment{key: member.key, err: err}
		return
	}
	failure := &EvaluationError{Code: CodeParseError, Message: ErrParse.Message, Cause: err}
	r.flags.set(&flag{fingerprint: match.FingerprintOf(member.key), key: member.key, rare: &rareFields{err: failure}})
}

// finish fills in the ruleset's info: the number of flags, the invalid and the kept definitions,
// and the digests of segments.
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

// settle resolves all references and computes costs. It returns the nodes that are invalid because
// of a dangling reference, an invalid segment, a cycle, or a cost that is too high. A node comes
// after the nodes that it refers to.
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
				// a kept definition treats an invalid segment as one that does not exist
				ref.segment = nil
			}
		}
		if ref.target() == nil && !n.isKept() {
			n.fail(r.dangling(n, ref))
		}
	}
}

// judge finds out whether a node is invalid, and computes its cost. component is a single node, or
// several nodes that refer to each other in a cycle. The other nodes that it refers to have been
// judged before.
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
			message := "it uses the segment %q, which is invalid: %s"
			reason := wording.Unprefixed(firstOf(problem))
			first.fail(r.problemOf(first, fmt.Sprintf(message, match.Brief(ref.key), reason)))
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

// badSegment returns why the segment of a reference is invalid, if that makes the node invalid too.
// It returns nil for a flag, since an invalid flag only makes the conditions that refer to it
// unknown, and for kept definitions, whose invalid segments are replaced or treated as absent.
func (r *decoded) badSegment(g nodes, n *node, ref *reference) error {
	if ref.segment == nil {
		return nil
	}
	problem := ref.segment.err
	if problem == nil && !n.isKept() {
		problem = g.problemOf(ref.segment)
	}
	if problem != nil {
		n.cause = ref.segment
	}
	return problem
}

// failCycle marks nodes that refer to each other in a cycle.
func (r *decoded) failCycle(g nodes, component []int32) {
	message := "it is part of a cycle: " + g.describe(component)
	for _, i := range component {
		if g[i].problem == nil {
			g[i].fail(r.problemOf(g[i], message))
		}
	}
}

// dangling returns the problem of a reference whose target does not exist.
func (r *decoded) dangling(n *node, ref *reference) *DocumentError {
	target := "segment"
	if ref.toFlag {
		target = "flag"
	}
	message := fmt.Sprintf("there is no %s %q%s", target, match.Brief(ref.key), r.suggest(ref))
	return (*DocumentError)(r.document.Problem(ref.at, cmp.Or(ref.path, n.name().path()), message))
}

// suggest returns a suggestion for a reference whose target does not exist. It returns "" once the
// suggestions for the document have taken too many steps.
func (r *decoded) suggest(ref *reference) string {
	const (
		most = 1000 // greatest number of keys to compare
		// greatest number of compared pairs of bytes, which take about a tenth of a second
		mostWork = 20_000_000
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

// firstOf returns the first error of several joined ones, or err itself if it is not a joined
// error.
func firstOf(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
		return joined.Unwrap()[0]
	}
	return err
}

// nodes is a graph: flags and segments of a ruleset with their references.
type nodes []*node

// node is a flag or a segment in the graph.
type node struct {
	definition
	out     []*reference // references to other definitions
	problem error

	// cause is the invalid segment of this ruleset that makes the node invalid; nil if the reason
	// is another one.
	cause *segment
}

// newNodes returns the graph of the ruleset's valid definitions, in the order of the keys. Flags
// and segments without references, which are the majority, are not part of it: linking cannot make
// them invalid, and their cost is known.
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

// firstProblem returns the problem of the present document's definition if the node holds a kept
// one, and otherwise the node's problem.
func (n *node) firstProblem() error {
	if kept := n.keptFor(); kept != nil {
		return kept
	}
	return n.problem
}

// fail records the problem of the node, if it is the first.
func (n *node) fail(problem *DocumentError) {
	if n.problem == nil {
		n.problem = problem
	}
}

// target returns the flag or segment that the reference points to, or nil if it does not exist.
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

// problemOf returns the problem that linking found in a definition of the ruleset, or nil.
func (g nodes) problemOf(d definition) error {
	if d.isBad() || d.placed().node == leaf {
		return nil
	}
	return g[d.placed().node].problem
}

func (n *node) refersTo(other *node) bool {
	return slices.ContainsFunc(n.out, func(r *reference) bool { return r.target() == other.definition })
}

// describe lists the members of a cycle, or the first few if there are many.
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

// edges returns a node's next reference, from position on, to another node of the graph, as
// [graph.Components] needs it. References of invalid nodes do not count.
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

// path returns the path of the definition in the document.
func (n name) path() string { return wording.Member(n.section, n.key) }
