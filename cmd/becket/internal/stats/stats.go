// Package stats has the statistics for simulations.
package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// z95 is the quantile of the normal distribution for a two-sided probability of 95 %.
const z95 = 1.959963984540054

// Wilson returns the 95 % confidence interval of a share, from 0 to 1: Wilson, "Probable inference,
// the law of succession, and statistical inference" (1927). The interval is also right for small
// numbers and for shares near 0 and 1.
func Wilson(count, of int) (low, high float64) {
	if of == 0 {
		return 0, 1
	}
	n := float64(of)
	p := float64(count) / n
	z2 := z95 * z95
	centre := p + z2/(2*n)
	spread := z95 * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(0, round((centre-spread)/(1+z2/n))), min(1, round((centre+spread)/(1+z2/n)))
}

// round removes digits that differ between processors, because some processors multiply and add in
// one step.
func round(f float64) float64 { return math.Round(f*1e9) / 1e9 }

// SampleRatio returns the probability that counts differ from the shares of the weights by chance,
// by at least as much as they do: Pearson's chi-square test. If a weight of 0 has a count above 0,
// the probability is 0.
func SampleRatio(counts []int, weights []float64) float64 {
	total, sum, arms := 0, 0.0, 0
	for i := range counts {
		total += counts[i]
		sum += weights[i]
		if weights[i] > 0 {
			arms++
		}
	}
	if total == 0 || sum <= 0 {
		return 1
	}
	chi := 0.0
	for i := range counts {
		expected := float64(total) * weights[i] / sum
		if expected == 0 {
			if counts[i] > 0 {
				return 0
			}
			continue
		}
		difference := float64(counts[i]) - expected
		chi += difference * difference / expected
	}
	if arms < 2 {
		return 1
	}
	return round(mathext.GammaIncRegComp(float64(arms-1)/2, chi/2))
}
