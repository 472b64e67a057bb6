package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/chart"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/internal/wording"
)

var diffSigns = map[compare.Kind]string{
	compare.Added: "+", compare.Removed: "-", compare.Edited: "~", compare.Affected: ">",
}

// writeDiff writes the differences for a terminal. An edit that can take a feature away has an
// exclamation mark.
func writeDiff(w io.Writer, s style, r *compare.Report) error {
	fmt.Fprintf(w, "%s → %s, over %s\n", r.Before, r.After, r.Population)
	if r.SharesOf == compare.OfMade {
		fmt.Fprintln(w, ofMade)
	}
	writeDelivery(w, s, r)
	if len(r.Flags)+len(r.Segments) == 0 {
		fmt.Fprintln(w, "\nno differences")
		return nil
	}
	for _, d := range r.Segments {
		fmt.Fprintf(w, "\n%s segment %s%s\n", sign(s, d.Kind), s.bold(d.Key), kindText(d.Kind))
		writeEdits(w, s, d.Edits)
	}
	for i := range r.Flags {
		if err := writeFlagDiff(w, s, r, &r.Flags[i]); err != nil {
			return err
		}
	}
	return nil
}

// writeDelivery writes whether clients take the new document.
func writeDelivery(w io.Writer, s style, r *compare.Report) {
	if len(r.Refused)+len(r.Notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, reason := range r.Refused {
		fmt.Fprintf(w, "%s\n", s.bad("clients refuse the new document: "+reason))
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
}

// ofMade says which subjects the shares are of.
const ofMade = "The shares are of subjects made from the documents' conditions, not of your customers."

// notDrawnText joins conditions for which no subjects could be made.
func notDrawnText(conditions []string) string {
	const most = 5
	if more := len(conditions) - most; more > 0 {
		return strings.Join(conditions[:most], "; ") + "; and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(conditions, "; ")
}

// laterText names the share that gets another answer at a later moment.
func laterText(l *compare.Later, r *compare.Report) string {
	return fmt.Sprintf("at %s, %s get another answer", l.At.Format(time.RFC3339), shareText(&l.Part, r))
}

// listedText names a few listed targeting keys.
func listedText(l *compare.Part) string {
	verb := "get"
	if l.Count == 1 {
		verb = "gets"
	}
	return wording.Count(l.Count, "listed key") + " " + verb
}

// shareText names a share and the subjects that it is of.
func shareText(p *compare.Part, r *compare.Report) string {
	switch {
	case p.Of != "":
		return percentText(p.Share) + " of those " + p.Of
	case r.SharesOf != compare.OfPopulation:
		return percentText(p.Share) + " of the made subjects"
	default:
		return percentText(p.Share)
	}
}

func writeFlagDiff(w io.Writer, s style, r *compare.Report, d *compare.FlagDiff) error {
	owner := ""
	if d.Owner != "" {
		owner = " (owner: " + d.Owner + ")"
	}
	fmt.Fprintf(w, "\n%s %s%s%s\n", sign(s, d.Kind), s.bold(d.Key), kindText(d.Kind), owner)
	writeEdits(w, s, d.Edits)
	if len(d.Elsewhere) > 0 {
		fmt.Fprintf(w, "    - it depends on %s\n", strings.Join(d.Elsewhere, ", "))
	}
	if len(d.NotDrawn) > 0 {
		fmt.Fprintf(w, "  %s\n", s.bad("no subjects could be made for "+notDrawnText(d.NotDrawn)))
	}
	if d.Impact == nil {
		return nil
	}
	if err := writeImpact(w, s, r, d.Impact); err != nil {
		return err
	}
	if later := d.Worst(); later != nil {
		fmt.Fprintf(w, "  %s\n", s.bold(laterText(later, r)))
	}
	for i := range d.Losses {
		l := &d.Losses[i]
		if i == maxLosses {
			fmt.Fprintf(w, "  … and %s of less\n", wording.Count(len(d.Losses)-i, "group"))
			break
		}
		fmt.Fprintf(w, "  %s\n      %s\n", s.bad(lossText(l, r)), l.Because)
	}
	return nil
}

func writeImpact(w io.Writer, s style, r *compare.Report, impact *compare.Impact) error {
	switch {
	case impact.Nobody():
		fmt.Fprintln(w, "  nobody gets another answer")
		return nil
	case impact.Count > 0:
		fmt.Fprintf(w, "  %s get another answer (%s–%s)\n",
			s.bold(shareText(&impact.Part, r)), numberText(impact.Low), numberText(impact.High))
	}
	if l := impact.Listed; l != nil {
		fmt.Fprintf(w, "  %s another answer: those %s\n", s.bold(listedText(l)), l.Of)
	}
	rows := make([]chart.Row, len(impact.Moves))
	for i, m := range impact.Moves {
		rows[i] = chart.Row{
			Label: moveText(m), Share: m.Share,
			Text: fmt.Sprintf("%6.2f %%  %9s", 100*m.Share, wording.Thousands(m.Count)),
		}
		if m.Of != impact.Of && m.Of != "" {
			rows[i].Text += "  of those " + m.Of
		}
	}
	return chart.Write(w, rows, s.good)
}

// maxLosses is the greatest number of groups of subjects that lose a feature in the text. The JSON
// output has all groups.
const maxLosses = 8

// moveText names a change of answer. A variant may also keep its name and change its value.
func moveText(m compare.Move) string {
	if m.From == m.To {
		return m.From + ", another value"
	}
	return m.From + " → " + m.To
}

func writeEdits(w io.Writer, s style, edits []compare.Edit) {
	for _, edit := range edits {
		mark := "-"
		if edit.Takes {
			mark = s.bad("!")
		}
		fmt.Fprintf(w, "    %s %s\n", mark, edit.Text)
	}
}

// lossText names the lost feature, the subjects' rule before, and their answer now.
func lossText(l *compare.Loss, r *compare.Report) string {
	return fmt.Sprintf("takes %s from %s: was by %s, now %s by %s",
		l.Variant, shareText(&l.Part, r), l.Rule, l.To, l.Now)
}

func sign(s style, kind compare.Kind) string {
	text := diffSigns[kind]
	switch kind {
	case compare.Added:
		return s.good(text)
	case compare.Removed:
		return s.bad(text)
	default:
		return text
	}
}

func kindText(kind compare.Kind) string {
	switch kind {
	case compare.Added, compare.Removed:
		return " is " + string(kind)
	case compare.Affected:
		return " is as it was"
	default:
		return ""
	}
}

// percentText writes a share for people. It writes a share above 0 never as 0.
func percentText(share float64) string { return numberText(share) + " %" }

func numberText(share float64) string {
	if share > 0 && share < 0.00005 {
		return "<0.01"
	}
	return fmt.Sprintf("%.2f", 100*share)
}
