package becket

import (
	"iter"
	"slices"
)

// Changes lists the differences between two rulesets: the previous one and the one that replaced
// it. The lists are in the order of the keys. The metadata of flags is shared with the rulesets and
// must not be changed.
type Changes struct {
	FromRevision int64 // 0 if there was no ruleset before
	ToRevision   int64
	FromTier     Tier
	Tier         Tier // the tier of the new ruleset
	Environment  string

	Added   []FlagInfo
	Removed []FlagInfo
	Changed []FlagChange

	AddedSegments   []string // keys of segments, in order
	RemovedSegments []string
	ChangedSegments []string
}

// FlagChange is a flag that both rulesets have and whose definition differs.
type FlagChange struct {
	Before, After FlagInfo
	// only descriptive fields differ, so no subject gets another value from this flag's own
	// definition
	OnlyMetadata bool
}

// empty reports whether no flag and no segment differs. The revision and the tier may differ.
func (c Changes) empty() bool {
	return len(c.Added)+len(c.Removed)+len(c.Changed)+c.segmentCount() == 0
}

// Keys lists the keys of all flags that were added, removed or changed, in order.
func (c Changes) Keys() []string {
	keys := make([]string, 0, len(c.Added)+len(c.Removed)+len(c.Changed))
	for i := range c.Added {
		keys = append(keys, c.Added[i].Key)
	}
	for i := range c.Removed {
		keys = append(keys, c.Removed[i].Key)
	}
	for i := range c.Changed {
		keys = append(keys, c.Changed[i].After.Key)
	}
	slices.Sort(keys)
	return keys
}

// head returns Changes that name the two rulesets and list no differences yet.
func head(before, after *served) Changes {
	return Changes{
		FromRevision: before.revision,
		ToRevision:   after.revision,
		FromTier:     before.tier,
		Tier:         after.tier,
		Environment:  after.environment,
	}
}

// differ compares two rulesets. before may have no rules.
func differ(before, after *served) Changes {
	c := head(before, after)
	var segments map[string]uint64
	if before.rules != nil {
		segments = before.rules.Info().Segments
	}
	c.flags(flagsOf(before), flagsOf(after))
	c.segments(segments, after.rules.Info().Segments)
	return c
}

// flags compares two lists of flags, both in the order of their keys, in one pass.
func (c *Changes) flags(before, after iter.Seq[FlagInfo]) {
	next, stop := iter.Pull(before)
	defer stop()
	old, more := next()
	for flag := range after {
		for more && old.Key < flag.Key {
			c.Removed = append(c.Removed, old)
			old, more = next()
		}
		if !more || old.Key != flag.Key {
			c.Added = append(c.Added, flag)
			continue
		}
		if old.Definition != flag.Definition {
			c.Changed = append(c.Changed,
				FlagChange{Before: old, After: flag, OnlyMetadata: old.Behaviour == flag.Behaviour})
		}
		old, more = next()
	}
	for more {
		c.Removed = append(c.Removed, old)
		old, more = next()
	}
}

func (c *Changes) segments(before, after map[string]uint64) {
	for key, digest := range after {
		if old, ok := before[key]; !ok {
			c.AddedSegments = append(c.AddedSegments, key)
		} else if old != digest {
			c.ChangedSegments = append(c.ChangedSegments, key)
		}
	}
	for key := range before {
		if _, ok := after[key]; !ok {
			c.RemovedSegments = append(c.RemovedSegments, key)
		}
	}
	slices.Sort(c.AddedSegments)
	slices.Sort(c.RemovedSegments)
	slices.Sort(c.ChangedSegments)
}

func (c Changes) segmentCount() int {
	return len(c.AddedSegments) + len(c.RemovedSegments) + len(c.ChangedSegments)
}
