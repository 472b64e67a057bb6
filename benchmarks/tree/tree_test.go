package tree

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:generate go test -run TestThePageHasTheFiguresOfTheSimulation -update .

var update = flag.Bool("update", false, "write the plot and the table into docs/")

const (
	pageFile = "../../docs/scale.md"
	plotFile = "../../docs/scale.svg"
	begin    = "<!-- tree:begin -->\n"
	end      = "<!-- tree:end -->"
)

func TestThePageHasTheFiguresOfTheSimulation(t *testing.T) {
	t.Parallel()
	scenarios := Scenarios()
	results := make([]Result, len(scenarios))
	for i := range scenarios {
		results[i] = Run(scenarios[i].Plan)
	}
	page, err := os.ReadFile(pageFile)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), begin)
	table, after, ended := strings.Cut(rest, end)
	require.True(t, found && ended, "the page has a place for the table")
	if *update {
		table = Table(scenarios, results)
		require.NoError(t, os.WriteFile(pageFile, []byte(before+begin+table+end+after), 0o600))
		require.NoError(t, os.WriteFile(plotFile, []byte(Plot(scenarios, results)), 0o600))
	}
	assert.Equal(t, Table(scenarios, results), table, "go generate writes it anew")
	plot, err := os.ReadFile(plotFile)
	require.NoError(t, err)
	assert.Equal(t, Plot(scenarios, results), string(plot), "go generate writes it anew")
}

// small is a tree of 2,000 instances.
func small(change func(p *Plan)) Result {
	p := million
	p.Regions, p.Clusters, p.Instances, p.Spread = 2, 10, 100, time.Second
	change(&p)
	return Run(p)
}

func TestTheSameSeedGivesTheSameResult(t *testing.T) {
	t.Parallel()
	one := small(func(p *Plan) { p.Dead, p.For = 2, time.Minute })
	assert.Equal(t, one, small(func(p *Plan) { p.Dead, p.For = 2, time.Minute }))
	assert.NotEqual(t, one.Shares, small(func(p *Plan) { p.Dead, p.For, p.Seed = 2, time.Minute, 2 }).Shares)
}

func TestEachLevelAddsItsSpreadAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, spread := range []time.Duration{time.Second, 5 * time.Second, 30 * time.Second} {
		r := small(func(p *Plan) { p.Spread = spread })
		const way = 3 * 20 * time.Millisecond // a hint, a request and an answer
		assert.LessOrEqual(t, r.Last(), 3*(max(spread, time.Second)+way+time.Second), "a fetch may wait a second more")
		assert.Greater(t, r.Last(), 2*spread)
		assert.Greater(t, r.Share(0.5), spread)
	}
}

func TestWithoutPublicationsATenthOfTheRequestsOfPollingArrive(t *testing.T) {
	t.Parallel()
	r := small(func(p *Plan) { p.Publish, p.End, p.Regions, p.Clusters = 25*time.Minute, 26*time.Minute, 50, 1 })
	const relays = 100
	assert.InDelta(t, float64(relays)/300, r.Before(r.Origin), 0.02)
}

func TestADeadRelayDelaysItsOwnBranchOnly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change   func(p *Plan)
		from, to time.Duration
	}{
		"killed":           {func(p *Plan) { p.Dead = 1 }, time.Second, 10 * time.Second},
		"silent":           {func(p *Plan) { p.Dead, p.Silent = 1, true }, 45 * time.Second, 75 * time.Second},
		"both of a region": {func(p *Plan) { p.Dead, p.For = 2, time.Minute }, time.Minute, 115 * time.Second},
		"both for ever":    {func(p *Plan) { p.Dead = 2 }, -1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := small(test.change)
			assert.GreaterOrEqual(t, r.Last(), test.from)
			assert.LessOrEqual(t, r.Last(), test.to)
			assert.LessOrEqual(t, r.Share(0.49), 10*time.Second, "the other region is not concerned")
		})
	}
}

func TestACacheAsksTheOriginOncePerLocationAndAge(t *testing.T) {
	t.Parallel()
	r := small(func(p *Plan) { p.Edges, p.MaxAge = 5, 10*time.Second })
	assert.InDelta(t, 0.5, r.Before(r.Origin), 0.05)
	assert.InDelta(t, 2000.0/30/5, r.Before(r.Relay), 3)
	assert.LessOrEqual(t, r.Last(), 10*time.Second+33*time.Second+time.Second)
	assert.Greater(t, r.Last(), 30*time.Second)
}
