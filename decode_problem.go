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

const (
	maxProblems = 100    // of a flag or a segment, and of the rest of the document
	maxNoted    = 10_000 // of a document: beyond them, each bad flag or segment has one

	// A problem costs hundreds of bytes, and three bytes of a document can hold one. So that the memory for problems grows with the
	// document and no faster, a member of n bytes has leastProblems + n/bytesPerProblem of them at most.
	leastProblems   = 2
	bytesPerProblem = 32

	maxMessage   = 256 // bytes of a problem's message
	maxPath      = 256 // bytes of a path that is written in full; of a longer one, the middle is left out
	lastSteps    = 3   // how many steps at the end of a path are never left out
	maxPathName  = 64  // bytes of a name in a path
	mostAttempts = 4   // of finding a suggestion for an unknown name, for one flag or segment
)

// account is what is wrong with the flag or segment that is being read, or with the rest of the document.
type account struct {
	problems  []*DocumentError
	begin     int  // where its value begins
	room      int  // how many problems there may be; 0: not yet known
	omitted   int  // how many there are beyond those
	attempts  int  // of finding a suggestion
	suggested bool // one was found
	linked    int  // how many references have been read
	deep      bool // that it is nested too deeply is among them
}

// fail notes a problem at an offset of the document.
func (r *reader) fail(at int, format string, arguments ...any) {
	r.failed++
	if r.full() {
		r.omitted++
		return
	}
	r.problems = append(r.problems, r.problem(at, r.pathText(), fmt.Sprintf(format, arguments...)))
}

// full reports whether no more problems are kept.
func (r *reader) full() bool {
	if len(r.problems) < leastProblems {
		return false
	}
	if r.room == 0 {
		end, _, _ := span(r.document, r.begin)
		r.room = min(maxProblems, leastProblems+(end-r.begin)/bytesPerProblem)
	}
	return len(r.problems) >= r.room
}

// noted returns the problems. Where some were left out, the last one says how many.
func (r *reader) noted() []*DocumentError {
	if r.omitted > 0 {
		last := len(r.problems) - 1
		r.problems[last] = r.problem(r.begin, r.pathText(), fmt.Sprintf("%d more problems are not listed", r.omitted+1))
		r.omitted = 0
	}
	return r.problems
}

// suggest returns a suggestion for an unknown name, one for each flag or segment: searching takes time.
func (r *reader) suggest(word string, candidates []string) string {
	if r.suggested || r.attempts == mostAttempts {
		return ""
	}
	r.attempts++
	suggestion := suggest(word, candidates)
	r.suggested = suggestion != ""
	return suggestion
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
	return &DocumentError{Path: path, Line: line, Column: column, Message: cut(message, maxMessage)}
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

// pathText writes the path for people. What stands in the middle of a long one is left out.
func (r *reader) pathText() string {
	var b strings.Builder
	if len(r.path) > 4 {
		b.Grow(maxPath)
	}
	for i, s := range r.path {
		if b.Len() > maxPath/2 && i < len(r.path)-lastSteps {
			b.WriteString("…")
			for _, s := range r.path[len(r.path)-lastSteps:] {
				writeStep(&b, s)
			}
			break
		}
		writeStep(&b, s)
	}
	return b.String()
}

// writeStep writes a part of a path. Keys that are no identifiers are quoted, long ones shortened.
func writeStep(b *strings.Builder, s step) {
	s.name = cut(s.name, maxPathName)
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
