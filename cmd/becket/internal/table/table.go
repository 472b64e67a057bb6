// Package table writes tables and paragraphs of text that fit a terminal.
package table

import (
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"
)

const (
	gap       = "  " // between columns
	narrowest = 8    // columns of a cell that is cut
)

// Write writes rows in columns. If the rows are wider than the width, it cuts cells with "…",
// first in the last column. A width of 0 cuts nothing.
func Write(w io.Writer, rows [][]string, width int) error {
	widths := widthsOf(rows)
	if width > 0 {
		shrink(widths, width)
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			cell = Cut(cell, widths[i])
			b.WriteString(cell)
			b.WriteString(strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell)))
			b.WriteString(gap)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

func widthsOf(rows [][]string) (widths []int) {
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	return widths
}

// shrink makes columns narrower until they fit: the last column first, and then the widest ones.
func shrink(widths []int, width int) {
	over := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		over += w
	}
	over -= width
	take := func(i, floor int) {
		n := min(over, max(0, widths[i]-floor))
		widths[i] -= n
		over -= n
	}
	if over > 0 {
		take(len(widths)-1, 3*narrowest)
	}
	for over > 0 {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			return // a terminal that is this narrow breaks the lines
		}
		take(widest, max(narrowest, widths[widest]-1))
	}
}

// Cut returns a text that is at most so many columns wide. A longer text loses its end and gets an
// ellipsis.
func Cut(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	var b strings.Builder
	used, state := 1, -1 // one column is for the ellipsis
	for text != "" {
		var cluster string
		var columns int
		cluster, text, columns, state = uniseg.FirstGraphemeClusterInString(text, state)
		if used += columns; used > width {
			break
		}
		b.WriteString(cluster)
	}
	return strings.TrimRight(b.String(), " ") + "…"
}

// Paragraph writes a text and breaks its lines between words, so that they are at most so many
// columns wide if the words allow it. first is written before the first line; the other lines get
// as many spaces.
func Paragraph(w io.Writer, first, text string, width int) error {
	indent := strings.Repeat(" ", uniseg.StringWidth(first))
	line := first
	empty := true
	for word := range strings.FieldsSeq(text) {
		switch {
		case empty:
			line += word
		case uniseg.StringWidth(line)+1+uniseg.StringWidth(word) > width:
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
			line = indent + word
		default:
			line += " " + word
		}
		empty = false
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(line, " "))
	return err
}
