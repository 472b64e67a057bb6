package tree

import (
	"fmt"
	"strings"
	"time"
)

// Scenario is a plan with a name.
type Scenario struct {
	Name string // in the table
	Line string // in the plot; "" if the plot leaves it out
	Plan Plan
}

// million is one million instances: ten regions of a hundred clusters of a thousand instances.
var million = Plan{
	Seed: 1, Regions: 10, Clusters: 100, Instances: 1000, Relays: 2,
	Interval: 30 * time.Second, Delay: 20 * time.Millisecond, Publish: time.Minute, End: 3 * time.Minute,
}

// Scenarios returns the scenarios of the page.
func Scenarios() []Scenario {
	with := func(change func(p *Plan)) Plan {
		p := million
		p.Spread = time.Second
		change(&p)
		return p
	}
	return []Scenario{
		{"spread of 1 s", "spread of 1 s", with(func(*Plan) {})},
		{"spread of 5 s", "spread of 5 s", with(func(p *Plan) { p.Spread = 5 * time.Second })},
		{"spread of 30 s", "spread of 30 s", with(func(p *Plan) { p.Spread = 30 * time.Second })},
		{"1 s, a relay of a region is killed", "", with(func(p *Plan) { p.Dead = 1 })},
		{"1 s, a relay of a region falls silent", "1 s, a relay silent", with(func(p *Plan) {
			p.Dead, p.Silent = 1, true
		})},
		{"1 s, both relays of a region are dead for a minute", "", with(func(p *Plan) {
			p.Dead, p.For = 2, time.Minute
		})},
		{"polling a CDN, no relays and no push", "polling a CDN", with(func(p *Plan) {
			p.Edges, p.MaxAge = 50, 10*time.Second
		})},
	}
}

// Table returns the results of the scenarios for the page.
func Table(scenarios []Scenario, results []Result) string {
	var b strings.Builder
	b.WriteString("| | origin before | origin, busiest second | busiest relay before | " +
		"busiest relay, busiest second | half has it after | 99.9 % | the last |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for i := range results {
		r := &results[i]
		fmt.Fprintf(&b, "| %s | %.2g | %d | %.3g | %d | %s | %s | %s |\n", scenarios[i].Name, r.Before(r.Origin),
			r.Peak(r.Origin), r.Before(r.Relay), r.Peak(r.Relay), seconds(r.Share(0.5)), seconds(r.Share(0.999)),
			seconds(r.Last()))
	}
	return b.String()
}

func seconds(d time.Duration) string {
	if d < 0 {
		return "never"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
