package configcat

import (
	"strings"

	"github.com/becketflags/becket"
)

// Two bounds keep every evaluation short, whatever the document. A setting whose evaluation could
// cost more than maxCost steps, counting each prerequisite and segment as often as it is asked, or
// whose prerequisites may lead back to it, is evaluated with a guard, which remembers what has been
// decided: then nothing is evaluated twice.
const (
	maxCost  = 20_000
	maxChain = 1_000 // prerequisites, one below the other
)

// guard remembers the outcomes of one evaluation. An outcome that is remembered is no error, since
// an error ends the evaluation. It depends on the user alone: if it could also depend on the chain
// of settings that led to it, it would be part of a cycle and an error on every chain.
type guard struct {
	chain    []*setting // being evaluated, from the one that was asked for
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
