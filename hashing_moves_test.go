package becket

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests count subjects that move when the weights of a split change. No method can move fewer
// subjects than the shares themselves move (the minimum). Where each changed variant gains or loses
// in the same proportion, as when one is added or removed, rendezvous hashing moves exactly that
// many. For any other change it moves at most 2/(1+minimum) times as many; rendezvousMoves computes
// the exact share. It is close to this limit if two small variants exchange a little weight and the
// weight of a large one stays the same.

// reweighting is a change of weights, in the order of the document.
type reweighting struct {
	before, after []float64
}

func (r reweighting) shares() (before, after []float64) {
	return normalised(r.before), normalised(r.after)
}

func normalised(weights []float64) []float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	shares := make([]float64, len(weights))
	for i, w := range weights {
		shares[i] = w / sum
	}
	return shares
}

// minimum is the share of subjects that any method must move.
func (r reweighting) minimum() float64 {
	before, after := r.shares()
	moved := 0.0
	for i := range before {
		moved += math.Abs(before[i]-after[i]) / 2
	}
	return moved
}

// rendezvousMoves returns the share of subjects that exponential draws move: variant i keeps a
// subject with the chance 1 / sum over j of max(p[j]/p[i], q[j]/q[i]).
func (r reweighting) rendezvousMoves() float64 {
	p, q := r.shares()
	stay := 0.0
	for i := range p {
		if p[i] == 0 || q[i] == 0 {
			continue
		}
		sum := 0.0
		for j := range p {
			sum += max(p[j]/p[i], q[j]/q[i])
		}
		stay += 1 / sum
	}
	return 1 - stay
}

// weights names the variants a, b, c, …
func weights(list []float64) map[string]float64 {
	named := map[string]float64{}
	for i, w := range list {
		named[string(rune('a'+i))] = w
	}
	return named
}

// drawnBy returns the variants that the keys draw before and after, by the library.
func (r reweighting) drawnBy(t *testing.T, keys []string) (before, after []string) {
	t.Helper()
	rules := decodeHashing(t,
		map[string]any{"before": splitFlag("moves", weights(r.before)), "after": splitFlag("moves", weights(r.after))})
	_, before = answersOf(t, rules, "before", keys)
	_, after = answersOf(t, rules, "after", keys)
	return before, after
}

// rangesOf returns the variants that the keys get if one number is looked up in cumulative ranges,
// which is the usual method of other libraries.
func rangesOf(list []float64, keys []string) []string {
	shares, seed := normalised(list), seedOf("moves")
	drawn := make([]string, len(keys))
	for i, key := range keys {
		unit, end, arm := unitOf(hashKey(seed, key)), shares[0], 0
		for unit >= end && arm < len(shares)-1 {
			arm++
			end += shares[arm]
		}
		drawn[i] = string(rune('a' + arm))
	}
	return drawn
}

func movedShare(before, after []string) float64 {
	moved := 0
	for i := range before {
		if before[i] != after[i] {
			moved++
		}
	}
	return float64(moved) / float64(len(before))
}

func TestAddingAVariantMovesOnlySubjectsThatGetIt(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"sequential", "uuids"} {
		keys := keysOf(form)
		added := reweighting{before: []float64{50, 30, 20, 0}, after: []float64{50, 30, 20, 25}}
		old, now := added.drawnBy(t, keys)
		from := map[string]int{}
		for i := range keys {
			if old[i] != now[i] {
				if now[i] != "d" {
					require.FailNow(t, "moved between variants that stayed", keys[i])
				}
				from[old[i]]++
			}
		}
		stat, degrees := goodness([]int{from["a"], from["b"], from["c"]}, []float64{.5, .3, .2})
		requireChance(t, stat, degrees, 4, "whom the new variant came from, "+form)
		took := from["a"] + from["b"] + from["c"]
		stat, degrees = goodness([]int{took, population - took}, []float64{.2, .8})
		requireChance(t, stat, degrees, 4, "how many the new variant got, "+form)
	}
}

func TestRemovingAVariantMovesOnlyItsSubjects(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"sequential", "uuids"} {
		keys := keysOf(form)
		removed := reweighting{before: []float64{50, 30, 20, 25}, after: []float64{50, 30, 20, 0}}
		old, now := removed.drawnBy(t, keys)
		to := map[string]int{}
		for i := range keys {
			switch {
			case now[i] == "d":
				require.FailNow(t, "still has the variant that is gone", keys[i])
			case old[i] == "d":
				to[now[i]]++
			case old[i] != now[i]:
				require.FailNow(t, "moved between variants that stayed", keys[i])
			}
		}
		stat, degrees := goodness([]int{to["a"], to["b"], to["c"]}, []float64{.5, .3, .2})
		requireChance(t, stat, degrees, 2, "whom the old variant gave to, "+form)
	}
}

// usual are changes that people often make to a split. Each of them moves at most 1.4 times the
// minimum.
var usual = []reweighting{
	{[]float64{50, 50}, []float64{60, 40}},
	{[]float64{90, 10}, []float64{50, 50}},
	{[]float64{99, 1}, []float64{1, 99}},
	{[]float64{1, 1, 1}, []float64{2, 1, 1}},
	{[]float64{80, 10, 10}, []float64{34, 33, 33}},
	{[]float64{80, 10, 10}, []float64{60, 20, 20}},
	{[]float64{50, 30, 20}, []float64{20, 30, 50}},
	{[]float64{50, 30, 20}, []float64{34, 33, 33}},
	{[]float64{95, 5, 0}, []float64{90, 5, 5}},
	{[]float64{25, 25, 25, 25}, []float64{40, 30, 20, 10}},
	{[]float64{40, 30, 20, 10}, []float64{10, 20, 30, 40}},
	{[]float64{70, 10, 10, 10}, []float64{25, 25, 25, 25}},
	{[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
	{[]float64{50, 50, 0, 0}, []float64{25, 25, 25, 25}},
}

// trades are the changes that move most subjects: small variants exchange weight while a large one
// stays as it is.
var trades = []reweighting{
	{[]float64{25, 25, 25, 25}, []float64{30, 25, 25, 20}},
	{[]float64{60, 20, 20}, []float64{60, 30, 10}},
	{[]float64{70, 10, 10, 10}, []float64{70, 20, 5, 5}},
	{[]float64{80, 10, 10}, []float64{80, 12, 8}},
	{[]float64{80, 10, 5, 5}, []float64{80, 5, 10, 5}},
}

func TestReweightingMovesFewMoreSubjectsThanNecessary(t *testing.T) {
	t.Parallel()
	keys := keysOf("sequential")
	table := &strings.Builder{}
	fmt.Fprintf(table, "%-64s %8s %11s %6s %11s %6s\n",
		"weights before -> after", "minimum", "rendezvous", "ratio", "cumulative", "ratio")
	measure := func(r reweighting) (ratio float64) {
		moved := movedShare(r.drawnBy(t, keys))
		expected, minimum := r.rendezvousMoves(), r.minimum()
		deviation := 5 * math.Sqrt(expected*(1-expected)/population)
		assert.InDeltaf(t, expected, moved, deviation,
			"%v: the theory of exponential races, within five standard deviations", r)
		ranges := movedShare(rangesOf(r.before, keys), rangesOf(r.after, keys))
		fmt.Fprintf(table, "%-64s %7.2f%% %10.2f%% %6.2f %10.2f%% %6.2f\n", fmt.Sprint(r.before, " -> ", r.after),
			minimum*100, moved*100, moved/minimum, ranges*100, ranges/minimum)
		return moved / minimum
	}
	for _, r := range usual {
		assert.LessOrEqualf(t, measure(r), 1.4, "%v", r)
	}
	for _, r := range trades {
		assert.LessOrEqualf(t, measure(r), 2/(1+r.minimum()), "%v", r)
	}
	t.Logf("moved among %d subjects\n%s", population, table)
}

// TestAnyReweightingStaysBelowItsLimit computes 20,000 random changes, of 2 to 8 variants with
// weights from 1 to 100. It uses the formula that the test above compares with the library.
func TestAnyReweightingStaysBelowItsLimit(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 4))
	var ratios []float64
	for len(ratios) < 20_000 {
		r := reweighting{}
		for range 2 + random.IntN(7) {
			r.before = append(r.before, float64(1+random.IntN(100)))
			r.after = append(r.after, float64(1+random.IntN(100)))
		}
		minimum := r.minimum()
		if minimum < 1e-9 {
			continue // the same shares
		}
		ratio := r.rendezvousMoves() / minimum
		require.LessOrEqualf(t, ratio, 2/(1+minimum)+1e-9, "%v", r)
		require.GreaterOrEqualf(t, ratio, 1-1e-9, "%v", r)
		ratios = append(ratios, ratio)
	}
	slices.Sort(ratios)
	within, _ := slices.BinarySearch(ratios, 1.4)
	t.Logf("ratio to the minimum: median %.2f, 95 %% %.2f, 99 %% %.2f, largest %.2f; within 1.4: %s %%",
		ratios[len(ratios)/2],
		ratios[len(ratios)*95/100], ratios[len(ratios)*99/100], ratios[len(ratios)-1],
		strconv.FormatFloat(float64(within)*100/float64(len(ratios)), 'f', 1, 64))
	assert.Greater(t, float64(within)/float64(len(ratios)), 0.95, "the share of changes that stay within 1.4")
	assert.LessOrEqual(t, ratios[len(ratios)/2], 1.2, "the median is too high")
}

func TestAnAddedVariantTakesItsShareFromTheOthersInProportion(t *testing.T) {
	t.Parallel()
	keys := make([]string, 100_000)
	for i := range keys {
		keys[i] = "user-" + strconv.Itoa(i)
	}
	r := reweighting{before: []float64{50, 30, 20, 0}, after: []float64{50, 30, 20, 25}}
	before, after := r.drawnBy(t, keys)
	taken, moved := map[string]float64{}, 0.0
	for i := range keys {
		if before[i] != after[i] {
			require.Equal(t, "d", after[i], "only the added variant takes subjects")
			taken[before[i]]++
			moved++
		}
	}
	assert.InDelta(t, 0.2, moved/float64(len(keys)), 0.005)
	for name, share := range map[string]float64{"a": 0.5, "b": 0.3, "c": 0.2} {
		assert.InDelta(t, share, taken[name]/moved, 0.015, name)
	}
}
