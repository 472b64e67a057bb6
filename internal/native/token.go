package native

import "unsafe"

// textOf returns a part of the document as a string without copying it.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// separates has the bytes between the tokens of valid JSON, and delimits the bytes that end a
// number or a word.
var (
	separates = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, ',': true, ':': true}
	delimits  = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, ',': true, ':': true, ']': true, '}': true}
)

// tokenAt returns the offset of the first token at or after an offset. It skips commas and colons
// like white space, because the document is known to be valid.
func tokenAt(document []byte, at int) int {
	for at < len(document) && separates[document[at]] {
		at++
	}
	return at
}

// scalarEnd returns the end of the text, number or word that begins at an offset of valid JSON.
func scalarEnd(document []byte, at int) int {
	if document[at] != '"' {
		for at < len(document) && !delimits[document[at]] {
			at++
		}
		return at
	}
	for at++; document[at] != '"'; at++ {
		if document[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// span returns the end of the value that begins at an offset of valid JSON. deepest is the depth of
// nested objects and arrays in the value, and scalars the number of texts, numbers and words,
// including names.
func span(document []byte, at int) (end, deepest, scalars int) {
	for depth := 0; ; {
		switch document[at] {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
			at++
		case '}', ']':
			depth--
			at++
		case ' ', '\t', '\r', '\n', ',', ':':
			at++
			continue
		default:
			at = scalarEnd(document, at)
			scalars++
		}
		if depth == 0 {
			return at, deepest, scalars
		}
	}
}
