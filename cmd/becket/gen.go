package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/generate"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

// genVerb writes code from rulesets.
type genVerb struct {
	Go genGoVerb `cmd:"" help:"Write a Go file with a typed handle for each flag."`
}

// genGoVerb writes Go code.
type genGoVerb struct {
	rulesArgument
	Package string `short:"p" env:"GOPACKAGE" default:"flags" placeholder:"NAME" help:"The package's name. By default, the package that has the go:generate line, or flags."`
	Out     string `short:"o"                                 placeholder:"FILE" help:"Write to this file, only if it changes, and make its folder. By default, to standard output." aliases:"output"`
	Check   bool   `short:"c"                                                    help:"Write nothing; if the file of --out is out of date, describe the difference and exit with 1."`
}

// Run writes the handles, unless the ruleset contains errors.
func (v *genGoVerb) Run(e *env) error {
	if !token.IsIdentifier(v.Package) || v.Package == "_" {
		return fmt.Errorf("%q is not a valid package name", v.Package)
	}
	if v.Check && v.Out == "" {
		return fmt.Errorf("--check needs a file: add --out")
	}
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	if bad := document.Problems(rules); len(bad) > 0 {
		return &report.RefusedError{Findings: bad}
	}
	flags, err := flagsToGenerate(document, rules)
	if err != nil {
		return err
	}
	code, err := generate.Go(v.Package, path.Base(filepath.ToSlash(document.Name)), flags)
	if err != nil {
		return err
	}
	return v.write(e, code)
}

func (v *genGoVerb) write(e *env, code []byte) error {
	if v.Out == "" {
		_, err := e.stdout.Write(code)
		return err
	}
	old, err := input.File(e.ctx, v.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	missing := err != nil
	switch {
	case v.Check && missing:
		return e.writeStale(v.Out, []string{"the file does not exist"})
	case v.Check:
		return e.writeStale(v.Out, generate.Differences(old, code))
	case !missing && bytes.Equal(old, code):
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(v.Out), 0o755); err != nil { //nolint:gosec // source code is for everybody
		return err
	}
	return e.writeFile(v.Out, code)
}

// maxDifferences is the number of differences that are printed as text.
const maxDifferences = 20

// writeStale describes how the file is out of date, and returns errFound if it is.
func (e *env) writeStale(file string, differences []string) error {
	file = filepath.ToSlash(file)
	if e.options.JSON {
		stale := staleFile{File: file, Stale: len(differences) > 0, Differences: differences}
		if differences == nil {
			stale.Differences = []string{}
		}
		if err := report.Indented(e.stdout, stale); err != nil {
			return err
		}
	}
	if len(differences) == 0 {
		return nil
	}
	shown := differences
	if len(shown) > maxDifferences {
		shown = append(
			slices.Clone(shown[:maxDifferences]),
			fmt.Sprintf("and %d more", len(differences)-maxDifferences),
		)
	}
	details := "\n  " + strings.Join(shown, "\n  ")
	switch {
	case e.options.JSON:
	case e.options.GitHub:
		finding := report.Finding{File: file, Message: "the file is stale: run go generate" + details, Name: "stale"}
		if err := report.GitHub(e.stdout, []report.Finding{finding}); err != nil {
			return err
		}
	default:
		fmt.Fprintf(e.stdout, "%s is stale: run go generate%s\n", file, details)
	}
	return errFound
}

// staleFile is the result of --check as JSON.
type staleFile struct {
	File        string   `json:"file"`
	Stale       bool     `json:"stale"`
	Differences []string `json:"differences"`
}

// flagsToGenerate lists the flags in the order of their keys, so that a flag that moves in the
// document changes nothing.
func flagsToGenerate(document *input.Document, rules becket.Rules) (flags []generate.Flag, err error) {
	var all *ruleset.Ruleset
	if document.Format == becket.Native {
		if all, err = document.Native(rules); err != nil {
			return nil, err
		}
	}
	lister, _ := rules.(becket.VariantLister)
	for info := range rules.Flags() {
		f := generate.Flag{FlagInfo: info}
		if lister != nil {
			f.Values = lister.Variants(info.Key)
		}
		if all != nil {
			f.Default = cautious(all.Flag(info.Key))
		} else {
			f.Values, f.Default = askedFor(rules, info.Key, f.Values)
		}
		flags = append(flags, f)
	}
	return flags, nil
}

// cautious returns the variant that a program without a ruleset should act on: the flag's off
// variant, else the variant of its default, and of a split the largest arm.
func cautious(f *native.Flag) string {
	if f.Off != native.None {
		return f.OffName()
	}
	variant, most := f.Default.Name, 0.0
	for _, arm := range f.Default.Arms {
		if arm.Weight > most || arm.Weight == most && arm.Name < variant {
			variant, most = arm.Name, arm.Weight
		}
	}
	return variant
}

// askedFor returns the variant that a subject without key and attributes gets. It is for formats
// that this command does not read itself.
func askedFor(rules becket.Rules, key string, listed []becket.Variant) (values []becket.Variant, name string) {
	var nobody becket.Subject
	r := rules.Evaluate(key, becket.KindAny, &nobody, becket.MomentAt(time.Unix(0, 0).UTC(), 0))
	if r.Variant == nil {
		return listed, ""
	}
	if len(listed) == 0 {
		listed = []becket.Variant{*r.Variant}
	}
	return listed, r.Variant.Name
}
