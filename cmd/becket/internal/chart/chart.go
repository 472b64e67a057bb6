// Package chart draws bars of text that fit a terminal of 80 columns.
package chart

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// Width is the largest width of a chart, in columns.
const Width = 80

const maxLabel = 34

// Row is one bar.
type Row struct {
	Label string
	Share float64 // from 0 to 1
	Text  string  // printed behind the bar
}

// Write draws the rows below each other, with labels, bars and texts in columns. The function paint
// colours a bar; it may be nil.
func Write(w io.Writer, rows []Row, paint func(string) string) error {
	labels, texts := 0, 0
	for _, r := range rows {
		labels = max(labels, min(utf8.RuneCountInString(r.Label), maxLabel))
		texts = max(texts, utf8.RuneCountInString(r.Text))
	}
	width := max(Width-labels-texts-6, 8)
	for _, r := range rows {
		bar := Bar(r.Share, width)
		padding := strings.Repeat(" ", width-utf8.RuneCountInString(bar))
		if paint != nil {
			bar = paint(bar)
		}
		if _, err := fmt.Fprintf(w, "  %s  %s%s  %s\n", pad(r.Label, labels), bar, padding, r.Text); err != nil {
			return err
		}
	}
	return nil
}

// Bar draws a share of the width, exact to an eighth of a column. A share above 0 always draws at
// least one character.
func Bar(share float64, width int) string {
	eighths := int(math.Round(share * float64(width) * 8))
	if share > 0 {
		eighths = max(eighths, 1)
	}
	eighths = min(max(eighths, 0), width*8)
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return bar
}

// pad fits a label into the width: it adds spaces, or cuts the label and adds an ellipsis.
func pad(label string, width int) string {
	n := utf8.RuneCountInString(label)
	if n > width {
		return string([]rune(label)[:width-1]) + "…"
	}
	return label + strings.Repeat(" ", width-n)
}
