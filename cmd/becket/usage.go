package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/cmd/becket/internal/usage"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// usageVerb compares Go code with a ruleset.
type usageVerb struct {
	Packages []string `arg:"" optional:"" help:"Packages, as the go command takes them. By default, ./..."`
	rulesFlag
	Dir     string   `short:"C" default:"." help:"The folder in which the go command looks for packages."`
	Tests   bool     `help:"Read files of tests too. By default, a flag that only tests ask for counts as unused."`
	Tags    string   `placeholder:"TAG,…" help:"Build tags, separated by commas."`
	Strict  bool     `help:"Exit with 1 also for warnings."`
	Silence []string `placeholder:"NAME" help:"Do not report findings of these names. Repeatable, or separated by commas."`
}

// Run prints every finding to stdout.
func (v *usageVerb) Run(e *env) error {
	if err := knownNames(v.Silence, usage.Names); err != nil {
		return err
	}
	if info, err := os.Stat(v.Dir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %q", v.Dir)
	}
	err := v.compare(e)
	if refused, ok := errors.AsType[*report.RefusedError](err); ok && e.ctx.Err() == nil {
		return e.reportRefused(refused)
	}
	return err
}

// compare compares the code with the ruleset.
func (v *usageVerb) compare(e *env) error {
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	place, err := flagPlaces(document, rules)
	if err != nil {
		return err
	}
	patterns := v.Packages
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	code, err := usage.Read(e.ctx, usage.Options{Dir: v.Dir, Patterns: patterns, Tests: v.Tests, Tags: v.Tags})
	if err != nil {
		return err
	}
	findings := append(document.Problems(rules), usage.Compare(code, rules, place)...)
	about, err := attributeFindings(document, rules, code, e.config.Attributes)
	if err != nil {
		return err
	}
	findings = append(findings, about...)
	findings = slices.DeleteFunc(findings, func(f report.Finding) bool { return slices.Contains(v.Silence, f.Name) })
	in := fmt.Sprintf(" in %s and %s of %s that ask for them",
		wording.Count(rules.Info().Flags, "flag"), wording.Count(len(code.Asks), "place"),
		wording.Count(code.Packages, "package"))
	return e.reportFindings(findings, v.Strict, document.Name, in)
}

// attributeFindings compares the attributes that the code sets with those that the ruleset asks
// for. In formats that this command does not read itself, it compares them with the declared ones
// alone.
func attributeFindings(document *input.Document, rules becket.Rules, code *usage.Code, declared declare.Attributes,
) ([]report.Finding, error) {
	var uses []declare.Use
	if document.Format == becket.Native {
		all, err := document.Native(rules)
		if err != nil {
			return nil, err
		}
		uses = declare.Uses(all)
	}
	return usage.CompareAttributes(code, uses, declared, func(u *declare.Use) report.Finding {
		place := document.PlaceAt(u.At)
		return report.Finding{File: place.File, Line: place.Line, Column: place.Column}
	}), nil
}

// flagPlaces returns a function that finds a flag's definition. In formats that this command does
// not read itself, it returns the file alone.
func flagPlaces(document *input.Document, rules becket.Rules) (func(key string) report.Finding, error) {
	var all *ruleset.Ruleset
	if document.Format == becket.Native {
		var err error
		if all, err = document.Native(rules); err != nil {
			return nil, err
		}
	}
	return func(key string) report.Finding {
		f := report.Finding{File: document.Name, Path: wording.Member(native.Flags, key)}
		if all == nil || all.Flag(key) == nil {
			return f
		}
		place := document.PlaceAt(all.Flag(key).KeyAt)
		f.File, f.Line, f.Column = place.File, place.Line, place.Column
		return f
	}, nil
}
