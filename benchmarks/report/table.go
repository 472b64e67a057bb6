// Package report judges the measurements and writes the report.
package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/measure"
	"github.com/becketflags/becket/benchmarks/scene"
)

// Row is one implementation in a workload. A missing figure is nil.
type Row struct {
	Name               string
	Role               contender.Role
	Beforehand, InCall *measure.Figures
}

// Table is one workload with all implementations.
type Table struct {
	Workload scene.Workload
	Rows     []Row
}

// Fastest returns the table with the fastest round of each implementation instead of the median,
// for machines that are busy with other work.
func (t Table) Fastest() Table {
	fastest := Table{Workload: t.Workload, Rows: slices.Clone(t.Rows)}
	for i := range fastest.Rows {
		row := &fastest.Rows[i]
		row.Beforehand, row.InCall = fastestOf(row.Beforehand), fastestOf(row.InCall)
	}
	return fastest
}

func fastestOf(f *measure.Figures) *measure.Figures {
	if f == nil {
		return nil
	}
	fastest := *f
	fastest.Nanoseconds = f.Fastest
	return &fastest
}

// Column picks one of the two figures.
type Column struct {
	Name string
	Of   func(Row) *measure.Figures
	Mark func(Marks) Mark
}

// Columns are the two figures of every workload.
var Columns = []Column{
	{"beforehand", func(r Row) *measure.Figures { return r.Beforehand }, func(m Marks) Mark { return m.Beforehand }},
	{"in the call", func(r Row) *measure.Figures { return r.InCall }, func(m Marks) Mark { return m.InCall }},
}

// Nanoseconds returns the median of the row with that role, or 0 if there is no such row. For
// peers, it returns the median and the name of the fastest one.
func (t Table) Nanoseconds(role contender.Role, c Column) (ns float64, name string) {
	for _, row := range t.Rows {
		f := c.Of(row)
		if row.Role != role || f == nil {
			continue
		}
		if ns == 0 || f.Nanoseconds < ns {
			ns, name = f.Nanoseconds, row.Name
		}
	}
	return ns, name
}

// Verdict is one comparison of becket with one mark.
type Verdict struct {
	Workload string
	What     string
	Got      float64
	Mark     float64
	AtLeast  bool // the mark is a lower bound
	Unit     string
}

// Met reports whether becket meets the mark.
func (v Verdict) Met() bool {
	if v.AtLeast {
		return v.Got >= v.Mark
	}
	return v.Got <= v.Mark
}

func (v Verdict) String() string {
	bound, met := "at most", "met"
	if v.AtLeast {
		bound = "at least"
	}
	if !v.Met() {
		met = "**missed**"
	}
	return fmt.Sprintf("| %s | %s | %s%s | %s %s%s | %s |",
		v.Workload, v.What, number(v.Got), v.Unit, bound, number(v.Mark), v.Unit, met)
}

// Verdicts judges one workload.
func (t Table) Verdicts() []Verdict {
	var verdicts []Verdict
	for _, c := range Columns {
		ours, _ := t.Nanoseconds(contender.Ours, c)
		if ours == 0 {
			continue
		}
		mark := c.Mark(Of(t.Workload.ID))
		for _, bound := range []struct {
			role contender.Role
			mark float64
			what string
		}{
			{contender.Limit, mark.Limit, "the limit"},
			{contender.Table, mark.Table, "one hash and a table"},
		} {
			if ns, _ := t.Nanoseconds(bound.role, c); ns > 0 && bound.mark > 0 {
				what := fmt.Sprintf("%s, against %s", c.Name, bound.what)
				verdicts = append(verdicts, Verdict{t.Workload.ID, what, ours / ns, bound.mark, false, " x"})
			}
		}
		if ns, peer := t.Nanoseconds(contender.Peer, c); ns > 0 && mark.Peer > 0 {
			what := fmt.Sprintf("%s, faster than %s", c.Name, peer)
			verdicts = append(verdicts, Verdict{t.Workload.ID, what, ns / ours, mark.Peer, true, " x"})
		}
		verdicts = append(verdicts, t.allocations(c))
	}
	return verdicts
}

func (t Table) allocations(c Column) Verdict {
	worst := 0.0
	for _, row := range t.Rows {
		if f := c.Of(row); row.Role == contender.Ours && f != nil {
			worst = max(worst, float64(f.Allocs), float64(f.Bytes))
		}
	}
	return Verdict{t.Workload.ID, c.Name + ", bytes and allocations", worst, 0, false, ""}
}

// Markdown writes the workload's table.
func (t Table) Markdown(b *strings.Builder) {
	fmt.Fprintf(b, "### %s: %s\n\n", t.Workload.ID, t.Workload.Title)
	b.WriteString("| | beforehand, ns | x limit | B/op | allocs/op | in the call, ns | x limit | B/op | allocs/op |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, row := range t.Rows {
		fmt.Fprintf(b, "| %s |", row.Name)
		for _, c := range Columns {
			limit, _ := t.Nanoseconds(contender.Limit, c)
			b.WriteString(cells(c.Of(row), limit))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func cells(f *measure.Figures, limit float64) string {
	if f == nil {
		return " | | | |"
	}
	ratio := ""
	if limit > 0 {
		ratio = number(f.Nanoseconds / limit)
	}
	return fmt.Sprintf(" %s | %s | %d | %d |", number(f.Nanoseconds), ratio, f.Bytes, f.Allocs)
}

// number writes a figure with about three significant digits.
func number(v float64) string {
	switch {
	case v == float64(int64(v)) && v < 1000:
		return fmt.Sprintf("%d", int64(v))
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
