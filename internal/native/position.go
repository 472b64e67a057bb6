package native

import "bytes"

// lines finds the line of an offset without counting from the start each time: a document may hold
// many problems. Every block of the document has an entry, made when the first problem needs it.
type lines struct {
	blocks []lineBlock
}

type lineBlock struct {
	line  int // of the block's first byte, from 1
	start int // where that line starts
}

const lineBlockSize = 4096

// position returns line and column of an offset, both from 1, the column in bytes.
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
