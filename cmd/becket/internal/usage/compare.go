package usage

import (
	"fmt"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/match"
)

// The names of findings.
const (
	UnknownFlag    = "unknown-flag"
	WrongType      = "wrong-type"
	DefaultOutside = "default-outside"
	UnusedFlag     = "unused-flag"
	UnusedHandle   = "unused-handle"
	DynamicKey     = "dynamic-key"

	UnsetAttribute      = "unset-attribute"
	AttributeType       = "attribute-type"
	UndeclaredAttribute = "undeclared-attribute"
	UnknownValue        = "unknown-value"
)

// Names lists the findings with their severities, in the order of docs/command.md. It is an error
// if the code asks for something else than the ruleset has, because the code then gets its own
// default. It is a warning if the call is of a method with several implementations, because the key
// may be meant for another one. A key that is not constant is a note, because the code may well be
// right.
var Names = report.Kinds{
	{
		Name: UnknownFlag, Meaning: "code asks for a flag that the ruleset does not have",
		Severity: report.Error, Lighter: true,
	},
	{
		Name: WrongType, Meaning: "code asks for another type than the flag has",
		Severity: report.Error, Lighter: true,
	},
	{Name: DefaultOutside, Meaning: "a default that no variant has", Severity: report.Warning},
	{Name: UnusedFlag, Meaning: "a flag that no code asks for", Severity: report.Warning},
	{Name: UnusedHandle, Meaning: "a handle that nothing uses", Severity: report.Warning},
	{Name: DynamicKey, Meaning: "a key that is not constant", Severity: report.Note},
	{
		Name: UnsetAttribute, Meaning: "an attribute that the ruleset asks for and no code sets",
		Severity: report.Error, Lighter: true,
	},
	{
		Name: AttributeType, Meaning: "an attribute that code sets to another type than the ruleset asks for",
		Severity: report.Error,
	},
	{
		Name: UndeclaredAttribute, Meaning: "an attribute that code sets and .becket.toml does not declare",
		Severity: report.Error, Lighter: true,
	},
	{
		Name: UnknownValue, Meaning: "a constant that code sets and that is not among the declared values",
		Severity: report.Warning,
	},
}

// Compare compares code with a ruleset. The function place returns where a flag is defined.
func Compare(c *Code, rules becket.Rules, place func(key string) report.Finding) (findings []report.Finding) {
	v := comparison{rules: rules}
	v.lister, _ = rules.(becket.VariantLister)
	for info := range rules.Flags() {
		v.keys = append(v.keys, info.Key)
	}
	asked := map[string]bool{}
	for i := range c.Asks {
		asked[c.Asks[i].Key] = true
		findings = append(findings, v.ask(&c.Asks[i])...)
	}
	for i := range c.Idle {
		a := &c.Idle[i]
		findings = append(findings, v.ask(a)...)
		if !a.generated {
			findings = append(findings,
				finding(a, UnusedHandle, fmt.Sprintf("nothing uses this handle of the flag %q", a.Key)))
		}
	}
	for info := range rules.Flags() {
		if asked[info.Key] {
			continue
		}
		f := place(info.Key)
		f.Severity, f.Name, f.Flag, f.Owner = Names.Severity(UnusedFlag), UnusedFlag, info.Key, info.Owner
		f.Message = "no code asks for the flag"
		findings = append(findings, f)
	}
	return findings
}

type comparison struct {
	rules  becket.Rules
	lister becket.VariantLister // nil if the format does not list values
	keys   []string
}

func finding(a *Ask, name, message string) report.Finding {
	if a.Through.IsValid() {
		message += fmt.Sprintf(" (through %s in %s:%d:%d)", a.What,
			a.Through.Filename, a.Through.Line, a.Through.Column)
	}
	severity := Names.Severity(name)
	if a.Unsure && severity == report.Error {
		severity = report.Warning
	}
	return report.Finding{
		Severity: severity, File: a.Place.Filename, Line: a.Place.Line, Column: a.Place.Column,
		Name: name, Flag: a.Key, Message: message,
	}
}

// ask compares one place in the code with the ruleset.
func (v *comparison) ask(a *Ask) []report.Finding {
	if a.Dynamic {
		return []report.Finding{finding(a, DynamicKey, a.What+" is not checkable: the key is not constant, "+
			"and not all of its values are known")}
	}
	info, ok := v.rules.Flag(a.Key)
	switch {
	case !ok:
		message := fmt.Sprintf("there is no flag %q%s", a.Key, match.Suggest(a.Key, v.keys))
		return []report.Finding{finding(a, UnknownFlag, message)}
	case info.Kind == becket.KindAny || a.Kind == becket.KindAny:
		return nil // every kind fits, or the flag is invalid, which becket check reports
	case !match.Readable(info.Kind, a.Kind):
		f := finding(a, WrongType,
			fmt.Sprintf("%s asks for %s, but the flag %q is %s", a.What, an(a.Kind), a.Key, an(info.Kind)))
		f.Owner = info.Owner
		return []report.Finding{f}
	case a.Default == nil || v.lister == nil:
		return nil
	}
	variants := v.lister.Variants(a.Key)
	if len(variants) == 0 || slices.ContainsFunc(variants,
		func(variant becket.Variant) bool { return variant.Value.Equal(*a.Default) }) {
		return nil
	}
	f := finding(a, DefaultOutside, fmt.Sprintf("the default %s is not a variant of %q", a.Default, a.Key))
	f.Owner = info.Owner
	return []report.Finding{f}
}

func an(k becket.Kind) string {
	word := k.String()
	if word[0] == 'i' || word[0] == 'o' {
		return "an " + word
	}
	return "a " + word
}
