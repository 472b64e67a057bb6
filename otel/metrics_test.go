package otel_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/becketflags/becket"
	becketotel "github.com/becketflags/becket/otel"
)

// measured collects the measurements of a reader, by instrument and the values of its attributes.
func measured(t *testing.T, reader *sdkmetric.ManualReader) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	values := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Gauge[float64]:
				for _, point := range data.DataPoints {
					values[series(t, m.Name, point.Attributes)] = point.Value
				}
			case metricdata.Gauge[int64]:
				for _, point := range data.DataPoints {
					values[series(t, m.Name, point.Attributes)] = float64(point.Value)
				}
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					values[series(t, m.Name, point.Attributes)] = float64(point.Value)
				}
			case metricdata.Histogram[float64]:
				for _, point := range data.DataPoints {
					values[series(t, m.Name, point.Attributes)] = float64(point.Count)
				}
			case metricdata.Histogram[int64]:
				for _, point := range data.DataPoints {
					values[series(t, m.Name, point.Attributes)] = float64(point.Sum)
				}
			default:
				t.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	return values
}

// series names a measurement: the instrument, and the values of its attributes in a fixed order.
func series(t *testing.T, name string, attributes attribute.Set) string {
	t.Helper()
	client, _ := attributes.Value("client")
	assert.Equal(t, "main", client.AsString(), name)
	known := 1
	for _, key := range []attribute.Key{
		"becket.refresh.outcome", "becket.exposure.outcome", "becket.ruleset.tier", "becket.health.state", "error.type",
		"becket.signal.name",
	} {
		if value, ok := attributes.Value(key); ok {
			known++
			name += " " + value.AsString()
		}
	}
	if kept, ok := attributes.Value("becket.definition.kept"); ok {
		known++
		name += map[bool]string{false: " kept=false", true: " kept=true"}[kept.AsBool()]
	}
	if environment, ok := attributes.Value("feature_flag.set.id"); ok {
		known++
		name += " " + environment.AsString()
	}
	assert.Equal(t, known, attributes.Len(), "%s has another attribute", name)
	return name
}

// instrumented instruments a client for a reader.
func instrumented(t *testing.T, client *becket.Client) *sdkmetric.ManualReader {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	stop, err := becketotel.Instrument(client,
		becketotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		becketotel.WithAttributes(attribute.String("client", "main")))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return reader
}

func TestTheClientIsMeasured(t *testing.T) {
	source := &scripted{document: document}
	sink := becket.Sink(func(context.Context, []becket.Exposure) error { return nil })
	client := newClient(t, source, becket.WithPollInterval(time.Hour), becket.WithExposures(sink))
	require.NoError(t, client.Wait(t.Context()))
	reader := sdkmetric.NewManualReader()
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	stop, err := becketotel.Instrument(client, becketotel.WithMeterProvider(meters),
		becketotel.WithAttributes(attribute.String("client", "main")))
	require.NoError(t, err)
	require.NoError(t, client.Refresh(t.Context()))
	before := client.Status().Refreshes

	require.NoError(t, client.Refresh(t.Context()))
	source.err = errors.New("the origin is down")
	require.Error(t, client.Refresh(t.Context()))
	client.For(becket.NewSubject("user-42")).Enabled("arm")
	client.For(becket.NewSubject("user-42")).Enabled("arm")
	require.NoError(t, client.Flush(t.Context()))
	require.NoError(t, client.Close()) // Close waits until everything is reported

	got := measured(t, reader)
	assert.Equal(t, float64(4), got["becket.ruleset.flags production"])
	assert.Equal(t, float64(1), got["becket.ruleset.invalid_flags kept=false production"])
	assert.Equal(t, float64(0), got["becket.ruleset.invalid_flags kept=true production"])
	assert.Equal(t, float64(1), got["becket.refresh.consecutive_failures"])
	assert.Positive(t, got["becket.ruleset.age production"])
	assert.Less(t, got["becket.ruleset.age production"], 60.0)
	assert.Equal(t, float64(1), got["becket.refreshes published"])
	assert.Equal(t, float64(before), got["becket.refreshes not_modified"])
	assert.Equal(t, float64(1), got["becket.refreshes failed"])
	assert.GreaterOrEqual(t, got["becket.refresh.duration not_modified"], 1.0)
	assert.Equal(t, float64(1), got["becket.refresh.duration failed"])
	assert.GreaterOrEqual(t, got["becket.refresh.size not_modified"], float64(len(document)))
	assert.NotContains(t, got, "becket.refresh.size failed", "nothing came")
	assert.Equal(t, float64(1), got["becket.exposures sent"])
	assert.Equal(t, float64(1), got["becket.exposures duplicate"])
	assert.Equal(t, float64(0), got["becket.exposures dropped"])

	require.NoError(t, stop())
	assert.NotContains(t, measured(t, reader), "becket.ruleset.flags production", "nothing after stop")
}

func TestThePageNamesEveryInstrument(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "opentelemetry.md"))
	require.NoError(t, err)
	documented := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		if strings.HasPrefix(line, "| `becket.") {
			for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(first, -1) {
				documented[name[1]] = true
			}
		}
	}
	client := newClient(t, &scripted{document: document}, becket.WithSignal(bus{"one", nil}))
	reader := instrumented(t, client)
	require.NoError(t, client.Refresh(t.Context()))
	require.Eventually(t, func() bool { return client.Status().Signals[0].Connected }, 10*time.Second, time.Millisecond)
	require.NoError(t, client.Close())
	existing := map[string]bool{}
	for name := range measured(t, reader) {
		name, _, _ = strings.Cut(name, " ")
		existing[name] = true
	}
	assert.Equal(t, documented, existing)
}

func TestTheAgeOfTheRulesetFollowsTheClientsClock(t *testing.T) {
	var seconds atomic.Int64
	clock := func() time.Time { return time.Unix(seconds.Load(), 0) }
	client := newClient(t, &scripted{document: document}, becket.WithPollInterval(time.Hour), becket.WithClock(clock))
	require.NoError(t, client.Refresh(t.Context()))
	require.NoError(t, client.Close()) // no later refresh confirms the ruleset
	reader := instrumented(t, client)
	for _, age := range []int64{0, 90, 86400} {
		seconds.Store(age)
		assert.Equal(t, float64(age), measured(t, reader)["becket.ruleset.age production"])
	}
}

// clientWithoutSource returns a client whose source is down, and the clock that it follows, in
// seconds. The client is closed, so that its failures stay what they are.
func clientWithoutSource(t *testing.T, options ...becket.Option) (*becket.Client, *atomic.Int64) {
	t.Helper()
	var seconds atomic.Int64
	seconds.Store(1_000_000)
	options = append(options, becket.WithPollInterval(time.Hour),
		becket.WithClock(func() time.Time { return time.Unix(seconds.Load(), 0) }))
	client := newClient(t, &scripted{err: errors.New("the origin is down")}, options...)
	require.Error(t, client.Refresh(t.Context()))
	require.NoError(t, client.Close())
	return client, &seconds
}

func TestTheAgeCountsFromTheStartWhereTheSourceHasNeverAnswered(t *testing.T) {
	for name, row := range map[string]struct {
		series  string
		options []becket.Option
	}{
		"a bootstrap serves": {
			"becket.ruleset.age production", []becket.Option{becket.WithBootstrap([]byte(document))},
		},
		"nothing serves": {"becket.ruleset.age", nil},
	} {
		t.Run(name, func(t *testing.T) {
			client, seconds := clientWithoutSource(t, row.options...)
			reader := instrumented(t, client)
			require.Contains(t, measured(t, reader), row.series)
			assert.Zero(t, measured(t, reader)[row.series])
			seconds.Add(90)
			assert.Equal(t, 90.0, measured(t, reader)[row.series])
		})
	}
}

// The clock of the machine was wrong when the copy was written, or is wrong now.
func TestADiskCopyOfTheFutureHasAnAgeAllTheSame(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "flags")
	later := becket.WithClock(func() time.Time { return time.Unix(2_000_000, 0) })
	writer := newClient(t, &scripted{document: document}, later, becket.WithDiskCache(folder))
	require.NoError(t, writer.Refresh(t.Context()))
	require.NoError(t, writer.Close())

	client, seconds := clientWithoutSource(t, becket.WithDiskCache(folder))
	require.Equal(t, becket.TierDisk, client.Status().Tier)
	reader := instrumented(t, client)
	assert.Zero(t, measured(t, reader)["becket.ruleset.age production"])
	seconds.Add(90)
	assert.Equal(t, 90.0, measured(t, reader)["becket.ruleset.age production"])
}

func TestTheTierInUseIsOneAndTheOthersAreZero(t *testing.T) {
	source := &scripted{err: errors.New("the origin is down")}
	client := newClient(t, source, becket.WithBootstrap([]byte(document)), becket.WithPollInterval(time.Hour))
	require.Error(t, client.Refresh(t.Context()))
	reader := instrumented(t, client)
	check := func(want string) {
		t.Helper()
		got := measured(t, reader)
		for _, tier := range []string{"defaults", "bootstrap", "disk", "network"} {
			value, there := got["becket.ruleset.tier "+tier+" production"]
			assert.True(t, there, tier)
			assert.Equal(t, tier == want, value == 1, tier)
			assert.Equal(t, tier != want, value == 0, tier)
		}
		assert.Equal(t, float64(42), got["becket.ruleset.revision production"])
	}
	check("bootstrap")
	assert.Positive(t, measured(t, reader)["becket.refresh.consecutive_failures"])
	source.document, source.err = document, nil
	require.NoError(t, client.Refresh(t.Context()))
	check("network")
	assert.Zero(t, measured(t, reader)["becket.refresh.consecutive_failures"])
}

func TestARulesetThatIsNotThereHasNoRevision(t *testing.T) {
	client, _ := clientWithoutSource(t)
	got := measured(t, instrumented(t, client))
	assert.Equal(t, float64(1), got["becket.ruleset.tier defaults"])
	assert.NotContains(t, got, "becket.ruleset.revision")
	assert.Contains(t, got, "becket.ruleset.flags")
}

func TestKeptDefinitionsAreCountedApartFromLostOnes(t *testing.T) {
	source := &scripted{document: `{"schema": 1, "revision": 1, "flags": {"a": {"default": "on"}, "b": {"default": "on"}},
		"segments": {"s": {"if": {"attribute": "n", "in": ["x"]}}}}`}
	client := newClient(t, source, becket.WithPollInterval(time.Hour))
	require.NoError(t, client.Refresh(t.Context()))
	source.document = `{"schema": 1, "revision": 2, "segments": {"s": {"iff": 1}, "new": {"iff": 1}},
		"flags": {"a": {"enabled": "flase"}, "b": {"enabled": 1}, "new": {"rules": 7}}}`
	require.NoError(t, client.Refresh(t.Context()))
	got := measured(t, instrumented(t, client))
	assert.Equal(t, float64(2), got["becket.ruleset.invalid_flags kept=true"])
	assert.Equal(t, float64(1), got["becket.ruleset.invalid_flags kept=false"])
	assert.Equal(t, float64(1), got["becket.ruleset.invalid_segments kept=true"])
	assert.Equal(t, float64(1), got["becket.ruleset.invalid_segments kept=false"])
}

func TestOverridesMisfitsAndAFailingDiskCopyAreMeasured(t *testing.T) {
	file := filepath.Join(t.TempDir(), "overrides.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"x": true, "y": 1}`), 0o600))
	source := &scripted{document: `{"schema": 1, "flags": {"o": {"variants": {"v": {"n": 1}}, "default": "v"}}}`}
	client := newClient(t, source, becket.WithPollInterval(time.Hour),
		becket.WithOverrides(file), becket.WithDiskCache(filepath.Join(file, "no", "folder")))
	require.NoError(t, client.Refresh(t.Context()))
	reader := instrumented(t, client)
	assert.Zero(t, measured(t, reader)["becket.ruleset.misfits flag_not_found"])
	assert.Zero(t, measured(t, reader)["becket.ruleset.misfits type_mismatch"])
	becket.JSON(client.For(becket.Subject{}), "o", struct {
		N string `json:"n"`
	}{})
	client.For(becket.Subject{}).Enabled("o")
	client.For(becket.Subject{}).Enabled("nowhere")
	client.For(becket.Subject{}).Enabled("nowhere")
	got := measured(t, reader)
	assert.Equal(t, float64(1), got["becket.ruleset.misfits flag_not_found"])
	assert.Equal(t, float64(2), got["becket.ruleset.misfits type_mismatch"])
	assert.Equal(t, float64(2), got["becket.overrides"])
	assert.Equal(t, float64(1), got["becket.disk_copy.failing"])
}

// bus is a signal that is connected, or cannot be.
type bus struct {
	name string
	err  error
}

func (b bus) Name() string { return b.name }

func (b bus) Watch(ctx context.Context, changed func(becket.Hint)) error {
	if b.err == nil {
		changed(becket.Hint{Revision: 1})
		<-ctx.Done()
	}
	return b.err
}

func TestSignalsAreMeasured(t *testing.T) {
	source := &scripted{document: `{"schema": 1, "flags": {}}`}
	client := newClient(t, source, becket.WithPollInterval(time.Hour), becket.WithSignal(bus{"one", nil}),
		becket.WithSignal(bus{"two", errors.New("connection refused")}))
	require.Eventually(t, func() bool { return client.Status().Signals[0].Connected }, 10*time.Second, time.Millisecond)
	got := measured(t, instrumented(t, client))
	assert.Equal(t, float64(1), got["becket.signal.connected one"])
	assert.Contains(t, got, "becket.signal.connected two")
	assert.Zero(t, got["becket.signal.connected two"])
	assert.Contains(t, got, "becket.signal.hint.age one")
	assert.NotContains(t, got, "becket.signal.hint.age two")
}

func TestTheHealthOfTheClientIsOneAndTheOthersAreZero(t *testing.T) {
	source := &scripted{err: errors.New("the origin is down")}
	client := newClient(t, source, becket.WithPollInterval(time.Hour))
	require.Error(t, client.Refresh(t.Context()))
	reader := instrumented(t, client)
	check := func(want string) {
		t.Helper()
		got := measured(t, reader)
		for _, state := range []string{"healthy", "degraded", "failing"} {
			value, there := got["becket.health "+state]
			assert.True(t, there, state)
			assert.Equal(t, map[bool]float64{true: 1}[state == want], value, state)
		}
	}
	check("failing")
	source.err, source.document = nil, `{"schema": 1, "revision": 1, "flags": {"a": {"default": "on"}}}`
	require.NoError(t, client.Refresh(t.Context()))
	check("healthy")
	source.document = `{"schema": 1, "revision": 2, "flags": {"a": {"enabled": "flase"}}}`
	require.NoError(t, client.Refresh(t.Context()))
	check("degraded")
}
