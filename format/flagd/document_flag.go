package flagd

import "github.com/becketflags/becket/internal/wording"

import "strconv"

// flag compiles a flag and adds it to the rules.
func (d *decoder) flag(at place, raw []byte) error {
	def, err := define(at, raw)
	if err != nil {
		return err
	}
	if def.isEmpty() {
		d.warn(at, "", "the flag has no key: no code can ask for it")
		return nil
	}
	f := &flag{key: def.key, disabled: def.state == "DISABLED", shared: d.rules.metadata}
	d.digester.Reset()
	if err := d.variants(at, f, &def); err != nil {
		return err
	}
	if f.metadata, err = d.metadata(at, ".metadata", def.metadata); err != nil {
		return err
	}
	if err := d.targeting(at, f, &def); err != nil {
		return err
	}
	f.definition = f.behaviour + d.shared + 31*d.digestMetadata(f.metadata)
	d.check(at, f, &def)
	d.keep(at, f)
	return nil
}

// targeting compiles the flag's rule and computes the digest of the flag's behaviour. The variants
// are in the digester already.
func (d *decoder) targeting(at place, f *flag, def *flagDefinition) error {
	d.digester.text(def.defaultVariant)
	d.digester.text(strconv.FormatBool(f.disabled))
	if len(def.targeting) == 0 {
		f.behaviour = d.digester.Sum64()
		return nil
	}
	rule, err := parse(def.targeting)
	if err != nil {
		d.memberAt = def.targeting
		return at.problem(".targeting", "not a flagd document: %v", err)
	}
	d.digester.datum(&rule)
	f.behaviour = d.digester.Sum64()
	if rule.kind == kindObject && rule.more.size() == 0 {
		return nil
	}
	c := compiler{evaluators: d.evaluators, v3: d.rules.v3}
	n := c.compile(&rule)
	f.targeting = &n
	for name := range c.used {
		f.behaviour += d.evaluators.find(name).digest
	}
	d.warnAll(at, ".targeting", &c)
	d.checkRule(at, ".targeting", &rule)
	return nil
}

// variants decodes a flag's variants and finds its default among them.
func (d *decoder) variants(at place, f *flag, def *flagDefinition) error {
	f.variants = make([]variant, 0, len(def.variants))
	for _, v := range def.variants {
		value, err := parse(v.raw)
		if err != nil {
			d.memberAt = v.raw
			return at.problem(".variants"+wording.Below(v.name), "not a flagd document: %v", err)
		}
		d.digester.text(v.name)
		d.digester.datum(&value)
		f.variants = append(f.variants, newVariant(v.name, &value, len(v.raw)))
	}
	if len(f.variants) > mostScanned {
		f.places = make(map[string]int, len(f.variants))
		for i := range f.variants {
			f.places[f.variants[i].served.Name] = i
		}
	}
	f.kind = kindOf(f.variants)
	if def.defaultVariant == "" {
		return nil
	}
	if f.fallback = f.named(def.defaultVariant); f.fallback == nil {
		const message = "the default variant %q is not a variant of the flag"
		return at.problem(".defaultVariant", message, shorten(def.defaultVariant))
	}
	return nil
}
