package compare

import (
	"iter"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

// Elsewhere returns, for each flag whose answers may have changed, the changed segments and flags
// that it depends on, directly or through others. A flag with changes of its own only is in the
// result with an empty list.
func Elsewhere(before, after *ruleset.Ruleset, changed map[string]bool) map[string][]string {
	d := dependence{changed: changed, reasons: map[string][]string{}}
	for key := range changed {
		d.reasons[key] = nil
	}
	for _, s := range after.Segments {
		old := before.Segment(s.Key)
		if old == nil || old.Digest != s.Digest {
			d.segments = append(d.segments, s.Key)
		}
	}
	for _, s := range before.Segments {
		if after.Segment(s.Key) == nil {
			d.segments = append(d.segments, s.Key)
		}
	}
	for _, r := range []*ruleset.Ruleset{before, after} {
		for _, f := range r.Flags {
			d.follow(r, f.Key, ruleset.OfFlag(f), map[string]bool{})
		}
	}
	for key := range d.reasons {
		slices.Sort(d.reasons[key])
		d.reasons[key] = slices.Compact(d.reasons[key])
	}
	return d.reasons
}

type dependence struct {
	changed  map[string]bool
	segments []string // changed segments
	reasons  map[string][]string
}

// follow visits everything that a flag refers to and records the changed parts.
func (d *dependence) follow(r *ruleset.Ruleset, key string, from iter.Seq[*native.Reference], seen map[string]bool) {
	for ref := range from {
		name, changed := "segment "+ref.Key, slices.Contains(d.segments, ref.Key)
		if ref.ToFlag {
			name, changed = "flag "+ref.Key, d.changed[ref.Key]
		}
		if seen[name] || ref.ToFlag && ref.Key == key {
			continue
		}
		seen[name] = true
		if changed {
			d.reasons[key] = append(d.reasons[key], name)
		}
		if f := r.Flag(ref.Key); f != nil && ref.ToFlag {
			d.follow(r, key, ruleset.OfFlag(f), seen)
		}
		if s := r.Segment(ref.Key); s != nil && !ref.ToFlag {
			d.follow(r, key, ruleset.OfSegment(s), seen)
		}
	}
}

// Changed returns the keys of the flags whose behaviour differs, including flags that exist on one
// side only.
func Changed(before, after becket.Rules) map[string]bool {
	changed := map[string]bool{}
	for info := range after.Flags() {
		old, there := before.Flag(info.Key)
		if !there || old.Behaviour != info.Behaviour || (old.Err == nil) != (info.Err == nil) {
			changed[info.Key] = true
		}
	}
	for info := range before.Flags() {
		if _, there := after.Flag(info.Key); !there {
			changed[info.Key] = true
		}
	}
	return changed
}
