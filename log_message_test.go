package becket

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheLogSaysWhatFailed(t *testing.T) {
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
