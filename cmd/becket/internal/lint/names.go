// Package lint finds legal but suspicious parts of a native ruleset. Every finding has a name by
// which it can be silenced. docs/findings.md explains each finding.
package lint

// The names of the findings.
const (
	UnreachableRule    = "unreachable-rule"
	UnusedVariant      = "unused-variant"
	UnusedSegment      = "unused-segment"
	OneArmSplit        = "one-arm-split"
	Percent0           = "percent-0"
	Percent100         = "percent-100"
	FinishedRamp       = "finished-ramp"
	PastWindow         = "past-window"
	EmptyWindow        = "empty-window"
	Expired            = "expired"
	AlwaysOn           = "always-on"
	UnmetPrerequisite  = "unmet-prerequisite"
	OverlappingLayers  = "overlapping-layers"
	MixedLayer         = "mixed-layer"
	MissingDescription = "missing-description"
	MissingOwner       = "missing-owner"
	UnknownField       = "unknown-field"
	NeedsBuild         = "needs-build"
)

// Names lists the findings and their meanings, in the order of docs/findings.md.
var Names = []struct{ Name, Meaning string }{
	{UnreachableRule, "a rule that no subject reaches, because earlier rules take all of its subjects"},
	{UnusedVariant, "a variant that no rule, split, default or off serves"},
	{UnusedSegment, "a segment that no flag uses"},
	{OneArmSplit, "a split that always gives the same variant"},
	{Percent0, "a rule for 0 % of the subjects"},
	{Percent100, "a rule for 100 % of the subjects"},
	{FinishedRamp, "a ramp whose last step is in the past"},
	{PastWindow, "a rule whose until is in the past"},
	{EmptyWindow, "a rule whose every never occurs between its from and its until"},
	{Expired, "a flag whose expires is in the past"},
	{AlwaysOn, "a flag that serves the same variant to everybody, and not its off"},
	{UnmetPrerequisite, "a requirement or condition that asks for a variant that the other flag never serves"},
	{OverlappingLayers, "rules of two flags whose ranges of one layer overlap"},
	{MixedLayer, "a layer that rules hash by different attributes"},
	{MissingDescription, "a flag without a description"},
	{MissingOwner, "a flag without an owner"},
	{UnknownField, "a field at the top of the document that the library does not know and ignores"},
	{NeedsBuild, "a .json file with comments or trailing commas, which the library does not read"},
}

// Known reports whether a finding with that name exists.
func Known(name string) bool {
	for i := range Names {
		if Names[i].Name == name {
			return true
		}
	}
	return false
}
