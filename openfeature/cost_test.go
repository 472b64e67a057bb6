package openfeature_test

import (
	"slices"
	"testing"
	"time"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// costDocument has the flag that both providers evaluate. It has one rule with one attribute.
const costDocument = `{"schema": 1, "revision": 42, "environment": "production", "flags": {"new-checkout": {
	"owner": "payments", "metadata": {"team": "checkout"},
	"rules": [{"name": "germany", "if": {"attribute": "country", "in": ["DE"]}, "serve": "on"}]}}}`

// costContext is the evaluation context for both providers.
func costContext() of.EvaluationContext {
	return of.NewEvaluationContext("user-42", map[string]any{
		"country": "DE", "version": "2.4.1", "plan": "team", "age": int64(31), "beta": true,
	})
}

// sdkClient binds a provider to an API of its own and returns a client of the SDK.
func sdkClient(tb testing.TB, p of.FeatureProvider) *of.Client {
	tb.Helper()
	api := isolated.NewAPI()
	require.NoError(tb, api.SetProviderAndWait(tb.Context(), p))
	tb.Cleanup(func() { _ = api.Shutdown(tb.Context()) })
	return api.NewClient()
}

func becketProvider(tb testing.TB, options ...provider.Option) *provider.Provider {
	tb.Helper()
	client, err := becket.New(becket.Bytes([]byte(costDocument)))
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	require.NoError(tb, client.Refresh(tb.Context()))
	return provider.New(client, options...)
}

// inMemoryProvider returns the SDK's own provider. It has flag metadata only if it is given some,
// because the SDK copies metadata for every evaluation.
func inMemoryProvider(metadata of.FlagMetadata) of.FeatureProvider {
	decide := func(_ memprovider.InMemoryFlag, flat of.FlattenedContext) (any, of.ProviderResolutionDetail) {
		if country, _ := flat["country"].(string); country == "DE" {
			return true, of.ProviderResolutionDetail{
				Reason: of.TargetingMatchReason, Variant: "on", FlagMetadata: metadata,
			}
		}
		return false, of.ProviderResolutionDetail{Reason: of.DefaultReason, Variant: "off", FlagMetadata: metadata}
	}
	return memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{"new-checkout": {
		Key: "new-checkout", State: memprovider.Enabled, DefaultVariant: "off", ContextEvaluator: &decide,
		Variants: map[string]any{"on": true, "off": false},
	}})
}

// contenders returns the two providers, each with and without flag metadata.
func contenders(tb testing.TB) (names []string, providers []of.FeatureProvider) {
	tb.Helper()
	ours := becketProvider(tb)
	d := ours.BooleanEvaluation(tb.Context(), "new-checkout", false, of.FlattenedContext{"country": "DE"})
	require.True(tb, d.Value)
	names = []string{"in-memory", "becket bare", "in-memory with metadata", "becket"}
	return names, []of.FeatureProvider{
		inMemoryProvider(nil), becketProvider(tb, provider.WithoutFlagMetadata()), inMemoryProvider(d.FlagMetadata),
		ours,
	}
}

func BenchmarkProvider(b *testing.B) {
	names, providers := contenders(b)
	for i, p := range providers {
		b.Run(names[i], func(b *testing.B) {
			client, context := sdkClient(b, p), costContext()
			require.True(b, client.Boolean(b.Context(), "new-checkout", false, context))
			b.ReportAllocs()
			for b.Loop() {
				client.Boolean(b.Context(), "new-checkout", false, context)
			}
		})
	}
}

// BenchmarkProviderAlone measures the evaluation without the SDK.
func BenchmarkProviderAlone(b *testing.B) {
	flat := of.FlattenedContext(costContext().Attributes())
	flat[of.TargetingKey] = "user-42"
	names, providers := contenders(b)
	for i, p := range providers {
		b.Run(names[i], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.BooleanEvaluation(b.Context(), "new-checkout", false, flat)
			}
		})
	}
}

func TestTheProviderCostsHardlyMoreThanTheSDKsOwn(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("measures time: left out under -short and the race detector")
	}
	names, providers := contenders(t)
	clients := make([]*of.Client, len(providers))
	for i, p := range providers {
		clients[i] = sdkClient(t, p)
	}
	best := [2]float64{99, 99}
	for try := 0; try < 5 && max(best[0], best[1]) > 1.15; try++ {
		least := leastTimes(t, clients)
		for i := range best {
			best[i] = min(best[i], float64(least[2*i+1])/float64(least[2*i]))
		}
		for i, name := range names {
			t.Logf("%s: %v", name, least[i])
		}
	}
	t.Logf("without flag metadata %.2f of the in-memory provider's time, with it %.2f", best[0], best[1])
	assert.Less(t, best[0], 1.3)
	assert.Less(t, best[1], 1.3)
}

// leastTimes measures the clients in turns, so that the machine's load is the same for all. The
// shortest turn of a client is the least disturbed one.
func leastTimes(t *testing.T, clients []*of.Client) []time.Duration {
	t.Helper()
	least := slices.Repeat([]time.Duration{time.Hour}, len(clients))
	context := costContext()
	for range 60 {
		for i, client := range clients {
			began := time.Now()
			for range 1000 {
				client.Boolean(t.Context(), "new-checkout", false, context)
			}
			least[i] = min(least[i], time.Since(began)/1000)
		}
	}
	return least
}

func TestAnEvaluationOfScalarsAllocatesNothingInTheProvider(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector watches hidden pointers, which makes what they point to escape")
	}
	p := becketProvider(t)
	flat := of.FlattenedContext{
		of.TargetingKey: "user-42", "country": "DE", "age": int64(31), "height": 1.86, "beta": true,
		"born": time.Unix(0, 0), "groups": []string{"staff"},
	}
	require.True(t, p.BooleanEvaluation(t.Context(), "new-checkout", false, flat).Value)
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		p.BooleanEvaluation(t.Context(), "new-checkout", false, flat)
	}))
}
