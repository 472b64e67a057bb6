package becket

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// phase is a version of an experiment: the rules of its flag, and the shares of its arms.
type phase struct {
	name, rules string
	shares      map[string]float64 // of the subjects in the experiment
	inside      float64            // the share of all subjects that is in the experiment
}

var phases = []phase{
	{name: "before it starts", rules: `{"name": "staff", "if": {"attribute": "staff", "in": [true]}, "serve": "b"}`},
	{
		"in half of a layer", `{"name": "test", "layer": {"name": "page", "from": 0, "to": 50},
			"serve": {"split": {"control": 50, "a": 30, "b": 20}}}`,
		map[string]float64{"control": 0.5, "a": 0.3, "b": 0.2}, 0.5,
	},
	{
		"with other weights", `{"name": "test", "layer": {"name": "page", "from": 0, "to": 50},
			"serve": {"split": {"control": 20, "a": 30, "b": 50}}}`,
		map[string]float64{"control": 0.2, "a": 0.3, "b": 0.5}, 0.5,
	},
	{
		"with its holdout lifted", `{"name": "test", "layer": {"name": "page", "from": 0, "to": 100},
			"serve": {"split": {"control": 20, "a": 30, "b": 50}}}`,
		map[string]float64{"control": 0.2, "a": 0.3, "b": 0.5}, 1,
	},
	{
		"with another salt", `{"name": "test", "percent": 80,
			"serve": {"split": {"control": 20, "a": 30, "b": 50}, "salt": "2"}}`,
		map[string]float64{"control": 0.2, "a": 0.3, "b": 0.5}, 0.8,
	},
	{
		"with one arm fewer",
		`{"name": "test", "percent": 80, "serve": {"split": {"control": 1, "a": 1}, "salt": "2"}}`,
		map[string]float64{"control": 0.5, "a": 0.5}, 0.8,
	},
	{
		"under a rule for staff", `{"name": "staff", "if": {"attribute": "staff", "in": [true]}, "serve": "b"},
			{"name": "test", "percent": 80, "serve": {"split": {"control": 1, "a": 1}, "salt": "2"}}`,
		map[string]float64{"control": 0.5, "a": 0.5}, 0.8,
	},
}

// An analysis has only the exposures. The flag serves "control" to everybody outside of the
// experiment, so these subjects were served the control arm before they became part of it.
func TestAnExperimentThatChangesIsAnalysedFromItsExposures(t *testing.T) {
	t.Parallel()
	const subjects = 4000
	document := func(i int) string {
		return fmt.Sprintf(`{"schema": 1, "revision": %d, "flags": {"f": {
			"variants": {"control": 0, "a": 1, "b": 2}, "default": "control", "rules": [%s]}}}`, i+1, phases[i].rules)
	}
	sink := &collector{}
	source := newScript(serving("0", document(0)))
	client := newTestClient(t, source, WithExposures(sink.Expose))
	require.NoError(t, client.Wait(t.Context()))
	served := make([]map[string]string, len(phases))
	for i := range phases {
		source.set(serving(fmt.Sprint(i), document(i)))
		require.NoError(t, client.Refresh(t.Context()))
		served[i] = map[string]string{}
		for n := range 2 * subjects { // everybody comes twice
			key := fmt.Sprint("u", n%subjects)
			d := client.For(NewSubject(key, Bool("staff", n%100 == 0))).IntDetail("f", -1)
			if d.Rule == "test" {
				served[i][key] = d.Variant
			}
		}
		require.NoError(t, client.Flush(t.Context()))
	}
	for i, p := range phases {
		analysed := map[string]string{} // the arm of each subject, as far as the sink knows
		arms := map[string]int{}
		for _, x := range sink.all() {
			if x.Revision == int64(i+1) && x.Rule == "test" {
				_, twice := analysed[x.UnitKey]
				require.False(t, twice, "%s: %s counts once", p.name, x.UnitKey)
				analysed[x.UnitKey] = x.Variant
				arms[x.Variant]++
			}
		}
		assert.Equal(t, served[i], analysed, p.name)
		assert.Len(t, arms, len(p.shares), p.name)
		within := 4 * math.Sqrt(0.25*subjects) // four standard deviations at most
		assert.InDelta(t, p.inside*subjects, len(analysed), within+subjects/100, p.name)
		for arm, share := range p.shares {
			assert.InDelta(t, share*float64(len(analysed)), arms[arm], within, "%s of %s", arm, p.name)
		}
	}
}

// The definition of the experiment stays as it is: only the holdout that it requires changes.
func TestTheControlGroupOfALiftedHoldoutIsExposed(t *testing.T) {
	t.Parallel()
	const subjects = 1000
	sink := &collector{}
	document := func(revision, percent int) string {
		return fmt.Sprintf(`{"schema": 1, "revision": %d, "flags": {
			"in": {"rules": [{"percent": %d, "serve": "on"}]},
			"f": {"requires": [{"flag": "in", "in": "on"}], "variants": {"a": 1, "b": 2}, "off": "a",
				"default": {"split": {"a": 50, "b": 50}}}}}`, revision, percent)
	}
	source := newScript(serving("1", document(1, 10)))
	client := newTestClient(t, source, WithExposures(sink.Expose))
	require.NoError(t, client.Wait(t.Context()))
	for revision, percent := range []int{10, 100} {
		source.set(serving(fmt.Sprint(revision), document(revision+1, percent)))
		require.NoError(t, client.Refresh(t.Context()))
		for n := range subjects {
			client.For(NewSubject(fmt.Sprint("u", n))).Int("f", 0)
		}
		require.NoError(t, client.Flush(t.Context()))
	}
	arms := map[string]int{}
	for _, x := range sink.all() {
		if x.Flag == "f" && x.Reason == ReasonSplit {
			arms[x.Variant]++
		}
	}
	assert.Equal(t, subjects, arms["a"]+arms["b"])
	assert.InDelta(t, subjects/2, arms["a"], 80)
}
