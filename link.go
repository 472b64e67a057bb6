package becket

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/match"
)

// maxEvaluations bounds what one check may cost: the evaluations of a flag with all the flags and segments that it asks, each as
// often as it is asked. A diamond of requirements doubles them at every level.
const maxEvaluations = 10_000

// linked is what linking finds out about a flag or a segment together with all that it refers to.
type linked struct {
	node  int32 // its place in the graph
	cost  int32 // evaluations, at most maxEvaluations + 1
	timed bool  // it depends on the clock
}

// linking holds what is needed until a ruleset is served: the reader for places, what is wrong, and the definitions that
// were set aside for something else's sake.
type linking struct {
	reader   *reader
	problems map[name][]*DocumentError // found while decoding
	aside    graph                     // definitions that are fine in themselves
}

// link resolves the references of a ruleset as it was decoded, and sets aside what is bad.
func (r *ruleset) link() {
	for _, member := range sortedNames(r.linking.problems) {
		r.setAside(member, joinProblems(r.linking.problems[member]))
	}
	// Once something is set aside, the others must be pointed at what stands in its place.
	for bad := r.settle(); len(bad) > 0; bad = r.settle() {
		for _, n := range bad {
			r.linking.aside = append(r.linking.aside, n)
			r.setAside(n.name(), n.problem)
		}
	}
	r.finish()
}

func sortedNames[V any](m map[name]V) []name {
	return slices.SortedFunc(maps.Keys(m), compareNames)
}

// Keep returns the ruleset with the definitions that previous had for what had to be set aside, linked with the others of
// today. What they refer to and is gone is not met. It must be called at most once, before the ruleset is used.
func (r *ruleset) Keep(previous Rules) Rules {
	defer func() { r.linking = nil }()
	served, ok := previous.(*ruleset)
	if !ok || len(r.info.Bad) == 0 {
		return r
	}
	bad := r.info.Bad
	r.info.Bad = nil
	for i := range r.linking.aside {
		r.restore(r.linking.aside[i])
	}
	for _, b := range bad {
		member := name{b.Section, b.Key}
		if _, decoded := r.linking.problems[member]; decoded {
			r.replace(member, b.Err, served)
		}
	}
	// Every round replaces definitions, or gives up on them, which can make others bad. After some rounds nothing is
	// replaced any more, so that it ends.
	const rounds = 8
	for round := 0; ; round++ {
		settled := r.settle()
		if len(settled) == 0 {
			break
		}
		for _, n := range settled {
			if round < rounds && !n.isKept() {
				r.replace(n.name(), n.problem, served)
			} else {
				r.setAside(n.name(), n.firstProblem())
			}
		}
	}
	r.finish()
	return r
}

// replace puts the definition that previous has in the place of a bad one, if it has one.
func (r *ruleset) replace(member name, err error, previous *ruleset) {
	if member.section == inFlags {
		if f := previous.flags.find(member.key); f != nil && f.failure() == nil {
			r.flags.set(f.unlinked(err))
			return
		}
	} else if s := previous.segments[member.key]; s != nil && s.err == nil {
		r.segments[member.key] = s.unlinked(err)
		return
	}
	r.setAside(member, err)
}

// setAside puts a stub in the place of a bad definition.
func (r *ruleset) setAside(member name, err error) {
	if member.section == inSegments {
		r.segments[member.key] = &segment{key: member.key, err: err}
		return
	}
	failure := &EvaluationError{Code: CodeParseError, Message: ErrParse.Message, Cause: err}
	r.flags.set(&flag{fingerprint: match.FingerprintOf(member.key), key: member.key, rare: &rareFields{err: failure}})
}

func (r *ruleset) restore(n *node) {
	if n.flag != nil {
		r.flags.set(n.flag)
	} else {
		r.segments[n.segment.key] = n.segment
	}
}

// finish lists what is bad or kept, and describes the rest.
func (r *ruleset) finish() {
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

// compareNames orders flags before segments, and each by key.
func compareNames(a, b name) int {
	if c := strings.Compare(a.section, b.section); c != 0 {
		return c
	}
	return strings.Compare(a.key, b.key)
}

// settle resolves all references, computes costs, and returns the nodes that turn out to be bad: because of a reference to
// nothing, a bad segment, a cycle, or too high a cost.
func (r *ruleset) settle() (bad graph) {
	g := newGraph(r)
	for _, n := range g {
		r.resolve(n)
	}
	for _, component := range g.components() {
		r.judge(g, component)
	}
	for _, n := range g {
		if n.problem != nil {
			bad = append(bad, n)
		}
	}
	return bad
}

// resolve sets the pointers of a node's references.
func (r *ruleset) resolve(n *node) {
	for _, l := range n.links {
		l.flag, l.segment = nil, nil
		if l.toFlag {
			l.flag = r.flags.find(l.key)
		} else {
			l.segment = r.segments[l.key]
		}
		if l.flag == nil && l.segment == nil && !n.isKept() {
			n.fail(r.dangling(n, l))
		}
	}
}

// judge looks at nodes that refer to each other in a circle, or at a single one. What they refer to has been judged.
func (r *ruleset) judge(g graph, component []int32) {
	first := g[component[0]]
	if len(component) > 1 || first.refersTo(first) {
		for _, i := range component {
			if g[i].problem == nil {
				g[i].fail(r.problemOf(g[i], "it is part of a cycle: "+g.describe(component)))
			}
		}
		return
	}
	if first.problem != nil {
		return
	}
	cost := int32(1)
	place := first.linked()
	place.timed = first.flag != nil && first.flag.ownTime()
	for _, l := range first.links {
		target, problem := l.target(g)
		switch {
		case target == nil: // gone, or set aside: it costs nothing
			if l.segment != nil {
				problem = l.segment.err
			}
		case target.problem == nil:
			cost += target.linked().cost
			place.timed = place.timed || target.linked().timed
		}
		if problem != nil {
			first.fail(r.problemOf(first, fmt.Sprintf("it uses the segment %q, which is bad: %s", l.key, trimPrefix(problem))))
			return
		}
		if cost > maxEvaluations {
			first.fail(r.problemOf(first, fmt.Sprintf("one check of it takes more than %d evaluations", maxEvaluations)))
			return
		}
	}
	place.cost = cost
}

// dangling describes a reference to nothing.
func (r *ruleset) dangling(n *node, l *link) *DocumentError {
	const suggestions = 1000 // comparing with more keys takes too long when many references dangle
	what, keys := "segment", []string(nil)
	if l.toFlag {
		what = "flag"
	}
	switch {
	case l.toFlag && r.flags.count <= suggestions:
		keys = r.flags.keys()
	case !l.toFlag && len(r.segments) <= suggestions:
		keys = slices.Sorted(maps.Keys(r.segments))
	}
	message := fmt.Sprintf("there is no %s %q%s", what, shorten(l.key), suggest(l.key, keys))
	return r.linking.reader.problem(l.at, l.path, message)
}

func (r *ruleset) problemOf(n *node, message string) *DocumentError {
	if len(n.links) > 0 && !n.isKept() {
		return r.linking.reader.problem(n.links[0].at, n.path(), message)
	}
	return &DocumentError{Path: n.path(), Message: message}
}
