package otel_test

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"testing"

	"github.com/becketflags/becket"
	becketotel "github.com/becketflags/becket/otel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
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
	options = append(options, becket.WithLogger(slog.New(slog.DiscardHandler)))
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
