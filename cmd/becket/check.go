package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// checkVerb reports mistakes in a ruleset.
type checkVerb struct {
	rulesArgument
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
		return e.reportFindings(refused.Findings)
	}
	if err != nil {
		return err
	}
	findings := document.Problems(rules)
	for _, f := range document.Warnings(rules) {
		f.Name = lint.UnknownField
		findings = append(findings, f)
	}
	if place, needs := document.NeedsBuild(); needs {
		findings = append(findings, report.Finding{
			File: place.File, Line: place.Line, Column: place.Column, Name: lint.NeedsBuild,
			Message: "a comment or a trailing comma, which the library refuses: " +
				"name the file .jsonc and publish what becket build writes",
		})
	}
	linted, err := lintFindings(document, rules, e.at(v.At))
	if err != nil {
		return err
	}
	findings = slices.DeleteFunc(append(findings, linted...), quiet.silences)
	if err := e.reportFindings(findings); err != nil {
		return err
	}
	if !e.options.JSON && !e.options.GitHub {
		fmt.Fprintf(e.stdout, "%s: nothing found in %s\n", document.Name, count(rules.Info().Flags, "flag"))
	}
	return nil
}

// lintFindings looks for suspicious parts of native documents. In other formats, only the library
// judges.
func lintFindings(document *input.Document, rules becket.Rules, now time.Time) (findings []report.Finding, err error) {
	if document.Format != becket.Native {
		return nil, nil
	}
	ruleset, err := document.Native(rules)
	if err != nil {
		return nil, err
	}
	for _, f := range lint.Check(ruleset, now) {
		place := document.PlaceAt(f.At)
		finding := report.Finding{
			File: place.File, Line: place.Line, Column: place.Column, Name: f.Name, Path: f.Path, Message: f.Message,
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
	for _, name := range all {
		if !lint.Known(name) {
			return s, fmt.Errorf("there is no finding %q to silence: one of %s", name, findingNames())
		}
	}
	return s, nil
}

func findingNames() string {
	names := make([]string, len(lint.Names))
	for i := range lint.Names {
		names[i] = lint.Names[i].Name
	}
	return strings.Join(names, ", ")
}

// silences reports whether a finding is left out. Errors of the library are always reported.
func (s silence) silences(f report.Finding) bool {
	return f.Name != report.Invalid &&
		(slices.Contains(s.everywhere, f.Name) || slices.Contains(s.flags[f.Flag], f.Name))
}

// reportFindings writes findings to stdout. It returns errFound if there are any.
func (e *env) reportFindings(findings []report.Finding) error {
	if err := e.writeFindings(findings); err != nil {
		return err
	}
	if len(findings) > 0 {
		return errFound
	}
	return nil
}

// writeFindings writes findings to stdout in the form that the user asked for.
func (e *env) writeFindings(findings []report.Finding) error {
	report.Sort(findings)
	switch {
	case e.options.JSON:
		return report.JSON(e.stdout, findings)
	case e.options.GitHub:
		return report.GitHub(e.stdout, findings)
	default:
		return report.Text(e.stdout, findings)
	}
}
