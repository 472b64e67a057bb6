package compare

import (
	"context"
	"maps"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

// Version is one of the two rulesets. Native is nil for a document of another format.
type Version struct {
	Name    string
	Format  string // the name of the document's format
	Unbuilt string // why the library cannot read the source as it is; "" if it can
	Rules   becket.Rules
	Native  *ruleset.Ruleset
	Body    []byte // the document
}

// Report holds all differences between two rulesets.
type Report struct {
	Before     string `json:"before"`
	After      string `json:"after"`
	Population string `json:"population"`
	Subjects   int    `json:"subjects"` // for each flag, if they are made
	// the subjects that the shares are of: "the population"; "made" for subjects that are made from
	// the documents' conditions; "described" for subjects with described attributes only
	SharesOf string `json:"shares_of"`
	// why clients that use the old document refuse the new one
	Refused  []string      `json:"refused,omitempty"`
	Notes    []string      `json:"notes,omitempty"` // warnings about the document as a whole
	Segments []SegmentDiff `json:"segments"`
	Flags    []FlagDiff    `json:"flags"`
}

// Kind is the kind of a difference.
type Kind string

// The kinds of differences. The definition of an Affected flag is the same as before, but a flag or
// segment that it depends on has changed.
const (
	Added    Kind = "added"
	Removed  Kind = "removed"
	Edited   Kind = "changed"
	Affected Kind = "affected"
)

// FlagDiff holds the differences of one flag.
type FlagDiff struct {
	Key       string   `json:"key"`
	Kind      Kind     `json:"kind"`
	Owner     string   `json:"owner,omitempty"`
	Edits     []Edit   `json:"edits,omitempty"`
	Elsewhere []string `json:"elsewhere,omitempty"` // changed flags and segments that it depends on
	// nil for a new flag, because no code has asked for it yet
	Impact *Impact `json:"impact,omitempty"`
	Losses []Loss  `json:"losses,omitempty"`
	// the effect at later moments, if windows open or close then or ramps rise
	Later []Later `json:"later,omitempty"`
	// conditions for which no subjects could be made, so that the impact may be larger
	NotDrawn []string `json:"not_drawn,omitempty"`
}

// SegmentDiff holds the differences of one segment.
type SegmentDiff struct {
	Key   string `json:"key"`
	Kind  Kind   `json:"kind"`
	Edits []Edit `json:"edits,omitempty"`
}

// Compare compares two versions of a ruleset over a population. progress may be nil. The only error
// is the context's.
func Compare(ctx context.Context, before, after Version, p *population.Population, at *becket.Moment,
	progress func(int)) (*Report, error) {
	r := &Report{
		Before: before.Name, After: after.Name, Population: p.Name, Subjects: p.Size,
		Segments: []SegmentDiff{}, Flags: []FlagDiff{},
	}
	changed := Changed(before.Rules, after.Rules)
	reasons := map[string][]string{}
	for key := range changed {
		reasons[key] = nil
	}
	if before.Native != nil && after.Native != nil {
		reasons = Elsewhere(before.Native, after.Native, changed)
		r.segments(before.Native, after.Native)
	}
	impacted := slices.DeleteFunc(slices.Sorted(maps.Keys(reasons)), func(key string) bool {
		_, there := before.Rules.Flag(key)
		return !there
	})
	foreseen, err := r.foresee(ctx, before, after, impacted, p, at, progress)
	if err != nil {
		return nil, err
	}
	for _, key := range keysOf(before.Rules, after.Rules) {
		if d, differs := flagDiff(before, after, key, reasons[key]); differs {
			if f, ok := foreseen[key]; ok {
				d.foresee(f, before, after)
			}
			r.Flags = append(r.Flags, d)
		}
	}
	r.judge(before, after, at.Now())
	return r, nil
}

// keysOf lists the keys of both rulesets in order.
func keysOf(before, after becket.Rules) []string {
	keys := map[string]bool{}
	for _, rules := range []becket.Rules{before, after} {
		for info := range rules.Flags() {
			keys[info.Key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// flagDiff describes a flag's edits and reports whether there are any.
func flagDiff(before, after Version, key string, elsewhere []string) (FlagDiff, bool) {
	old, was := before.Rules.Flag(key)
	info, is := after.Rules.Flag(key)
	d := FlagDiff{Key: key, Kind: Edited, Owner: info.Owner, Elsewhere: elsewhere}
	switch {
	case !was:
		d.Kind = Added
		return d, true
	case !is:
		d.Kind, d.Owner = Removed, old.Owner
		d.Edits = []Edit{{Text: "the flag is removed: code that asks for it gets its own default", Takes: true}}
		return d, true
	}
	a, b := before.flag(key), after.flag(key)
	switch {
	case a != nil && b != nil:
		d.Edits = Flags(a, b)
	case old.Definition != info.Definition:
		d.Edits = []Edit{{Text: "its definition changes", Takes: old.Behaviour != info.Behaviour}}
	}
	if len(d.Edits) == 0 {
		d.Kind = Affected
	}
	return d, len(d.Edits) > 0 || len(elsewhere) > 0
}

func (v Version) flag(key string) *native.Flag {
	if v.Native == nil {
		return nil
	}
	return v.Native.Flag(key)
}

// foresee adds the effect on the subjects.
func (d *FlagDiff) foresee(f foreseen, before, after Version) {
	impact := f.Impact(f.groups)
	d.Impact, d.Later = &impact, f.later
	if f.groups.kinds != nil {
		d.NotDrawn = f.groups.kinds.Undrawn
	}
	if f.moreMoments {
		d.NotDrawn = append(d.NotDrawn, "some of its many later moments")
	}
	if old := before.flag(d.Key); old != nil {
		if now := after.flag(d.Key); now != nil || d.Kind == Removed {
			d.Losses = f.Losses(old, now, d.Edits, d.Elsewhere, f.groups)
		}
	}
}

func (r *Report) segments(before, after *ruleset.Ruleset) {
	for _, s := range before.Segments {
		switch now := after.Segment(s.Key); {
		case now == nil:
			r.Segments = append(r.Segments, SegmentDiff{Key: s.Key, Kind: Removed})
		case s.Digest != now.Digest:
			r.Segments = append(r.Segments, SegmentDiff{Key: s.Key, Kind: Edited, Edits: segmentEdits(after, s, now)})
		}
	}
	for _, s := range after.Segments {
		if before.Segment(s.Key) == nil {
			r.Segments = append(r.Segments, SegmentDiff{Key: s.Key, Kind: Added})
		}
	}
}

// segmentEdits also marks edits that make a segment larger, if that can take a feature away: from
// the subjects of a rule that excludes the segment, or from the subjects of a later rule that
// serves another variant.
func segmentEdits(after *ruleset.Ruleset, before, now *native.Segment) []Edit {
	edits := Segments(before, now)
	if !slices.ContainsFunc(after.Flags, func(f *native.Flag) bool { return growthTakes(after, f, now.Key) }) {
		return edits
	}
	for i := range edits {
		edits[i].Takes = edits[i].Takes || edits[i].Text != descriptionChanges
	}
	return edits
}

func growthTakes(after *ruleset.Ruleset, f *native.Flag, segment string) bool {
	e := editor{before: f, after: f}
	for i := range f.Rules {
		r := &f.Rules[i]
		positive, negative := mentions(after, r.If, segment, false, map[string]bool{})
		if positive && e.robs(r, f.Rules[i+1:]) || negative && e.isFeature(&r.Serve) {
			return true
		}
	}
	return false
}

// mentions reports whether a condition refers to a segment, also through other segments, and
// whether it asks for the subjects outside of it.
func mentions(in *ruleset.Ruleset, c *native.Condition, segment string, negated bool,
	seen map[string]bool) (positive, negative bool) {
	ruleset.Walk(c, negated, func(c *native.Condition, negated bool) {
		if c.Form != native.InSegment {
			return
		}
		key := c.Reference.Key
		if key == segment {
			positive, negative = positive || !negated, negative || negated
			return
		}
		step := key
		if negated {
			step = "not " + step
		}
		if other := in.Segment(key); other != nil && !seen[step] {
			seen[step] = true
			p, n := mentions(in, other.If, segment, negated, seen)
			positive, negative = positive || p, negative || n
		}
	})
	return positive, negative
}

// Worst returns the later moment at which the largest share gets another answer, or nil if that
// share is not larger than now.
func (d *FlagDiff) Worst() (worst *Later) {
	most := 0.0
	if d.Impact != nil {
		most = d.Impact.Share
	}
	for i := range d.Later {
		if d.Later[i].Share > most {
			worst, most = &d.Later[i], d.Later[i].Share
		}
	}
	return worst
}

// Over lists the flags that give another answer to more than the limit's share of the subjects, or
// of a group of made subjects, now or later.
func (r *Report) Over(limit float64) (over []*FlagDiff) {
	for i := range r.Flags {
		d := &r.Flags[i]
		worst := d.Worst()
		any := limit == 0 && d.Impact != nil && !d.Impact.Nobody() // also a single listed key
		if any || d.Impact != nil && d.Impact.Share > limit || worst != nil && worst.Share > limit {
			over = append(over, d)
		}
	}
	return over
}

// NotDrawn lists the flags whose impact may be larger than the report says, because no subjects
// could be made for some conditions.
func (r *Report) NotDrawn() (keys []string) {
	for i := range r.Flags {
		if len(r.Flags[i].NotDrawn) > 0 {
			keys = append(keys, r.Flags[i].Key)
		}
	}
	return keys
}
