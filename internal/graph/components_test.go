package graph

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lists is a graph as lists of targets, one for each node.
type lists [][]int32

func (l lists) edges(node int32, position int) (target int32, after int, ok bool) {
	if position == len(l[node]) {
		return 0, position, false
	}
	return l[node][position], position + 1, true
}

// components returns the components with their nodes in order.
func (l lists) components() [][]int32 {
	found := Components(len(l), l.edges)
	for _, component := range found {
		slices.Sort(component)
	}
	return found
}

func TestComponents(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		graph lists
		want  [][]int32
	}{
		{"no nodes", lists{}, nil},
		{"nodes without edges stand alone", lists{{}, {}}, [][]int32{{0}, {1}}},
		{"a chain stands in the order of its ends", lists{{1}, {2}, {}}, [][]int32{{2}, {1}, {0}}},
		{"a node that leads to itself stands alone", lists{{0}}, [][]int32{{0}}},
		{"two nodes in a circle stand together", lists{{1}, {0}}, [][]int32{{0, 1}}},
		{"a chain leads into a circle", lists{{1}, {2}, {3}, {1}}, [][]int32{{1, 2, 3}, {0}}},
		{"a diamond has no circle", lists{{1, 2}, {3}, {3}, {}}, [][]int32{{3}, {1}, {2}, {0}}},
		{"two circles that share a node are one", lists{{1, 2}, {0}, {0}}, [][]int32{{0, 1, 2}}},
		{"a circle leads to another one", lists{{1}, {0, 2}, {3}, {2}}, [][]int32{{2, 3}, {0, 1}}},
		{"an edge to a finished component joins nothing", lists{{}, {0, 2}, {0, 1}}, [][]int32{{0}, {1, 2}}},
		{"two edges between the same nodes are as one", lists{{1, 1}, {}}, [][]int32{{1}, {0}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, test.graph.components())
		})
	}
}

func TestAChainMayBeLongerThanCallsCanNest(t *testing.T) {
	t.Parallel()
	const nodes = 2_000_000
	edges := func(node int32, position int) (int32, int, bool) {
		return (node + 1) % nodes, 1, position == 0
	}
	found := Components(nodes, edges)
	require.Len(t, found, 1)
	assert.Len(t, found[0], nodes)
}

// TestComponentsAreTheNodesThatReachEachOther compares with a search from every node, on small
// random graphs.
func TestComponentsAreTheNodesThatReachEachOther(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		graph := make(lists, 1+random.IntN(12))
		for range random.IntN(2 * len(graph)) {
			from := random.IntN(len(graph))
			graph[from] = append(graph[from], int32(random.IntN(len(graph))))
		}
		component, seen := make([]int, len(graph)), 0
		for i, members := range graph.components() {
			for _, member := range members {
				component[member] = i
				seen++
			}
		}
		require.Equal(t, len(graph), seen, "each node is in one component: %v", graph)
		for a := range graph {
			for b := range graph {
				there, back := graph.reaches(a, b), graph.reaches(b, a)
				require.Equal(t, there && back, component[a] == component[b], "%d and %d in %v", a, b, graph)
				require.False(t, there && component[a] < component[b], "%d stands before %d in %v", a, b, graph)
			}
		}
	}
}

func (l lists) reaches(from, to int) bool {
	seen, open := map[int]bool{from: true}, []int{from}
	for len(open) > 0 {
		node := open[len(open)-1]
		open = open[:len(open)-1]
		for _, target := range l[node] {
			if !seen[int(target)] {
				seen[int(target)] = true
				open = append(open, int(target))
			}
		}
	}
	return seen[to]
}
