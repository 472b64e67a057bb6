package simulate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/draw"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/cmd/becket/internal/stats"
	"github.com/becketflags/becket/internal/native"
)

// Suspicious is the probability below which chance does not explain a ratio: one in a thousand, as
// is usual for experiments.
const Suspicious = 0.001

// Ratio compares a share that the ruleset asks for with the simulated result.
type Ratio struct {
	Where string  `json:"where"`    // a rule's name, or "(default)"
	Kind  string  `json:"kind"`     // "split" or "percent"
	Of    int     `json:"subjects"` // number of subjects that the split or percentage decided for
	Asked string  `json:"asked"`    // as written in the document
	Got   string  `json:"got"`
	P     float64 `json:"p"` // the probability of so large a difference by chance
	Off   bool    `json:"off"`
}

// Ratios compares each split of a flag with its weights, and each percentage with its share of the
// subjects that meet the rule's condition. kinds are those of made subjects, or nil. The only error
// is the context's.
func Ratios(ctx context.Context, f *native.Flag, body []byte, counts Counts, format becket.Format,
	p *population.Population, at *becket.Moment, kinds *draw.Kinds) (ratios []Ratio, err error) {
	for i := range f.Rules {
		r := &f.Rules[i]
		if r.HasPercent && r.Percent > 0 && r.Percent < 100 && !isNarrow(kinds, r.By) {
			ratio, err := percentRatio(ctx, f, r, body, counts, format, p, at)
			if err != nil {
				return nil, err
			}
			ratios = appendDecided(ratios, ratio)
		}
		if !isNarrow(kinds, r.Serve.By) {
			ratios = appendDecided(ratios, splitRatio(r.Name, r.Name, &r.Serve, counts))
		}
	}
	if !isNarrow(kinds, f.Default.By) {
		ratios = appendDecided(ratios, splitRatio("(default)", "", &f.Default, counts))
	}
	return ratios, nil
}

// isNarrow reports whether made subjects have too few values of a hashed attribute for a ratio.
func isNarrow(kinds *draw.Kinds, by []string) bool {
	return kinds != nil && slices.ContainsFunc(by, func(name string) bool { return kinds.Narrow[name] })
}

// appendDecided leaves out ratios that decided for no subject.
func appendDecided(ratios []Ratio, r Ratio) []Ratio {
	if r.Of == 0 {
		return ratios
	}
	r.Off = r.P < Suspicious
	return append(ratios, r)
}

func splitRatio(where, rule string, s *native.Serve, counts Counts) Ratio {
	ratio := Ratio{Where: where, Kind: "split"}
	if len(ruleset.Served(s)) < 2 {
		return ratio
	}
	numbers, weights := make([]int, len(s.Arms)), make([]float64, len(s.Arms))
	var asked, got []string
	for i, arm := range s.Arms {
		weights[i] = arm.Weight
		numbers[i] = counts[Outcome{Variant: arm.Name, Rule: rule, Reason: becket.ReasonSplit}]
		ratio.Of += numbers[i]
		asked = append(asked, arm.Name+" "+describe.Number(arm.Weight))
		got = append(got, arm.Name+" "+strconv.Itoa(numbers[i]))
	}
	ratio.Asked, ratio.Got = strings.Join(asked, ", "), strings.Join(got, ", ")
	ratio.P = stats.SampleRatio(numbers, weights)
	return ratio
}

// percentRatio evaluates again with a percentage of 100. The rule then applies to every subject
// that meets its condition.
func percentRatio(ctx context.Context, f *native.Flag, r *native.Rule, body []byte, counts Counts, format becket.Format,
	p *population.Population, at *becket.Moment) (Ratio, error) {
	ratio := Ratio{Where: r.Name, Kind: "percent"}
	number := r.Written.Field("percent")
	widened := slices.Concat(body[:number.At], []byte("100"), body[number.At+len(number.Raw):])
	rules, err := format.Decode(widened)
	if err != nil {
		return ratio, nil //nolint:nilerr // there is nothing to compare with
	}
	all, err := Run(ctx, rules, f.Key, p, at, nil)
	if err != nil {
		return ratio, err
	}
	in, eligible := ofRule(counts, r.Name), ofRule(all, r.Name)
	ratio.Of, ratio.Asked = eligible, describe.Number(r.Percent)+" %"
	if eligible > 0 {
		ratio.Got = fmt.Sprintf("%.2f %%", 100*float64(in)/float64(eligible))
	}
	ratio.P = stats.SampleRatio([]int{in, max(eligible-in, 0)}, []float64{r.Percent, 100 - r.Percent})
	return ratio, nil
}

func ofRule(counts Counts, rule string) (n int) {
	for outcome, of := range counts {
		if outcome.Rule == rule {
			n += of
		}
	}
	return n
}
