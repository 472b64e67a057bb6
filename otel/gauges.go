package otel

import (
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/becketflags/becket"
)

// gauges are the instruments that say how a client stands now. Alerts are made from them.
type gauges struct {
	age             metric.Float64ObservableGauge
	tier            metric.Int64ObservableUpDownCounter
	health          metric.Int64ObservableUpDownCounter
	revision        metric.Int64ObservableGauge
	flags           metric.Int64ObservableGauge
	invalidFlags    metric.Int64ObservableGauge
	invalidSegments metric.Int64ObservableGauge
	misfits         metric.Int64ObservableGauge
	overrides       metric.Int64ObservableGauge
	failures        metric.Int64ObservableGauge
	diskFailing     metric.Int64ObservableGauge
	connected       metric.Int64ObservableUpDownCounter
	hintAge         metric.Float64ObservableGauge
}

// make creates the instruments. The tier and the health are up-down counters, as semantic
// conventions want it for states: their values can be added up over instances.
func (g *gauges) make(meter metric.Meter) error {
	var errs []error
	var err error
	gauge := func(name, unit, description string) metric.Int64ObservableGauge {
		made, err := meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		errs = append(errs, err)
		return made
	}
	g.revision = gauge("becket.ruleset.revision", "{revision}", "Revision of the ruleset in use")
	g.flags = gauge("becket.ruleset.flags", "{flag}", "Flags of the ruleset in use")
	g.invalidFlags = gauge("becket.ruleset.invalid_flags", "{flag}",
		"Invalid flags of the document in use, by whether an earlier definition serves instead")
	g.invalidSegments = gauge("becket.ruleset.invalid_segments", "{segment}",
		"Invalid segments of the document in use, by whether an earlier definition serves instead")
	g.misfits = gauge("becket.ruleset.misfits", "{misfit}",
		"Flags of which checks cannot get the value, since they are unknown or of another type")
	g.overrides = gauge("becket.overrides", "{override}", "Flags that are overridden on this machine")
	g.failures = gauge("becket.refresh.consecutive_failures", "{failure}", "Failed refreshes in a row")
	g.diskFailing = gauge("becket.disk_copy.failing", "{disk_copy}",
		"1 if the disk copy could not be read or written the last time, else 0")
	state := func(name, description string) metric.Int64ObservableUpDownCounter {
		made, err := meter.Int64ObservableUpDownCounter(name, metric.WithUnit("{client}"),
			metric.WithDescription(description))
		errs = append(errs, err)
		return made
	}
	g.tier = state("becket.ruleset.tier", "1 for the tier that the ruleset in use comes from, 0 for the others")
	g.health = state("becket.health", "1 for the client's health, 0 for the other states")
	g.connected, err = meter.Int64ObservableUpDownCounter("becket.signal.connected", metric.WithUnit("{signal}"),
		metric.WithDescription("1 if the signal is connected, else 0"))
	errs = append(errs, err)
	g.hintAge, err = meter.Float64ObservableGauge("becket.signal.hint.age", metric.WithUnit("s"),
		metric.WithDescription("Time since the last hint of the signal; absent before the first"))
	errs = append(errs, err)
	g.age, err = meter.Float64ObservableGauge("becket.ruleset.age", metric.WithUnit("s"),
		metric.WithDescription("Time since the source last confirmed the ruleset in use"))
	return errors.Join(append(errs, err)...)
}

// all lists the instruments for the registration of a callback.
func (g *gauges) all() []metric.Observable {
	return []metric.Observable{
		g.age, g.tier, g.health, g.revision, g.flags, g.invalidFlags, g.invalidSegments,
		g.misfits, g.overrides, g.failures, g.diskFailing, g.connected, g.hintAge,
	}
}

// observeRuleset reports the ruleset in use, with its environment as an attribute.
func (i *instruments) observeRuleset(o metric.Observer, s *becket.Status) {
	g := &i.gauges
	with := func(more ...attribute.KeyValue) metric.MeasurementOption {
		if s.Environment != "" {
			more = append(more, semconv.FeatureFlagSetID(s.Environment))
		}
		return i.with(more...)
	}
	o.ObserveFloat64(g.age, i.age(s).Seconds(), with())
	for tier := becket.TierDefaults; tier <= becket.TierNetwork; tier++ {
		o.ObserveInt64(g.tier, oneIf(tier == s.Tier), with(tierKey.String(tier.String())))
	}
	if s.Tier != becket.TierDefaults {
		o.ObserveInt64(g.revision, s.Revision, with())
	}
	o.ObserveInt64(g.flags, int64(s.Flags), with())
	unknown := unknownFlags(s.Misfits)
	o.ObserveInt64(g.misfits, unknown, with(semconv.ErrorTypeKey.String("flag_not_found")))
	o.ObserveInt64(g.misfits, int64(len(s.Misfits))-unknown, with(semconv.ErrorTypeKey.String("type_mismatch")))
	o.ObserveInt64(g.overrides, int64(len(s.Overrides)), with())
	for _, kept := range []bool{false, true} {
		o.ObserveInt64(g.invalidFlags, invalid(s.Bad, "flags", kept), with(keptKey.Bool(kept)))
		o.ObserveInt64(g.invalidSegments, invalid(s.Bad, "segments", kept), with(keptKey.Bool(kept)))
	}
}

// observeClient reports the health, the refreshes and the disk copy, which do not depend on the
// ruleset.
func (i *instruments) observeClient(o metric.Observer, s *becket.Status) {
	health := s.Health().String()
	for _, state := range [...]string{"healthy", "degraded", "failing"} {
		o.ObserveInt64(i.gauges.health, oneIf(state == health), i.with(healthKey.String(state)))
	}
	o.ObserveInt64(i.gauges.failures, int64(s.Failures), i.with())
	o.ObserveInt64(i.gauges.diskFailing, oneIf(s.DiskError != nil), i.with())
	for k := range s.Signals {
		signal := &s.Signals[k]
		o.ObserveInt64(i.gauges.connected, oneIf(signal.Connected), i.with(signalKey.String(signal.Name)))
		if !signal.LastHint.IsZero() {
			age := max(0, s.ReadAt.Sub(signal.LastHint))
			o.ObserveFloat64(i.gauges.hintAge, age.Seconds(), i.with(signalKey.String(signal.Name)))
		}
	}
}

// age returns the time since the source last confirmed the ruleset in use. It counts from the call
// of Instrument if the source never did, and if a disk copy has a time in the future: an alert on
// the age then still fires.
func (i *instruments) age(s *becket.Status) time.Duration {
	last := s.ConfirmedAt
	if last.IsZero() || last.After(s.ReadAt) {
		last = i.start
	}
	return max(0, s.ReadAt.Sub(last))
}

// unknownFlags counts the misfits whose flag the ruleset does not have.
func unknownFlags(misfits []becket.Misfit) int64 {
	n := int64(0)
	for i := range misfits {
		if errors.Is(misfits[i].Err, becket.ErrFlagNotFound) {
			n++
		}
	}
	return n
}

// invalid counts the entries of a section.
func invalid(list []becket.Bad, section string, kept bool) int64 {
	n := int64(0)
	for i := range list {
		if list[i].Section == section && list[i].Kept == kept {
			n++
		}
	}
	return n
}

func oneIf(condition bool) int64 {
	if condition {
		return 1
	}
	return 0
}
