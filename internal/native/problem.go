package native

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/match"
)

// Problem is something wrong in a document.
type Problem struct {
	Path    string // such as flags.checkout.rules[2].if; "" for the document itself
	Line    int    // from 1; 0 where the place is not known
	Column  int    // in bytes, from 1
	Message string // with the remedy where there is one
}

// step is one part of a path: a name, or an index where the name is "".
type step struct {
	name  string
	index int
}

const (
	// MaxProblems is how many problems a flag, a segment or the rest of the document has at most.
	MaxProblems = 100

	// MaxMessage is how many bytes of a problem's message are kept.
	MaxMessage = 256

	// A problem costs hundreds of bytes, and three bytes of a document can hold one. So that the
	// memory for problems grows with the document and no faster, a member of n bytes has
	// leastProblems + n/bytesPerProblem of them at most.
	leastProblems   = 2
	bytesPerProblem = 32

	maxPath      = 256 // bytes of a path that is written in full; of a longer one, the middle is left out
	lastSteps    = 3   // how many steps at the end of a path are never left out
	maxPathName  = 64  // bytes of a name in a path
	mostAttempts = 4   // of finding a suggestion for an unknown name, for one flag or segment
)

// account holds the problems of the flag or segment that is being read, or of the rest of the
// document.
type account struct {
	problems   []*Problem
	begin      int  // where its value begins
	room       int  // how many problems there may be; 0: not yet known
	omitted    int  // how many there are beyond those
	attempts   int  // of finding a suggestion
	suggested  bool // one was found
	references int  // how many have been read
	deep       bool // that it is nested too deeply is among them
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
		r.room = min(MaxProblems, leastProblems+(end-r.begin)/bytesPerProblem)
	}
	return len(r.problems) >= r.room
}

// noted returns the problems. Where some were left out, the last one says how many.
func (r *reader) noted() []*Problem {
	if r.omitted > 0 {
		last := len(r.problems) - 1
		r.problems[last] = r.problem(r.begin, r.pathText(), fmt.Sprintf("%d more problems are not listed", r.omitted+1))
		r.omitted = 0
	}
	return r.problems
}

// suggest returns a suggestion for an unknown name, one for each flag or segment: searching takes
// time.
func (r *reader) suggest(word string, candidates []string) string {
	if r.suggested || r.attempts == mostAttempts {
		return ""
	}
	r.attempts++
	suggestion := match.Suggest(word, candidates)
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

func (r *reader) problem(at int, path, message string) *Problem {
	line, column := r.lines.position(r.document, at)
	return &Problem{Path: path, Line: line, Column: column, Message: match.Shorten(message, MaxMessage)}
}

func comparePlaces(a, b *Problem) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// syntaxProblem says why the document is no JSON.
func (r *reader) syntaxProblem(at int64, err error) *Problem {
	message := err.Error()
	if syntactic, is := errors.AsType[*jsontext.SyntacticError](err); is {
		at, message = syntactic.ByteOffset, syntactic.Err.Error()
	}
	return r.problem(int(at), "", "not valid JSON: "+strings.TrimPrefix(message, "jsontext: "))
}

// pathText writes the path for people. The middle of a long one is left out.
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

// Path writes the path to the member of that name of an object.
func Path(object, name string) string {
	var b strings.Builder
	b.WriteString(object)
	writeStep(&b, step{name: name})
	return b.String()
}

// writeStep writes a part of a path. Keys that are no identifiers are quoted, long ones shortened.
func writeStep(b *strings.Builder, s step) {
	s.name = match.Shorten(s.name, maxPathName)
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
