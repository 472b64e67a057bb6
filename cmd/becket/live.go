package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/live"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/sniff"
	"github.com/becketflags/becket/internal/web"
)

// liveVerb looks at a published ruleset.
type liveVerb struct {
	URL         string `arg:"" help:"The ruleset's URL, as the program has it."`
	Environment string `placeholder:"NAME" help:"The environment that the program expects. By default, that of --current, or any."`
	Current     string `placeholder:"FILE" help:"The ruleset that clients use now: they refuse a lower revision. A file, a folder or a URL."`
	trustedKeys `embed:"" set:"keyfile=no signature is checked"`
}

// Run fetches the document twice and prints what a client would make of it.
func (v *liveVerb) Run(e *env) error {
	if !input.IsURL(v.URL) {
		return fmt.Errorf("%q is not a URL that begins with http:// or https://", v.URL)
	}
	options, err := input.HTTPOptions(e.options.Header)
	if err != nil {
		return err
	}
	source, err := live.New(v.URL, e.transport, options...)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	document, answer, err := source.Ask(e.ctx, becket.Validator{})
	if err != nil && (answer == nil || e.ctx.Err() != nil) {
		return err // no server answered, or the user interrupted the command
	}
	seen := &sightings{URL: input.DisplayName(v.URL)}
	seen.answered(answer, e.now())
	if err != nil {
		seen.refuse(err)
		return seen.print(e)
	}
	if err := v.judge(e, seen, source, &document); err != nil {
		return err
	}
	seen.askAgain(e, source, document.Validator)
	return seen.print(e)
}

// judge lets a client decide on the document.
func (v *liveVerb) judge(e *env, seen *sightings, source *live.Source, fetched *becket.Document) error {
	seen.Bytes = len(fetched.Body)
	document, err := input.Parse(v.URL, fetched.Body, input.Options{Format: e.options.Format})
	if err != nil {
		return err
	}
	rules, err := document.Decode()
	if refused, ok := errors.AsType[*report.RefusedError](err); ok {
		seen.refuse(refused)
		if reason := sniff.Reason(fetched.Body); reason != "" {
			seen.Reason += ": " + reason
		}
		return nil
	}
	if document.Format != becket.Native {
		seen.Format = document.Format.Name()
	}
	seen.decoded(rules.Info(), document.Problems(rules))
	options, current, err := v.options(e, document.Format)
	if err != nil {
		return err
	}
	source.Offer(fetched)
	client, err := becket.New(source, options...)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	// the status still has the error of the fetch, even if the ruleset of --current is served
	_ = client.Wait(e.ctx)
	if e.ctx.Err() != nil {
		return e.ctx.Err()
	}
	status := client.Status()
	seen.SignedBy = status.SignedBy
	switch err := status.LastError; {
	case errors.Is(err, becket.ErrLowerRevision):
		seen.refuse(fmt.Errorf("its revision is %d, and that of %s is %d", seen.Revision, v.Current, current))
	case err != nil:
		seen.refuse(err)
	}
	return nil
}

// options returns the options of a client that uses the ruleset of --current, and the revision of
// that ruleset.
func (v *liveVerb) options(e *env, format becket.Format) (options []becket.Option, revision int64, err error) {
	environment := v.Environment
	options = []becket.Option{
		becket.WithFormat(format), becket.WithLogger(slog.New(slog.DiscardHandler)),
		becket.WithPollInterval(24 * time.Hour),
	}
	keys, err := v.texts(e.ctx)
	if err != nil {
		return nil, 0, err
	}
	if len(keys) > 0 {
		options = append(options, becket.WithPublicKey(keys...))
	}
	if v.Current != "" {
		current, rules, err := e.load(v.Current)
		if err != nil {
			return nil, 0, err
		}
		options = append(options, becket.WithBootstrap(current.Body))
		revision = rules.Info().Revision
		if environment == "" {
			environment = rules.Info().Environment
		}
	}
	if environment != "" {
		options = append(options, becket.WithEnvironment(environment))
	}
	return options, revision, nil
}

// askAgain fetches with the validator of the first answer, as every later poll does.
func (s *sightings) askAgain(e *env, source *live.Source, last becket.Validator) {
	switch {
	case last != (becket.Validator{}):
	case s.ETag == "" && s.LastModified == "":
		s.note("every poll fetches the whole document: the server sends neither ETag nor Last-Modified")
		return
	case s.ETag != "" && !web.ByTimeAndSize(s.ETag, s.LastModified):
		s.note("every poll fetches the whole document: a client cannot send this ETag back")
		return
	default:
		s.note("polls fetch the whole document until the file is a minute old: " +
			"its ETag or date may belong to two documents")
		return
	}
	document, answer, err := source.Ask(e.ctx, last)
	switch {
	case err != nil:
		s.note("the second fetch failed: " + report.Plain(err))
	case document.NotModified:
		s.NotModified = true
	case answer != nil && document.Validator != last:
		s.note("every poll may fetch the whole document: the ETag or date changed between two fetches")
	default:
		s.note("every poll fetches the whole document: the server answers 200 to the ETag or date that it sent itself")
	}
	if answer != nil {
		s.Again = answer.Status
	}
}

// statusLine writes a status code with its meaning.
func statusLine(code int) string { return fmt.Sprintf("%d %s", code, http.StatusText(code)) }
