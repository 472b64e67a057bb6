package fleet

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The plot's size and margins, in pixels.
const (
	width, height            = 860, 300
	left, right, top, bottom = 60, 20, 30, 40
)

// Plot draws requests per second over time as SVG, averaged over buckets of ten seconds.
func (s *Server) Plot() string {
	const bucket = 10
	var buckets []float64
	highest := 0.0
	for at := 0; at+bucket <= len(s.Seconds); at += bucket {
		sum := 0
		for _, second := range s.Seconds[at : at+bucket] {
			sum += second.Requests
		}
		buckets = append(buckets, float64(sum)/bucket)
		highest = max(highest, buckets[len(buckets)-1])
	}
	const grid = 400 // gives the axis round numbers
	highest = math.Ceil(highest/grid) * grid
	x := func(at time.Duration) float64 {
		return left + float64(at)/float64(s.timeline.End)*(width-left-right)
	}
	y := func(rate float64) float64 { return height - bottom - rate/highest*(height-top-bottom) }

	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#fde8e8"/>`+"\n",
		x(s.timeline.Down), top, x(s.timeline.Up)-x(s.timeline.Down), height-top-bottom)
	fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle" fill="#a33">no server</text>`+"\n",
		(x(s.timeline.Down)+x(s.timeline.Up))/2, top+16)
	for i := range 5 {
		rate := highest * float64(i) / 4
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n",
			left, y(rate), width-right, left-6, y(rate)+4, rate)
	}
	for at := time.Duration(0); at <= s.timeline.End; at += 5 * time.Minute {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.0f min</text>`+"\n",
			x(at), height-bottom+18, at.Minutes())
	}
	b.WriteString(`<polyline fill="none" stroke="#1667b7" stroke-width="1.5" points="`)
	for i, rate := range buckets {
		fmt.Fprintf(&b, "%.1f,%.1f ", x(time.Duration(i*bucket+bucket/2)*time.Second), y(rate))
	}
	b.WriteString("\"/>\n")
	fmt.Fprintf(&b, `<text x="%d" y="18">requests per second that %d clients make together</text>`+"\n</svg>\n",
		left, s.timeline.Clients)
	return b.String()
}
