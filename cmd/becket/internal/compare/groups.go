package compare

import (
	"cmp"
	"math"

	"github.com/becketflags/becket/cmd/becket/internal/draw"
	"github.com/becketflags/becket/cmd/becket/internal/population"
)

// groups are the groups of the subjects that a flag is tried on. Without kinds there is one group,
// of all subjects.
type groups struct {
	kinds *draw.Kinds
	sizes []int
}

func groupsOf(p *population.Population, kinds *draw.Kinds) *groups {
	if kinds == nil {
		return &groups{sizes: []int{p.Size}}
	}
	g := &groups{kinds: kinds, sizes: make([]int, len(kinds.Groups))}
	for profile, n := range p.Sizes() {
		g.sizes[kinds.GroupOf[profile]] += n
	}
	return g
}

// of returns the index of a profile's group.
func (g *groups) of(profile int) int {
	if g.kinds == nil {
		return 0
	}
	return g.kinds.GroupOf[profile]
}

func (g *groups) isListed(group int) bool { return g.kinds != nil && g.kinds.Groups[group].IsListed }

// part returns a number of subjects of a group; of listed keys, the number of different keys.
func (g *groups) part(group, n int) Part {
	p := Part{Count: n, Subjects: g.sizes[group]}
	if g.kinds != nil {
		p.Of = g.kinds.Groups[group].Of
	}
	if p.Subjects > 0 {
		p.Share = float64(n) / float64(p.Subjects)
	}
	if g.isListed(group) {
		p.Subjects = min(p.Subjects, g.kinds.Groups[group].Keys)
		p.Count = int(math.Round(p.Share * float64(p.Subjects)))
	}
	return p
}

// counts reports whether a part counts as a share: not so a few listed targeting keys.
func (g *groups) counts(group int, p *Part) bool { return !g.isListed(group) || p.Count >= fewListed }

// largest returns the part with the largest share, and of equal shares that of the larger group. It
// is of all subjects if everybody is in it. Parts that do not count as shares come last.
func (g *groups) largest(counts []int) (best Part) {
	size, n, bestCounts := 0, 0, false
	for group := range counts {
		size, n = size+g.sizes[group], n+counts[group]
		p := g.part(group, counts[group])
		counted := g.counts(group, &p) && p.Count > 0
		if group == 0 || counted && !bestCounts || counted == bestCounts &&
			cmp.Or(cmp.Compare(p.Share, best.Share), cmp.Compare(p.Subjects, best.Subjects)) > 0 {
			best, bestCounts = p, counted
		}
	}
	if n == size || n == 0 {
		return Part{Count: n, Share: share(n, size), Subjects: size}
	}
	return best
}

// size returns the number of all subjects.
func (g *groups) size() (n int) {
	for _, size := range g.sizes {
		n += size
	}
	return n
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
