package configcat

// link finds the settings that prerequisites name, and which settings have to be evaluated with a
// guard.
func (c *compiler) link() {
	waits := make(map[*setting]int, len(c.requires))             // prerequisites still to count
	dependents := make(map[*setting][]*setting, len(c.requires)) // as often as they require it
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

// addUp adds the costs of prerequisites to those of their dependents, in an order in which
// prerequisites come first.
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

// resolve finds the setting that a prerequisite names and reads the value to compare with as one of
// its type.
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
			const message = "the value to compare with is not of type %s, which %q is of"
			r.err = c.problem(r.at.member("v"), message, s.kind, shorten(r.key))
		}
		r.setting = s
	}
	r.value, r.at = node{}, place{}
}
