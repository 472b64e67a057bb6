package becket

import (
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

func TestTheBoundsOfADrawHoldIt(t *testing.T) {
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
