// Package monitoring_test checks the alert rules and the dashboard of otel/monitoring against the
// metrics that OpenTelemetry's Prometheus exporter serves.
package monitoring_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/becketflags/becket"
	becketotel "github.com/becketflags/becket/otel"
)

// sample is one line of a scrape.
type sample struct {
	metric string
	labels map[string]string // with job and instance, which Prometheus adds
	value  float64
}

// scrape is what the exporter served.
type scrape struct {
	samples []sample
	types   map[string]string // counter, gauge or histogram, by the name of the metric
}

// of returns the samples of a metric.
func (s *scrape) of(metric string) []sample {
	var all []sample
	for _, one := range s.samples {
		if one.metric == metric {
			all = append(all, one)
		}
	}
	return all
}

// add adds the samples of another instance.
func (s *scrape) add(other *scrape) {
	s.samples = append(s.samples, other.samples...)
	if s.types == nil {
		s.types = map[string]string{}
	}
	maps.Copy(s.types, other.types)
}

// exported is a client behind the exporter with its default settings.
type exported struct {
	client  *becket.Client
	handler http.Handler
}

// export puts a client behind the exporter until the test ends.
func export(t *testing.T, client *becket.Client) exported {
	t.Helper()
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	require.NoError(t, err)
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	stop, err := becketotel.Instrument(client, becketotel.WithMeterProvider(meters))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return exported{client, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})}
}

// scrape reads the metrics as Prometheus does, and adds the labels of the target.
func (e exported) scrape(t *testing.T, instance, accept string) *scrape {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", accept)
	answer := httptest.NewRecorder()
	e.handler.ServeHTTP(answer, request)
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	require.NoError(t, err)
	s := &scrape{types: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		s.types[name] = strings.ToLower(families[name].GetType().String())
		for _, m := range families[name].GetMetric() {
			labels := map[string]string{"job": "shop", "instance": instance}
			for _, pair := range m.GetLabel() {
				if pair.GetValue() != "" { // an empty label is the same as none
					labels[pair.GetName()] = pair.GetValue()
				}
			}
			s.record(name, labels, m)
		}
	}
	return s
}

// record adds the samples of one metric. For a histogram, it adds the samples of the sum, the count
// and the buckets.
func (s *scrape) record(name string, labels map[string]string, m *dto.Metric) {
	switch {
	case m.Gauge != nil:
		s.samples = append(s.samples, sample{name, labels, m.GetGauge().GetValue()})
	case m.Counter != nil:
		s.samples = append(s.samples, sample{name, labels, m.GetCounter().GetValue()})
	case m.Histogram != nil:
		h := m.GetHistogram()
		bucket := maps.Clone(labels)
		bucket["le"] = "+Inf"
		s.samples = append(s.samples, sample{name + "_sum", labels, h.GetSampleSum()},
			sample{name + "_count", labels, float64(h.GetSampleCount())},
			sample{name + "_bucket", bucket, float64(h.GetSampleCount())})
		for _, suffix := range []string{"_sum", "_count", "_bucket"} {
			s.types[name+suffix] = "histogram"
		}
	}
}

// The Accept headers of Prometheus 2, and of Prometheus 3, which can read names with dots.
const (
	acceptTwo   = "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
	acceptThree = "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1"
)
