package ofhook_test

import (
	"context"
	"testing"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
	"github.com/becketflags/becket/otel/ofhook"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const document = `{"schema": 1, "revision": 42, "environment": "production", "flags": {
	"checkout": {"rules": [{"if": {"attribute": "email", "ends_with": "@example.com"}, "serve": "on"}]},
	"silent": {"enabled": false, "variants": {"a": "x"}, "default": "a"}
}}`

// memory is an exporter that keeps the last record.
type memory struct{ last sdklog.Record }

func (m *memory) Export(_ context.Context, records []sdklog.Record) error {
	m.last = records[len(records)-1].Clone()
	return nil
}

func (m *memory) Shutdown(context.Context) error   { return nil }
func (m *memory) ForceFlush(context.Context) error { return nil }

func (m *memory) attributes() map[string]any {
	attributes := map[string]any{}
	m.last.WalkAttributes(func(a attribute.KeyValue) bool {
		attributes[string(a.Key)] = a.Value.AsInterface()
		return true
	})
	return attributes
}

// newClient returns a client of OpenFeature's SDK with becket's provider. Its evaluations are
// recorded in the memory.
func newClient(t *testing.T, events *memory, options ...becket.Option) (*of.EvaluationAPI, *of.Client) {
	t.Helper()
	client, err := becket.New(becket.Bytes([]byte(document)), options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	logs := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(events)))
	api := isolated.NewAPI()
	t.Cleanup(func() { _ = api.Shutdown(context.WithoutCancel(t.Context())) })
	api.AddHooks(ofhook.New(ofhook.WithLoggerProvider(logs)))
	require.NoError(t, api.SetProviderAndWait(t.Context(), provider.New(client)))
	require.NoError(t, client.Refresh(t.Context()))
	return api, api.NewClient()
}

func subject() of.EvaluationContext {
	return of.NewEvaluationContext("user-42", map[string]any{"email": "a@example.com"})
}

func TestAnEvaluationIsAnEventOfTheCallersTrace(t *testing.T) {
	events := &memory{}
	_, client := newClient(t, events)
	traces := sdktrace.NewTracerProvider()
	ctx, span := traces.Tracer("test").Start(t.Context(), "request")
	defer span.End()

	require.True(t, client.Boolean(ctx, "checkout", false, subject()))
	assert.Equal(t, "feature_flag.evaluation", events.last.EventName())
	assert.Equal(t, span.SpanContext().TraceID(), events.last.TraceID())
	assert.Equal(t, map[string]any{
		"feature_flag.key": "checkout", "feature_flag.result.variant": "on",
		"feature_flag.result.reason": "targeting_match", "feature_flag.context.id": "user-42",
		"feature_flag.provider.name": "becket", "feature_flag.set.id": "production",
		"feature_flag.version": "42",
	}, events.attributes())
}

func TestAnEventWithoutAVariantHasTheValue(t *testing.T) {
	events := &memory{}
	_, client := newClient(t, events)
	client.String(t.Context(), "silent", "mine", subject())
	assert.Equal(t, "mine", events.attributes()["feature_flag.result.value"])
	assert.NotContains(t, events.attributes(), "feature_flag.result.variant")
	for fallback, want := range map[any]any{true: true, 1.5: 1.5, "x": "x", [1]int{7}: "[7]"} {
		client.Object(t.Context(), "nowhere", fallback, subject())
		assert.Equal(t, want, events.attributes()["feature_flag.result.value"])
	}
	client.Int(t.Context(), "nowhere", 7, subject())
	assert.Equal(t, int64(7), events.attributes()["feature_flag.result.value"])
}

func TestAFailureHasAType(t *testing.T) {
	events := &memory{}
	_, client := newClient(t, events)
	client.Boolean(t.Context(), "nowhere", true, subject())
	reported := events.attributes()
	assert.Equal(t, "flag_not_found", reported["error.type"])
	assert.Equal(t, "error", reported["feature_flag.result.reason"])
	assert.Equal(t, `flag "nowhere": the ruleset has no such flag`, reported["feature_flag.error.message"])
}

func TestAPrivateKeyIsInNoEvent(t *testing.T) {
	events := &memory{}
	api, client := newClient(t, events, becket.WithPrivateAttributes("key", "email"))
	for _, flag := range []string{"checkout", "nowhere"} {
		client.Boolean(t.Context(), flag, false, subject())
		assert.NotContains(t, events.attributes(), "feature_flag.context.id", flag)
		assert.Equal(t, flag, events.attributes()["feature_flag.key"])
	}
	require.Error(t, api.SetProviderAndWait(t.Context(), provider.New(nil)))
	client.Boolean(t.Context(), "checkout", false, subject())
	assert.Equal(t, "provider_fatal", events.attributes()["error.type"])
	assert.NotContains(t, events.attributes(), "feature_flag.context.id",
		"the SDK answered, and it does not know which attributes are private")
}
