// Package simulate evaluates flags for whole populations and judges the results.
package simulate

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/cmd/becket/internal/stats"
)

// Outcome is a flag's answer for some of the subjects.
type Outcome struct {
	Variant string // "" for the caller's default
	Rule    string // "" if no rule applied
	Reason  becket.Reason
	Code    becket.ErrorCode // the error code of a failed evaluation, else ""
}

// Counts counts subjects by outcome.
type Counts map[Outcome]int

// Run evaluates a flag for every subject of a population. progress may be nil. The only error is
// the context's.
func Run(ctx context.Context, rules becket.Rules, flag string, p *population.Population, at *becket.Moment,
	progress func(int)) (Counts, error) {
	groups, err := RunGroups(ctx, rules, flag, p, nil, at, progress)
	return groups[0], err
}

// RunGroups is Run for each group of subjects: groupOf holds the index of the group of each of the
// population's profiles. Without profiles there is one group.
func RunGroups(ctx context.Context, rules becket.Rules, flag string, p *population.Population, groupOf []int,
	at *becket.Moment, progress func(int)) ([]Counts, error) {
	groups := 1
	for _, g := range groupOf {
		groups = max(groups, g+1)
	}
	workers := make([][]Counts, population.Workers())
	for i := range workers {
		workers[i] = newCounts(groups)
	}
	err := p.Each(ctx, func(worker, i int, s *becket.Subject) {
		group := 0
		if groupOf != nil {
			group = groupOf[p.Profile(i)]
		}
		r := rules.Evaluate(flag, becket.KindAny, s, at)
		workers[worker][group][OutcomeOf(&r)]++
	}, progress)
	total := newCounts(groups)
	for _, counts := range workers {
		for group := range counts {
			for outcome, n := range counts[group] {
				total[group][outcome] += n
			}
		}
	}
	return total, err
}

func newCounts(groups int) []Counts {
	counts := make([]Counts, groups)
	for i := range counts {
		counts[i] = Counts{}
	}
	return counts
}

// Sum adds up the counts of several groups.
func Sum(groups []Counts) Counts {
	total := Counts{}
	for _, counts := range groups {
		for outcome, n := range counts {
			total[outcome] += n
		}
	}
	return total
}

// OutcomeOf returns the outcome of an evaluation.
func OutcomeOf(r *becket.Result) Outcome {
	o := Outcome{Rule: r.Rule, Reason: r.Reason}
	if r.Variant != nil {
		o.Variant = r.Variant.Name
	}
	if r.Err != nil {
		o.Code = r.Err.Code
	}
	return o
}

// Share is a part of a population with its 95 % confidence interval, all from 0 to 1.
type Share struct {
	Name  string  `json:"name"`
	Count int     `json:"count"`
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Shares adds up the counts by the label of each outcome. The listed names come first, in their
// order and even with a count of 0. Other names follow in alphabetical order.
func (c Counts) Shares(label func(Outcome) string, names []string) []Share {
	total := 0
	sums := map[string]int{}
	for outcome, n := range c {
		sums[label(outcome)] += n
		total += n
	}
	for _, name := range names {
		sums[name] += 0
	}
	shares := make([]Share, 0, len(sums))
	for name, n := range sums {
		s := Share{Name: name, Count: n}
		if total > 0 {
			s.Share = float64(n) / float64(total)
		}
		s.Low, s.High = stats.Wilson(n, total)
		shares = append(shares, s)
	}
	rank := func(s Share) int {
		if i := slices.Index(names, s.Name); i >= 0 {
			return i
		}
		return len(names)
	}
	slices.SortFunc(shares, func(a, b Share) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a.Name, b.Name)) })
	return shares
}

// ByVariant labels an outcome with its variant.
func ByVariant(o Outcome) string {
	if o.Variant == "" {
		return CallersDefault
	}
	return o.Variant
}

// CallersDefault stands for the default in the caller's code.
const CallersDefault = "(caller's default)"

// ByRule labels an outcome with its rule, or with the reason why no rule applied.
func ByRule(o Outcome) string {
	switch {
	case o.Rule != "":
		return o.Rule
	case o.Code != "":
		return "(" + strings.ToLower(strings.ReplaceAll(string(o.Code), "_", " ")) + ")"
	case o.Reason == becket.ReasonStatic || o.Reason == becket.ReasonDefault || o.Reason == becket.ReasonSplit:
		return "(default)"
	default:
		return "(" + strings.ToLower(strings.ReplaceAll(string(o.Reason), "_", " ")) + ")"
	}
}
