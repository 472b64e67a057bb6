package pages_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/becketflags/becket"
	becketotel "github.com/becketflags/becket/otel"
)

func serveMetrics(mux *http.ServeMux, client *becket.Client) error {
	reader, err := prometheus.New() // go.opentelemetry.io/otel/exporters/prometheus
	if err != nil {
		return err
	}
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	if _, err = becketotel.Instrument(client); err != nil {
		return err
	}
	mux.Handle("/metrics", promhttp.Handler())
	return nil
}

func TestPageOpenTelemetry(t *testing.T) {
	registry := client.NewRegistry()
	client.DefaultRegisterer, client.DefaultGatherer = registry, registry // a new one for -count=2
	mux := http.NewServeMux()
	require.NoError(t, serveMetrics(mux, newShop(t)))
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	assert.Contains(t, answer.Body.String(), "becket_ruleset_age_seconds{")
}
