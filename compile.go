package becket

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// compileFlag turns a draft whose fields are all right into a flag: it resolves the names of variants and computes what
// hashing needs.
func (r *reader) compileFlag(d *flagDraft) {
	before := r.failed
	r.compileVariants(d)
	if r.failed > before {
		return // every name would be unknown
	}
	r.compileOff(d)
	r.compileDefault(d)
	r.compileRules(d)
	if d.maxAge > 0 || len(d.rareFields.requires) > 0 {
		rare := d.rareFields
		rare.requires = exact(rare.requires)
		d.rare = &rare
	}
	d.shorten()
}

func (r *reader) compileVariants(d *flagDraft) {
	if !d.hasVariants {
		if d.kind == KindAny {
			d.kind = KindBool
		}
		if d.kind != KindBool {
			r.fail(d.typeAt, "a flag of type %s needs \"variants\"", d.kind)
		}
		d.variants = impliedVariants
		return
	}
	if len(r.variants) == 0 {
		r.fail(d.at, "\"variants\" is empty")
		return
	}
	if d.kind == KindAny {
		kind, ok := inferKind(r.variants)
		if !ok {
			r.failBelow(r.variants[0].at, []step{{name: "variants"}}, "the values are of different types")
			return
		}
		d.kind = kind
	}
	written := variantsKey{d.kind, textOf(d.variantsText)}
	if equal, ok := r.variantLists[written]; ok {
		d.variants = equal
		return
	}
	before := r.failed
	d.variants = make([]Variant, 0, len(r.variants))
	for _, draft := range r.variants {
		value, ok := draft.value.as(d.kind)
		if draft.problem != "" && d.kind == KindInt {
			r.failBelow(draft.at, []step{{name: "variants"}, {name: draft.name}}, "%s, unless \"type\" is \"float\"", draft.problem)
		} else if !ok {
			r.failBelow(draft.at, []step{{name: "variants"}, {name: draft.name}}, "expected a value of type %s, found %s", d.kind, draft.value.kind())
		}
		d.variants = append(d.variants, Variant{draft.name, value})
	}
	slices.SortFunc(d.variants, func(a, b Variant) int { return cmp.Compare(a.Name, b.Name) })
	if len(d.variantsText) <= longestShared && r.failed == before {
		written.text = strings.Clone(written.text) // the document is not kept
		r.variantLists[written] = d.variants
	}
}

func (r *reader) compileOff(d *flagDraft) {
	switch {
	case d.offAt > 0:
		r.path = append(r.path, step{name: "off"})
		d.off = r.resolve(d, d.offName, d.offAt)
		r.up()
	case !d.hasVariants:
		d.off = impliedOff
	}
}

func (r *reader) compileDefault(d *flagDraft) {
	switch {
	case d.fallback.there:
		r.path = append(r.path, step{name: "default"})
		d.otherwise = r.compileServe(d, &d.fallback)
		r.up()
	case d.hasVariants:
		r.fail(d.at, "a flag with variants needs \"default\"")
	default:
		d.otherwise = serve{variant: impliedOff}
	}
}

func (r *reader) compileRules(d *flagDraft) {
	r.path = append(r.path, step{name: "rules"})
	defer r.up()
	if d.ruleCount > maxRules {
		r.fail(d.excessAt, "the flag has %d rules, more than %d", d.ruleCount, maxRules)
		return
	}
	names := map[string]int{}
	d.rules = make([]rule, len(r.rules))
	for i := range r.rules {
		draft := &r.rules[i]
		name := draft.name
		if name == "" {
			name = r.once([]byte("[" + strconv.Itoa(i) + "]"))
		}
		if first, twice := names[name]; twice {
			r.failBelow(draft.at, []step{{index: i}, {name: "name"}}, "the name %q is that of rules[%d] already", shorten(name), first)
		}
		names[name] = i
		d.rules[i] = rule{name: name, conditions: draft.conditions, gate: r.gate(draft, d.key)}
		r.path = append(r.path, step{index: i}, step{name: "serve"})
		d.rules[i].serve = r.compileServe(d, &draft.serve)
		r.path = r.path[:len(r.path)-2]
	}
}

// gate returns what limits the rule, nil for nothing.
func (r *reader) gate(d *ruleDraft, flag string) *gate {
	timed := d.window.hasFrom || d.window.hasUntil || d.window.every != nil
	if !timed && d.layer == nil && d.ramp == nil && !d.hasPercent {
		return nil
	}
	g := &gate{layer: d.layer, ramp: d.ramp, below: noPercent}
	if d.hasPercent {
		g.below = threshold(d.percent)
	}
	if timed {
		window := d.window
		g.window = &window
	}
	salt := flag
	if d.hasSalt {
		salt = d.salt
	}
	by := r.hashedBy(d.by)
	g.hashed = hashed{by: by, seed: seedOf(salt)}
	if g.layer != nil {
		g.layer.hashed = hashed{by: by, seed: seedOf("layer/" + g.layer.name)}
	}
	return g
}

// hashedBy returns what "by" names, nil for the targeting key alone. Equal ones are shared.
func (r *reader) hashedBy(attributes []string) *keySource {
	if len(attributes) == 0 || len(attributes) == 1 && attributes[0] == keyName {
		return nil
	}
	key := strings.Join(attributes, "\x00")
	if source, ok := r.keySources[key]; ok {
		return source
	}
	var first *keySource
	for _, attribute := range slices.Backward(attributes) {
		first = &keySource{r.attribute(attribute), first}
	}
	r.keySources[key] = first
	return first
}

func (r *reader) compileServe(d *flagDraft, draft *serveDraft) serve {
	if !draft.isSplit {
		return serve{variant: r.resolve(d, draft.variant, draft.at)}
	}
	r.path = append(r.path, step{name: "split"})
	defer r.up()
	salt := d.key
	if draft.hasSalt {
		salt = draft.salt
	}
	s := &split{arms: make([]arm, 0, len(draft.arms)), hashed: hashed{by: r.hashedBy(draft.by), seed: seedOf(salt)}}
	for _, a := range draft.arms {
		variant := r.resolve(d, a.variant, a.at)
		if variant != nil && a.weight > 0 {
			s.arms = append(s.arms, arm{variant, hashText(salt + "/" + a.variant), a.weight, 0})
		}
	}
	slices.SortFunc(s.arms, func(a, b arm) int { return cmp.Compare(a.variant.Name, b.variant.Name) })
	s.scale()
	return serve{split: s}
}

// resolve returns the variant of that name.
func (r *reader) resolve(d *flagDraft, name string, at int) *Variant {
	if variant := d.variant(name); variant != nil {
		return variant
	}
	r.fail(at, "the flag has no variant %q%s", shorten(name), r.suggestVariant(d, name))
	return nil
}

func (r *reader) suggestVariant(d *flagDraft, name string) string {
	if r.suggested || r.attempts == mostAttempts {
		return ""
	}
	names := make([]string, len(d.variants))
	for i := range d.variants {
		names[i] = d.variants[i].Name
	}
	return r.suggest(name, names)
}
