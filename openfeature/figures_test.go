package openfeature_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each row quotes docs/openfeature.md and holds the behaviour. The numbers are written out, so that
// a change of the code or of the page alone fails.
var figures = []struct {
	words string
	holds func(t *testing.T)
}{
	{"or for ten seconds (`WithInitTimeout`) if the context has no deadline", func(t *testing.T) {
		p := provider.New(newClient(t, serving("")))
		began := time.Now()
		require.ErrorIs(t, p.Init(of.EvaluationContext{}), context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(began))
		p.Shutdown()
	}},
	{"the source has not confirmed the ruleset for five minutes (`WithStaleAfter`)", func(t *testing.T) {
		source := serving(revision(1, "x"))
		b := newBoard(t)
		b.bind(t, provider.New(newClient(t, source, becket.WithPollInterval(time.Second))))
		b.take()
		source.serve("")
		time.Sleep(5*time.Minute - 3*time.Second)
		assert.Empty(t, b.kinds())
		time.Sleep(6 * time.Second)
		assert.Equal(t, []of.EventType{of.ProviderStale}, b.kinds())
	}},
	{"has not answered within a tenth of a second after the start", func(t *testing.T) {
		b := newBoard(t)
		b.bind(t, provider.New(newClient(t, &origin{hang: true}, becket.WithBootstrap([]byte(revision(1, "x"))))))
		time.Sleep(99 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, of.ReadyState, b.client.State())
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, of.StaleState, b.client.State())
	}},
	{"closes the provider's own client, within the caller's context or five seconds", func(t *testing.T) {
		hangs := becket.Sink(func(ctx context.Context, _ []becket.Exposure) error {
			<-ctx.Done()
			return ctx.Err()
		})
		p := provider.New(loaded(t, everyReason, becket.WithExposures(hangs)))
		require.NoError(t, p.Init(of.EvaluationContext{}))
		p.BooleanEvaluation(t.Context(), "split", false, of.FlattenedContext{of.TargetingKey: "u"})
		began := time.Now()
		p.Shutdown()
		assert.Equal(t, 5*time.Second, time.Since(began))
	}},
}

func TestEveryFigureOfThePageHolds(t *testing.T) {
	page, err := os.ReadFile("../docs/openfeature.md")
	require.NoError(t, err)
	text := strings.Join(strings.Fields(string(page)), " ")
	for _, row := range figures {
		t.Run(row.words, func(t *testing.T) {
			if !strings.Contains(text, row.words) {
				t.Fatal("the page no longer says this")
			}
			synctest.Test(t, row.holds)
		})
	}
}
