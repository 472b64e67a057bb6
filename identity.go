package becket

// RulesetID identifies what a view pins, within one process: views with equal IDs answer out of the same ruleset of the same tier. Who keeps
// something per ruleset, such as a cache, compares them with ==. It keeps the ruleset in memory. The zero RulesetID is that of a
// view without a client.
type RulesetID struct {
	snapshot *snapshot
}

// RulesetID identifies the ruleset that the view pins.
func (v View) RulesetID() RulesetID {
	if v.snapshot == nil {
		return RulesetID{}
	}
	return RulesetID{v.snapshot.far()}
}

// Environment returns the environment that the view's ruleset names, "" where it names none.
func (v View) Environment() string {
	if v.snapshot == nil {
		return ""
	}
	return v.snapshot.far().environment
}

// Revision returns the revision of the view's ruleset, 0 where there is none.
func (v View) Revision() int64 {
	if v.snapshot == nil {
		return 0
	}
	return v.snapshot.revision
}

// Tier returns where the view's ruleset came from.
func (v View) Tier() Tier {
	if v.snapshot == nil {
		return TierDefaults
	}
	return v.snapshot.tier
}

// Resolve evaluates a flag for who translates the answer into another model, such as OpenFeature's: it is what the details are made of, and
// costs less. A Variant of nil stands for the caller's default. Hooks and exposures see it as they see every evaluation.
func (v View) Resolve(flag string, want Kind) Result {
	return v.evaluate(flag, want)
}
