package native

import (
	"sync"

	"github.com/becketflags/becket/internal/match"
)

const (
	maxPattern      = 4096    // greatest length of a pattern in bytes
	maxInstructions = 100_000 // greatest sum for all different patterns of a document
)

// patterns holds the different patterns of a document. It is safe for concurrent use.
type patterns struct {
	mutex        sync.Mutex
	compiled     map[patternKey]*pattern
	instructions int // sum of the instructions of all patterns
}

type patternKey struct {
	text string
	fold bool
}

// pattern is a pattern. The first goroutine that needs it compiles it.
type pattern struct {
	once     sync.Once
	compiled *match.Pattern
	problem  string // why the pattern is invalid, or ""
}

// compile returns the compiled pattern for a text, or the problem with it.
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

// spend adds instructions, and reports whether the sum is within the limit.
func (s *patterns) spend(instructions int) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.instructions += instructions
	return s.instructions <= maxInstructions
}

// exceeded reports whether the patterns of the document have too many instructions. The result does
// not depend on the order in which they were read.
func (s *patterns) exceeded() bool { return !s.spend(0) }
