package becket

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// compileFlag turns a draft whose fields are all right into a flag: it resolves the names of variants and computes what
// hashing needs.
func (r *reader) compileFlag(d *flagDraft) {
	before := len(r.problems)
	r.compileVariants(d)
	if len(r.problems) > before {
		return // every name would be unknown
	}
	r.compileOff(d)
	r.compileDefault(d)
	r.compileRules(d)
	d.requires = exact(d.requires)
	d.fix()
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
	if len(d.drafts) == 0 {
		r.fail(d.at, "\"variants\" is empty")
		return
	}
	if d.kind == KindAny {
		kind, ok := inferKind(d.drafts)
		if !ok {
			r.failBelow("variants", d.drafts[0].at, "the values are of different types")
			return
		}
		d.kind = kind
	}
	d.variants = make([]Variant, 0, len(d.drafts))
	for _, draft := range d.drafts {
		value, ok := draft.value.as(d.kind)
		if !ok {
			r.failBelow("variants"+stepText(draft.name), draft.at, "expected a value of type %s, found %s", d.kind, draft.value.kind)
		}
		d.variants = append(d.variants, Variant{draft.name, value})
	}
	slices.SortFunc(d.variants, func(a, b Variant) int { return cmp.Compare(a.Name, b.Name) })
}

func stepText(name string) string {
	if isIdentifier(name) {
		return "." + name
	}
	return "[" + strconv.Quote(name) + "]"
}

func (r *reader) compileOff(d *flagDraft) {
	switch {
	case d.offAt > 0:
		d.off = r.resolve(d, d.offName, "off", d.offAt)
	case !d.hasVariants:
		d.off = impliedOff
	}
}

func (r *reader) compileDefault(d *flagDraft) {
	switch {
	case d.fallback.there:
		d.otherwise = r.compileServe(d, &d.fallback, "default")
	case d.hasVariants:
		r.fail(d.at, "a flag with variants needs \"default\"")
	default:
		d.otherwise = serve{variant: impliedOff}
	}
}

func (r *reader) compileRules(d *flagDraft) {
	if len(d.ruleDrafts) > maxRules {
		r.failBelow("rules", d.ruleDrafts[maxRules].at, "the flag has %d rules, more than %d", len(d.ruleDrafts), maxRules)
		return
	}
	names := map[string]int{}
	d.rules = make([]rule, len(d.ruleDrafts))
	for i := range d.ruleDrafts {
		draft := &d.ruleDrafts[i]
		path := fmt.Sprintf("rules[%d]", i)
		if first, twice := names[draft.name]; twice && draft.name != "" {
			r.failBelow(path+".name", draft.at, "the name %q is that of rules[%d] already", draft.name, first)
		}
		names[draft.name] = i
		d.rules[i] = rule{name: draft.name, condition: draft.condition, gate: draft.gate(d.key)}
		if draft.name == "" {
			d.rules[i].name = r.once("[" + strconv.Itoa(i) + "]")
		}
		d.rules[i].serve = r.compileServe(d, &draft.serve, path+".serve")
	}
}

// once returns one copy of equal texts.
func (r *reader) once(text string) string {
	if kept, ok := r.texts[text]; ok {
		return kept
	}
	r.texts[text] = text
	return text
}

// gate returns what limits the rule, nil for nothing.
func (d *ruleDraft) gate(flag string) *gate {
	timed := d.window.hasFrom || d.window.hasUntil
	if !timed && d.layer == nil && d.ramp == nil && !d.hasPercent {
		return nil
	}
	g := &gate{layer: d.layer, ramp: d.ramp, percent: d.hasPercent, share: d.percent, below: threshold(d.percent)}
	if timed {
		window := d.window
		g.window = &window
	}
	salt := flag
	if d.hasSalt {
		salt = d.salt
	}
	by := hashedBy(d.by)
	g.hashed = hashed{by: by, seed: seedOf(salt)}
	if g.layer != nil {
		g.layer.hashed = hashed{by: by, seed: seedOf("layer/" + g.layer.name)}
	}
	return g
}

// hashedBy returns "" for the targeting key, however it is named.
func hashedBy(attribute string) string {
	if attribute == keyName {
		return ""
	}
	return attribute
}

func (r *reader) compileServe(d *flagDraft, draft *serveDraft, path string) serve {
	if !draft.isSplit {
		return serve{variant: r.resolve(d, draft.variant, path, draft.at)}
	}
	salt := d.key
	if draft.hasSalt {
		salt = draft.salt
	}
	s := &split{hashed: hashed{by: hashedBy(draft.by), seed: seedOf(salt)}}
	for _, a := range draft.arms {
		variant := r.resolve(d, a.variant, path+".split", a.at)
		if variant != nil && a.weight > 0 {
			s.arms = append(s.arms, arm{variant, hashKey(0, salt+"/"+a.variant), a.weight, 1 / a.weight})
		}
	}
	slices.SortFunc(s.arms, func(a, b arm) int { return cmp.Compare(a.variant.Name, b.variant.Name) })
	s.arms = exact(s.arms)
	return serve{split: s}
}

// resolve returns the variant of that name.
func (r *reader) resolve(d *flagDraft, name, path string, at int64) *Variant {
	if variant := d.variant(name); variant != nil {
		return variant
	}
	names := make([]string, len(d.variants))
	for i := range d.variants {
		names[i] = d.variants[i].Name
	}
	r.failBelow(path, at, "the flag has no variant %q%s", name, suggest(name, names))
	return nil
}
