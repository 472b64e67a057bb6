// Package event writes OpenTelemetry's feature_flag.evaluation event, for becket's own hook and for
// OpenFeature's.
package event

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Name is the name of the event.
const Name = "feature_flag.evaluation"

// Evaluation holds the contents of an event. Empty fields are left out.
type Evaluation struct {
	Key          string
	Variant      string
	Value        any // only set without a variant
	Reason       string
	ContextID    string
	SetID        string
	Version      string
	Provider     string
	ErrorCode    string
	ErrorMessage string
	Time         time.Time // the zero time means now
}

// Emit writes the event, unless the logger is disabled for it.
func (e *Evaluation) Emit(ctx context.Context, logger log.Logger) {
	if !logger.Enabled(ctx, log.EnabledParameters{Severity: log.SeverityInfo, EventName: Name}) {
		return
	}
	now := time.Now()
	if e.Time.IsZero() {
		e.Time = now
	}
	var record log.Record
	record.SetEventName(Name)
	record.SetTimestamp(e.Time)
	record.SetObservedTimestamp(now)
	record.SetSeverity(log.SeverityInfo)
	record.AddAttributes(e.attributes()...)
	logger.Emit(ctx, record)
}

func (e *Evaluation) attributes() []attribute.KeyValue {
	attributes := []attribute.KeyValue{semconv.FeatureFlagKey(e.Key), reason(e.Reason)}
	add := func(key attribute.Key, text string) {
		if text != "" {
			attributes = append(attributes, key.String(text))
		}
	}
	add(semconv.FeatureFlagProviderNameKey, e.Provider)
	add(semconv.FeatureFlagResultVariantKey, e.Variant)
	if e.Variant == "" && e.Value != nil {
		attributes = append(attributes, value(e.Value))
	}
	if e.ContextID != becket.Private {
		add(semconv.FeatureFlagContextIDKey, e.ContextID)
	}
	add(semconv.FeatureFlagSetIDKey, e.SetID)
	add(semconv.FeatureFlagVersionKey, e.Version)
	add(semconv.ErrorTypeKey, strings.ToLower(e.ErrorCode))
	add(semconv.FeatureFlagErrorMessageKey, e.ErrorMessage)
	return attributes
}

func reason(text string) attribute.KeyValue {
	if text == "" {
		return semconv.FeatureFlagResultReasonUnknown
	}
	return semconv.FeatureFlagResultReasonKey.String(strings.ToLower(text))
}

func value(v any) attribute.KeyValue {
	const key = semconv.FeatureFlagResultValueKey
	switch v := v.(type) {
	case bool:
		return key.Bool(v)
	case string:
		return key.String(v)
	case int64:
		return key.Int64(v)
	case float64:
		return key.Float64(v)
	default:
		text, _ := json.Marshal(v)
		return key.String(string(text))
	}
}
