package becket

import (
	"fmt"
	"slices"
	"strings"
)

// graph is the flags and segments of a ruleset with their references.
type graph []*node

// node is a flag or a segment.
type node struct {
	flag    *flag
	segment *segment
	links   []*link
	problem error
}

// newGraph returns the graph of everything in the ruleset that is not bad, in the order of the keys. Flags that refer to nothing,
// which most do, are not in it: nothing can be wrong with them, and what they cost is known.
func newGraph(r *ruleset) (g graph) {
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
		if s.err == nil {
			g = append(g, &node{segment: s, links: s.condition.links(nil)})
		}
	}
	slices.SortFunc(g, func(a, b *node) int { return compareNames(a.name(), b.name()) })
	for i, n := range g {
		n.linked().node = int32(i)
	}
	return g
}

// leaf is the place of a flag that is not in the graph.
const leaf = -1

// leafOf returns what linking would find out about a flag that refers to nothing.
func leafOf(f *flag) linked { return linked{node: leaf, cost: 1, timed: f.ownTime()} }

func (n *node) name() name {
	if n.flag != nil {
		return name{inFlags, n.flag.key}
	}
	return name{inSegments, n.segment.key}
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

// ownTime reports whether the flag itself looks at the clock.
func (f *flag) ownTime() bool {
	if f.rare != nil && f.rare.maxAge > 0 {
		return true
	}
	for i := range f.rules {
		if gate := f.rules[i].gate; gate != nil && (gate.window != nil || gate.ramp != nil) {
			return true
		}
	}
	return false
}

// target returns the node that the link leads to, nil where that is gone or bad.
func (l *link) target(g graph) (*node, error) {
	switch {
	case l.flag != nil && l.flag.failure() == nil:
		if l.flag.node == leaf {
			return &node{flag: l.flag}, nil
		}
		return g[l.flag.node], nil
	case l.segment != nil && l.segment.err == nil:
		n := g[l.segment.node]
		return n, n.problem // who uses a bad segment is bad
	default:
		return nil, nil
	}
}

func (n *node) refersTo(other *node) bool {
	return slices.ContainsFunc(n.links, func(l *link) bool {
		return l.flag != nil && l.flag == other.flag || l.segment != nil && l.segment == other.segment
	})
}

// describe names the members of a cycle, the first few of many.
func (g graph) describe(component []int32) string {
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

// components returns the strongly connected components, each after those it refers to (Tarjan, "Depth-first search and linear
// graph algorithms", 1972). It keeps its own stack: a chain of references may be longer than calls can nest. References
// out of bad nodes do not count.
func (g graph) components() [][]int32 {
	t := tarjan{graph: g, index: make([]int32, len(g)), low: make([]int32, len(g)), onStack: make([]bool, len(g))}
	for i := range g {
		if t.index[i] == 0 {
			t.visit(int32(i))
		}
	}
	return t.found
}

type tarjan struct {
	graph   graph
	index   []int32 // the order of discovery, from 1; 0 for not yet
	low     []int32 // the earliest node on the stack that is reachable
	onStack []bool
	stack   []int32
	counter int32
	found   [][]int32
}

type tarjanFrame struct {
	node int32
	next int // the link to follow next
}

func (t *tarjan) visit(root int32) {
	frames := []tarjanFrame{t.enter(root)}
	for len(frames) > 0 {
		frame := &frames[len(frames)-1]
		if next, ok := t.follow(frame); ok {
			if t.index[next] == 0 {
				frames = append(frames, t.enter(next))
			} else if t.onStack[next] {
				t.low[frame.node] = min(t.low[frame.node], t.index[next])
			}
			continue
		}
		t.leave(frame.node)
		frames = frames[:len(frames)-1]
		if len(frames) > 0 {
			parent := frames[len(frames)-1].node
			t.low[parent] = min(t.low[parent], t.low[frame.node])
		}
	}
}

func (t *tarjan) enter(node int32) tarjanFrame {
	t.counter++
	t.index[node], t.low[node], t.onStack[node] = t.counter, t.counter, true
	t.stack = append(t.stack, node)
	return tarjanFrame{node: node}
}

// follow returns the next node that the frame's node refers to.
func (t *tarjan) follow(frame *tarjanFrame) (next int32, ok bool) {
	n := t.graph[frame.node]
	if n.problem != nil {
		return 0, false
	}
	for frame.next < len(n.links) {
		target, _ := n.links[frame.next].target(t.graph)
		frame.next++
		if target != nil && target.linked().node != leaf {
			return target.linked().node, true
		}
	}
	return 0, false
}

// leave takes a component off the stack when its first node is done.
func (t *tarjan) leave(node int32) {
	if t.low[node] != t.index[node] {
		return
	}
	start := len(t.stack) - 1
	for t.stack[start] != node {
		start--
	}
	for _, member := range t.stack[start:] {
		t.onStack[member] = false
	}
	t.found = append(t.found, slices.Clone(t.stack[start:]))
	t.stack = t.stack[:start]
}
