package becket

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exposedOf returns the number of exposures of each variant of a flag, and the variant of each
// unit.
func exposedOf(exposures []Exposure, flag string) (variants map[string]int, units map[string]string) {
	variants, units = map[string]int{}, map[string]string{}
	for i := range exposures {
		if x := &exposures[i]; x.Flag == flag {
			variants[x.Variant]++
			units[x.UnitKey] = x.Variant
		}
	}
	return variants, units
}

func TestExposuresFollowAnExperimentThatStartsAndChangesInTheMiddle(t *testing.T) {
	t.Parallel()
	const subjects = 2000
	document := func(revision int, fields string) string {
		return fmt.Sprintf(`{"schema": 1, "revision": %d, "flags": {"f": {%s "serve": "on"}]}}}`, revision, fields)
	}
	sink := &collector{}
	source := newScript(serving("1", document(1, `"rules": [{"name": "staff", "percent": 0.001,`)))
	client := newTestClient(t, source, WithExposures(sink.Expose))
	require.NoError(t, client.Wait(t.Context()))
	for i, change := range []struct {
		fields string
		told   int
	}{
		{`"rules": [{"name": "staff", "percent": 0.001,`, subjects},
		{`"rules": [{"name": "experiment", "percent": 50,`, subjects},
		{`"rules": [{"name": "experiment", "percent": 50, "salt": "2",`, subjects},
		{`"description": "this changes no answer", "rules": [{"name": "experiment", "percent": 50, "salt": "2",`, 0},
	} {
		source.set(serving(fmt.Sprint(i), document(i+1, change.fields)))
		require.NoError(t, client.Refresh(t.Context()))
		earlier, on := len(sink.all()), 0
		for i := range subjects {
			if client.For(NewSubject(fmt.Sprint("u", i))).Enabled("f") {
				on++
			}
		}
		require.NoError(t, client.Flush(t.Context()))
		variants, units := exposedOf(sink.all()[earlier:], "f")
		assert.Len(t, units, change.told, change.fields)
		if change.told > 0 {
			assert.Equal(t, on, variants["on"], change.fields)
			assert.Equal(t, subjects-on, variants["off"], "the control group of %s", change.fields)
		}
	}
}

func TestExposuresNameTheUnitThatWasHashed(t *testing.T) {
	t.Parallel()
	const document = `{"schema": 1, "flags": {
		"f": {"variants": {"a": 1, "b": 2}, "default": {"split": {"a": 1, "b": 1}, "by": ["device", "id"]}},
		"g": {"rules": [{"percent": 50, "by": "device", "serve": "on"}]},
		"h": {"rules": [{"percent": 50, "serve": "on"}]}}}`
	sink := &collector{}
	client := newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)), WithExposures(sink.Expose),
		WithPrivateAttributes("id"))
	const devices = 1000
	for i := range devices {
		view := client.For(NewSubject("", String("device", fmt.Sprint("d", i))))
		for range 3 {
			view.Int("f", 0)
			view.BoolDetail("g", false)
		}
	}
	require.NoError(t, client.Flush(t.Context()))
	for _, flag := range []string{"f", "g"} {
		variants, units := exposedOf(sink.all(), flag)
		assert.Len(t, units, devices)
		assert.Len(t, variants, 2)
		for variant, count := range variants {
			assert.InDelta(t, devices/2, count, 100, "%s of %s", variant, flag)
		}
	}
	client.For(NewSubject("u", Int("id", 7))).Int("f", 0)
	client.For(NewSubject("u", Bool("device", true))).Enabled("h")
	require.NoError(t, client.Flush(t.Context()))
	last := sink.all()[2*devices:]
	require.Len(t, last, 2)
	assert.Equal(t, []string{"id", Private}, []string{last[0].Unit, last[0].UnitKey})
	assert.Equal(t, []string{"key", "u"}, []string{last[1].Unit, last[1].UnitKey})
}

func TestRequiredFlagsAreExposedAccordingToTheirOwnTrack(t *testing.T) {
	t.Parallel()
	const document = `{"schema": 1, "segments": {"s": {"if": {"flag": "split", "in": ["on"]}}}, "flags": {
		"split": {"variants": {"on": true, "off": false}, "default": {"split": {"on": 1}}},
		"silent": {"track": "none", "default": {"split": {"on": 1}}},
		"plain": {"default": "on"},
		"never": {"track": "all", "default": "on"},
		"outer": {"track": "none",
			"requires": [{"flag": "split", "in": ["on"]}, {"flag": "silent", "in": "on"},
				{"flag": "plain", "in": "on"}],
			"rules": [{"if": {"any": [{"segment": "s"}, {"flag": "never", "in": ["on"]}]}, "serve": "on"}]}}}`
	for name, ask := range map[string]func(View){
		"a check":  func(v View) { v.Enabled("outer") },
		"a detail": func(v View) { v.BoolDetail("outer", false) },
		"Expose":   func(v View) { v.Expose("outer") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := &collector{}
			client := newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)),
				WithExposures(sink.Expose))
			for range 3 {
				ask(client.For(NewSubject("u")))
			}
			require.NoError(t, client.Flush(t.Context()))
			told := sink.all()
			require.Len(t, told, 1,
				"once, although two ways lead to it; the others are not asked, or not to be tracked")
			assert.Equal(t, "split", told[0].Flag)
			assert.Equal(t, "on", told[0].Variant)
		})
	}
}

func TestListedFlagsAreExposedOnlyByExpose(t *testing.T) {
	t.Parallel()
	sink := &collector{}
	client := newExperiment(t, sink.Expose)
	view := client.For(NewSubject("user-1"))
	for range view.All() {
		continue
	}
	shown := view.Peek("split", KindString)
	require.NoError(t, client.Flush(t.Context()))
	assert.Empty(t, sink.all())
	for _, flag := range []string{"split", "split", "plain", "no such flag"} {
		view.Expose(flag)
	}
	View{}.Expose("split")
	require.NoError(t, client.Flush(t.Context()))
	require.Len(t, sink.all(), 1)
	assert.Equal(t, shown.Variant.Name, sink.all()[0].Variant)
}

func TestExposureCountersBalanceAtEveryMoment(t *testing.T) {
	t.Parallel()
	client := newExperiment(t, (&collector{}).Expose, WithExposureQueue(50), WithExposureBatch(10, 1))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 20_000 {
			client.For(NewSubject(fmt.Sprint("user-", i%5000))).String("split", "")
		}
	}()
	for reading := true; reading; {
		requireBalance(t, client.Status().Exposures)
		select {
		case <-done:
			reading = false
		default:
		}
	}
}
