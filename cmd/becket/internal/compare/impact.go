package compare

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/cmd/becket/internal/simulate"
	"github.com/becketflags/becket/cmd/becket/internal/stats"
)

// Transition is a change of answer of subjects of one group.
type Transition struct {
	From, To simulate.Outcome
	Group    int
}

// Transitions counts subjects by their change of answer.
type Transitions map[Transition]int

// trial is one flag and the subjects that it is tried on.
type trial struct {
	flag   string
	groups *groups
}

// run evaluates flags for a population before and after, and returns the changes of each flag. The
// only error is the context's.
func run(ctx context.Context, before, after becket.Rules, trials []trial, p *population.Population,
	at *becket.Moment, progress func(int)) ([]Transitions, error) {
	workers := make([][]Transitions, population.Workers())
	for i := range workers {
		workers[i] = make([]Transitions, len(trials))
		for j := range trials {
			workers[i][j] = Transitions{}
		}
	}
	err := p.Each(ctx, func(worker, i int, s *becket.Subject) {
		for j := range trials {
			a := before.Evaluate(trials[j].flag, becket.KindAny, s, at)
			b := after.Evaluate(trials[j].flag, becket.KindAny, s, at)
			if differs(&a, &b) {
				t := Transition{simulate.OutcomeOf(&a), simulate.OutcomeOf(&b), trials[j].groups.of(p.Profile(i))}
				workers[worker][j][t]++
			}
		}
	}, progress)
	totals := make([]Transitions, len(trials))
	for j := range trials {
		totals[j] = Transitions{}
		for i := range workers {
			for t, n := range workers[i][j] {
				totals[j][t] += n
			}
		}
	}
	return totals, err
}

// differs reports whether a subject gets another variant or value.
func differs(a, b *becket.Result) bool {
	if a.Variant == nil || b.Variant == nil {
		return a.Variant != b.Variant
	}
	return a.Variant.Name != b.Variant.Name || !a.Variant.Value.Equal(b.Variant.Value)
}

// Part is the part of a group of subjects that something happens to.
type Part struct {
	Count int     `json:"count"`
	Share float64 `json:"share"` // of the group, from 0 to 1
	// the group, such as "with country DE"; "" for all subjects
	Of       string `json:"of,omitempty"`
	Subjects int    `json:"subjects"` // in the group
}

// Move is the change of subjects from one variant to another, in the group with the largest share.
type Move struct {
	From string `json:"from"`
	To   string `json:"to"`
	Part
}

// Impact is the effect of a change on the subjects of one flag: that on the group with the largest
// share of subjects who get another answer.
type Impact struct {
	Part
	Low    float64 `json:"low"` // of the 95 % confidence interval
	High   float64 `json:"high"`
	Moves  []Move  `json:"moves"`
	All    int     `json:"all"`              // subjects of all groups with another answer
	Groups []Part  `json:"groups,omitempty"` // all groups, the most affected first
	// targeting keys that the documents list, if so few get another answer that they do not count
	// as a share
	Listed *Part `json:"listed,omitempty"`
}

// Nobody reports whether no subject gets another answer.
func (i *Impact) Nobody() bool { return i.All == 0 }

// fewListed is the number of listed targeting keys from which on they count like other groups.
// Fewer of them are named people, not a share of all.
const fewListed = 10

// Impact finds the most affected group, and for each change of variant the group with the largest
// share.
func (t Transitions) Impact(g *groups) Impact {
	var i Impact
	counts := make([]int, len(g.sizes))
	sums := map[[2]string][]int{}
	for transition, n := range t {
		names := [2]string{simulate.ByVariant(transition.From), simulate.ByVariant(transition.To)}
		if sums[names] == nil {
			sums[names] = make([]int, len(g.sizes))
		}
		counts[transition.Group] += n
		sums[names][transition.Group] += n
		i.All += n
	}
	i.groups(g, counts)
	for names, of := range sums {
		i.Moves = append(i.Moves, Move{names[0], names[1], g.largest(of)})
	}
	slices.SortFunc(i.Moves, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return i
}

// groups chooses the most affected group among those that count.
func (i *Impact) groups(g *groups, counts []int) {
	counted := slices.Clone(counts)
	for group, n := range counts {
		if part := g.part(group, n); n > 0 && !g.counts(group, &part) {
			counted[group] = 0
			if i.Listed == nil || part.Count > i.Listed.Count {
				i.Listed = &part
			}
		}
	}
	if i.Part = g.largest(counted); i.All == g.size() {
		i.Part = g.largest(counts)
	}
	i.Low, i.High = stats.Wilson(i.Count, i.Subjects)
	if len(g.sizes) < 2 {
		return
	}
	for group, n := range counts {
		i.Groups = append(i.Groups, g.part(group, n))
	}
	slices.SortStableFunc(i.Groups, func(a, b Part) int { return cmp.Compare(b.Share, a.Share) })
}
