package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/benchmarks/report"
)

func TestTheOutputOfTheMeasurementsIsRead(t *testing.T) {
	t.Parallel()
	got, err := find("publish to the last of 5000 streams: median 211ms of 20 publications, worst 1.2s (mark: 1s)\n"+
		"memory of the server for each of 5000 streams: 35.1 kB (mark: 64 kB)\n", streamsLines)
	require.NoError(t, err)
	assert.Equal(t, []string{"211ms", "1.2s", "35.1"}, got)
	for _, output := range []string{
		"redis: 500 clients: from the publication to the last client 30ms (median of 20, 20ms to 1.5s)\n",
		"postgres: 500 clients: from the publication to the last client 30ms (median of 20, 20ms to 1.5s); the server …\n",
	} {
		got, err = find(output, clientsLine)
		require.NoError(t, err)
		assert.Equal(t, []string{"30ms", "20ms to 1.5s"}, got)
	}
	_, err = find("something else", clientsLine)
	require.Error(t, err)
}

func TestAMarkThatIsMissedIsInThePage(t *testing.T) {
	t.Parallel()
	rows := []row{
		{name: "good", value: 200, unit: "ms", mark: 200}, {name: "bad", value: 201, unit: "ms", mark: 200},
		{name: "free", value: 1, unit: "ms", note: "1 to 2 ms"},
	}
	text := page(report.Machine{}, rows, sizes{20, 1})
	assert.Contains(t, text, "| good | 200 ms |  | at most 200 ms | met |\n"+
		"| bad | 201 ms |  | at most 200 ms | **missed** |\n"+
		"| free | 1 ms | 1 to 2 ms |  |  |\n")
	assert.NotContains(t, text, "a trial")
	assert.Contains(t, page(report.Machine{}, nil, sizes{1, 0.1}), "a trial")
}

func TestTheLimitReachesEveryConnection(t *testing.T) {
	t.Parallel()
	rows, err := limit(t.Context(), sizes{2, 0.01})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	for _, r := range rows {
		assert.Positive(t, r.value)
	}
}

func TestRequestsForTheRulesetAreCountedAndThoseForEventsAreNot(t *testing.T) {
	t.Parallel()
	polling, err := count(t.Context(), 3, false, time.Second, 0, 5*time.Second)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, polling, int64(6), "each client asks about every second")
	pushed, err := count(t.Context(), 3, true, time.Hour, 0, 2*time.Second)
	require.NoError(t, err)
	assert.InDelta(t, 4.5, float64(pushed), 1.5, "one fetch at the start, and one that follows the connection")
}
