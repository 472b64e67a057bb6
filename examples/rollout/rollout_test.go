package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRollout(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	text := out.String()

	t.Run("the plot grows and no user drops out of it", func(t *testing.T) {
		var before string
		for _, percent := range []int{5, 20, 50, 100} {
			row := rowOf(t, text, fmt.Sprintf("  %3d %%     ", percent))
			require.Len(t, row, shown)
			assert.NotContains(t, row, "x")
			for i := range before {
				if before[i] != '.' {
					assert.Equal(t, byte('#'), row[i], "user-%d at %d percent", i+1, percent)
				}
			}
			before = row
		}
		assert.NotContains(t, before, ".", "all users are in at 100 percent")
	})
	t.Run("the shares are those that were published and no user drops out", func(t *testing.T) {
		for _, percent := range []int{5, 20, 50, 100} {
			var in float64
			var came, left int
			_, err := fmt.Sscanf(rowOf(t, text, fmt.Sprintf("  %10d %%", percent)), "%f %% %d %d", &in, &came, &left)
			require.NoError(t, err)
			assert.InDelta(t, percent, in, 1)
			assert.Zero(t, left)
		}
	})
	t.Run("the marks are below users who move and nowhere else", func(t *testing.T) {
		before, after := rowOf(t, text, "  60:20:20  "), rowOf(t, text, "  40:30:30  ")
		require.Len(t, before, shown)
		_, below, _ := strings.Cut(text, "  40:30:30  "+after+"\n")
		line, _, _ := strings.Cut(below, "\n")
		line = fmt.Sprintf("%-*s", 12+shown, line)[12:]
		assert.Contains(t, line, "^")
		for i := range line {
			assert.Equal(t, before[i] != after[i], line[i] == '^', "user-%d", i+1)
		}
	})
	t.Run("the worst kind of change stays below twice the fewest", func(t *testing.T) {
		var least, counted, ranges float64
		_, err := fmt.Sscanf(rowOf(t, text, "  10:80:10   to 13:80:7 "), "%f %f %f", &least, &counted, &ranges)
		require.NoError(t, err)
		assert.Equal(t, 3.0, least)
		assert.Less(t, counted, 2*least)
		assert.Greater(t, counted, least)
	})
	t.Run("a removed variant moves its own users alone", func(t *testing.T) {
		var least, counted, ranges float64
		_, err := fmt.Sscanf(rowOf(t, text, "  60:20:20   to 0:20:20 "), "%f %f %f", &least, &counted, &ranges)
		require.NoError(t, err)
		assert.InDelta(t, least, counted, 1)
		assert.Equal(t, 80.0, ranges)
	})
	t.Run("it fits a terminal", func(t *testing.T) {
		for line := range strings.Lines(text) {
			assert.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), 80, line)
		}
	})
	t.Run("it leaves nothing behind", func(t *testing.T) {
		entries, err := os.ReadDir(temporary)
		require.NoError(t, err)
		assert.Empty(t, entries)
	})
}

func TestThePlotShowsUsersWhoDropOut(t *testing.T) {
	before, now := []bool{true, true, false, false}, []bool{true, false, true, false}
	assert.Equal(t, "#x+.", plot(before, now))
	assert.Equal(t, stage{percent: 50, in: 2, came: 1, left: 1}, compare(50, before, now))
}

func TestFewestAndRangesOfAChange(t *testing.T) {
	for _, test := range []struct {
		name           string
		before, after  weights
		fewest, ranges float64
	}{
		{"equal shares move no user", weights{1, 1, 2}, weights{2, 2, 4}, 0, 0},
		{"a variant in the middle is added", weights{50, 0, 50}, weights{40, 20, 40}, 20, 20},
		{"the first is removed", weights{50, 25, 25}, weights{0, 50, 50}, 50, 75},
		{"all move", weights{1, 0, 0}, weights{0, 0, 1}, 100, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.InDelta(t, test.fewest, fewest(test.before, test.after), 1e-9)
			assert.InDelta(t, test.ranges, ranges(test.before, test.after), 1e-9)
		})
	}
}

// rowOf returns the rest of the line with this beginning.
func rowOf(t *testing.T, text, begin string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n"+begin)
	require.True(t, ok, "no line begins with %q", begin)
	row, _, _ := strings.Cut(rest, "\n")
	return row
}
