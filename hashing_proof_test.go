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

// These tests show the promises of the hashing on 200,000 subjects: shares are even and as large as
// they should be, one flag's draw says nothing about another's, and a subject that has a feature
// keeps it while its share grows.
//
// The inputs are fixed, so a test passes always or never. For each family of tests, the probability
// that good hashing fails is one in a thousand (significance), divided by the number of tests in
// the family (Bonferroni). A chi-square that is too small is as suspicious as one that is too
// large, so both fail a test. The controls at the end show that the tests can fail.
const (
	population   = 200_000
	significance = 0.001
)

// keyForms are the forms that targeting keys have in practice.
var keyForms = map[string]func(i int, random *rand.Rand) string{
	"sequential": func(i int, _ *rand.Rand) string { return "user-" + strconv.Itoa(i) },
	"numbers":    func(i int, _ *rand.Rand) string { return strconv.Itoa(1_000_000 + i) },
	"uuids": func(_ int, random *rand.Rand) string {
		a, b := random.Uint64(), random.Uint64()
		return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a), uint16(a>>32), a>>52, 0x8000|b>>50, b&(1<<48-1))
	},
	"addresses": func(i int, _ *rand.Rand) string { return "użytkownik." + strconv.Itoa(i) + "@example.com" },
}

func keysOf(form string) []string {
	random := rand.New(rand.NewPCG(42, 7))
	keys := make([]string, population)
	for i := range keys {
		keys[i] = keyForms[form](i, random)
	}
	return keys
}

// chiSquareTail returns the probability of a chi-square of at least stat, by Wilson and Hilferty's
// approximation (1931): the cube root of a chi-square over its degrees of freedom is nearly normal.
func chiSquareTail(stat float64, degrees int) float64 {
	d := float64(degrees)
	z := (math.Cbrt(stat/d) - (1 - 2/(9*d))) / math.Sqrt(2/(9*d))
	return math.Erfc(z/math.Sqrt2) / 2
}

// requireChance fails if a chi-square is too large or too small for one test of a family with that
// many tests.
func requireChance(t *testing.T, stat float64, degrees, family int, what string) {
	t.Helper()
	p := chiSquareTail(stat, degrees)
	limit := significance / float64(family) / 2
	assert.Truef(t, p > limit && 1-p > limit, "%s: chi-square %.1f at %d degrees of freedom, p %.2g, limit %.2g",
		what, stat, degrees, p, limit)
}

// goodness returns the chi-square of counts, compared with the expected shares.
func goodness(counts []int, shares []float64) (stat float64, degrees int) {
	total := 0
	for _, count := range counts {
		total += count
	}
	for i, count := range counts {
		expected := float64(total) * shares[i]
		stat += (float64(count) - expected) * (float64(count) - expected) / expected
	}
	return stat, len(counts) - 1
}

// contingency returns the chi-square for the independence of two results.
func contingency(a, b []string) (stat float64, degrees int) {
	cells, rows, columns := map[[2]string]int{}, map[string]int{}, map[string]int{}
	for i := range a {
		cells[[2]string{a[i], b[i]}]++
		rows[a[i]]++
		columns[b[i]]++
	}
	for row, inRow := range rows {
		for column, inColumn := range columns {
			expected := float64(inRow) * float64(inColumn) / float64(len(a))
			difference := float64(cells[[2]string{row, column}]) - expected
			stat += difference * difference / expected
		}
	}
	return stat, (len(rows) - 1) * (len(columns) - 1)
}

// answersOf returns, for each key, the rule that applied and the variant served.
func answersOf(t *testing.T, rules Rules, flag string, keys []string) (applied, served []string) {
	t.Helper()
	moment := hashingMoment()
	applied, served = make([]string, len(keys)), make([]string, len(keys))
	for i, key := range keys {
		subject := NewSubject(key)
		r := rules.Evaluate(flag, KindAny, &subject, moment)
		if r.Variant == nil { // testify in a loop of 200,000 costs more than what it checks
			require.FailNow(t, "no variant", "%s for %s: %v", flag, key, r.Err)
		}
		applied[i], served[i] = r.Rule, r.Variant.Name
	}
	return applied, served
}

// decilesOfPercent is a flag whose rules show in which tenth of a percentage's range a subject is.
func decilesOfPercent(salt string) map[string]any {
	var rules []any
	for i := range 10 {
		rules = append(rules,
			map[string]any{"name": strconv.Itoa(i), "percent": 10 * (i + 1), "salt": salt, "serve": "on"})
	}
	return map[string]any{"rules": rules}
}

// decilesOfLayer does the same for a layer.
func decilesOfLayer(name string) map[string]any {
	var rules []any
	for i := range 10 {
		layer := map[string]any{"name": name, "from": 10 * i, "to": 10 * (i + 1)}
		rules = append(rules, map[string]any{"name": strconv.Itoa(i), "layer": layer, "serve": "on"})
	}
	return map[string]any{"rules": rules}
}

func TestPlacesAreEvenForEverySaltAndFormOfKey(t *testing.T) {
	t.Parallel()
	salts := []string{"new-checkout", "banner", "größe", "", "layer/checkout-page", "a"}
	shares := slices.Repeat([]float64{0.01}, 100)
	for form := range keyForms {
		keys := keysOf(form)
		for _, salt := range salts {
			counts := make([]int, 100)
			seed := seedOf(salt)
			for _, key := range keys {
				counts[int(unitOf(hashKey(seed, key))*100)]++
			}
			stat, degrees := goodness(counts, shares)
			requireChance(t, stat, degrees, len(salts)*len(keyForms), fmt.Sprintf("salt %q, %s", salt, form))
		}
	}
}

func TestFlagsAndLayersDrawIndependently(t *testing.T) {
	t.Parallel()
	names := []string{
		"percent/new-checkout", "percent/banner", "percent/flag-1", "percent/flag-2", "layer/checkout-page",
		"layer/search", "layer/new-checkout",
	}
	flags := map[string]any{}
	for _, name := range names {
		if kind, salt, _ := strings.Cut(name, "/"); kind == "layer" {
			flags[name] = decilesOfLayer(salt)
		} else {
			flags[name] = decilesOfPercent(salt)
		}
	}
	rules := decodeHashing(t, flags)
	forms := []string{"sequential", "uuids"}
	pairs := len(names) * (len(names) - 1) / 2 * len(forms)
	for _, form := range forms {
		keys := keysOf(form)
		deciles := map[string][]string{}
		for _, name := range names {
			deciles[name], _ = answersOf(t, rules, name, keys)
		}
		for i, a := range names {
			for _, b := range names[:i] {
				stat, degrees := contingency(deciles[a], deciles[b])
				require.Equal(t, 81, degrees)
				requireChance(t, stat, degrees, pairs, fmt.Sprintf("%s and %s, %s", a, b, form))
			}
		}
	}
}

// A percentage and the split inside it hash the same key with the same salt, the flag's key. The
// variant must not depend on being inside the percentage, and the shares of variants inside must be
// the shares of the weights.
func TestASplitIsIndependentOfTheGateAroundIt(t *testing.T) {
	t.Parallel()
	weights := map[string]float64{"red": 50, "green": 30, "blue": 20}
	salts := []string{"new-checkout", "banner", "größe", "x", "flag-1", "flag-2"}
	keys := keysOf("sequential")
	for _, salt := range salts {
		gated := splitFlag(salt, weights)
		gated["rules"] = []any{map[string]any{"name": "gate", "percent": 10, "salt": salt, "serve": gated["default"]}}
		gated["default"] = "red"
		rules := decodeHashing(t,
			map[string]any{"place": decilesOfPercent(salt), "split": splitFlag(salt, weights), "gated": gated})
		places, _ := answersOf(t, rules, "place", keys)
		_, drawn := answersOf(t, rules, "split", keys)
		stat, degrees := contingency(places, drawn)
		require.Equal(t, 18, degrees)
		requireChance(t, stat, degrees, 2*len(salts), "place and variant of "+salt)

		applied, served := answersOf(t, rules, "gated", keys)
		counts := map[string]int{}
		for i := range keys {
			inside := applied[i] == "gate"
			if inside != (places[i] == "0") || inside && served[i] != drawn[i] {
				require.FailNow(t, "the gate lets in others, or changes the draw", "%s: place %s, rule %s",
					keys[i], places[i], applied[i])
			}
			if inside {
				counts[served[i]]++
			}
		}
		stat, degrees = goodness([]int{counts["red"], counts["green"], counts["blue"]}, []float64{.5, .3, .2})
		requireChance(t, stat, degrees, 2*len(salts), "variants inside the gate of "+salt)
	}
}

func TestNoSubjectLeavesWhileAPercentageGrows(t *testing.T) {
	t.Parallel()
	steps := []float64{0, 0.1, 0.5, 1, 2.5, 5, 10, 20, 33.3, 50, 66.6, 75, 90, 99, 99.9, 100}
	flags := map[string]any{}
	for i, percent := range steps {
		flags[strconv.Itoa(i)] = map[string]any{
			"rules": []any{map[string]any{"percent": percent, "salt": "grows", "serve": "on"}},
		}
	}
	rules := decodeHashing(t, flags)
	keys := keysOf("uuids")
	before := make([]string, population)
	for i, percent := range steps {
		_, now := answersOf(t, rules, strconv.Itoa(i), keys)
		in := 0
		for k := range keys {
			if now[k] == "on" {
				in++
			} else if before[k] == "on" {
				require.FailNow(t, "a subject left", "%s at %v percent", keys[k], percent)
			}
		}
		before = now
		if percent == 0 || percent == 100 {
			require.Equal(t, int(percent)*population/100, in)
			continue
		}
		stat, degrees := goodness([]int{in, population - in}, []float64{percent / 100, 1 - percent/100})
		assert.Greaterf(t, chiSquareTail(stat, degrees), significance/float64(len(steps)), "%d are in %v percent",
			in, percent)
	}
}

// The controls: the same tests on the same subjects find bad hashing.
func TestTheStatisticalTestsRejectBadHashing(t *testing.T) {
	t.Parallel()
	const impossible = 1e-12
	keys := keysOf("sequential")
	seed := seedOf("banner")
	places, ranges := make([]string, population), make([]string, population)
	counts, late := make([]int, 100), make([]int, 100)
	for i, key := range keys {
		unit := unitOf(hashKey(seed, key))
		places[i] = strconv.Itoa(int(unit * 10))
		// the variant is chosen by ranges of the same number that decides the percentage
		ranges[i] = strconv.Itoa(int(unit * 3))
		counts[int(math.Pow(unit, 1.05)*100)]++ // a slope of five percent
		late[i%100]++                           // as even as no draw ever is
	}
	stat, degrees := contingency(places, ranges)
	assert.Less(t, chiSquareTail(stat, degrees), impossible, "a split by the gate's own number")
	stat, degrees = goodness(counts, slices.Repeat([]float64{0.01}, 100))
	assert.Less(t, chiSquareTail(stat, degrees), impossible, "a slope of five percent")
	stat, degrees = goodness(late, slices.Repeat([]float64{0.01}, 100))
	assert.Less(t, 1-chiSquareTail(stat, degrees), impossible, "counts that are too even")
	assert.InDelta(t, 0.05, chiSquareTail(124.342, 100), 0.0005, "the tables' value for 100 degrees of freedom")
	assert.InDelta(t, 0.001, chiSquareTail(126.083, 81), 0.00005, "the tables' value for 81 degrees of freedom")
}
