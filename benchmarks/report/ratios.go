package report

import (
	"fmt"
	"strings"

	"github.com/becketflags/becket/benchmarks/contender"
)

// Ratios writes the table of the README: each peer's time divided by becket's, and becket's time
// divided by the limit's.
func Ratios(tables []Table) string {
	peers := peerNames(tables)
	var b strings.Builder
	b.WriteString("| subject built beforehand / in the call | becket takes, x the limit |")
	for _, p := range peers {
		fmt.Fprintf(&b, " %s takes, x becket |", p)
	}
	b.WriteString("\n|---|--:|" + strings.Repeat("--:|", len(peers)) + "\n")
	for _, t := range tables {
		fmt.Fprintf(&b, "| %s |", t.Workload.Title)
		b.WriteString(t.pair(func(c Column) float64 {
			ours, _ := t.Nanoseconds(contender.Ours, c)
			limit, _ := t.Nanoseconds(contender.Limit, c)
			return over(ours, limit)
		}))
		for _, p := range peers {
			b.WriteString(t.pair(func(c Column) float64 {
				ours, _ := t.Nanoseconds(contender.Ours, c)
				return over(t.named(p, c), ours)
			}))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// pair writes both figures into one cell, with a dash for a missing figure.
func (t Table) pair(ratio func(Column) float64) string {
	texts := make([]string, len(Columns))
	for i, c := range Columns {
		texts[i] = "–"
		if r := ratio(c); r > 0 {
			texts[i] = rounded(r)
		}
	}
	return " " + strings.Join(texts, " / ") + " |"
}

func rounded(r float64) string {
	if r < 10 {
		return fmt.Sprintf("%.1f", r)
	}
	return fmt.Sprintf("%.0f", r)
}

func (t Table) named(name string, c Column) float64 {
	for _, row := range t.Rows {
		if f := c.Of(row); row.Name == name && f != nil {
			return f.Nanoseconds
		}
	}
	return 0
}

func peerNames(tables []Table) []string {
	var names []string
	seen := map[string]bool{}
	for _, t := range tables {
		for _, row := range t.Rows {
			if row.Role == contender.Peer && !seen[row.Name] {
				seen[row.Name] = true
				names = append(names, row.Name)
			}
		}
	}
	return names
}
