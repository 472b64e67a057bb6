package otel

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/becketflags/becket"
)

// The attributes of the measurements, beside feature_flag.set.id and error.type.
const (
	tierKey = attribute.Key("becket.ruleset.tier") // network, disk, bootstrap or defaults
	// whether an earlier definition serves instead
	keptKey     = attribute.Key("becket.definition.kept")
	healthKey   = attribute.Key("becket.health.state")    // healthy, degraded or failing
	outcomeKey  = attribute.Key("becket.refresh.outcome") // published, not_modified or failed
	signalKey   = attribute.Key("becket.signal.name")
	exposureKey = attribute.Key("becket.exposure.outcome") // sent, dropped or duplicate
)

// instruments are the instruments of one client.
type instruments struct {
	client     *becket.Client
	attributes []attribute.KeyValue
	start      time.Time // when Instrument was called, by the client's clock

	gauges    gauges
	refreshes metric.Int64ObservableCounter
	exposures metric.Int64ObservableCounter
	duration  metric.Float64Histogram
	size      metric.Int64Histogram
}

// Instrument measures a client until you call stop: its health, the tier, revision and age of its
// ruleset, its invalid flags, failures and overrides, the outcome, duration and size of refreshes,
// and the outcome of exposures. docs/opentelemetry.md lists the instruments. Counters count from
// the creation of the client, durations and sizes from the call of Instrument.
func Instrument(client *becket.Client, options ...Option) (stop func() error, err error) {
	c := newConfig(options)
	meter := c.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	i := &instruments{client: client, attributes: slices.Clip(c.attributes), start: client.Status().ReadAt}
	if err := i.make(meter); err != nil {
		return nil, err
	}
	observed := append(i.gauges.all(), i.refreshes, i.exposures)
	registration, err := meter.RegisterCallback(i.observe, observed...)
	if err != nil {
		return nil, err
	}
	deaf := client.Listen(becket.Hooks{OnRefresh: i.refreshed})
	return func() error {
		deaf()
		return registration.Unregister()
	}, nil
}

func (i *instruments) make(meter metric.Meter) error {
	var errs [5]error
	errs[0] = i.gauges.make(meter)
	i.refreshes, errs[1] = meter.Int64ObservableCounter("becket.refreshes", metric.WithUnit("{refresh}"),
		metric.WithDescription("Refreshes that ended, by outcome"))
	i.exposures, errs[2] = meter.Int64ObservableCounter("becket.exposures", metric.WithUnit("{exposure}"),
		metric.WithDescription("What became of exposures"))
	i.duration, errs[3] = meter.Float64Histogram("becket.refresh.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of refreshes, by outcome"),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
	i.size, errs[4] = meter.Int64Histogram("becket.refresh.size", metric.WithUnit("By"),
		metric.WithDescription("Size of the documents that refreshes brought, after decompression"),
		metric.WithExplicitBucketBoundaries(1<<10, 1<<12, 1<<14, 1<<16, 1<<18, 1<<20, 1<<22, 1<<24, 1<<26))
	return errors.Join(errs[:]...)
}

// with returns the attributes of a measurement.
func (i *instruments) with(more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(i.attributes, more...)...)
}

// observe reads the client's status when a reader collects.
func (i *instruments) observe(_ context.Context, o metric.Observer) error {
	s := i.client.Status()
	i.observeRuleset(o, &s)
	i.observeClient(o, &s)
	for outcome, n := range map[string]uint64{
		published: s.Refreshes - s.NotModified - s.Failed, notModified: s.NotModified, failed: s.Failed,
	} {
		o.ObserveInt64(i.refreshes, int64(n), i.with(outcomeKey.String(outcome)))
	}
	for outcome, n := range map[string]uint64{
		"sent": s.Exposures.Sent, "dropped": s.Exposures.Dropped, "duplicate": s.Exposures.Duplicates,
	} {
		o.ObserveInt64(i.exposures, int64(n), i.with(exposureKey.String(outcome)))
	}
	return nil
}

// The outcomes of a refresh.
const (
	published   = "published"    // a new ruleset is in use
	notModified = "not_modified" // the source confirmed the ruleset in use
	failed      = "failed"       // the previous ruleset stays in use
)

func outcomeOf(r becket.Refresh) string {
	switch {
	case r.Err != nil:
		return failed
	case r.NotModified:
		return notModified
	default:
		return published
	}
}

// refreshed records a refresh. The client calls it.
func (i *instruments) refreshed(r becket.Refresh) {
	outcome := i.with(outcomeKey.String(outcomeOf(r)))
	i.duration.Record(context.Background(), r.Duration.Seconds(), outcome)
	if r.Bytes > 0 {
		i.size.Record(context.Background(), int64(r.Bytes), outcome)
	}
}
