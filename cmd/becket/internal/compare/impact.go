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

// Transition is a change of answer.
type Transition struct {
	From, To simulate.Outcome
}

// Transitions counts subjects by their change of answer.
type Transitions map[Transition]int

// Run evaluates flags for a population before and after, and returns the changes of each flag. The
// only error is the context's.
func Run(ctx context.Context, before, after becket.Rules, flags []string, p *population.Population,
	at *becket.Moment, progress func(int)) (map[string]Transitions, error) {
	workers := make([][]Transitions, population.Workers())
	for i := range workers {
		workers[i] = make([]Transitions, len(flags))
		for j := range flags {
			workers[i][j] = Transitions{}
		}
	}
	err := p.Each(ctx, func(worker, _ int, s *becket.Subject) {
		for j, flag := range flags {
			a := before.Evaluate(flag, becket.KindAny, s, at)
			b := after.Evaluate(flag, becket.KindAny, s, at)
			if differs(&a, &b) {
				workers[worker][j][Transition{simulate.OutcomeOf(&a), simulate.OutcomeOf(&b)}]++
			}
		}
	}, progress)
	total := map[string]Transitions{}
	for j, flag := range flags {
		total[flag] = Transitions{}
		for i := range workers {
			for t, n := range workers[i][j] {
				total[flag][t] += n
			}
		}
	}
	return total, err
}

// differs reports whether a subject gets another variant or value.
func differs(a, b *becket.Result) bool {
	if a.Variant == nil || b.Variant == nil {
		return a.Variant != b.Variant
	}
	return a.Variant.Name != b.Variant.Name || !a.Variant.Value.Equal(b.Variant.Value)
}

// Move is the number of subjects that go from one variant to another.
type Move struct {
	From  string  `json:"from"`
	To    string  `json:"to"`
	Count int     `json:"count"`
	Share float64 `json:"share"` // of the population, from 0 to 1
}

// Impact is the effect of a change on the subjects of one flag.
type Impact struct {
	Count int     `json:"count"` // subjects with another answer
	Share float64 `json:"share"` // of the population, from 0 to 1
	Low   float64 `json:"low"`   // of the 95 % confidence interval
	High  float64 `json:"high"`
	Moves []Move  `json:"moves"`
}

// Impact adds up transitions by variant, the largest first.
func (t Transitions) Impact(of int) Impact {
	var i Impact
	sums := map[[2]string]int{}
	for transition, n := range t {
		i.Count += n
		sums[[2]string{simulate.ByVariant(transition.From), simulate.ByVariant(transition.To)}] += n
	}
	for names, n := range sums {
		i.Moves = append(i.Moves, Move{names[0], names[1], n, float64(n) / float64(of)})
	}
	slices.SortFunc(i.Moves, func(a, b Move) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	i.Share = float64(i.Count) / float64(of)
	i.Low, i.High = stats.Wilson(i.Count, of)
	return i
}
