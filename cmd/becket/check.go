package main

import (
	"slices"

	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// checkVerb finds what is wrong with a ruleset.
type checkVerb struct {
	rulesArgument
}

// Run prints every finding to stdout.
func (v *checkVerb) Run(e *env) error {
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	findings := slices.Concat(document.Problems(rules), document.Warnings(rules))
	if err := e.writeFindings(findings); err != nil {
		return err
	}
	if len(findings) > 0 {
		return errFound
	}
	return nil
}

// writeFindings writes findings to stdout the way the user asked for.
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
