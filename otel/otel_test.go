package otel_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/becketflags/becket"
	becketotel "github.com/becketflags/becket/otel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

const document = `{"schema": 1, "revision": 42, "environment": "production", "flags": {
	"checkout": {"rules": [{"if": {"attribute": "email", "ends_with": "@example.com"}, "serve": "on"}]},
	"arm": {"default": {"split": {"on": 1}}},
	"silent": {"enabled": false, "variants": {"a": "x"}, "default": "a"},
	"broken": {"rules": 7}
}}`

// memory is an exporter that keeps the records.
type memory struct {
	mutex   sync.Mutex
	records []sdklog.Record
}

func (m *memory) Export(_ context.Context, records []sdklog.Record) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for i := range records {
		m.records = append(m.records, records[i].Clone())
	}
	return nil
}

func (m *memory) Shutdown(context.Context) error   { return nil }
func (m *memory) ForceFlush(context.Context) error { return nil }

func (m *memory) provider(t *testing.T) *sdklog.LoggerProvider {
	t.Helper()
	p := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(m)))
	t.Cleanup(func() { _ = p.Shutdown(context.WithoutCancel(t.Context())) })
	return p
}

// last returns the attributes of the last record.
func (m *memory) last(t *testing.T) map[string]any {
	t.Helper()
	m.mutex.Lock()
	defer m.mutex.Unlock()
	require.NotEmpty(t, m.records)
	record := m.records[len(m.records)-1]
	assert.Equal(t, "feature_flag.evaluation", record.EventName())
	assert.False(t, record.Timestamp().IsZero())
	attributes := map[string]any{}
	record.WalkAttributes(func(a attribute.KeyValue) bool {
		attributes[string(a.Key)] = a.Value.AsInterface()
		return true
	})
	return attributes
}

// scripted is a source that behaves as the test tells it to.
type scripted struct {
	document string
	err      error
}

func (s *scripted) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	return becket.Document{Body: []byte(s.document)}, s.err
}

func (s *scripted) Identity() string { return "scripted" }

func newClient(t *testing.T, source becket.Source, options ...becket.Option) *becket.Client {
	t.Helper()
	client, err := becket.New(source, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestEachEvaluationIsAnEvent(t *testing.T) {
	events := &memory{}
	client := newClient(t, &scripted{document: document},
		becket.WithHooks(becketotel.Hooks(becketotel.WithLoggerProvider(events.provider(t)))))
	require.NoError(t, client.Refresh(t.Context()))
	flags := client.For(becket.NewSubject("user-42", becket.String("email", "a@example.com")))
	origin := func(more map[string]any) map[string]any {
		all := map[string]any{
			"feature_flag.provider.name": "becket", "feature_flag.set.id": "production", "feature_flag.version": "42",
			"feature_flag.context.id": "user-42",
		}
		maps.Copy(all, more)
		return all
	}

	flags.Enabled("checkout")
	assert.Equal(t, origin(map[string]any{
		"feature_flag.key": "checkout", "feature_flag.result.variant": "on",
		"feature_flag.result.reason": "targeting_match",
	}), events.last(t))
	flags.Enabled("arm")
	assert.Equal(t, "split", events.last(t)["feature_flag.result.reason"])
	flags.String("silent", "mine")
	assert.Equal(t, origin(map[string]any{
		"feature_flag.key": "silent", "feature_flag.result.reason": "disabled",
	}), events.last(t), "the caller's default is not known here")

	failures := map[string]string{"nowhere": "flag_not_found", "silent": "type_mismatch", "broken": "parse_error"}
	for flag, kind := range failures {
		flags.Enabled(flag)
		told := events.last(t)
		assert.Equal(t, kind, told["error.type"])
		assert.Equal(t, "error", told["feature_flag.result.reason"])
		assert.NotEmpty(t, told["feature_flag.error.message"])
	}
	client.For(becket.Subject{}).Enabled("arm")
	assert.Equal(t, "targeting_key_missing", events.last(t)["error.type"])
	assert.NotContains(t, events.last(t), "feature_flag.context.id")
}

func TestPrivateAttributesAreInNoEvent(t *testing.T) {
	events := &memory{}
	hooks := becket.WithHooks(becketotel.Hooks(becketotel.WithLoggerProvider(events.provider(t))))
	client := newClient(t, &scripted{document: document}, hooks, becket.WithPrivateAttributes("key", "email"))
	require.NoError(t, client.Refresh(t.Context()))
	client.For(becket.NewSubject("user-42", becket.String("email", "a@example.com"))).Enabled("checkout")
	told := events.last(t)
	assert.Equal(t, "on", told["feature_flag.result.variant"])
	assert.NotContains(t, told, "feature_flag.context.id")
	for _, value := range told {
		assert.NotContains(t, value, "example.com")
	}
}

// measured collects the measurements of a reader, by instrument and outcome.
func measured(t *testing.T, reader *sdkmetric.ManualReader) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	values := map[string]float64{}
	note := func(name string, attributes attribute.Set, value float64) {
		for _, key := range []attribute.Key{"becket.refresh.outcome", "becket.exposure.outcome"} {
			if outcome, ok := attributes.Value(key); ok {
				name += " " + outcome.AsString()
			}
		}
		client, _ := attributes.Value("client")
		assert.Equal(t, "main", client.AsString(), name)
		values[name] = value
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Gauge[float64]:
				note(m.Name, data.DataPoints[0].Attributes, data.DataPoints[0].Value)
			case metricdata.Gauge[int64]:
				note(m.Name, data.DataPoints[0].Attributes, float64(data.DataPoints[0].Value))
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					note(m.Name, point.Attributes, float64(point.Value))
				}
			case metricdata.Histogram[float64]:
				for _, point := range data.DataPoints {
					note(m.Name, point.Attributes, float64(point.Count))
				}
			case metricdata.Histogram[int64]:
				for _, point := range data.DataPoints {
					note(m.Name, point.Attributes, float64(point.Sum))
				}
			}
		}
	}
	return values
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
	assert.Equal(t, float64(4), got["becket.ruleset.flags"])
	assert.Equal(t, float64(1), got["becket.ruleset.flags_set_aside"])
	assert.Positive(t, got["becket.ruleset.age"])
	assert.Less(t, got["becket.ruleset.age"], 60.0)
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
	assert.NotContains(t, measured(t, reader), "becket.ruleset.flags", "nothing after stop")
}

func TestTheAgeOfTheRulesetFollowsTheClientsClock(t *testing.T) {
	var seconds atomic.Int64
	clock := func() time.Time { return time.Unix(seconds.Load(), 0) }
	client := newClient(t, &scripted{document: document}, becket.WithPollInterval(time.Hour), becket.WithClock(clock))
	require.NoError(t, client.Refresh(t.Context()))
	require.NoError(t, client.Close()) // no later refresh confirms the ruleset
	reader := sdkmetric.NewManualReader()
	_, err := becketotel.Instrument(client,
		becketotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		becketotel.WithAttributes(attribute.String("client", "main")))
	require.NoError(t, err)
	for _, age := range []int64{0, 90, 86400} {
		seconds.Store(age)
		assert.Equal(t, float64(age), measured(t, reader)["becket.ruleset.age"])
	}
}
