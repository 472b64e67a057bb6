package becket

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAMillionFailedEvaluationsAreLoggedSparingly asks for what cannot be had, a million times over
// some minutes.
func TestAMillionFailedEvaluationsAreLoggedSparingly(t *testing.T) {
	for _, test := range []struct {
		name        string
		hooks       Hooks
		least, most int
	}{
		{"without a hook, failed evaluations are not logged at all", Hooks{}, 0, 0},
		{"a hook panics at each: a line a minute", Hooks{OnEvaluate: func(Evaluation) { panic("bad hook") }}, 1, 6},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &logged{}
				source := newScript(serving("1", aged))
				client := newTestClient(t, source, WithLogger(out.logger()), WithHooks(test.hooks))
				require.NoError(t, client.Refresh(t.Context()))
				synctest.Wait()
				before := strings.Count(out.String(), "\n")
				v := client.For(Subject{})
				asks := 1_000_000
				if test.hooks.OnEvaluate != nil {
					asks = 100_000 // a panic takes its time
				}
				for i := range asks {
					switch i % 4 {
					case 0:
						v.Enabled("unknown")
					case 1:
						v.String("a-later", "another type")
					case 2:
						v.Enabled("f-broken")
					default:
						v.BoolDetail("unknown", true)
					}
					if i%(asks/5) == 0 {
						time.Sleep(time.Minute)
					}
				}
				time.Sleep(time.Second)
				lines := strings.Count(out.String(), "\n") - before
				assert.GreaterOrEqual(t, lines, test.least, out.String())
				assert.LessOrEqual(t, lines, test.most, out.String())
				if test.least > 0 {
					assert.Contains(t, out.String(), "left_out=", "the next line says how many were left out")
					assert.Equal(t, uint64(asks), client.Status().HookPanics)
				}
			})
		})
	}
}

func TestTheLogNamesTheFailure(t *testing.T) {
	t.Parallel()
	for cause, want := range map[Cause]string{
		CauseFetch: "refresh failed, still serving", CauseSignature: "refresh failed, still serving",
		CauseDocument: "refresh failed, still serving", CauseRefused: "refresh failed, still serving",
		CauseDisk: "disk copy could not be read or written", CauseHook: "a function of the program panicked",
		CauseSink: "exposures are lost", CauseOverride: "overrides could not be read",
	} {
		var lines bytes.Buffer
		newLimitedLogger(slog.New(slog.NewTextHandler(&lines, nil))).failed(&DeliveryError{cause, assert.AnError})
		assert.Contains(t, lines.String(), `msg="becket: `+want, cause)
		assert.Contains(t, lines.String(), "level=WARN")
	}
}
