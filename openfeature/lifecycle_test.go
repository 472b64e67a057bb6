package openfeature_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRequirement_2_4_1_InitialisingReturnsAsSoonAsAnyTierIsUsable(t *testing.T) {
	folder := t.TempDir()
	fill := func(t *testing.T) {
		client, err := becket.New(serving(everyType), becket.WithDiskCache(folder))
		require.NoError(t, err)
		require.NoError(t, client.Refresh(t.Context()))
		require.NoError(t, client.Close())
	}
	cases := []struct {
		name   string
		source *origin
		option becket.Option
		tier   string
		took   time.Duration
	}{
		{"from the network", serving(everyType), becket.WithEmptyAllowed(), "network", 0},
		{"from disk, while the network hangs", &origin{hang: true}, becket.WithDiskCache(folder), "disk", 0},
		{
			"from the bootstrap, while the network hangs", &origin{hang: true}, becket.WithBootstrap([]byte(everyType)),
			"bootstrap", 0,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fill(t)
				began := time.Now()
				b := newBoard(t)
				b.bind(t, provider.New(newClient(t, c.source, c.option)))
				assert.Equal(t, c.took, time.Since(began))
				assert.Equal(t, of.ReadyState, b.client.State())
				details, err := b.client.StringValueDetails(t.Context(), "theme", "", user("u", nil))
				require.NoError(t, err)
				assert.Equal(t, c.tier, details.FlagMetadata["tier"])
			})
		})
	}
}

func TestRequirement_2_4_2_1_InitialisingFailsWithinTheCallersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		err := b.api.SetProviderAndWait(ctx, provider.New(newClient(t, serving(""))))
		require.Error(t, err)
		assert.Equal(t, 3*time.Second, time.Since(began))
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		events := b.take()
		require.Len(t, events, 1)
		assert.Equal(t, of.ProviderError, events[0].kind)
		assert.Equal(t, of.ErrorState, b.client.State(), "not FATAL: it may recover")
		assert.True(t, b.client.Boolean(t.Context(), "checkout", true, user("u", nil)), "the caller's default")
	})
}

func TestInitialisingReportsTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider.New(newClient(t, serving("")))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := p.InitWithContext(ctx, of.EvaluationContext{})
		require.ErrorIs(t, err, errDown)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		var forSDK *of.ProviderInitError
		require.ErrorAs(t, err, &forSDK)
		assert.Equal(t, of.ProviderNotReadyCode, forSDK.ErrorCode)
		p.Shutdown()
	})
}

func TestInitialisingWithoutADeadlineEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for option, want := range map[*provider.Option]time.Duration{
			new(provider.WithInitTimeout(time.Minute)): time.Minute,
			new(provider.Option(nil)):                  10 * time.Second,
		} {
			p := provider.New(newClient(t, serving("")), *option)
			began := time.Now()
			require.ErrorIs(t, p.Init(of.EvaluationContext{}), context.DeadlineExceeded)
			assert.Equal(t, want, time.Since(began))
			p.Shutdown()
		}
	})
}

func TestInitialisingWithoutAClientIsFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		require.ErrorIs(t, b.api.SetProviderAndWait(t.Context(), provider.New(nil)), becket.ErrNoClient)
		assert.Equal(t, of.FatalState, b.client.State())
		assert.True(t, b.client.Boolean(t.Context(), "checkout", true, user("u", nil)))
	})
}

func TestRequirement_2_5_1_ShuttingDownClosesTheProvidersOwnClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own, err := provider.FromSource(serving(everyType))
		require.NoError(t, err)
		require.NoError(t, own.Init(of.EvaluationContext{}))
		own.Shutdown()
		assert.True(t, own.Client().Status().Closed)

		client := loaded(t, everyType)
		given := provider.New(client)
		require.NoError(t, given.Init(of.EvaluationContext{}))
		given.Shutdown()
		assert.False(t, client.Status().Closed, "a given client stays the caller's")

		unused, err := provider.FromSource(serving(everyType))
		require.NoError(t, err)
		unused.Shutdown()
		assert.True(t, unused.Client().Status().Closed, "without having been initialised too")
	})
}

func TestShuttingDownDeliversTheExposuresOfAGivenClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var exposed []becket.Exposure
		sink := becket.Sink(func(_ context.Context, batch []becket.Exposure) error {
			exposed = append(exposed, batch...)
			return nil
		})
		b := newBoard(t)
		b.bind(t, provider.New(loaded(t, everyReason, becket.WithExposures(sink))))
		b.client.Boolean(t.Context(), "split", false, user("user-42", nil))
		require.NoError(t, b.api.Shutdown(t.Context()))
		require.Len(t, exposed, 1)
		assert.Equal(t, "user-42", exposed[0].Subject.Key())
	})
}

func TestRequirement_2_5_2_AProviderCanBeInitialisedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := serving(everyType)
		own, err := provider.FromSource(source)
		require.NoError(t, err)
		for _, p := range []*provider.Provider{own, provider.New(newClient(t, source))} {
			for range 3 {
				b := newBoard(t)
				b.bind(t, p)
				assert.Equal(t, "#000", b.client.String(t.Context(), "theme", "", user("u", nil)))
				assert.Equal(t, []of.EventType{of.ProviderReady}, b.kinds())
				require.NoError(t, b.api.Shutdown(t.Context()))
				require.NoError(t, p.ShutdownWithContext(t.Context()), "idempotent")
			}
		}
	})
}

func TestAShutDownProviderAnswersFromMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := provider.FromSource(serving(everyType))
		require.NoError(t, err)
		require.NoError(t, p.Init(of.EvaluationContext{}))
		p.Shutdown()
		p.Shutdown()
		d := p.StringEvaluation(t.Context(), "theme", "", nil)
		assert.Equal(t, "#000", d.Value)
		p.Track(t.Context(), "bought", user("u", nil), of.NewTrackingEventDetails(1))
		assert.NotNil(t, p.EventChannel())
	})
}

func TestShuttingDownEndsAnInitialisationUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider.New(newClient(t, serving("")))
		failed := make(chan error)
		go func() { failed <- p.Init(of.EvaluationContext{}) }()
		time.Sleep(time.Second)
		began := time.Now()
		p.Shutdown()
		require.ErrorIs(t, <-failed, provider.ErrShutDown)
		assert.Zero(t, time.Since(began))
	})
}

func TestShuttingDownDoesNotWaitForASinkThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := becket.Sink(func(ctx context.Context, _ []becket.Exposure) error {
			<-ctx.Done()
			return ctx.Err()
		})
		p := provider.New(loaded(t, everyReason, becket.WithExposures(sink)))
		require.NoError(t, p.Init(of.EvaluationContext{}))
		p.BooleanEvaluation(t.Context(), "split", false, of.FlattenedContext{of.TargetingKey: "u"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, p.ShutdownWithContext(ctx), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
	})
}

func TestInvalidOptionsAreReportedAtOnce(t *testing.T) {
	_, err := provider.FromSource(serving(everyType),
		provider.WithClientOptions(becket.WithPollInterval(time.Millisecond)))
	require.ErrorContains(t, err, "WithPollInterval")
}

// One provider may serve several domains. The SDK initialises it for each domain, and shuts it down
// after the last one.
func TestRequirement_2_8_OneProviderServesSeveralDomains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider.New(loaded(t, everyType))
		b := newBoard(t)
		b.bind(t, p)
		b.bind(t, p, of.WithDomain("billing"))
		b.bind(t, p, of.WithDomain("search"))
		assert.Equal(t, []of.EventType{of.ProviderReady, of.ProviderReady, of.ProviderReady}, b.kinds(),
			"one by the SDK for each binding")

		billing := b.api.NewClient(of.WithDomain("billing"))
		assert.Equal(t, "#000", billing.String(t.Context(), "theme", "", user("u", nil)))
		b.bind(t, of.NoopProvider{}, of.WithDomain("search"))
		b.take()
		assert.Equal(t, "#000", billing.String(t.Context(), "theme", "", user("u", nil)))
		assert.Equal(t, of.ReadyState, billing.State())
	})
}
