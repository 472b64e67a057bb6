package becket

// RulesetID identifies a ruleset within one process: views with equal IDs answer out of the same one, whatever its tier has become.
// Who keeps something per ruleset, such as a cache, compares them with ==. The zero RulesetID is that of a view without a client.
type RulesetID struct {
	moment *Moment // each ruleset has its own, and shares it with its promotions
}

// RulesetID identifies the ruleset that the view pins.
func (v View) RulesetID() RulesetID {
	if v.snapshot == nil {
		return RulesetID{}
	}
	return RulesetID{hide(v.snapshot).moment}
}

// Environment returns the environment that the view's ruleset names, "" where it names none.
func (v View) Environment() string {
	if v.snapshot == nil {
		return ""
	}
	return hide(v.snapshot).environment
}
