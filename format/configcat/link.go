package configcat

// link resolves the settings that prerequisites name, and finds the settings that need a guard for
// their evaluation.
func (c *compiler) link() {
	// number of prerequisites whose cost is not known yet
	waits := make(map[*setting]int, len(c.requires))
	// a dependent occurs once for each of its prerequisites
	dependents := make(map[*setting][]*setting, len(c.requires))
	for _, s := range c.listed {
		c.problems = 0
		for _, r := range c.requires[s] {
			c.resolve(r)
			if r.setting != nil {
				waits[s]++
				dependents[r.setting] = append(dependents[r.setting], s)
			}
		}
	}
	c.addUp(waits, dependents)
	for _, s := range c.listed {
		// A setting that still waits is part of a cycle or leads to one.
		s.guarded = waits[s] > 0 || s.refers && s.cost > maxCost
	}
}

// addUp adds the costs of prerequisites to the costs of their dependents. It handles prerequisites
// before their dependents.
func (c *compiler) addUp(waits map[*setting]int, dependents map[*setting][]*setting) {
	ready := make([]*setting, 0, len(c.listed))
	for _, s := range c.listed {
		if waits[s] == 0 {
			ready = append(ready, s)
		}
	}
	for len(ready) > 0 {
		s := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		for _, d := range dependents[s] {
			d.cost = min(d.cost+s.cost, maxCost+1)
			if waits[d]--; waits[d] == 0 {
				ready = append(ready, d)
			}
		}
	}
}

// resolve finds the setting that a prerequisite names, and reads the comparison value with this
// setting's type.
func (c *compiler) resolve(r *required) {
	s := c.byKey[r.key]
	switch {
	case s == nil:
		r.err = c.problem(r.at.member("f"), "there is no setting %q", shorten(r.key))
	case s.err != nil:
		r.err = s.err
	default:
		var ok bool
		if r.wanted, ok = r.value.value(s.kind); !ok {
			const message = "the comparison value is not of type %s, the type of %q"
			r.err = c.problem(r.at.member("v"), message, s.kind, shorten(r.key))
		}
		r.setting = s
	}
	r.value, r.at = node{}, place{}
}
