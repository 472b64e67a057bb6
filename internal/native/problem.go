package native

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/wording"
)

// Problem is one problem in a document, with its place.
type Problem struct {
	Path    string // such as flags.checkout.rules[2].if; "" for the document itself
	Line    int    // counted from 1; 0 if the place is not known
	Column  int    // counted in bytes, from 1
	Message string // includes the remedy if there is one
}

// step is one part of a path: a member's name or an element's index.
type step struct {
	name      string
	index     int
	isElement bool
}

func element(index int) step { return step{index: index, isElement: true} }

const (
	// MaxProblems is the greatest number of problems of a flag, a segment or the rest of the
	// document.
	MaxProblems = 100

	// MaxMessage is the greatest length of a problem's message in bytes; longer messages are cut.
	MaxMessage = 256

	// A problem takes hundreds of bytes, and three bytes of a document can cause one. A member of n
	// bytes has at most leastProblems + n/bytesPerProblem problems, so that their memory is
	// proportional to the size of the document.
	leastProblems   = 2
	bytesPerProblem = 32

	maxPath      = 256 // length of a path in bytes; the middle of a longer path is left out
	lastSteps    = 3   // number of steps at the end of a path that are never left out
	mostAttempts = 4   // searches for suggestions for unknown names, per flag or segment
)

// account holds the problems of the flag or segment that is being read, or of the rest of the
// document.
type account struct {
	problems   []*Problem
	begin      int  // offset at which the value begins
	room       int  // greatest number of problems; 0 if not computed yet
	omitted    int  // number of problems that were left out
	attempts   int  // searches for suggestions so far
	suggested  bool // a suggestion was found
	references int  // number of references that have been read
	deep       bool // a problem about nesting was recorded
}

// fail records a problem at an offset of the document.
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

// noted returns the problems. If some were left out, the last one says how many.
func (r *reader) noted() []*Problem {
	if r.omitted > 0 {
		last := len(r.problems) - 1
		r.problems[last] = r.problem(r.begin, r.pathText(), fmt.Sprintf("%d more problems are not listed", r.omitted+1))
		r.omitted = 0
	}
	return r.problems
}

// suggest returns a suggestion for an unknown name, or "". There is at most one for each flag or
// segment, because searching takes time.
func (r *reader) suggest(word string, candidates []string) string {
	if r.suggested || r.attempts == mostAttempts {
		return ""
	}
	r.attempts++
	suggestion := match.Suggest(word, candidates)
	r.suggested = suggestion != ""
	return suggestion
}

// failBelow is fail for a place whose path has more steps than the reader's.
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

// syntaxProblem returns the problem of a document that is not valid JSON.
func (r *reader) syntaxProblem(at int64, err error) *Problem {
	message := err.Error()
	if syntactic, is := errors.AsType[*jsontext.SyntacticError](err); is {
		at, message = syntactic.ByteOffset, syntactic.Err.Error()
	}
	message = strings.TrimPrefix(message, "jsontext: ")
	return r.problem(int(at), "", "not valid JSON: "+message+SyntaxRemedy(r.document, int(at), message))
}

// pathText returns the path as a text. The middle of a long path is left out.
func (r *reader) pathText() string {
	var room [maxPath]byte
	path := room[:0]
	for i, s := range r.path {
		if len(path) > maxPath/2 && i < len(r.path)-lastSteps {
			path = append(path, "…"...)
			for _, s := range r.path[len(r.path)-lastSteps:] {
				path = s.appendTo(path)
			}
			break
		}
		path = s.appendTo(path)
	}
	return string(path)
}

func (s step) appendTo(path []byte) []byte {
	if s.isElement {
		return wording.AppendElement(path, s.index)
	}
	return wording.AppendMember(path, s.name)
}
