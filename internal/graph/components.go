// Package graph finds the cycles of a directed graph.
package graph

import "slices"

// Edges lists the edges of a graph whose nodes are numbered from 0. It returns the target of a
// node's first edge at or after a position, and the position after that edge. It returns false if
// there is no further edge. Positions begin at 0.
type Edges func(node int32, position int) (target int32, after int, ok bool)

// Components returns the strongly connected components of a graph with the given number of nodes. A
// component holds nodes that reach each other, or a single node, and comes after the components
// that its nodes lead to (Tarjan, "Depth-first search and linear graph algorithms", 1972). It does
// not use recursion, because a chain of edges may be longer than calls can nest.
func Components(nodes int, edges Edges) [][]int32 {
	s := search{edges: edges, index: make([]int32, nodes), low: make([]int32, nodes), onStack: make([]bool, nodes)}
	for i := range nodes {
		if s.index[i] == 0 {
			s.visit(int32(i))
		}
	}
	return s.found
}

// search is the state of Tarjan's algorithm.
type search struct {
	edges   Edges
	index   []int32 // the order of discovery, from 1; 0 for nodes that were not visited yet
	low     []int32 // the earliest node on the stack that each node reaches
	onStack []bool
	stack   []int32
	counter int32
	found   [][]int32
}

// frame is a node whose edges are being followed.
type frame struct {
	node     int32
	position int // position of the next edge
}

func (s *search) visit(root int32) {
	frames := []frame{s.enter(root)}
	for len(frames) > 0 {
		top := &frames[len(frames)-1]
		if target, after, ok := s.edges(top.node, top.position); ok {
			top.position = after
			if s.index[target] == 0 {
				frames = append(frames, s.enter(target))
			} else if s.onStack[target] {
				s.low[top.node] = min(s.low[top.node], s.index[target])
			}
			continue
		}
		done := top.node
		s.leave(done)
		frames = frames[:len(frames)-1]
		if len(frames) > 0 {
			parent := frames[len(frames)-1].node
			s.low[parent] = min(s.low[parent], s.low[done])
		}
	}
}

func (s *search) enter(node int32) frame {
	s.counter++
	s.index[node], s.low[node], s.onStack[node] = s.counter, s.counter, true
	s.stack = append(s.stack, node)
	return frame{node: node}
}

// leave removes a component from the stack if node is its first node.
func (s *search) leave(node int32) {
	if s.low[node] != s.index[node] {
		return
	}
	start := len(s.stack) - 1
	for s.stack[start] != node {
		start--
	}
	for _, member := range s.stack[start:] {
		s.onStack[member] = false
	}
	s.found = append(s.found, slices.Clone(s.stack[start:]))
	s.stack = s.stack[:start]
}
