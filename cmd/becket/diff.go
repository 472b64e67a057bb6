package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// diffVerb shows the changes of a new version of a ruleset and the subjects that they affect.
type diffVerb struct {
	Old string `arg:"" help:"The present ruleset: a file, a folder, a URL, or - for standard input."`
	New string `arg:"" help:"The new ruleset."`
	populationFlags
	FailOver string `placeholder:"PERCENT" help:"Exit with 1 if any flag gives another answer to more than this share of the subjects, such as 10%; of made subjects, to more than this share of any group."`
	Markdown bool   `help:"Write Markdown, for a comment on a pull request."`
}

// Run prints the differences.
func (v *diffVerb) Run(e *env) error {
	limit, err := parsePercent(v.FailOver)
	if err != nil {
		return err
	}
	before, bad, err := e.version(v.Old)
	if err != nil {
		return err
	}
	e.printFindings(bad)
	after, bad, err := e.version(v.New)
	if refused, ok := errors.AsType[*report.RefusedError](err); ok && e.ctx.Err() == nil {
		e.printFindings(refused.Findings)
		e.tell("clients refuse %s and keep %s: it cannot be read", v.New, before.Name)
		return errFound
	}
	if err != nil {
		return err
	}
	e.printFindings(bad)
	people, err := v.population(e)
	if err != nil {
		return err
	}
	progress, done := e.progressBar(people.Size, longRun)
	r, err := compare.Compare(e.ctx, before, after, people, v.moment(e), progress)
	done()
	if err != nil {
		return err
	}
	if err := v.write(e, r); err != nil {
		return err
	}
	if v.isOver(e, r, limit) || len(bad) > 0 || len(r.Refused) > 0 {
		return errFound
	}
	return nil
}

// isOver reports whether the impact of a flag is above the limit or cannot be told, and says so.
// Without a limit, neither matters.
func (v *diffVerb) isOver(e *env, r *compare.Report, limit float64) bool {
	if v.FailOver == "" {
		return false
	}
	over := r.Over(limit)
	for _, d := range over {
		when, part := "", &d.Impact.Part
		if part.Count == 0 && d.Impact.Listed != nil {
			part = d.Impact.Listed
		}
		if later := d.Worst(); later != nil {
			when, part = " at "+later.At.Format(time.RFC3339), &later.Part
		}
		e.tell("more than %s of the subjects get another answer of %s%s: %s", v.FailOver, d.Key, when,
			shareText(part, r))
	}
	for i := range r.Flags {
		if d := &r.Flags[i]; len(d.NotDrawn) > 0 {
			e.tell("%s may move more subjects than --fail-over allows: none could be made for %s; "+
				"--population, or --attr for the attribute, describes them", d.Key, notDrawnText(d.NotDrawn))
		}
	}
	return len(over) > 0 || len(r.NotDrawn()) > 0
}

// version reads one of the two rulesets and returns its errors too.
func (e *env) version(name string) (compare.Version, []report.Finding, error) {
	document, rules, err := e.load(name)
	if err != nil {
		return compare.Version{}, nil, err
	}
	v, err := definedVersion(document, rules)
	return v, document.Problems(rules), err
}

// definedVersion returns a ruleset for a comparison, with its definitions if it is native.
func definedVersion(document *input.Document, rules becket.Rules) (v compare.Version, err error) {
	v = versionOf(document, rules)
	if document.Format == becket.Native {
		v.Native, err = document.Native(rules)
	}
	return v, err
}

// versionOf returns a ruleset for a comparison, without its definitions.
func versionOf(document *input.Document, rules becket.Rules) compare.Version {
	v := compare.Version{Name: document.Name, Format: document.Format.Name(), Rules: rules, Body: document.Body}
	if place, needs := document.NeedsBuild(); needs {
		v.Unbuilt = fmt.Sprintf("it has a comment or a trailing comma at %d:%d: publish the output of becket build",
			place.Line, place.Column)
	}
	if revision := rules.Info().Revision; revision > 0 {
		v.Name += fmt.Sprintf(" (revision %d)", revision)
	}
	return v
}

// parsePercent reads "10%" or "10" as 0.1. Without a text, no share is above the limit.
func parsePercent(text string) (float64, error) {
	if text == "" {
		return 1, nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
	if err != nil || percent < 0 || percent > 100 {
		return 0, fmt.Errorf("--fail-over takes a percentage such as 10%%, not %q", text)
	}
	return percent / 100, nil
}

func (v *diffVerb) write(e *env, r *compare.Report) error {
	switch {
	case e.options.JSON:
		return report.Indented(e.stdout, r)
	case v.Markdown:
		return writeMarkdown(e.stdout, r)
	default:
		return writeDiff(e.stdout, e.style(), r)
	}
}
