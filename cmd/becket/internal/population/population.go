// Package population provides the subjects that a ruleset is tried on: from a file, or generated
// from distributions of attributes and from the kinds of subjects that conditions distinguish.
package population

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/wording"
)

// Population is a list of subjects. It is immutable and safe for concurrent use.
type Population struct {
	Name     string // such as "1,000,000 made subjects"
	Size     int
	Notes    []string         // facts about the file that people should know
	subjects []becket.Subject // nil for a generated population
	seed     uint64
	columns  []Column
	profiles []Profile
	listed   []listedKey // the first subjects of a population of profiles
	rest     []int       // the profiles of all other subjects, in turn
}

// listedKey is a subject whose key a document names.
type listedKey struct {
	key     string
	profile int
}

// Of returns a population of the given subjects.
func Of(name string, subjects []becket.Subject) *Population {
	return &Population{Name: name, Size: len(subjects), subjects: subjects}
}

// Made returns a population of random subjects. The same seed gives the same subjects, with any
// number of processors.
func Made(size int, seed uint64, columns []Column) *Population {
	return &Population{Name: nameOfMade(size, seed), Size: size, seed: seed, columns: columns}
}

func nameOfMade(size int, seed uint64) string {
	return fmt.Sprintf("%s made with seed %d", wording.Count(size, "subject"), seed)
}

// IsMade reports whether the subjects are generated.
func (p *Population) IsMade() bool { return p.subjects == nil }

// Seed returns the seed of a generated population.
func (p *Population) Seed() uint64 { return p.seed }

// OfSize returns a generated population of another size.
func (p *Population) OfSize(size int) *Population {
	other := *p
	other.Size = size
	other.Name = nameOfMade(size, p.seed)
	return &other
}

// WithProfiles returns a population of the same size whose subjects are of the given profiles: one
// for each listed key, and all others in turn. A column stands instead of the profiles' attribute
// of the same name. There must be at least one profile without keys. The listed keys take at most
// half of the subjects; more are left out.
func (p *Population) WithProfiles(profiles []Profile) *Population {
	with := *p
	with.profiles = profiles
	for i := range profiles {
		if len(profiles[i].Keys) == 0 {
			with.rest = append(with.rest, i)
		}
		for _, key := range profiles[i].Keys {
			if len(with.listed) < p.Size/2 {
				with.listed = append(with.listed, listedKey{key, i})
			}
		}
	}
	return &with
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

// Profile returns the index of the profile of the subject with that number, or -1 in a population
// without profiles.
func (p *Population) Profile(i int) int {
	switch {
	case p.profiles == nil:
		return -1
	case i < len(p.listed):
		return p.listed[i].profile
	default:
		return p.rest[(i-len(p.listed))%len(p.rest)]
	}
}

// Sizes returns the number of subjects of each profile.
func (p *Population) Sizes() []int {
	sizes := make([]int, len(p.profiles))
	for i := range p.listed {
		sizes[p.listed[i].profile]++
	}
	others := p.Size - len(p.listed)
	for i, profile := range p.rest {
		sizes[profile] += others / len(p.rest)
		if i < others%len(p.rest) {
			sizes[profile]++
		}
	}
	return sizes
}

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
	number := random.Uint64()
	if p.profiles != nil {
		return g.ofProfile(i, number, random)
	}
	g.key = strconv.AppendUint(append(g.key[:0], "made-"...), number, 36)
	g.attributes = g.draw(g.attributes[:0], p.columns, random)
	g.current = becket.NewSubject(string(g.key), g.attributes...)
	return &g.current
}

// ofProfile returns a subject of the profile whose turn it is.
func (g *generator) ofProfile(i int, number uint64, random *rand.Rand) *becket.Subject {
	p := g.population
	profile := &p.profiles[p.Profile(i)]
	key := ""
	if i < len(p.listed) {
		key = p.listed[i].key
	} else {
		g.key = append(append(g.key[:0], profile.KeyStart...), "made-"...)
		g.key = append(strconv.AppendUint(g.key, number, 36), profile.KeyEnd...)
		key = string(g.key)
	}
	attributes := profile.Attributes
	if len(profile.Varied)+len(p.columns) > 0 {
		g.attributes = append(g.attributes[:0], attributes...)
		g.attributes = g.draw(g.attributes, profile.Varied, random)
		g.attributes = g.draw(g.attributes, p.columns, random)
		attributes = g.attributes
	}
	g.current = becket.NewSubject(key, attributes...)
	return &g.current
}

func (g *generator) draw(attributes []becket.Attribute, columns []Column, random *rand.Rand) []becket.Attribute {
	for j := range columns {
		if a, ok := columns[j].draw(random); ok {
			attributes = append(attributes, a)
		}
	}
	return attributes
}

// IsDescribed reports whether the population has columns.
func (p *Population) IsDescribed() bool { return len(p.columns) > 0 }

// Describes reports whether one of the population's columns draws the attribute.
func (p *Population) Describes(attribute string) bool {
	return slices.ContainsFunc(p.columns, func(c Column) bool { return c.name == attribute })
}
