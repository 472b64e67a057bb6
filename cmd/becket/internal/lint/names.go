// Package lint finds legal but suspicious parts of a native ruleset. Every finding has a name by
// which it can be silenced. docs/findings.md explains each finding.
package lint

import "github.com/becketflags/becket/cmd/becket/internal/report"

// The names of the findings.
const (
	UnreachableRule   = "unreachable-rule"
	UnusedVariant     = "unused-variant"
	UnusedSegment     = "unused-segment"
	OneArmSplit       = "one-arm-split"
	Percent0          = "percent-0"
	Percent100        = "percent-100"
	FinishedRamp      = "finished-ramp"
	PastWindow        = "past-window"
	EmptyWindow       = "empty-window"
	Expired           = "expired"
	AlwaysOn          = "always-on"
	UnmetPrerequisite = "unmet-prerequisite"
	OverlappingLayers = "overlapping-layers"
	MixedLayer        = "mixed-layer"
	AddressAsKey      = "address-as-key"
	SharedSalt        = "shared-salt"
	Contradiction     = "contradiction"

	UndeclaredAttribute = "undeclared-attribute"
	UnknownValue        = "unknown-value"
	AttributeType       = "attribute-type"
	SimilarAttributes   = "similar-attributes"

	MissingDescription = "missing-description"
	MissingOwner       = "missing-owner"
	UnknownField       = "unknown-field"
	NeedsBuild         = "needs-build"
	FormatWarning      = "format-warning"
)

// Names lists the findings with their severities, in the order of docs/findings.md. A finding is an
// error if the library refuses the document for it, or if the document serves something else than
// it says. A document without errors still has none when a flag of it is switched off, and at any
// other time.
var Names = report.Kinds{
	{
		Name: UnreachableRule, Severity: report.Error, Lighter: true,
		Meaning: "a rule that no subject reaches, because earlier rules take all of its subjects",
	},
	{Name: UnusedVariant, Meaning: "a variant that no rule, split, default or off serves", Severity: report.Warning},
	{Name: UnusedSegment, Meaning: "a segment that no flag uses", Severity: report.Warning},
	{Name: OneArmSplit, Meaning: "a split that always gives the same variant", Severity: report.Warning},
	{Name: Percent0, Meaning: "a rule for 0 % of the subjects", Severity: report.Warning},
	{Name: Percent100, Meaning: "a rule for 100 % of the subjects", Severity: report.Warning},
	{Name: FinishedRamp, Meaning: "a ramp whose last step is in the past", Severity: report.Warning},
	{Name: PastWindow, Meaning: "a rule whose until is in the past", Severity: report.Warning},
	{
		Name: EmptyWindow, Severity: report.Error,
		Meaning: "a rule whose every never occurs between its from and its until",
	},
	{Name: Expired, Meaning: "a flag whose expires is in the past", Severity: report.Warning},
	{
		Name: AlwaysOn, Severity: report.Warning,
		Meaning: "a flag that serves the same variant to everybody, and not its off",
	},
	{
		Name: UnmetPrerequisite, Severity: report.Error, Lighter: true,
		Meaning: "a requirement or condition that asks for a variant that the other flag never serves",
	},
	{Name: OverlappingLayers, Meaning: "rules of two flags whose ranges of one layer overlap", Severity: report.Error},
	{Name: MixedLayer, Meaning: "a layer that rules hash by different attributes", Severity: report.Error},
	{
		Name: AddressAsKey, Severity: report.Warning,
		Meaning: "an e-mail address in a list of targeting keys, although keys seem to be something else",
	},
	{Name: SharedSalt, Meaning: "shares of two flags that draw the same subjects", Severity: report.Warning},
	{
		Name: Contradiction, Severity: report.Error, Lighter: true,
		Meaning: "tests that must hold together and never do",
	},
	{
		Name: UndeclaredAttribute, Severity: report.Error, Lighter: true,
		Meaning: "an attribute that .becket.toml does not declare, although it declares others",
	},
	{Name: UnknownValue, Meaning: "a value that is not among the declared ones", Severity: report.Error},
	{
		Name: AttributeType, Severity: report.Error, Lighter: true,
		Meaning: "an operator or an operand that does not fit the type of the attribute",
	},
	{
		Name: SimilarAttributes, Severity: report.Warning,
		Meaning: "attributes whose names differ only by case or separators",
	},
	{Name: MissingDescription, Meaning: "a flag without a description", Severity: report.Warning},
	{Name: MissingOwner, Meaning: "a flag without an owner", Severity: report.Warning},
	{
		Name: UnknownField, Severity: report.Error,
		Meaning: "a field at the top of the document that the library does not know and ignores",
	},
	{
		Name: NeedsBuild, Severity: report.Error,
		Meaning: "a .json file with comments or trailing commas, which the library does not read",
	},
	{
		Name: FormatWarning, Severity: report.Warning,
		Meaning: "a part of a document of another format, which its decoder takes with a warning",
	},
}
