//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// manyFlags returns a document with so many flags in layers, each with conditions on a segment and
// on another flag. Two further flags overlap in the last layer.
func manyFlags(count, layers int) string {
	var flags, segments []string
	for i := range count {
		layer := fmt.Sprintf(`{"layer": {"name": "l%d", "from": %g, "to": %g}, "serve": "on"}`, i%layers,
			100*float64(i/layers)/float64(count), 100*float64(i/layers+1)/float64(count))
		rules := layer + fmt.Sprintf(`, {"if": {"segment": "s%d"}, "percent": 5, "serve": "on"}, {"if": {"flag": "f%d", "in": ["on"]}, "percent": 5, "serve": "on"}`, i, i/2)
		if i == 0 {
			rules = layer
		}
		flags = append(flags, fmt.Sprintf(`"f%d": {"description": "x", "owner": "y", "rules": [%s]}`, i, rules))
		segments = append(segments, fmt.Sprintf(`"s%d": {"if": {"attribute": "a", "in": [%d]}}`, i, i))
	}
	for i := range 2 {
		flags = append(flags,
			fmt.Sprintf(`"last%d": {"description": "x", "owner": "y", "rules": [{"layer": {"name": "the last layer", "from": 0, "to": 50}, "serve": "on"}]}`, i))
	}
	return `{"schema": 1, "segments": {` + strings.Join(segments, ",") + `}, "flags": {` + strings.Join(flags, ",") +
		`}}`
}

// processorTime returns the time that this process has spent on processors. Other processes of the
// machine do not change it.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Eight times as many flags take eight times as long. What grows with the square of the number
// takes sixty-four times as long.
func TestTheTimeOfACheckGrowsWithTheNumberOfFlags(t *testing.T) {
	if testing.Short() {
		t.Skip("it checks fifty thousand flags several times")
	}
	for name, layers := range map[string]func(count int) int{
		"fifty layers":         func(int) int { return 50 },
		"one layer":            func(int) int { return 1 },
		"a layer of each flag": func(count int) int { return count },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "flags.json")
			took := func(count int) time.Duration {
				require.NoError(t, os.WriteFile(path, []byte(manyFlags(count, layers(count))), 0o600))
				best := time.Hour
				for range 3 {
					// Some of so many salts have the same hash by chance.
					began := processorTime(t)
					_, stdout, stderr := command(t, nil, "check", "--silence", "shared-salt", path)
					best = min(best, processorTime(t)-began)
					require.Empty(t, stderr)
					require.Equal(t, 3, strings.Count(stdout, "\n"), "two findings and their number: %s", stdout)
					require.Contains(t, stdout, "[unused-segment]")
					require.Contains(t, stdout, "[overlapping-layers]", "the check does not give up before its end")
				}
				return best
			}
			small, large := took(2_000), took(16_000)
			assert.Less(t, large, 28*small, "%s for two thousand flags, %s for sixteen thousand", small, large)
		})
	}
}
