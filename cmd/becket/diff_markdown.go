package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/internal/wording"
)

// writeMarkdown writes the differences for a comment on a pull request: a table, then the edits of
// each flag.
func writeMarkdown(w io.Writer, r *compare.Report) error {
	fmt.Fprintf(w, "### Feature flags: %s → %s\n\n", escapeMarkdown(r.Before), escapeMarkdown(r.After))
	for _, reason := range r.Refused {
		fmt.Fprintf(w, ":warning: Clients refuse the new document: %s\n\n", escapeMarkdown(reason))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "Note: %s\n\n", escapeMarkdown(note))
	}
	if len(r.Flags)+len(r.Segments) == 0 {
		_, err := fmt.Fprintln(w, "No differences.")
		return err
	}
	fmt.Fprintln(w, "| flag | | another answer | takes away |\n|---|---|---|---|")
	for i := range r.Flags {
		d := &r.Flags[i]
		fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", d.Key, d.Kind, impactCell(d.Impact, r), lossCell(d.Losses, r))
	}
	for _, d := range r.Segments {
		fmt.Fprintf(w, "\n**segment `%s`** %s\n", d.Key, d.Kind)
		markdownEdits(w, d.Edits)
	}
	for i := range r.Flags {
		d := &r.Flags[i]
		if len(d.Edits)+len(d.Elsewhere)+len(d.Losses)+len(d.NotDrawn)+len(d.Later) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n**`%s`**\n", d.Key)
		markdownEdits(w, d.Edits)
		for _, name := range d.Elsewhere {
			fmt.Fprintf(w, "- it depends on %s\n", escapeMarkdown(name))
		}
		if later := d.Worst(); later != nil {
			fmt.Fprintf(w, "- %s\n", escapeMarkdown(laterText(later, r)))
		}
		if len(d.NotDrawn) > 0 {
			fmt.Fprintf(w, "- :warning: no subjects could be made for %s\n", escapeMarkdown(notDrawnText(d.NotDrawn)))
		}
		for i := range d.Losses[:min(len(d.Losses), maxLosses)] {
			l := &d.Losses[i]
			fmt.Fprintf(w, "- :warning: %s (%s)\n", escapeMarkdown(lossText(l, r)), escapeMarkdown(l.Because))
		}
	}
	of := ""
	if r.SharesOf == compare.OfMade {
		of = ". " + ofMade
	}
	_, err := fmt.Fprintf(w, "\n<sub>over %s%s</sub>\n", escapeMarkdown(r.Population), of)
	return err
}

func markdownEdits(w io.Writer, edits []compare.Edit) {
	if len(edits) > 0 {
		fmt.Fprintln(w)
	}
	for _, edit := range edits {
		mark := ""
		if edit.Takes {
			mark = ":warning: "
		}
		fmt.Fprintf(w, "- %s%s\n", mark, escapeMarkdown(edit.Text))
	}
}

func impactCell(impact *compare.Impact, r *compare.Report) string {
	switch {
	case impact == nil:
		return "new"
	case impact.Nobody():
		return "nobody"
	case impact.Count == 0:
		return escapeMarkdown(wording.Count(impact.Listed.Count, "listed key") + ": those " + impact.Listed.Of)
	}
	return escapeMarkdown(shareText(&impact.Part, r) + ": " + strings.Join(movesOf(impact, r), ", "))
}

// movesOf names the changes of answers with their shares.
func movesOf(impact *compare.Impact, r *compare.Report) []string {
	moves := make([]string, len(impact.Moves))
	for i, m := range impact.Moves {
		share := percentText(m.Share)
		if m.Of != impact.Of {
			share = shareText(&m.Part, r)
		}
		moves[i] = moveText(m) + " " + share
	}
	return moves
}

// lossCell names the largest share of a group that loses a feature.
func lossCell(losses []compare.Loss, r *compare.Report) string {
	if len(losses) == 0 {
		return ""
	}
	if r.SharesOf != compare.OfPopulation {
		return ":warning: from " + escapeMarkdown(shareText(&losses[0].Part, r))
	}
	share := 0.0
	for _, l := range losses {
		share += l.Share
	}
	return ":warning: from " + percentText(share)
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", "[",
	`\[`, "]", `\]`)

func escapeMarkdown(text string) string { return markdownEscapes.Replace(text) }
