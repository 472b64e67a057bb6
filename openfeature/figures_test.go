package openfeature_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
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
	{"integers beyond 64 bits are floats", func(t *testing.T) {
		p := provider.New(loaded(t, `{"schema": 1, "flags": {"f": {"rules": [
			{"if": {"attribute": "n", "lte": 18446744073709551615}, "serve": "on"}]}}}`))
		for text, less := range map[string]bool{"18446744073709551615": true, "18446744073709551616": false} {
			number, _ := new(big.Int).SetString(text, 10)
			for _, value := range []any{number, json.Number(text)} {
				d := p.BooleanEvaluation(t.Context(), "f", false, of.FlattenedContext{"n": value})
				assert.Equal(t, less, d.Value, "%T %s", value, text)
			}
		}
		p = provider.New(loaded(t, `{"schema": 1, "flags": {"f": {"rules": [
			{"if": {"attribute": "n", "gt": 1e19}, "serve": "on"}]}}}`))
		huge := new(big.Int).Lsh(big.NewInt(1), 200)
		assert.True(t, p.BooleanEvaluation(t.Context(), "f", false, of.FlattenedContext{"n": huge}).Value)
	}},
	{"reads the context without allocating (up to 16 attributes)", func(t *testing.T) {
		if raceDetector {
			t.Skip("the race detector watches hidden pointers, which makes what they point to escape")
		}
		p := becketProvider(t)
		flat := of.FlattenedContext{of.TargetingKey: "u", "country": "DE"}
		for attributes := range 17 {
			allocations := testing.AllocsPerRun(100, func() {
				p.BooleanEvaluation(t.Context(), "new-checkout", false, flat)
			})
			assert.Equal(t, attributes+1 > 16, allocations > 0, "%d attributes", attributes+1)
			flat[fmt.Sprint("attribute-", attributes)] = "text"
		}
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
