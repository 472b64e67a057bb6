package becket

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// step is one part of a path: a name, or an index where the name is "".
type step struct {
	name  string
	index int
}

// fail notes a problem at an offset of the document.
func (r *reader) fail(at int, format string, arguments ...any) {
	r.problems = append(r.problems, r.problem(at, r.pathText(), fmt.Sprintf(format, arguments...)))
}

// failBelow is fail for a place further down than the reader is.
func (r *reader) failBelow(at int, below []step, format string, arguments ...any) {
	depth := len(r.path)
	r.path = append(r.path, below...)
	r.fail(at, format, arguments...)
	r.path = r.path[:depth]
}

func (r *reader) problem(at int, path, message string) *DocumentError {
	line, column := r.lines.position(r.document, at)
	return &DocumentError{Path: path, Line: line, Column: column, Message: message}
}

func comparePlaces(a, b *DocumentError) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// syntaxProblem says why the document is no JSON.
func (r *reader) syntaxProblem(at int64, err error) *DocumentError {
	message := err.Error()
	if syntactic, is := errors.AsType[*jsontext.SyntacticError](err); is {
		at, message = syntactic.ByteOffset, syntactic.Err.Error()
	}
	return r.problem(int(at), "", "not valid JSON: "+strings.TrimPrefix(message, "jsontext: "))
}

// pathText writes the path for people.
func (r *reader) pathText() string {
	var b strings.Builder
	for _, s := range r.path {
		writeStep(&b, s)
	}
	return b.String()
}

// writeStep writes a part of a path. Keys that are no identifiers are quoted.
func writeStep(b *strings.Builder, s step) {
	switch {
	case s.name == "":
		b.WriteString("[" + strconv.Itoa(s.index) + "]")
	case !isIdentifier(s.name):
		b.WriteString("[" + strconv.Quote(s.name) + "]")
	default:
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.name)
	}
}

// isIdentifier reports whether a key can stand in a path unquoted: letters, digits, "_" and "-".
func isIdentifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && c != '-' && c-'0' > 9 && c|0x20-'a' > 25 {
			return false
		}
	}
	return s != ""
}
