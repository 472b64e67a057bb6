package input

import (
	"bytes"
	"strings"

	"github.com/becketflags/becket/internal/native"
)

// syntaxRemedy returns the advice for a source that is not valid, as the end of a message, or "".
func syntaxRemedy(language string, source []byte, line, column int, message string) string {
	starts := lineStarts(source)
	if line < 1 || line > len(starts) {
		return ""
	}
	start := starts[line-1]
	if language == "JSON" {
		return native.SyntaxRemedy(source, start+column-1, message)
	}
	row, _, _ := bytes.Cut(source[start:], []byte("\n"))
	indent := row[:len(row)-len(bytes.TrimLeft(row, " \t"))]
	switch {
	case bytes.IndexByte(indent, '\t') >= 0 || strings.Contains(message, "tab character"):
		return ": write spaces instead of tabs"
	case strings.Contains(message, "mapping values are not allowed"):
		return ": write quotes around a text with a colon, and one more space for each level"
	case strings.Contains(message, "cannot start any token"):
		return ": write quotes around the text"
	default:
		return ""
	}
}
