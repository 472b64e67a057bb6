package flagd

import "bytes"

// lines finds the line of an offset. It counts the line breaks of each block of a document once,
// because a document may have many problems.
type lines struct {
	before []int // line breaks before each block; made when the first problem needs it
}

const lineBlock = 4096

// position returns the line and column of an offset, both counted from 1; the column counts bytes.
func (l *lines) position(document []byte, at int) (line, column int) {
	if l.before == nil {
		count := 0
		for start := 0; start <= len(document); start += lineBlock {
			l.before = append(l.before, count)
			count += bytes.Count(document[start:min(start+lineBlock, len(document))], []byte{'\n'})
		}
	}
	block := at / lineBlock
	line = l.before[block] + bytes.Count(document[block*lineBlock:at], []byte{'\n'}) + 1
	return line, at - bytes.LastIndexByte(document[:at], '\n')
}
