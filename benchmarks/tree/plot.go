package tree

import (
	"fmt"
	"strings"
	"time"
)

// The plot's size and margins, in pixels. It has two panels, one above the other.
const (
	width, height = 860, 560
	left, right   = 60, 20
	above, below  = 10 * time.Second, 110 * time.Second // the time before and after the publication
)

// panel is a part of the plot with its own vertical axis.
type panel struct {
	top, bottom float64
	highest     float64
}

var (
	shares   = panel{top: 66, bottom: 276, highest: 100}
	requests = panel{top: 340, bottom: 530, highest: 800}
)

// styles are the colour and the dashes of each line.
var styles = []string{
	`stroke="#1667b7"`, `stroke="#2a8f4c"`, `stroke="#8a3fa0"`, `stroke="#a33" stroke-dasharray="6 3"`,
	`stroke="#666" stroke-dasharray="2 3"`,
}

func (p panel) title(b *strings.Builder, text string) {
	fmt.Fprintf(b, `<text x="%d" y="%.0f">%s</text>`+"\n", left, p.top-14, text)
}

func x(at time.Duration) float64 {
	return left + float64(at+above)/float64(above+below)*(width-left-right)
}

func (p panel) y(value float64) float64 { return p.bottom - value/p.highest*(p.bottom-p.top) }

// Plot draws the scenarios that have a line as SVG: above, the instances that have the new ruleset,
// and below, the requests per second at the busiest relay.
func Plot(scenarios []Scenario, results []Result) string {
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	shares.title(&b, "instances, of a million, that have the new ruleset, in per cent")
	requests.title(&b, "requests per second at the busiest relay, or at the busiest location of the CDN")
	shares.axes(&b)
	requests.axes(&b)
	line := 0
	for i := range results {
		if scenarios[i].Line == "" {
			continue
		}
		style := styles[line]
		fmt.Fprintf(&b, `<path fill="none" stroke-width="1.5" %s d="M%d 14h24"/><text x="%d" y="18">%s</text>`+"\n",
			style, left+line*155, left+line*155+30, scenarios[i].Line)
		fmt.Fprintf(&b, `<polyline fill="none" stroke-width="1.5" %s points="%s"/>`+"\n", style, arrivals(&results[i]))
		fmt.Fprintf(&b, `<polyline fill="none" stroke-width="1.5" %s points="%s"/>`+"\n", style, load(&results[i]))
		line++
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// axes draws the grid, the values and the seconds of a panel.
func (p panel) axes(b *strings.Builder) {
	for i := range 5 {
		value := p.highest * float64(i) / 4
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n",
			left, p.y(value), width-right, left-6, p.y(value)+4, value)
	}
	for at := time.Duration(0); at <= below; at += 10 * time.Second {
		fmt.Fprintf(b, `<text x="%.1f" y="%.0f" text-anchor="middle">%.0f s</text>`+"\n",
			x(at), p.bottom+18, at.Seconds())
	}
	fmt.Fprintf(b, `<path d="M%.1f %.0fV%.0f" stroke="#aaa"/>`+"\n", x(0), p.top, p.bottom)
}

func arrivals(r *Result) string {
	var points strings.Builder
	fmt.Fprintf(&points, "%.1f,%.1f", x(-above), shares.y(0))
	for i := 0; i < len(r.Shares); i += 10 {
		if r.Shares[i] >= 0 {
			fmt.Fprintf(&points, " %.1f,%.1f", x(r.Shares[i]), shares.y(float64(i)/10))
		}
	}
	fmt.Fprintf(&points, " %.1f,%.1f", x(below), shares.y(100))
	return points.String()
}

func load(r *Result) string {
	var points strings.Builder
	first := (r.Plan.Publish - above) / time.Second
	for i, n := range r.Relay[first:] {
		at := time.Duration(i)*time.Second + time.Second/2 - above
		if at > below || time.Duration(i+1)*time.Second > r.Plan.End-r.Plan.Publish+above {
			break
		}
		fmt.Fprintf(&points, "%.1f,%.1f ", x(at), requests.y(float64(n)))
	}
	return strings.TrimSpace(points.String())
}
