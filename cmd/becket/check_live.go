package main

import (
	"errors"
	"fmt"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/delivery"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/live"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// deliveryFindings returns the findings about the document as a publication: against the document
// that is live, if the user names it, or alone, if it was fetched from a URL.
func (v *checkVerb) deliveryFindings(e *env, document *input.Document, rules becket.Rules) ([]report.Finding, error) {
	if v.Live == "" && !input.IsURL(document.Name) {
		return nil, nil
	}
	next, err := definedVersion(document, rules)
	if err != nil {
		return nil, err
	}
	if v.Live == "" {
		return placed(document, delivery.Lone(next.Delivery())), nil
	}
	present, refused, err := e.liveVersion(v.Live)
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return placed(document, []delivery.Finding{delivery.RefusedNow(input.DisplayName(v.Live), refused)}), nil
	}
	return placed(document,
		delivery.Judge(present.Delivery(), next.Delivery(), compare.SameContent(present, next), e.now())), nil
}

// liveVersion reads the ruleset that is live. It fetches a URL as clients do. refused is not nil if
// clients refuse the document.
func (e *env) liveVersion(name string) (v compare.Version, refused *report.RefusedError, err error) {
	document, err := e.liveDocument(name)
	var rules becket.Rules
	if err == nil {
		rules, err = document.Decode()
	}
	if refused, ok := errors.AsType[*report.RefusedError](err); ok && e.ctx.Err() == nil {
		return v, refused, nil
	}
	if err != nil {
		return v, nil, fmt.Errorf("--live: %s", report.Plain(err))
	}
	v, err = definedVersion(document, rules)
	return v, nil, err
}

func (e *env) liveDocument(name string) (*input.Document, error) {
	if !input.IsURL(name) {
		return e.read(name)
	}
	options, err := input.HTTPOptions(e.options.Header)
	if err != nil {
		return nil, err
	}
	source, err := live.New(name, e.transport, options...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Close() }()
	fetched, _, err := source.Ask(e.ctx, becket.Validator{})
	if err != nil {
		return nil, err
	}
	return input.Parse(name, fetched.Body, input.Options{Format: e.options.Format})
}

// placed turns findings about a publication into findings with their places in the document.
func placed(document *input.Document, found []delivery.Finding) (findings []report.Finding) {
	for _, f := range found {
		if f.Name == lint.NeedsBuild {
			continue // becket check finds the place of each comment itself
		}
		place := document.PlaceOf(f.Member)
		if f.Refused {
			f.Message += ": clients refuse the document"
		}
		findings = append(findings, report.Finding{
			Severity: f.Severity, File: place.File, Line: place.Line, Column: place.Column, Name: f.Name,
			Message: f.Message,
		})
	}
	return findings
}
