package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/measure"
	"github.com/becketflags/becket/benchmarks/scene"
)

func figures(ns float64, allocs uint64) *measure.Figures {
	return &measure.Figures{Nanoseconds: ns, Allocs: allocs}
}

func table() Table {
	return Table{Workload: scene.Workloads[1], Rows: []Row{
		{"becket", contender.Ours, figures(30, 0), figures(90, 1)},
		{"limit", contender.Limit, figures(20, 0), figures(30, 0)},
		{"one", contender.Peer, figures(300, 2), figures(900, 2)},
		{"other", contender.Peer, figures(200, 2), nil},
	}}
}

func TestVerdictsCompareWithTheLimitAndTheBestPeer(t *testing.T) {
	verdicts := table().Verdicts()
	require.Len(t, verdicts, 6)
	assert.Equal(t, "| W2 | beforehand, against the limit | 1.50 x | at most 2 x | met |", verdicts[0].String())
	assert.Equal(t, "| W2 | beforehand, faster than other | 6.67 x | at least 8 x | **missed** |", verdicts[1].String())
	assert.True(t, verdicts[2].Met(), "no allocations")
	assert.Equal(t, "| W2 | in the call, against the limit | 3 x | at most 2.50 x | **missed** |", verdicts[3].String())
	assert.Equal(t, "| W2 | in the call, faster than one | 10 x | at least 8 x | met |", verdicts[4].String())
	assert.False(t, verdicts[5].Met(), "one allocation")
}

func TestASmokeRunToleratesHalfAsMuchAgainButNoAllocation(t *testing.T) {
	assert.True(t, Verdict{Got: 3, Mark: 2}.Tolerable())
	assert.False(t, Verdict{Got: 3.01, Mark: 2}.Tolerable())
	assert.False(t, Verdict{Got: 1, Mark: 0}.Tolerable())
}

func TestRatios(t *testing.T) {
	assert.Equal(t,
		"| subject built beforehand / in the call | becket takes, x the limit | one takes, x becket | other takes, x becket |\n"+
			"|---|--:|--:|--:|\n"+
			"| one rule, country in 10 | 1.5 / 3.0 | 10 / 10 | 6.7 / – |\n", Ratios([]Table{table()}))
}

func TestRatiosAreCopiedBetweenTheComments(t *testing.T) {
	dir := t.TempDir()
	results, readme := filepath.Join(dir, "RESULTS.md"), filepath.Join(dir, "README.md")
	text := Results{Tables: []Table{table()}}.Markdown()
	require.NoError(t, os.WriteFile(results, []byte(text), 0o600))
	require.NoError(t,
		os.WriteFile(readme, []byte("before\n<!-- benchmarks:begin -->old<!-- benchmarks:end -->\nafter\n"), 0o600))
	require.NoError(t, CopyRatios(results, readme))
	got, err := os.ReadFile(readme)
	require.NoError(t, err)
	assert.Equal(t, "before\n<!-- benchmarks:begin -->\nMeasured at commit , on 0001-01-01:\n\n"+
		Ratios([]Table{table()})+"<!-- benchmarks:end -->\nafter\n", string(got))
}

// The pages are written by "go generate" in the folder benchmarks, from RESULTS.md.
func TestThePagesHaveTheFiguresOfTheResults(t *testing.T) {
	for page, write := range map[string]func(results, document string) error{
		"../../README.md": CopyRatios, "../../docs/performance.md": CopyStarts,
	} {
		got, err := os.ReadFile(page)
		require.NoError(t, err)
		again := filepath.Join(t.TempDir(), "page.md")
		require.NoError(t, os.WriteFile(again, got, 0o600))
		require.NoError(t, write("../RESULTS.md", again))
		want, err := os.ReadFile(again)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), page)
	}
}

// Tables that no run of RESULTS.md measures say of which commit they are.
func TestEachMeasuredTableOfThePagesNamesItsCommit(t *testing.T) {
	for page, begin := range map[string][]string{
		"../../README.md":           {"<!-- benchmarks:begin -->"},
		"../../docs/performance.md": {"<!-- growth:begin -->", "<!-- starts:begin -->"},
	} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, comment := range begin {
			assert.Regexp(t, comment+`\nMeasured at commit [0-9a-f]{12}, on \d{4}-\d\d-\d\d:\n`, string(text), page)
		}
	}
}

func TestCopyRatiosSaysWhichCommentIsMissing(t *testing.T) {
	dir := t.TempDir()
	results, readme := filepath.Join(dir, "RESULTS.md"), filepath.Join(dir, "README.md")
	text := Results{Tables: []Table{table()}}.Markdown()
	require.NoError(t, os.WriteFile(results, []byte(text), 0o600))
	require.NoError(t, os.WriteFile(readme, []byte("<!-- benchmarks:begin -->"), 0o600))
	assert.ErrorContains(t, CopyRatios(results, readme), "there is no <!-- benchmarks:end -->")
	assert.ErrorContains(t, CopyStarts(results, readme), "there is no ### W9", "the run has measured no start")
}

func TestFastestLeavesTheMediansAsTheyWere(t *testing.T) {
	original := table()
	original.Rows[0].Beforehand.Fastest = 25
	assert.InDelta(t, 25, original.Fastest().Rows[0].Beforehand.Nanoseconds, 0)
	assert.InDelta(t, 30, original.Rows[0].Beforehand.Nanoseconds, 0)
	assert.Nil(t, original.Fastest().Rows[3].InCall)
}
