package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/delivery"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/wording"
)

// checkVerb reports mistakes in a ruleset.
type checkVerb struct {
	rulesArgument
	Strict  bool     `help:"Exit with 1 also for warnings. By default, only for errors."`
	Live    string   `placeholder:"URL" help:"Compare with the ruleset that is live: whether clients take this one, and whether its revision tells it apart. A file or a folder too."`
	Silence []string `placeholder:"NAME" help:"Do not report findings of these names. Repeatable, or separated by commas."`
	At      *instant `placeholder:"INSTANT" help:"Check as at this time (RFC 3339, or a date in UTC). By default, now."`
}

// Run prints every finding to stdout.
func (v *checkVerb) Run(e *env) error {
	quiet, err := newSilence(v.Silence, &e.config.Check)
	if err != nil {
		return err
	}
	document, rules, err := e.load(v.Rules)
	if refused, ok := errors.AsType[*report.RefusedError](err); ok && e.ctx.Err() == nil {
		return e.reportRefused(refused)
	}
	if err != nil {
		return err
	}
	findings, err := e.findings(document, rules, e.at(v.At))
	if err != nil {
		return err
	}
	if place, needs := document.NeedsBuild(); needs {
		findings = append(findings, report.Finding{
			File: place.File, Line: place.Line, Column: place.Column, Name: lint.NeedsBuild,
			Message: "a comment or a trailing comma, which the library refuses: " +
				"name the file .jsonc and publish what becket build writes",
		})
	}
	delivered, err := v.deliveryFindings(e, document, rules)
	if err != nil {
		return err
	}
	findings = slices.DeleteFunc(slices.Concat(findings, delivered), quiet.silences)
	return e.reportFindings(findings, v.Strict || e.config.Check.Strict, document.Name,
		" in "+wording.Count(rules.Info().Flags, "flag"))
}

// findings lists the mistakes and the suspicious parts of a document, silenced ones included.
func (e *env) findings(document *input.Document, rules becket.Rules, now time.Time) ([]report.Finding, error) {
	findings := document.Problems(rules)
	for _, f := range document.Warnings(rules) {
		f.Name = lint.UnknownField
		if document.Format != becket.Native {
			f.Name = lint.FormatWarning
		}
		f.Severity = lint.Names.Severity(f.Name)
		findings = append(findings, f)
	}
	linted, err := lintFindings(document, rules, now, e.config.Attributes)
	return append(findings, linted...), err
}

// lintFindings looks for suspicious parts of native documents. In other formats, only the library
// judges.
func lintFindings(document *input.Document, rules becket.Rules, now time.Time, declared declare.Attributes,
) (findings []report.Finding, err error) {
	if document.Format != becket.Native {
		return nil, nil
	}
	ruleset, err := document.Native(rules)
	if err != nil {
		return nil, err
	}
	for _, f := range lint.Check(ruleset, now, declared) {
		place := document.PlaceAt(f.At)
		finding := report.Finding{
			Severity: f.Severity, File: place.File, Line: place.Line, Column: place.Column, Name: f.Name, Path: f.Path,
			Message: f.Message,
		}
		if f.Flag != nil {
			finding.Flag, finding.Owner = f.Flag.Key, f.Flag.About.Owner
			if slices.Contains(f.Flag.Written.Field("x-silence").Texts(), f.Name) {
				continue
			}
		}
		findings = append(findings, finding)
	}
	return findings, nil
}

// silence holds the findings that are not reported.
type silence struct {
	everywhere []string
	flags      map[string][]string
}

func newSilence(names []string, c *checkConfig) (silence, error) {
	s := silence{everywhere: slices.Concat(names, c.Silence), flags: c.Flags}
	all := slices.Clone(s.everywhere)
	for _, names := range c.Flags {
		all = append(all, names...)
	}
	return s, knownNames(all, slices.Concat(lint.Names, delivery.Names))
}

// knownNames returns an error if one of the names is not that of a finding.
func knownNames(names []string, known report.Kinds) error {
	for _, name := range names {
		if !known.Known(name) {
			return fmt.Errorf("there is no finding %q to silence: one of %s", name, known.Names())
		}
	}
	return nil
}

// silences reports whether a finding is left out. Errors of the library are always reported.
func (s silence) silences(f report.Finding) bool {
	return f.Name != report.Invalid &&
		(slices.Contains(s.everywhere, f.Name) || slices.Contains(s.flags[f.Flag], f.Name))
}
