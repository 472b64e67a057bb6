package becket

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// compiler turns definitions into flags and segments. Equal parts of definitions are compiled once
// and shared.
type compiler struct {
	attributes map[string]*attributeName
	versions   map[*match.Constraint]*conditionRest
	keySources map[string]*keySource
	variants   map[writtenVariants][]Variant
	references int // number of references that have been compiled
}

// writtenVariants identifies the variants of a flag: their type, and the JSON text of the object
// that defines them.
type writtenVariants struct {
	kind Kind
	text string
}

// longestShared is the greatest length of a variants object, in bytes, that is compared with others
// and shared.
const longestShared = 256

func newCompiler() *compiler {
	return &compiler{
		attributes: map[string]*attributeName{},
		versions:   map[*match.Constraint]*conditionRest{},
		keySources: map[string]*keySource{},
		variants:   map[writtenVariants][]Variant{},
	}
}

// attribute returns the only attributeName with that text.
func (c *compiler) attribute(text string) *attributeName {
	if kept, ok := c.attributes[text]; ok {
		return kept
	}
	kept := newAttributeName(text)
	c.attributes[text] = kept
	return kept
}

// hashedBy returns the source of the key to hash, or nil for the targeting key alone. Equal sources
// are shared.
func (c *compiler) hashedBy(attributes []string) *keySource {
	if len(attributes) == 0 {
		return nil
	}
	key := strings.Join(attributes, "\x00")
	if source, ok := c.keySources[key]; ok {
		return source
	}
	var first *keySource
	for _, attribute := range slices.Backward(attributes) {
		first = &keySource{c.attribute(attribute), first}
	}
	c.keySources[key] = first
	return first
}

// versionRange returns the operand of semver. Equal operands are shared.
func (c *compiler) versionRange(versions *match.Constraint) *conditionRest {
	if o, ok := c.versions[versions]; ok {
		return o
	}
	o := &conditionRest{versions: versions}
	c.versions[versions] = o
	return o
}

func (c *compiler) reference(d *native.Reference) *reference {
	c.references++
	return &reference{key: d.Key, toFlag: d.ToFlag, variants: d.Variants, at: d.At, path: d.Path}
}

// valueOf converts a value of a document.
func valueOf(v native.Value) Value {
	switch v.Kind {
	case native.Bool:
		return BoolValue(v.Bool())
	case native.Text:
		return StringValue(v.Text)
	case native.Object:
		return ObjectValue([]byte(v.Text))
	default:
		return valueOfNumber(v.Number())
	}
}

var flagKinds = [...]Kind{
	native.Untyped: KindAny, native.Bool: KindBool, native.Text: KindString, native.Int: KindInt,
	native.Float:  KindFloat,
	native.Object: KindObject,
}

// Flag compiles a flag.
func (c *compiler) Flag(d *native.Flag) (compiled any, problem string) {
	before := c.references
	f := &flag{
		fingerprint: match.FingerprintOf(d.Key),
		key:         d.Key,
		kind:        flagKinds[d.Kind],
		enabled:     d.Enabled,
		track:       tracking(d.Track),
		definition:  d.Definition,
		behaviour:   d.Behaviour,
	}
	f.variants = c.variantsOf(d, f.kind)
	if d.Off != native.None {
		f.off = &f.variants[d.Off]
	}
	f.defaultServe = c.serve(f, &d.Default)
	c.rules(f, d)
	if d.MaxAge > 0 || len(d.Requires) > 0 {
		f.rare = &rareFields{maxAge: d.MaxAge, requires: c.requirements(d)}
	}
	if d.IsAbout {
		f.about = aboutOf(&d.About)
	}
	f.precompute()
	if c.references == before {
		f.placement = leafOf(f)
		if f.cost > maxEvaluations {
			return nil, tooManyEvaluations
		}
	}
	return f, ""
}

// Segment compiles a segment.
func (c *compiler) Segment(d *native.Segment) (compiled any) {
	s := &segment{key: d.Key, include: d.Include, exclude: d.Exclude, digest: d.Digest}
	if d.If != nil {
		s.condition = &condition{}
		c.condition(d.If, s.condition)
	}
	return s
}

// variantsOf returns the variants of a flag. Flags whose variants have the same text and type share
// them.
func (c *compiler) variantsOf(d *native.Flag, kind Kind) []Variant {
	if d.Implied {
		return impliedVariants
	}
	written := writtenVariants{kind, textOf(d.VariantsRaw)}
	if equal, ok := c.variants[written]; ok {
		return equal
	}
	variants := make([]Variant, len(d.Variants))
	for i := range d.Variants {
		value, _ := valueOf(d.Variants[i].Value).as(kind)
		variants[i] = Variant{d.Variants[i].Name, value}
	}
	if len(d.VariantsRaw) <= longestShared {
		// so that the document's bytes are not kept alive
		written.text = strings.Clone(written.text)
		c.variants[written] = variants
	}
	return variants
}

func (c *compiler) requirements(d *native.Flag) []*reference {
	if len(d.Requires) == 0 {
		return nil
	}
	requires := make([]*reference, len(d.Requires))
	for i, r := range d.Requires {
		requires[i] = c.reference(r)
	}
	return requires
}

func aboutOf(d *native.About) *about {
	return &about{
		description: d.Description,
		owner:       d.Owner,
		tags:        d.Tags,
		metadata:    d.Metadata,
		created:     dayOf(d.Created),
		expires:     dayOf(d.Expires),
		permanent:   d.Permanent,
	}
}

const secondsPerDay = 24 * 60 * 60

func dayOf(midnight time.Time) day {
	return day((midnight.Unix() - time.Time{}.Unix()) / secondsPerDay)
}

func (c *compiler) rules(f *flag, d *native.Flag) {
	f.rules = make([]rule, len(d.Rules))
	for i := range d.Rules {
		r := &d.Rules[i]
		f.rules[i] = rule{r.Name, c.conjunction(r.If), c.gate(r), c.serve(f, &r.Serve)}
	}
}

// gate returns the rule's limits (time window, percentage, ramp, layer), or nil if it has none.
func (c *compiler) gate(d *native.Rule) *gate {
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
	by := c.hashedBy(d.By)
	g.hashed = hashed{by: by, seed: seedOf(d.Salt)}
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

// serve compiles the variant or the split that a rule or a default serves.
func (c *compiler) serve(f *flag, d *native.Serve) serve {
	if !d.IsSplit {
		return serve{variant: &f.variants[d.Variant]}
	}
	s := &split{arms: make([]arm, 0, len(d.Arms)), hashed: hashed{by: c.hashedBy(d.By), seed: seedOf(d.Salt)}}
	for i := range d.Arms {
		if a := &d.Arms[i]; a.Weight > 0 {
			s.arms = append(s.arms, arm{&f.variants[a.Variant], hashText(d.Salt + "/" + a.Name), a.Weight, 0})
		}
	}
	slices.SortFunc(s.arms, func(a, b arm) int { return cmp.Compare(a.variant.Name, b.variant.Name) })
	s.scale()
	return serve{split: s}
}
