package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/layout"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// fmtVerb lays out rulesets.
type fmtVerb struct {
	Files []string `arg:"" optional:"" help:"JSON files, with or without comments; folders of them; a URL, or - for standard input. By default, \"rules\" of the configuration."`
	Write bool     `short:"w" help:"Write to the files instead of standard output."`
	Check bool     `short:"c" help:"Write nothing; list the files with another layout, and exit with 1 if there are any."`
}

// Run formats each file.
func (v *fmtVerb) Run(e *env) error {
	files, err := v.files(e)
	if err != nil {
		return err
	}
	if !v.Write && !v.Check && len(files) > 1 {
		return errors.New("several files can be written with --write or checked with --check, not printed")
	}
	otherwise := []string{}
	for _, file := range files {
		changed, err := v.format(e, file)
		if err != nil {
			return err
		}
		if changed {
			otherwise = append(otherwise, filepath.ToSlash(file))
		}
	}
	if !v.Check {
		return nil
	}
	return e.writeNames(otherwise)
}

// writeNames writes the names of files that are not as they should be.
func (e *env) writeNames(names []string) error {
	if e.options.JSON {
		if err := report.Indented(e.stdout, names); err != nil {
			return err
		}
	} else {
		for _, name := range names {
			fmt.Fprintln(e.stdout, name)
		}
	}
	if len(names) > 0 {
		return errFound
	}
	return nil
}

// files returns the files to format. A folder stands for all JSON files in it.
func (v *fmtVerb) files(e *env) (files []string, err error) {
	names := v.Files
	if len(names) == 0 && e.config.Rules != "" {
		names = []string{e.config.Rules}
	}
	if len(names) == 0 {
		return nil, errors.New("name a file, or - for standard input")
	}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			files = append(files, name)
			continue
		}
		inside, err := input.Files(name, ".json", ".jsonc", ".hujson")
		if err != nil {
			return nil, err
		}
		files = append(files, inside...)
	}
	return files, nil
}

// format formats one file and reports whether its layout changed.
func (v *fmtVerb) format(e *env, file string) (changed bool, err error) {
	source, err := input.Bytes(e.ctx, file, input.Options{Headers: e.options.Header, Stdin: e.stdin})
	if err != nil {
		return false, err
	}
	if input.IsYAML(file, source) {
		return false, fmt.Errorf("%s is YAML, which fmt does not format; becket build writes JSON from it", file)
	}
	formatted, err := layout.Format(source)
	if err != nil {
		return false, input.SyntaxError(file, source, err)
	}
	changed = !bytes.Equal(source, formatted)
	switch {
	case v.Check:
		return changed, nil
	case !v.Write:
		_, err = e.stdout.Write(formatted)
		return changed, err
	case !changed:
		return false, nil
	default:
		return true, e.writeFile(file, formatted)
	}
}
