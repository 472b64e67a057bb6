package input

import (
	"errors"
	"strconv"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// Decode compiles the document. If the library refuses the whole document, the error is a
// *report.RefusedError. Problems returns errors in single flags.
func (d *Document) Decode() (becket.Rules, error) {
	rules, err := d.Format.Decode(d.Body)
	if err != nil {
		return nil, &report.RefusedError{Findings: d.findings(err)}
	}
	return rules, nil
}

// Problems lists all errors that made the library leave out flags and segments.
func (d *Document) Problems(rules becket.Rules) (findings []report.Finding) {
	for _, bad := range rules.Info().Bad {
		for _, f := range d.findings(bad.Err) {
			if bad.Section == "flags" {
				f.Flag = bad.Key
			}
			findings = append(findings, f)
		}
	}
	report.Sort(findings)
	return findings
}

// Warnings lists odd but harmless parts of the document.
func (d *Document) Warnings(rules becket.Rules) (findings []report.Finding) {
	for _, warning := range rules.Info().Warnings {
		findings = append(findings, d.findings(warning)...)
	}
	return findings
}

// findings splits joined errors and reads the places of those that have one.
func (d *Document) findings(err error) []report.Finding {
	if located, ok := err.(*becket.DocumentError); ok { //nolint:errorlint // errors that join or wrap it come below
		return []report.Finding{d.finding(located)}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var findings []report.Finding
		for _, one := range joined.Unwrap() {
			findings = append(findings, d.findings(one)...)
		}
		return findings
	}
	if inner := errors.Unwrap(err); inner != nil {
		return d.findings(inner)
	}
	return []report.Finding{{File: d.Name, Name: report.Invalid, Message: report.Plain(err)}}
}

func (d *Document) finding(e *becket.DocumentError) report.Finding {
	f := report.Finding{File: d.Name, Name: report.Invalid, Path: e.Path, Message: e.Message}
	f.Flag = FlagOf(e.Path)
	if e.Line > 0 {
		place := d.Place(e.Line, e.Column)
		f.File, f.Line, f.Column = place.File, place.Line, place.Column
	}
	return f
}

// FlagOf returns the key of the flag that a path leads to, or "" if it leads to none.
func FlagOf(path string) string {
	below, ok := strings.CutPrefix(path, "flags")
	switch {
	case !ok:
		return ""
	case strings.HasPrefix(below, "."):
		below = below[1:]
		if i := strings.IndexAny(below, ".["); i >= 0 {
			return below[:i]
		}
		return below
	case strings.HasPrefix(below, "["):
		quoted, err := strconv.QuotedPrefix(below[1:])
		if err != nil {
			return ""
		}
		key, _ := strconv.Unquote(quoted)
		return key
	default:
		return ""
	}
}
