package becket

import (
	"cmp"
	"slices"

	"github.com/becketflags/becket/internal/native"
)

func (c *compiler) rules(f *flag, d *native.Flag) {
	f.rules = make([]rule, len(d.Rules))
	for i := range d.Rules {
		r := &d.Rules[i]
		f.rules[i] = rule{r.Name, c.conjunction(r.If), c.gate(r, f.key), c.serve(f, &r.Serve)}
	}
}

// gate returns what limits the rule, nil for nothing.
func (c *compiler) gate(d *native.Rule, flag string) *gate {
	timed := d.HasFrom || d.HasUntil || d.HasEvery
	if !timed && !d.HasLayer && !d.HasRamp && !d.HasPercent {
		return nil
	}
	g := &gate{below: noPercent}
	if d.HasPercent {
		g.below = threshold(d.Percent)
	}
	if timed {
		g.window = windowOf(d)
	}
	if d.HasRamp {
		g.ramp = rampOf(&d.Ramp)
	}
	salt := flag
	if d.HasSalt {
		salt = d.Salt
	}
	by := c.hashedBy(d.By)
	g.hashed = hashed{by: by, seed: seedOf(salt)}
	if d.HasLayer {
		seed := seedOf("layer/" + d.Layer.Name)
		g.layer = &layer{name: d.Layer.Name, hashed: hashed{by: by, seed: seed}, from: d.Layer.From, to: d.Layer.To}
	}
	return g
}

func windowOf(d *native.Rule) *window {
	w := &window{from: d.From, until: d.Until, hasFrom: d.HasFrom, hasUntil: d.HasUntil}
	if d.HasEvery {
		w.every = &recurrence{weekdays(d.Every.Days), d.Every.From, d.Every.Until, d.Every.Zone}
	}
	return w
}

func rampOf(d *native.Ramp) *ramp {
	r := &ramp{steps: make([]rampStep, len(d.Steps)), linear: d.Linear}
	for i, step := range d.Steps {
		r.steps[i] = rampStep{step.At, step.Percent}
	}
	return r
}

// serve compiles what a rule or a default serves.
func (c *compiler) serve(f *flag, d *native.Serve) serve {
	if !d.IsSplit {
		return serve{variant: &f.variants[d.Variant]}
	}
	salt := f.key
	if d.HasSalt {
		salt = d.Salt
	}
	s := &split{arms: make([]arm, 0, len(d.Arms)), hashed: hashed{by: c.hashedBy(d.By), seed: seedOf(salt)}}
	for i := range d.Arms {
		if a := &d.Arms[i]; a.Weight > 0 {
			s.arms = append(s.arms, arm{&f.variants[a.Variant], hashText(salt + "/" + a.Name), a.Weight, 0})
		}
	}
	slices.SortFunc(s.arms, func(a, b arm) int { return cmp.Compare(a.variant.Name, b.variant.Name) })
	s.scale()
	return serve{split: s}
}
