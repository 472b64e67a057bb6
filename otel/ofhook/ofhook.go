// Package ofhook is a hook for OpenFeature's SDK that writes OpenTelemetry's
// feature_flag.evaluation event. It works with every provider. With becket's provider, the event
// also has the ruleset's revision and environment, and a private targeting key stays private.
//
//	openfeature.AddHooks(ofhook.New())
package ofhook

import (
	"context"

	"github.com/becketflags/becket/otel/internal/event"
	of "github.com/open-feature/go-sdk/openfeature"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// scope names the instrumentation to OpenTelemetry.
const scope = "github.com/becketflags/becket/otel/ofhook"

// becketName is the name of becket's provider.
const becketName = "becket"

// Option configures the hook.
type Option func(*Hook)

// WithLoggerProvider sets the logger provider that receives the events. By default, and with nil,
// it is OpenTelemetry's global logger provider.
func WithLoggerProvider(provider log.LoggerProvider) Option {
	return func(h *Hook) { h.provider = provider }
}

// Hook writes an event for every evaluation, with the evaluation's context, so that the event
// belongs to the caller's trace. It is safe for concurrent use. [New] creates it; a nil or zero
// Hook writes nothing.
type Hook struct {
	of.UnimplementedHook
	provider log.LoggerProvider
	logger   log.Logger
}

// New returns a hook.
func New(options ...Option) *Hook {
	h := &Hook{}
	for _, option := range options {
		if option != nil {
			option(h)
		}
	}
	if h.provider == nil {
		h.provider = otel.GetLoggerProvider()
	}
	h.logger = h.provider.Logger(scope, log.WithSchemaURL(semconv.SchemaURL))
	return h
}

// Finally writes the event.
func (h *Hook) Finally(
	ctx context.Context, hookContext of.HookContext, details of.InterfaceEvaluationDetails, _ of.HookHints,
) {
	if h == nil || h.logger == nil {
		return
	}
	reported := event.Evaluation{
		Key:          hookContext.FlagKey(),
		Variant:      details.Variant,
		Value:        details.Value,
		Reason:       string(details.Reason),
		ContextID:    hookContext.EvaluationContext().TargetingKey(),
		Provider:     hookContext.ProviderMetadata().Name,
		ErrorCode:    string(details.ErrorCode),
		ErrorMessage: details.ErrorMessage,
	}
	if id, ok := details.FlagMetadata["contextId"].(string); ok {
		reported.ContextID = id // becket's provider sets it if the key is private
	}
	if reported.Provider == becketName && len(details.FlagMetadata) == 0 {
		reported.ContextID = "" // the SDK answered, so the key may be private
	}
	reported.SetID, _ = details.FlagMetadata["flagSetId"].(string)
	reported.Version, _ = details.FlagMetadata["version"].(string)
	if details.Reason == of.ErrorReason && reported.ErrorCode == "" {
		reported.ErrorCode = string(of.GeneralCode)
	}
	reported.Emit(ctx, h.logger)
}
