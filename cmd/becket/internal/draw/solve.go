package draw

import (
	"math/bits"
	"slices"
)

// need is a result that a condition must have.
type need uint8

const (
	mustHold   need = iota // true
	mustFail               // false
	mustNot                // false or unknown
	mustNotNot             // true or unknown
	needs
)

// opposite returns the need of the condition below a "not".
func (n need) opposite() need { return [...]need{mustFail, mustHold, mustNotNot, mustNot}[n] }

func (n need) accepts(t truth) bool {
	switch n {
	case mustHold:
		return t == yes
	case mustFail:
		return t == no
	case mustNot:
		return t != yes
	default:
		return t != no
	}
}

// goals is a list of conditions with the results that they must have.
type goals struct {
	node *node
	need need
	next *goals
}

// solver finds classes of attributes that reach goals. It tries all possibilities, so without a
// solution there is none, unless it gave up.
type solver struct {
	attributes []*attribute
	masks      map[[3]int]bitset // by attribute, test and need
	domain     []bitset          // the classes of each attribute that are left
	left       int               // steps of the present search
	gaveUp     bool
}

// mostSteps bounds one search.
const mostSteps = 20_000

// solve returns the classes with which all goals are reached, beginning with those of the domain.
func (s *solver) solve(domain []bitset, g *goals) ([]bitset, bool) {
	s.domain = append(s.domain[:0], domain...)
	s.left, s.gaveUp = mostSteps, false
	if !s.search(g) {
		return nil, false
	}
	return s.domain, true
}

func (s *solver) search(g *goals) bool {
	if g == nil {
		return true
	}
	if s.left--; s.left < 0 {
		s.gaveUp = true
		return false
	}
	switch n := g.node; n.form {
	case ofTest:
		return s.test(n, g)
	case ofNot:
		return s.search(&goals{n.parts[0], g.need.opposite(), g.next})
	case ofAll:
		return s.parts(n, g, g.need == mustHold || g.need == mustNotNot)
	case ofAny:
		return s.parts(n, g, g.need == mustFail || g.need == mustNot)
	case ofFlag:
		if g.need == mustHold || g.need == mustNotNot {
			return s.search(&goals{n.serves, mustNotNot, g.next})
		}
		return s.search(g.next)
	default:
		return s.search(g.next)
	}
}

// parts searches with all parts of a condition, or with any.
func (s *solver) parts(n *node, g *goals, all bool) bool {
	if all {
		next := g.next
		for _, part := range slices.Backward(n.parts) {
			next = &goals{part, g.need, next}
		}
		return s.search(next)
	}
	for _, part := range n.parts {
		if s.search(&goals{part, g.need, g.next}) {
			return true
		}
	}
	return false
}

// test leaves only the classes of an attribute for which a test has the needed result.
func (s *solver) test(n *node, g *goals) bool {
	a := s.attributes[n.attribute]
	if a.isDescribed {
		return s.search(g.next)
	}
	before := s.domain[n.attribute]
	after, some := before.and(s.mask(n, g.need))
	if !some {
		return false
	}
	s.domain[n.attribute] = after
	if s.search(g.next) {
		return true
	}
	s.domain[n.attribute] = before
	return false
}

func (s *solver) mask(n *node, need need) bitset {
	id := [3]int{n.attribute, n.test, int(need)}
	mask, ok := s.masks[id]
	if !ok {
		a := s.attributes[n.attribute]
		mask = newBitset(len(a.classes))
		for i := range a.classes {
			if need.accepts(a.classes[i].truth[n.test]) {
				mask.add(i)
			}
		}
		s.masks[id] = mask
	}
	return mask
}

// bitset is a set of classes.
type bitset []uint64

func newBitset(size int) bitset { return make(bitset, (size+63)/64) }

func (b bitset) add(i int) { b[i/64] |= 1 << (i % 64) }

func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }

// and returns the intersection and whether it has an element.
func (b bitset) and(other bitset) (both bitset, some bool) {
	both = make(bitset, len(b))
	for i := range b {
		both[i] = b[i] & other[i]
		some = some || both[i] != 0
	}
	return both, some
}

// count returns the number of elements.
func (b bitset) count() (n int) {
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// at returns the element with that index.
func (b bitset) at(index int) int {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			if index == 0 {
				return i*64 + bits.TrailingZeros64(word)
			}
			index--
		}
	}
	return -1
}
