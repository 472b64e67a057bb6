package openfeature

import (
	"fmt"
	"testing"

	"github.com/becketflags/becket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFlagsThatCallersMakeUpFillNoMemory(t *testing.T) {
	client, err := becket.New(becket.Bytes([]byte(`{"schema": 1, "flags": {"a": {}}}`)))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	p := New(client)
	for i := range 100 {
		p.BooleanEvaluation(t.Context(), fmt.Sprintf("made-up-%d", i), false, nil)
		p.BooleanEvaluation(t.Context(), "a", false, nil)
	}
	assert.Len(t, p.metadata.current.Load().flags, 2, "one for the flag, one for all that are not there")
}
