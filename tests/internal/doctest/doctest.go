// Package doctest finds the parts of pages in docs/ that tests compare with the library: blocks of
// code, code within the text, and tables. Only tests use it.
package doctest

import "strings"

// Block is a fenced block of code.
type Block struct {
	Line     int    // number of its first line of code, counted from 1
	Language string // the first word after the fence
	Kind     string // the other words, which say what a test does with the block
	Text     string
}

const fence = "```"

// Blocks returns the fenced blocks of a page, in their order.
func Blocks(page string) (blocks []Block) {
	var open *Block
	number := 0
	for line := range strings.Lines(page) {
		number++
		info, isFence := strings.CutPrefix(strings.TrimSpace(line), fence)
		switch {
		case isFence && open == nil:
			language, kind, _ := strings.Cut(info, " ")
			open = &Block{Line: number + 1, Language: language, Kind: kind}
		case isFence:
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.Text += line
		}
	}
	return blocks
}

// Span is code within a line of text.
type Span struct {
	Line int
	Text string
}

// Spans returns the code between single backquotes in a page, without the blocks.
func Spans(page string) (spans []Span) {
	inBlock := false
	number := 0
	for line := range strings.Lines(page) {
		number++
		if strings.HasPrefix(strings.TrimSpace(line), fence) {
			inBlock = !inBlock
			continue
		}
		if inBlock {
			continue
		}
		for i, part := range strings.Split(line, "`") {
			if i%2 == 1 {
				spans = append(spans, Span{number, part})
			}
		}
	}
	return spans
}

// Row is a row of a table, its cells without backquotes.
type Row struct {
	Line  int
	Cells []string
}

// Table returns the rows, without headings, of the tables that follow a comment <!-- checked: NAME
// -->. A \| in a cell becomes a |.
func Table(page, name string) (rows []Row) {
	const before, heading, body = 0, 1, 2
	state := before
	left := 0 // number of lines of the heading that are left
	number := 0
	for line := range strings.Lines(page) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "<!-- checked: "+name+" -->":
			state, left = heading, 2
		case state != before && !strings.HasPrefix(line, "|"):
			if state == body {
				state = before
			}
		case state == heading:
			if left--; left == 0 {
				state = body
			}
		case state == body:
			rows = append(rows, Row{number, cells(line)})
		}
	}
	return rows
}

func cells(line string) (cells []string) {
	const bar = "\x00"
	line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, bar)
	// Strings.Trim removes the closing bar. It keeps an escaped bar before it, because there is a
	// blank between them.
	for cell := range strings.SplitSeq(line, "|") {
		cell = strings.ReplaceAll(strings.TrimSpace(cell), bar, "|")
		cells = append(cells, strings.Trim(cell, "`"))
	}
	return cells
}
