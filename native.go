package becket

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// maxNoted is the greatest number of problems that are kept for a document. After that, only one is
// kept for each invalid flag or segment.
const maxNoted = 10_000

// Native is becket's own format, described in docs/ruleset.md. Clients read it unless [WithFormat]
// sets another one.
var Native Format = nativeFormat{}

type nativeFormat struct{}

func (nativeFormat) Name() string { return "native-v1" }

// Decode compiles a native document; for a large one it uses several processors. Its error is a
// *DocumentError, or joins several of them, or wraps ErrTooLarge for a document of more than 64
// MiB.
func (nativeFormat) Decode(document []byte) (Rules, error) {
	return decodeNative(document, runtime.GOMAXPROCS(0))
}

func decodeNative(document []byte, goroutines int) (Rules, error) {
	if err := limit.Check(document); err != nil {
		return nil, err
	}
	rules := &decoded{
		ruleset:  &ruleset{segments: map[string]*segment{}},
		problems: map[name][]*DocumentError{},
	}
	d, problems := native.Read(document, goroutines, builder{rules})
	if d == nil {
		return nil, joinProblems(located(problems))
	}
	rules.document = d
	rules.keys = sync.OnceValue(rules.flags.keys)
	rules.info.Revision, rules.info.Environment = d.Revision, d.Environment
	for _, warning := range located(d.Warnings) {
		rules.info.Warnings = append(rules.info.Warnings, warning)
	}
	rules.link()
	return rules, nil
}

// located converts problems into errors of this package.
func located(problems []*native.Problem) (errs []*DocumentError) {
	for _, p := range problems {
		errs = append(errs, (*DocumentError)(p))
	}
	return errs
}

// builder receives compiled definitions from the reader of documents. The ruleset itself does not
// have these methods, because a program could call them.
type builder struct{ rules *decoded }

// Compiler returns a compiler, for one goroutine that reads a part of the document.
func (builder) Compiler() native.Compiler { return newCompiler() }

// Add puts the members of a section, flags or segments, into the ruleset.
func (b builder) Add(d *native.Document, section string, members [][]native.Member) {
	r, count := b.rules, 0
	for _, some := range members {
		count += len(some)
	}
	if section == inFlags {
		r.flags = newFlagTable(count)
	} else {
		r.segments = make(map[string]*segment, count)
	}
	for _, some := range members {
		for i := range some {
			r.add(d, section, &some[i])
			if len(r.problems) > native.MaxBad {
				d.Refuse(section, some[i].At)
				return
			}
		}
	}
}

// add puts a member into the ruleset. If a key occurs twice, the flag or segment is invalid.
func (r *decoded) add(d *native.Document, section string, m *native.Member) {
	member := name{section, keyOf(m)}
	problems := r.problems[member]
	if len(problems) < native.MaxProblems && (len(problems) > 0 || r.defines(member)) {
		message := fmt.Sprintf("%q occurs twice", match.Brief(member.key))
		problems = append(problems, (*DocumentError)(d.Problem(m.At, member.path(), message)))
	}
	if m.Bad != nil {
		problems = append(problems, located(m.Bad.Problems)...)
	}
	if len(problems) > 0 {
		noted := len(r.problems[member])
		most := min(native.MaxProblems, max(noted, 1, noted+maxNoted-r.noted))
		problems = problems[:min(len(problems), most)]
		r.noted += len(problems) - noted
		r.problems[member] = problems
		return
	}
	switch compiled := m.Compiled.(type) {
	case *flag:
		r.flags.set(compiled)
	case *segment:
		r.segments[member.key] = compiled
	}
}

func keyOf(m *native.Member) string {
	switch compiled := m.Compiled.(type) {
	case *flag:
		return compiled.key
	case *segment:
		return compiled.key
	default:
		return m.Bad.Key
	}
}
