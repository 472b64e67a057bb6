package becket

import (
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

var flagKinds = [...]Kind{
	native.Untyped: KindAny, native.Bool: KindBool, native.Text: KindString, native.Int: KindInt, native.Float: KindFloat,
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
	f.otherwise = c.serve(f, &d.Default)
	c.rules(f, d)
	if d.MaxAge > 0 || len(d.Requires) > 0 {
		f.rare = &rareFields{maxAge: d.MaxAge, requires: c.requirements(d)}
	}
	if d.IsAbout {
		f.about = aboutOf(&d.About)
	}
	f.shorten()
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

// variantsOf returns the variants of a flag. Those that are written alike are shared.
func (c *compiler) variantsOf(d *native.Flag, kind Kind) []Variant {
	if d.Implied {
		return impliedVariants
	}
	written := writtenVariants{kind, textOf(d.Written)}
	if equal, ok := c.variants[written]; ok {
		return equal
	}
	variants := make([]Variant, len(d.Variants))
	for i := range d.Variants {
		value, _ := valueOf(d.Variants[i].Value).as(kind)
		variants[i] = Variant{d.Variants[i].Name, value}
	}
	if len(d.Written) <= longestShared {
		written.text = strings.Clone(written.text) // the document is not kept
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
