package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/startup"
)

// Results holds the results of one run.
type Results struct {
	Machine   Machine
	Rounds    int
	Target    time.Duration
	Tables    []Table
	Providers *Table // W7
	Scaling   Scaling
	Starts    []Start
}

// Scaling is W8: the rates of several processors together.
type Scaling struct {
	Processors []int
	Rows       []ScalingRow
}

// ScalingRow holds the evaluations per second for each number of processors.
type ScalingRow struct {
	Name  string
	Ours  bool
	Rates []float64
}

// Start is W9 for one document.
type Start struct {
	startup.Start
	Unchanged   uint64 // bytes
	Quiet, Busy startup.Latency
}

// Bound is the highest value of a ratio in a smoke run. A value that must be zero, such as
// allocations, must be zero here too.
func (v Verdict) Bound() float64 { return v.Mark * Tolerance }

// Tolerable reports whether a ratio is within its bound.
func (v Verdict) Tolerable() bool { return v.Got <= v.Bound() }

// Verdicts judges all results that have a mark.
func (r Results) Verdicts() []Verdict {
	var verdicts []Verdict
	for _, t := range r.Tables {
		verdicts = append(verdicts, t.Verdicts()...)
	}
	if r.Providers != nil {
		for _, c := range Columns {
			ours, _ := r.Providers.Nanoseconds(contender.Ours, c)
			theirs, name := r.Providers.Nanoseconds(contender.Peer, c)
			if ours > 0 && theirs > 0 {
				title := c.Name + ", against " + name
				verdicts = append(verdicts, Verdict{"W7", title, ours / theirs, MarkProvider, false, " x"})
			}
		}
	}
	for _, row := range r.Scaling.Rows {
		if row.Ours {
			ratio := row.Rates[1] / row.Rates[0]
			verdicts = append(verdicts, Verdict{"W8", "two processors against one", ratio, MarkScaling, true, " x"})
		}
	}
	for _, s := range r.Starts {
		verdicts = append(verdicts, s.verdicts()...)
	}
	return verdicts
}

func (s Start) verdicts() []Verdict {
	of := fmt.Sprintf("%d flags, ", s.Flags)
	delay := float64(s.Busy.P999) / float64(s.Quiet.P999)
	return []Verdict{
		{"W9", of + "first answer against encoding/json alone", s.Ratio(), MarkStart, false, " x"},
		{"W9", of + "heap for each flag", s.HeapFlag, MarkHeap, false, " B"},
		{"W9", of + "allocated by an unchanged refresh", float64(s.Unchanged), MarkUnchanged, false, " B"},
		{"W9", of + "p99.9 during refreshes against the quiet one", delay, MarkDelay, false, " x"},
	}
}

// Markdown writes the whole run.
func (r Results) Markdown() string {
	var b strings.Builder
	b.WriteString("# Results\n\nWritten by `make bench`; README.md says how to read it. Not edited by hand.\n\n")
	r.Machine.markdown(&b)
	fmt.Fprintf(&b, "- %d rounds of about %v for each implementation and figure, in turn; medians\n\n",
		r.Rounds, r.Target)
	if len(r.Tables) > 0 {
		fmt.Fprintf(&b, "## Ratios\n\n%s\n%s%s\n\n", ratiosBegin, Ratios(r.Tables), ratiosEnd)
	}
	r.marks(&b)
	if len(r.Tables) > 0 || r.Providers != nil {
		b.WriteString("## Evaluations\n\n")
	}
	for _, t := range r.Tables {
		t.Markdown(&b)
	}
	if r.Providers != nil {
		r.Providers.Markdown(&b)
	}
	r.Scaling.markdown(&b)
	r.starts(&b)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (r Results) marks(b *strings.Builder) {
	verdicts := r.Verdicts()
	if len(verdicts) == 0 {
		return
	}
	missed := 0
	for _, v := range verdicts {
		if !v.Met() {
			missed++
		}
	}
	fmt.Fprintf(b, "## Marks\n\n%d met, %d missed.\n\n| | | measured | mark | |\n|---|---|--:|--:|---|\n",
		len(verdicts)-missed, missed)
	for _, v := range verdicts {
		b.WriteString(v.String() + "\n")
	}
	b.WriteString("\n")
}

func (s Scaling) markdown(b *strings.Builder) {
	if len(s.Rows) == 0 {
		return
	}
	b.WriteString("### W8: one rule, on several processors\n\n" +
		"Millions of evaluations a second, subjects built beforehand.\n\n|")
	for _, p := range s.Processors {
		fmt.Fprintf(b, " | on %d", p)
	}
	b.WriteString(" | x | becket on all, x |\n|---" + strings.Repeat("|--:", len(s.Processors)+2) + "|\n")
	last := len(s.Processors) - 1
	for _, row := range s.Rows {
		fmt.Fprintf(b, "| %s", row.Name)
		for _, rate := range row.Rates {
			fmt.Fprintf(b, " | %s", number(rate/1e6))
		}
		fmt.Fprintf(b, " | %s | %s |\n", number(row.Rates[last]/row.Rates[0]), number(s.ours(last)/row.Rates[last]))
	}
	b.WriteString("\n")
}

// ours returns becket's rate on this number of processors.
func (s Scaling) ours(i int) float64 {
	for _, row := range s.Rows {
		if row.Ours {
			return row.Rates[i]
		}
	}
	return 0
}

// The texts before and after the figures of start-ups and refreshes.
const (
	startsTitle = "### W9: from a loopback server to the first answer, and refreshes\n\n"
	startsNote  = "Each of these evaluations is timed on its own, " +
		"so that reading the clock is part of all of them.\n"
)

func (r Results) starts(b *strings.Builder) {
	if len(r.Starts) == 0 {
		return
	}
	b.WriteString(startsTitle)
	b.WriteString("|")
	for _, s := range r.Starts {
		fmt.Fprintf(b, " | %d flags", s.Flags)
	}
	b.WriteString(" |\n|---" + strings.Repeat("|--:", len(r.Starts)) + "|\n")
	line := func(title string, cell func(Start) string) {
		fmt.Fprintf(b, "| %s", title)
		for _, s := range r.Starts {
			fmt.Fprintf(b, " | %s", cell(s))
		}
		b.WriteString(" |\n")
	}
	line("document, KiB", func(s Start) string { return number(float64(s.Size) / 1024) })
	line("to the first answer, ms", func(s Start) string { return number(s.FirstTime.Seconds() * 1e3) })
	line("encoding/json alone, ms", func(s Start) string { return number(s.Decode.Seconds() * 1e3) })
	line("allocated on the way, KiB", func(s Start) string { return number(float64(s.Allocated) / 1024) })
	line("allocated by encoding/json, KiB", func(s Start) string { return number(float64(s.AllocJSON) / 1024) })
	line("heap that stays, bytes a flag", func(s Start) string { return number(s.HeapFlag) })
	line("allocated by a refresh that is answered 304, bytes", func(s Start) string {
		return number(float64(s.Unchanged))
	})
	line("evaluations meanwhile, quiet: p50, p99, p99.9, ns", func(s Start) string { return latency(s.Quiet) })
	line("the same during refreshes, ns", func(s Start) string { return latency(s.Busy) })
	line("refreshes a second meanwhile", func(s Start) string { return number(s.Busy.RefreshRate) })
	b.WriteString("\n" + startsNote)
}

func latency(l startup.Latency) string {
	return fmt.Sprintf("%d, %d, %d", l.P50.Nanoseconds(), l.P99.Nanoseconds(), l.P999.Nanoseconds())
}
