package native

import "bytes"

// lines finds the line of an offset. It has an entry for every block of the document, so that it
// need not count from the start for each of many problems. The entries are made when the first
// problem occurs.
type lines struct {
	blocks []lineBlock
}

type lineBlock struct {
	line  int // line of the block's first byte, counted from 1
	start int // offset at which this line starts
}

const lineBlockSize = 4096

// position returns line and column of an offset. Both are counted from 1, and the column in bytes.
func (l *lines) position(document []byte, at int) (line, column int) {
	at = min(at, len(document))
	if l.blocks == nil {
		l.index(document)
	}
	block := at / lineBlockSize
	entry := l.blocks[block]
	before := document[block*lineBlockSize : at]
	if last := bytes.LastIndexByte(before, '\n'); last >= 0 {
		entry.start = block*lineBlockSize + last + 1
	}
	return entry.line + bytes.Count(before, []byte{'\n'}), at - entry.start + 1
}

func (l *lines) index(document []byte) {
	entry := lineBlock{line: 1}
	l.blocks = make([]lineBlock, 0, len(document)/lineBlockSize+1)
	for start := 0; start <= len(document); start += lineBlockSize {
		l.blocks = append(l.blocks, entry)
		block := document[start:min(start+lineBlockSize, len(document))]
		if last := bytes.LastIndexByte(block, '\n'); last >= 0 {
			entry.start = start + last + 1
		}
		entry.line += bytes.Count(block, []byte{'\n'})
	}
}
