package timing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/timing"
)

// The tests of package becket compare the answers with evaluations.
func TestThePackageBecketProvidesTheAnswersOfItsViews(t *testing.T) {
	t.Parallel()
	client, err := becket.New(becket.Bytes([]byte(`{"schema": 1, "flags": {"a": {}}}`)))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))
	answers := timing.Of(client.For(becket.Subject{}), []string{"a"})
	assert.NotZero(t, answers.Definitions)
	assert.NotZero(t, answers.Document)
	assert.Equal(t, timing.State{}, answers.At(0), "it does not depend on the time")
}
