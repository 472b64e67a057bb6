// Package otel reports the work of a becket client to OpenTelemetry: [Hooks] writes a log event for
// every evaluation, and [Instrument] measures the client itself. The package ofhook has the hook
// for OpenFeature's SDK, whose events belong to the caller's trace.
//
// The package is named after its folder. Import it under another name, such as becketotel, in files
// that also import OpenTelemetry's own package.
package otel

import (
	"context"
	"errors"
	"strconv"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/otel/internal/event"
	api "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// scope names the instrumentation to OpenTelemetry.
const scope = "github.com/becketflags/becket/otel"

// Option configures the hooks or the instruments.
type Option func(*config)

type config struct {
	loggers    log.LoggerProvider
	meters     metric.MeterProvider
	attributes []attribute.KeyValue
}

func newConfig(options []Option) config {
	var c config
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	if c.loggers == nil {
		c.loggers = api.GetLoggerProvider()
	}
	if c.meters == nil {
		c.meters = api.GetMeterProvider()
	}
	return c
}

// WithLoggerProvider sets the logger provider that receives the events. By default, and with nil,
// it is OpenTelemetry's global logger provider.
func WithLoggerProvider(provider log.LoggerProvider) Option {
	return func(c *config) { c.loggers = provider }
}

// WithMeterProvider sets the meter provider that receives the measurements. By default, and with
// nil, it is OpenTelemetry's global meter provider.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(c *config) { c.meters = provider }
}

// WithAttributes adds attributes to every measurement, such as a name if a program has several
// clients. By default, there are none.
func WithAttributes(attributes ...attribute.KeyValue) Option {
	return func(c *config) { c.attributes = append(c.attributes, attributes...) }
}

// Hooks returns becket hooks that write OpenTelemetry's feature_flag.evaluation event for every
// evaluation of a client:
//
//	client, err := becket.New(source, becket.WithHooks(becketotel.Hooks()))
//
// The event has the targeting key as feature_flag.context.id, unless the key is private. It never
// has other attributes of the subject. becket's own methods take no context, so their events belong
// to no trace; the events of the package ofhook do.
func Hooks(options ...Option) becket.Hooks {
	c := newConfig(options)
	logger := c.loggers.Logger(scope, log.WithSchemaURL(semconv.SchemaURL))
	return becket.Hooks{OnEvaluate: func(e becket.Evaluation) {
		reported := event.Evaluation{
			Key:       e.Flag,
			Variant:   e.Variant,
			Value:     e.Value,
			Reason:    string(e.Reason),
			ContextID: e.Subject.Key(),
			SetID:     e.Environment,
			Provider:  "becket",
			Time:      e.Time,
		}
		if e.Tier != becket.TierDefaults {
			reported.Version = strconv.FormatInt(e.Revision, 10)
		}
		if evaluation, ok := errors.AsType[*becket.EvaluationError](e.Err); ok {
			reported.ErrorCode, reported.ErrorMessage = string(evaluation.Code), evaluation.Message
		}
		reported.Emit(context.Background(), logger)
	}}
}
