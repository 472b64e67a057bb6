package openfeature

import (
	"context"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// Tracking is an event of a subject, as OpenFeature's Track reports it. Analyses compare such
// events with exposures.
type Tracking struct {
	Name       string
	Subject    becket.Subject // a copy with private attributes hidden
	Value      float64
	Attributes map[string]any // attributes of the event; nil or a copy
}

// Track passes the event to the function of [WithTracking].
func (p *Provider) Track(
	ctx context.Context, name string, evalCtx of.EvaluationContext, details of.TrackingEventDetails,
) {
	if p == nil || p.config.track == nil {
		return
	}
	flat := of.FlattenedContext(evalCtx.Attributes())
	if key := evalCtx.TargetingKey(); key != "" {
		flat[of.TargetingKey] = key
	}
	p.config.track(ctx, Tracking{
		Name:       name,
		Subject:    p.Client().Redact(subjectOf(flat, nil)),
		Value:      details.Value(),
		Attributes: details.Attributes(),
	})
}
