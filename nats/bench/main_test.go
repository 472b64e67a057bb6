package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/nats/internal/natstest"
)

func TestMain(m *testing.M) {
	natstest.Main()
	os.Exit(m.Run())
}

func TestASmallMeasurementReachesEveryClient(t *testing.T) {
	t.Parallel()
	for _, watch := range []bool{false, true} {
		s := setting{Clients: 10, Nodes: 1, Publications: 2, Bytes: 1000, Watch: watch}
		r, err := run(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, s, r.setting)
		assert.Positive(t, r.Least)
		assert.GreaterOrEqual(t, r.Median, r.Least)
		assert.GreaterOrEqual(t, r.Most, r.Median)
	}
}
