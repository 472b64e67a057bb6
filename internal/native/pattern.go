package native

import (
	"sync"

	"github.com/becketflags/becket/internal/match"
)

const (
	maxPattern      = 4096    // bytes of a pattern
	maxInstructions = 100_000 // of all different patterns of a document
)

// patterns are the different patterns of a document, which several goroutines read.
type patterns struct {
	mutex        sync.Mutex
	compiled     map[patternKey]*pattern
	instructions int // of all of them
}

type patternKey struct {
	text string
	fold bool
}

// pattern is a pattern that is compiled by the first goroutine that comes across it.
type pattern struct {
	once     sync.Once
	compiled *match.Pattern
	problem  string // set: it is not a valid pattern, or too large a one
}

// compile returns the compiled pattern of a text, or the problem with it.
func (s *patterns) compile(text string, fold bool) (compiled *match.Pattern, problem string) {
	key := patternKey{text, fold}
	s.mutex.Lock()
	p, ok := s.compiled[key]
	if !ok {
		p = &pattern{}
		if s.compiled == nil {
			s.compiled = map[patternKey]*pattern{}
		}
		s.compiled[key] = p
	}
	s.mutex.Unlock()
	p.once.Do(func() { p.compiled, p.problem = match.CompilePattern(text, fold, s.spend) })
	return p.compiled, p.problem
}

// spend counts instructions, and reports whether the document may have that many.
func (s *patterns) spend(instructions int) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.instructions += instructions
	return s.instructions <= maxInstructions
}

// exceeded reports whether the document has patterns of more instructions than it may have. It does
// not depend on the order in which they were read.
func (s *patterns) exceeded() bool { return !s.spend(0) }
