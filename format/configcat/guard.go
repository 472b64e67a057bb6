package configcat

import (
	"strings"

	"github.com/becketflags/becket"
)

// Two limits keep every evaluation short, for any document. The cost of a setting counts each
// prerequisite and segment as often as it is asked. If the cost may be more than maxCost steps, or
// if the prerequisites may lead back to the setting, the evaluation has a guard. The guard
// remembers outcomes, so that nothing is evaluated twice.
const (
	maxCost  = 20_000
	maxChain = 1_000 // length of a chain of prerequisites
)

// guard remembers the outcomes of one evaluation. It remembers no errors, because an error ends the
// evaluation. An outcome depends only on the user: a setting whose outcome could also depend on the
// chain of settings before it is a part of a cycle, and fails on every chain.
type guard struct {
	// settings that are being evaluated, the one that the caller asked for first
	chain    []*setting
	settings map[*setting]*outcome
	segments map[*segment]verdict
}

func newGuard() *guard {
	return &guard{settings: map[*setting]*outcome{}, segments: map[*segment]verdict{}}
}

func (g *guard) evaluate(e *evaluation, s *setting) outcome {
	const remembering = 6
	if !e.spend(remembering) {
		return outcome{err: errTooLong}
	}
	if known, begun := g.settings[s]; begun {
		if known == nil {
			return outcome{err: g.problem(s, "the prerequisites form a cycle: ")}
		}
		return *known
	}
	if len(g.chain) > maxChain {
		return outcome{err: g.problem(s, "the chain of prerequisites is too long: ")}
	}
	g.chain = append(g.chain, s)
	g.settings[s] = nil
	o := s.evaluate(e)
	g.chain = g.chain[:len(g.chain)-1]
	if o.err == nil {
		g.settings[s] = &o
	}
	return o
}

// problem describes the chain that ends in s.
func (g *guard) problem(s *setting, what string) *becket.EvaluationError {
	const most = 16
	var b strings.Builder
	b.WriteString(what)
	for i, link := range g.chain {
		if i == most {
			b.WriteString("… -> ")
			break
		}
		b.WriteString("'" + shorten(link.key) + "' -> ")
	}
	b.WriteString("'" + shorten(s.key) + "'")
	return &becket.EvaluationError{Code: becket.CodeParseError, Message: b.String()}
}

// segment evaluates a segment.
func (e *evaluation) segment(s *segment) verdict {
	if e.guard == nil {
		return e.all(s.conditions)
	}
	v, known := e.guard.segments[s]
	if !known {
		v = e.all(s.conditions)
		e.guard.segments[s] = v
	}
	return v
}
