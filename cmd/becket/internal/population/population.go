// Package population provides the subjects that a ruleset is tried on: from a file, or generated at
// random from distributions of attributes.
package population

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/becketflags/becket"
)

// Population is a list of subjects. It is immutable and safe for concurrent use.
type Population struct {
	Name     string // such as "1,000,000 made subjects"
	Size     int
	subjects []becket.Subject // nil for a generated population
	seed     uint64
	columns  []Column
}

// Of returns a population of the given subjects.
func Of(name string, subjects []becket.Subject) *Population {
	return &Population{Name: name, Size: len(subjects), subjects: subjects}
}

// Made returns a population of random subjects. The same seed gives the same subjects, with any
// number of processors.
func Made(name string, size int, seed uint64, columns []Column) *Population {
	return &Population{Name: name, Size: size, seed: seed, columns: columns}
}

// Each calls visit for every subject, on all processors in parallel. worker is the number of the
// calling goroutine, from 0 to Workers()-1. visit must not use the subject after it returns.
// progress receives the number of finished subjects; it may be nil. If the context ends, Each stops
// soon and returns the context's error.
func (p *Population) Each(ctx context.Context, visit func(worker, i int, s *becket.Subject),
	progress func(n int)) error {
	const chunk = 4096
	var next atomic.Int64
	var group sync.WaitGroup
	for worker := range Workers() {
		group.Go(func() {
			g := generator{population: p}
			for {
				start := int(next.Add(chunk)) - chunk
				if start >= p.Size || ctx.Err() != nil {
					return
				}
				end := min(start+chunk, p.Size)
				for i := start; i < end; i++ {
					visit(worker, i, g.subject(i))
				}
				if progress != nil {
					progress(end - start)
				}
			}
		})
	}
	group.Wait()
	return ctx.Err()
}

// Workers returns the number of goroutines that Each uses.
func Workers() int { return runtime.GOMAXPROCS(0) }

// generator generates one subject after another in the same memory.
type generator struct {
	population *Population
	source     rand.PCG
	attributes []becket.Attribute
	current    becket.Subject
	key        []byte
}

// subject returns the subject with that number. Each subject has its own random source, so the
// result does not depend on the goroutine.
func (g *generator) subject(i int) *becket.Subject {
	p := g.population
	if p.subjects != nil {
		return &p.subjects[i]
	}
	g.source.Seed(p.seed, uint64(i))
	random := rand.New(&g.source) //nolint:gosec // repeatable on purpose
	g.key = strconv.AppendUint(append(g.key[:0], "made-"...), random.Uint64(), 36)
	g.attributes = g.attributes[:0]
	for j := range p.columns {
		if a, ok := p.columns[j].draw(random); ok {
			g.attributes = append(g.attributes, a)
		}
	}
	g.current = becket.NewSubject(string(g.key), g.attributes...)
	return &g.current
}
