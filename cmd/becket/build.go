package main

import (
	"errors"
	"fmt"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/delivery"
	"github.com/becketflags/becket/cmd/becket/internal/layout"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/wording"
)

// buildVerb writes plain JSON from documents that people edit.
type buildVerb struct {
	rulesArgument
	Output   string `short:"o" placeholder:"FILE" help:"Write to this file, but only if there are no errors. By default, to standard output."`
	Compact  bool   `help:"Write as few bytes as possible."`
	Revision *int64 `placeholder:"N" help:"Set the document's revision. By default, it stays as it is."`
}

// maxRevision is the largest revision of a document.
const maxRevision int64 = 1<<53 - 1

// Run writes the document, unless it contains errors.
func (v *buildVerb) Run(e *env) error {
	if v.Revision != nil && (*v.Revision < 0 || *v.Revision > maxRevision) {
		return fmt.Errorf("--revision takes a number from 0 to %d, not %d", maxRevision, *v.Revision)
	}
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	if bad := document.Problems(rules); len(bad) > 0 {
		return &report.RefusedError{Findings: bad}
	}
	body := document.Body
	if v.Revision != nil {
		if document.Format != becket.Native {
			return errors.New("--revision is for native documents")
		}
		info := delivery.Document{Format: document.Format.Name(), Info: rules.Info()}
		e.printFindings(placed(document, delivery.SetRevision(info, *v.Revision, e.now())))
		if body, err = layout.WithRevision(body, *v.Revision); err != nil {
			return err
		}
	}
	plain, err := layout.Plain(body, v.Compact)
	if err != nil {
		return err
	}
	if v.Output == "" {
		_, err = e.stdout.Write(plain)
		return err
	}
	if err := e.writeFile(v.Output, plain); err != nil {
		return err
	}
	e.tell("wrote %s of %s to %s", wording.Count(rules.Info().Flags, "flag"), document.Name, v.Output)
	return nil
}
