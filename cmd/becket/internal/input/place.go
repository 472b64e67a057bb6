package input

import (
	"bytes"
	"sort"
)

// Place is a position in a source.
type Place struct {
	File         string
	Line, Column int // counted from 1; the column counts bytes
}

// part is a section of a document's body that comes from one file.
type part struct {
	start  int // offset in the body
	file   string
	whole  []byte // the file's bytes
	source []byte // the file's bytes without a byte-order mark
	spans  []span // nil if the section and the source are identical
	lines  []int  // offsets of the source's lines, computed at the first call of PlaceAt
}

// span maps a token of the body to its place in the source.
type span struct {
	at           int // offset from the part's start
	line, column int
}

// Place returns the source position of a line and column of the body, counted as the library counts
// them.
func (d *Document) Place(line, column int) Place {
	if d.starts == nil {
		d.starts = lineStarts(d.Body)
	}
	if line < 1 || line > len(d.starts) {
		return Place{File: d.Name}
	}
	return d.PlaceAt(d.starts[line-1] + column - 1)
}

// PlaceAt returns the source position of a byte of the body.
func (d *Document) PlaceAt(offset int) Place {
	i := sort.Search(len(d.parts), func(i int) bool { return d.parts[i].start > offset }) - 1
	if i < 0 {
		return Place{File: d.Name, Line: 1, Column: 1}
	}
	return d.parts[i].place(offset - d.parts[i].start)
}

// FileAt returns the name and the bytes of the file from which a byte of the body comes.
func (d *Document) FileAt(offset int) (name string, source []byte) {
	i := sort.Search(len(d.parts), func(i int) bool { return d.parts[i].start > offset }) - 1
	if i < 0 {
		return d.Name, d.Source
	}
	return d.parts[i].file, d.parts[i].whole
}

// PlaceOf returns the source position of the value of a member of the body. If the document has no
// such member, the position is that of its start.
func (d *Document) PlaceOf(member string) Place {
	at := 0
	if member != "" {
		at = offsetOf(d.Body, member)
	}
	return d.PlaceAt(at)
}

func (p *part) place(offset int) Place {
	if p.spans != nil {
		i := sort.Search(len(p.spans), func(i int) bool { return p.spans[i].at > offset }) - 1
		s := p.spans[max(i, 0)]
		return Place{p.file, s.line, s.column}
	}
	if p.lines == nil {
		p.lines = lineStarts(p.source)
	}
	offset = min(offset, len(p.source))
	line := sort.SearchInts(p.lines, offset+1)
	return Place{p.file, line, offset - p.lines[line-1] + 1}
}

// lineStarts returns the offset of each line. Documents may have thousands of findings, so counting
// lines from the start for each would take too long.
func lineStarts(text []byte) []int {
	starts := make([]int, 1, bytes.Count(text, []byte{'\n'})+1)
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
