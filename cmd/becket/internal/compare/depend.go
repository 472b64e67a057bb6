package compare

import (
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// Elsewhere returns, for each flag whose answers may have changed, the changed segments and flags
// that it depends on, directly or through others. A flag with changes of its own only is in the
// result with an empty list.
func Elsewhere(before, after *native.Ruleset, changed map[string]bool) map[string][]string {
	d := dependence{changed: changed, reasons: map[string][]string{}}
	for key := range changed {
		d.reasons[key] = nil
	}
	for _, s := range after.Segments {
		old := before.Segment(s.Key)
		if old == nil || !same(old.Node, s.Node) {
			d.segments = append(d.segments, s.Key)
		}
	}
	for _, s := range before.Segments {
		if after.Segment(s.Key) == nil {
			d.segments = append(d.segments, s.Key)
		}
	}
	for _, r := range []*native.Ruleset{before, after} {
		for _, f := range r.Flags {
			d.follow(r, f.Key, f.Node, map[string]bool{})
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
func (d *dependence) follow(r *native.Ruleset, key string, from *native.Node, seen map[string]bool) {
	from.Walk(func(n *native.Node) {
		if name := n.Member("segment").String(); name != "" && !seen["segment "+name] {
			seen["segment "+name] = true
			if slices.Contains(d.segments, name) {
				d.reasons[key] = append(d.reasons[key], "segment "+name)
			}
			if s := r.Segment(name); s != nil {
				d.follow(r, key, s.Node, seen)
			}
		}
		if name := n.Member("flag").String(); name != "" && name != key && !seen["flag "+name] {
			seen["flag "+name] = true
			if d.changed[name] {
				d.reasons[key] = append(d.reasons[key], "flag "+name)
			}
			if f := r.Flag(name); f != nil {
				d.follow(r, key, f.Node, seen)
			}
		}
	})
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
