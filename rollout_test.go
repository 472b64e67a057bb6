package becket

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBoundsDecideSplitsAsLogarithmsDo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	exact := 0
	for range 200_000 {
		s := split{arms: make([]arm, 1+r.IntN(6))}
		for i := range s.arms {
			weight := math.Exp(r.NormFloat64() * 3)
			if r.IntN(50) == 0 {
				weight = []float64{math.SmallestNonzeroFloat64, 1e-300, 1e300, math.MaxFloat64}[r.IntN(4)]
			}
			s.arms[i] = arm{variant: &Variant{}, name: r.Uint64(), weight: weight, inverse: 1 / weight}
		}
		hash := r.Uint64()
		if s.exactWinner(hash) == s.winner(hash) {
			exact++
		}
	}
	assert.Equal(t, 200_000, exact)
}

func TestADrawIsBetweenItsBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200_000 {
		a := arm{name: r.Uint64(), weight: 1, inverse: 1}
		hash := r.Uint64()
		low, high := a.bounds(hash)
		draw := a.draw(hash)
		require.LessOrEqual(t, low, draw*(1+1e-12))
		require.GreaterOrEqual(t, high, draw*(1-1e-12))
	}
}

func TestTheThresholdIsTheShareToTheLastBit(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	percents := []float64{0, 100, 50, 5, 1e-13, 33.3, 99.99999999999999}
	for range 10_000 {
		percents = append(percents, r.Float64()*100)
	}
	for _, percent := range percents {
		limit := threshold(percent)
		for _, number := range []uint64{0, limit - 1, limit, limit + 1, unitScale - 1} {
			if number < unitScale {
				unit := unitOf(number << (64 - unitBits))
				require.Equal(t, unit < percent/100, number < limit, "%v %v", percent, number)
			}
		}
	}
}

func TestOfEqualDrawsTheFirstByNameWins(t *testing.T) {
	s := split{arms: []arm{
		{variant: &Variant{Name: "a"}, name: 7, weight: 2, inverse: 0.5},
		{variant: &Variant{Name: "b"}, name: 7, weight: 2, inverse: 0.5},
	}}
	assert.Equal(t, "a", s.winner(12345).variant.Name)
}

// Only the proportions of weights count, however small or large they are.
func TestWeightsOfAnySizeDrawAlike(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	splitOf := func(weights ...float64) split {
		s := split{}
		for i, weight := range weights {
			s.arms = append(s.arms,
				arm{
					variant: &Variant{Name: string(rune('a' + i))}, name: uint64(i+1) * 0x9e3779b97f4a7c15,
					weight: weight,
				})
		}
		s.scale()
		return s
	}
	plain := splitOf(1, 2, 4)
	least, most := splitOf(0x1p-1074, 0x1p-1073, 0x1p-1072), splitOf(0x1p1021, 0x1p1022, 0x1p1023)
	apart := splitOf(0x1p-1074, 0x1p1023, 0x1p-1074)
	for range 10_000 {
		hash := random.Uint64()
		name := plain.winner(hash).variant.Name
		require.Equal(t, name, least.winner(hash).variant.Name)
		require.Equal(t, name, least.exactWinner(hash).variant.Name)
		require.Equal(t, name, most.winner(hash).variant.Name)
		require.Equal(t, "b", apart.winner(hash).variant.Name)
	}
}

func TestTheSmallestFloatsAreValidWeights(t *testing.T) {
	for i := range 200 {
		key := fmt.Sprintf("user-%d", i)
		plain := splitWinner(t, "minute", map[string]float64{"a": 1, "b": 2, "c": 4}, key)
		minute := splitWinner(t, "minute", map[string]float64{"a": 0x1p-1074, "b": 0x1p-1073, "c": 0x1p-1072}, key)
		require.Equal(t, plain, minute, key)
	}
}

func TestTheBoundsOfADrawContainItClosely(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	const rounding = 1e-12
	for range 20_000 {
		a := arm{name: random.Uint64(), weight: 0.01 + random.Float64()}
		a.inverse = 1 / a.weight
		hash := random.Uint64()
		low, high := a.bounds(hash)
		draw, u := a.draw(hash), a.unit(hash)
		require.LessOrEqual(t, low, draw*(1+rounding), "%v", u)
		require.GreaterOrEqual(t, high, draw*(1-rounding), "%v", u)
		if u < 0.5 { // far apart, they would cost each check a logarithm
			require.Less(t, (high-low)*a.weight, 1.01*u*u*u*2/3+rounding, "%v", u)
		}
	}
}
