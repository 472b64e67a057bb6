package native

import "unsafe"

// textOf returns a part of the document as a string without a copy.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// The bytes between tokens of valid JSON, and those that end a number or a word.
var (
	separates = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, ',': true, ':': true}
	delimits  = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, ',': true, ':': true, ']': true, '}': true}
)

// tokenAt returns where the next token begins at an offset or after it. Commas and colons are where
// they must be, and mean no more than white space.
func tokenAt(document []byte, at int) int {
	for at < len(document) && separates[document[at]] {
		at++
	}
	return at
}

// scalarEnd returns where the text, number or word ends that begins at an offset of valid JSON.
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

// span returns where the value ends that begins at an offset of valid JSON, how deep objects and
// arrays stand in each other in it, and how many texts, numbers and words there are in it, names
// among them.
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
