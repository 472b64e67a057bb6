package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/becketflags/becket/benchmarks/report"
)

// row is one figure, with its mark if it has one.
type row struct {
	name  string
	value float64
	unit  string
	note  string  // the spread of the publications, or how the figure came about
	mark  float64 // the greatest value that is good; 0 if there is no mark
}

// met reports whether the figure is within its mark.
func (r row) met() bool { return r.mark == 0 || r.value <= r.mark }

// verdict returns the mark and whether it is met.
func (r row) verdict() (mark, verdict string) {
	switch {
	case r.mark == 0:
		return "", ""
	case r.met():
		return fmt.Sprintf("at most %g %s", r.mark, r.unit), "met"
	}
	return fmt.Sprintf("at most %g %s", r.mark, r.unit), "**missed**"
}

func (r row) String() string {
	mark, verdict := r.verdict()
	return strings.TrimSpace(fmt.Sprintf("%s: %.4g %s (%s) %s %s", r.name, r.value, r.unit, r.note, mark, verdict))
}

// page returns the results as a page.
func page(m report.Machine, rows []row, s sizes) string {
	var b strings.Builder
	b.WriteString("# Push: results\n\nWritten by `make bench-push`; not edited by hand. " +
		"[docs/scale.md](../docs/scale.md) says what the figures mean.\n\n")
	m.Describe(&b)
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		one, _, _ := strings.Cut(string(load), " ")
		fmt.Fprintf(&b, "- load average at the end: %s, the measurement included\n", one)
	}
	fmt.Fprintf(&b, "- servers and all clients on this machine; medians of %d publications, spread 0\n", s.publications)
	if s.scale != 1 {
		fmt.Fprintf(&b, "- **a trial: numbers of clients times %g**\n", s.scale)
	}
	b.WriteString("\n| | | | mark | |\n|---|--:|---|---|---|\n")
	for _, r := range rows {
		mark, verdict := r.verdict()
		fmt.Fprintf(&b, "| %s | %.4g %s | %s | %s | %s |\n", r.name, r.value, r.unit, r.note, mark, verdict)
	}
	return b.String()
}

// inMilliseconds returns a time in milliseconds.
func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
