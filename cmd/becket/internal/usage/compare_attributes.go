package usage

import (
	"fmt"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/match"
)

// CompareAttributes compares the attributes that code gives to subjects with those that a ruleset
// asks for, and with the declared ones if there are any. place returns where the ruleset asks.
func CompareAttributes(c *Code, uses []declare.Use, declared declare.Attributes,
	place func(*declare.Use) report.Finding,
) (findings []report.Finding) {
	v := attributeComparison{code: c, declared: declared, set: map[string]bool{}, uses: map[string][]*declare.Use{}}
	for i := range c.Attributes {
		v.set[c.Attributes[i].Name] = true
	}
	var order []*declare.Use // the first use of each name
	for i := range uses {
		u := &uses[i]
		if v.uses[u.Name] == nil {
			order = append(order, u)
		}
		v.uses[u.Name] = append(v.uses[u.Name], u)
	}
	for _, u := range order {
		if name, message, severity := v.unset(u.Name); name != "" {
			f := place(u)
			f.Severity, f.Name, f.Path, f.Message = severity, name, u.Path, message
			if u.Flag != nil {
				f.Flag, f.Owner = u.Flag.Key, u.Flag.About.Owner
			}
			findings = append(findings, f)
		}
	}
	for i := range c.Attributes {
		findings = append(findings, v.attribute(&c.Attributes[i])...)
	}
	return findings
}

type attributeComparison struct {
	code     *Code
	declared declare.Attributes
	set      map[string]bool
	uses     map[string][]*declare.Use
}

// unset reports an attribute that the ruleset asks for and no code sets. If the code sets an
// attribute whose name differs only by case and separators, that is an error.
func (v *attributeComparison) unset(name string) (finding, message string, severity report.Severity) {
	if name == declare.TargetingKey || !v.code.Subjects || v.isSet(name) {
		return "", "", 0
	}
	for i := range v.code.Attributes {
		if a := &v.code.Attributes[i]; declare.Spelling(a.Name) == declare.Spelling(name) {
			return UnsetAttribute, fmt.Sprintf("no code sets the attribute %q, but %s:%d:%d sets %q", match.Brief(name),
				a.Place.Filename, a.Place.Line, a.Place.Column, match.Brief(a.Name)), report.Error
		}
	}
	if v.code.OtherAttributes {
		return "", "", 0 // perhaps one of those that the code does not show
	}
	names := make([]string, len(v.code.Attributes))
	for i := range v.code.Attributes {
		names[i] = v.code.Attributes[i].Name
	}
	hint := ""
	if near := match.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("; the nearest that it sets is %q", near)
	}
	return UnsetAttribute, fmt.Sprintf("no code sets the attribute %q%s", match.Brief(name), hint), report.Warning
}

// isSet reports whether the code sets an attribute, itself or as a part of another one.
func (v *attributeComparison) isSet(name string) bool {
	if v.set[name] {
		return true
	}
	for i := range v.code.Attributes {
		a := &v.code.Attributes[i]
		if a.Open && strings.HasPrefix(name, a.Name+".") || strings.HasPrefix(a.Name, name+".") {
			return true
		}
	}
	return false
}

// attribute compares an attribute that the code sets with its declaration or its uses.
func (v *attributeComparison) attribute(a *Attribute) []report.Finding {
	d, ok := v.declared[a.Name]
	switch {
	case ok && a.Kinds&d.Kinds() == 0:
		return v.found(a, AttributeType, report.Error, "the attribute %q is declared as %s, but the code sets it to %s",
			match.Brief(a.Name), d.Type, a.kinds())
	case ok && a.Text != nil && len(d.Values) > 0 && !d.KnowsText(*a.Text):
		return v.found(a, UnknownValue, report.Warning, "%q is not a known value of %q: the known values are %s",
			match.Brief(*a.Text), match.Brief(a.Name), d.Listed())
	case !ok && len(v.declared) > 0 && !v.declared.Covers(a.Name):
		suggestion, severity := declare.Suggest(a.Name, v.declared.Names()), report.Error
		if suggestion == "" {
			severity = report.Warning
		}
		return v.found(a, UndeclaredAttribute, severity, "the attribute %q is not declared%s",
			match.Brief(a.Name), suggestion)
	}
	for _, u := range v.uses[a.Name] {
		switch {
		case u.Test == nil && (a.IsList || a.Kinds&u.Kinds() == 0):
			return v.found(a, AttributeType, report.Error, "the code sets the attribute %q to %s, which %s cannot hash",
				match.Brief(a.Name), a.kinds(), u.Path)
		case a.Kinds&u.Kinds() == 0:
			return v.found(a, AttributeType, report.Error,
				"the code sets the attribute %q to %s, but %s compares it with %s (%s)", match.Brief(a.Name),
				a.kinds(), u.Path, u.Kinds(), describe.TestOf(u.Name, u.Test))
		}
	}
	return nil
}

func (a *Attribute) kinds() string {
	if a.IsList {
		return "a list of " + a.Kinds.String()
	}
	return a.Kinds.String()
}

func (*attributeComparison) found(a *Attribute, name string, severity report.Severity, format string,
	arguments ...any,
) []report.Finding {
	return []report.Finding{{
		Severity: severity, File: a.Place.Filename, Line: a.Place.Line, Column: a.Place.Column, Name: name,
		Message: fmt.Sprintf(format, arguments...),
	}}
}
