package draw

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/internal/native"
)

const (
	// mostCombinations is the number of combinations of classes up to which all are drawn.
	mostCombinations = 400
	// mostPairs is the number of pairs of rules up to which each pair gets subjects.
	mostPairs = 600
	// subjectsOfKind is the least number of subjects of each kind.
	subjectsOfKind = 5
	// mixtures is the number of random combinations.
	mixtures = 200
)

// chooser chooses the combinations of classes that get subjects.
type chooser struct {
	*drawing
	solver solver
	random *rand.Rand
	most   int // the largest number of combinations
	excess int // combinations that were left out
}

// choose draws all combinations of classes if they are few. Else it solves the condition of each
// rule, and adds random combinations.
func (d *drawing) choose() {
	c := d.chooser()
	c.add(c.pick(c.ordinary())) // there is always a kind without listed keys
	if n, few := c.combinations(mostCombinations); few && n <= c.most {
		c.all(make([]int, len(d.attributes)), 0)
	} else {
		c.rest()
		c.eachRule(c.solve)
		c.pairs()
		for range mixtures {
			c.add(c.pick(c.ordinary()))
		}
	}
	c.eachRule(c.cover)
	c.close()
}

func (d *drawing) chooser() *chooser {
	d.seen = map[string]bool{}
	return &chooser{
		drawing: d, solver: solver{attributes: d.attributes, masks: map[[3]int]bitset{}},
		random: rand.New(rand.NewPCG(d.options.Seed, 1)), //nolint:gosec // repeatable on purpose
		most:   max(d.options.Size/subjectsOfKind, 1),
	}
}

// close names the kinds of subjects for which there was no room.
func (c *chooser) close() {
	if c.excess > 0 {
		c.note("%d kinds of subjects, since %d subjects are too few: --subjects takes more", c.excess, c.options.Size)
	}
}

// ordinary returns the classes of random subjects.
func (c *chooser) ordinary() []bitset {
	domain := make([]bitset, len(c.attributes))
	for i, a := range c.attributes {
		domain[i] = a.ordinary
	}
	return domain
}

// add adds a combination once.
func (c *chooser) add(vector []int) {
	var id strings.Builder
	for _, class := range vector {
		id.WriteRune(rune(class))
	}
	switch {
	case c.seen[id.String()]:
	case len(c.vectors) >= c.most:
		c.excess++
	default:
		c.seen[id.String()] = true
		c.vectors = append(c.vectors, vector)
	}
}

// pick chooses one class of each attribute.
func (c *chooser) pick(domain []bitset) []int {
	vector := make([]int, len(domain))
	for i := range domain {
		if !c.attributes[i].isDescribed {
			vector[i] = domain[i].at(c.random.IntN(domain[i].count()))
		}
	}
	return vector
}

// combinations returns the number of combinations without lists, and whether they are few.
func (c *chooser) combinations(most int) (n int, few bool) {
	n = 1
	for _, a := range c.attributes {
		if !a.isDescribed {
			n *= a.single.count()
		}
		if n > most {
			return 0, false
		}
	}
	return n, true
}

// all adds every combination from an attribute on.
func (c *chooser) all(vector []int, from int) {
	if from == len(vector) {
		c.add(slices.Clone(vector))
		return
	}
	a := c.attributes[from]
	if a.isDescribed {
		c.all(vector, from+1)
		return
	}
	for i := range a.classes {
		if a.single.has(i) {
			vector[from] = i
			c.all(vector, from+1)
		}
	}
}

func (c *chooser) eachRule(visit func(in *chain, i int)) {
	for i := range c.chains {
		for j := range c.chains[i].rules {
			visit(&c.chains[i], j)
		}
	}
}

// reaches returns the goals of subjects that meet the condition of a rule, and, if first is set, of
// no rule before it.
func reaches(in *chain, i int, first bool, next *goals) *goals {
	for j := range in.rules[:i] {
		if first && in.rules[j].If != nil {
			next = &goals{in.rules[j].node, mustNot, next}
		}
	}
	return &goals{in.rules[i].node, mustHold, next}
}

// try adds two combinations that reach the goals, if there are any.
func (c *chooser) try(domain []bitset, g *goals) bool {
	if c.left <= 0 {
		c.note("some rules: the conditions take too many steps")
		return false
	}
	found, ok := c.solver.solve(domain, g)
	c.left -= mostSteps - c.solver.left
	if ok {
		c.add(c.pick(found))
		c.add(c.pick(found))
	}
	return ok
}

// rest draws subjects that meet no condition of the flag's rules.
func (c *chooser) rest() {
	var g *goals
	for i := range c.chains {
		for j := range c.chains[i].rules {
			if r := &c.chains[i].rules[j]; r.If != nil && c.chains[i].flag == c.key {
				g = &goals{r.node, mustNot, g}
			}
		}
	}
	c.try(c.ordinary(), g)
}

// solve draws subjects for each way in which the values of one attribute may meet a rule's
// condition.
func (c *chooser) solve(in *chain, i int) {
	asked := map[int][]int{} // tests by attribute, also those of the same rule in the other version
	note := func(attribute, test int) { asked[attribute] = append(asked[attribute], test) }
	for j := range c.chains {
		for k := range c.chains[j].rules {
			r := &c.chains[j].rules[k]
			if c.chains[j].flag == in.flag && (r.Name == in.rules[i].Name || r.Index == in.rules[i].Index) {
				r.node.tests(map[*node]bool{}, note)
			}
		}
	}
	if !c.try(c.ordinary(), reaches(in, i, true, nil)) {
		c.try(c.ordinary(), reaches(in, i, false, nil))
	}
	for attribute, a := range c.attributes {
		if a.isDescribed || asked[attribute] == nil {
			continue
		}
		for _, alike := range alike(a, asked[attribute]) {
			domain := c.ordinary()
			domain[attribute] = alike
			if !c.try(domain, reaches(in, i, true, nil)) {
				c.try(domain, reaches(in, i, false, nil))
			}
		}
	}
}

// alike returns the sets of classes that some tests of an attribute do not distinguish.
func alike(a *attribute, tests []int) (sets []bitset) {
	byTruth := map[string]int{}
	for i := range a.classes {
		if !a.single.has(i) {
			continue
		}
		id := make([]byte, 0, len(tests)+1)
		for _, test := range tests {
			id = append(id, byte(a.classes[i].truth[test]))
		}
		if a.classes[i].members[0].isListed {
			id = append(id, 'k')
		}
		place, ok := byTruth[string(id)]
		if !ok {
			place = len(sets)
			byTruth[string(id)] = place
			sets = append(sets, newBitset(len(a.classes)))
		}
		sets[place].add(i)
	}
	return sets
}

// pairs draws subjects that meet the conditions of two rules, of two versions or of two flags, and
// subjects that meet a condition of one version and not of the other.
func (c *chooser) pairs() {
	left := mostPairs
	for i := range c.chains {
		for j := range i {
			one, other := &c.chains[j], &c.chains[i]
			if left -= len(one.rules) * len(other.rules); left < 0 {
				return
			}
			for k := range one.rules {
				for l := range other.rules {
					c.try(c.ordinary(), reaches(one, k, true, reaches(other, l, true, nil)))
				}
			}
			c.differences(one, other)
			c.differences(other, one)
		}
	}
}

func (c *chooser) differences(one, other *chain) {
	for i := range one.rules {
		for j := range other.rules {
			if one.rules[i].Name == other.rules[j].Name && one.flag == other.flag {
				c.try(c.ordinary(), reaches(one, i, false, &goals{other.rules[j].node, mustNot, nil}))
			}
		}
	}
}

// cover draws subjects with listed keys and lists for a rule that has none yet. It names the rule
// if there are none.
func (c *chooser) cover(in *chain, i int) {
	r := &in.rules[i]
	met := func(vector []int) bool { t := r.node.holds(vector, c.attributes); return t == yes || t == open }
	if slices.ContainsFunc(c.vectors, met) {
		return
	}
	domain := c.ordinary()
	for i, a := range c.attributes {
		if !a.isDescribed {
			domain[i] = newBitset(len(a.classes))
			for j := range a.classes {
				domain[i].add(j)
			}
		}
	}
	if !c.try(domain, reaches(in, i, false, nil)) && (c.solver.gaveUp || !c.isComplete(r.node)) {
		c.note("rule %s of %s: %s", r.Name, in.flag, describe.Condition(r.If))
	}
}

// isComplete reports whether the values of a condition's attributes are all there are, so that a
// condition that none of them meets is never true.
func (c *chooser) isComplete(n *node) bool {
	complete := true
	n.tests(map[*node]bool{}, func(attribute, test int) {
		a := c.attributes[attribute]
		if a.isUnmet {
			return // it is named already
		}
		if test >= len(a.tests) {
			return
		}
		switch t := a.tests[test]; t.Operator {
		case native.Contains, native.StartsWith, native.EndsWith, native.Matches, native.Semver:
			complete = complete && isEmpty(t)
		}
	})
	return complete
}
