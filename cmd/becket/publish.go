package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/delivery"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/target"
)

// publishVerb publishes a ruleset to the place where clients find it.
type publishVerb struct {
	File        string        `arg:"" help:"A file, a folder, or - for standard input."`
	To          string        `required:"" placeholder:"TARGET" help:"The place: nats://HOST/BUCKET/KEY, redis://HOST/0?key=KEY, postgres://HOST/DATABASE?name=NAME, dir:PATH or https://HOST/PATH."`
	Key         string        `short:"s" placeholder:"FILE" help:"Sign with this secret key. By default, a signature next to the file is published, if there is one."`
	Unsigned    bool          `help:"Publish a document without a signature, although the live one has one."`
	Raise       bool          `xor:"revision" help:"Set the revision to one above both the file's own and the live one."`
	Revision    *int64        `xor:"revision" placeholder:"N" help:"Set the document's revision. By default, it stays as it is."`
	Spread      time.Duration `placeholder:"TIME" help:"The time over which clients distribute their fetches, such as 5s, at most 10m. By default, each client decides."`
	Author      string        `placeholder:"NAME" help:"The author, for the history in PostgreSQL. By default, the role that is logged in."`
	Message     string        `short:"m" placeholder:"TEXT" help:"The reason, for the history in PostgreSQL."`
	Live        string        `placeholder:"URL" help:"The URL at which clients find the document, if it is not that of --to."`
	SignatureTo string        `placeholder:"URL" help:"The URL to put the signature to. By default, that of --to with .minisig appended to its path."`
	Timeout     time.Duration `default:"30s" placeholder:"TIME" help:"The time limit for reading the live document, for writing, and for the answer with the new one, each. By default, ${default}."`
	DryRun      bool          `short:"n" help:"Show the difference and the subjects that it affects, and write nothing."`
	passwordFlags
	populationFlags
}

// maxSpread is the longest spread of a hint.
const maxSpread = 10 * time.Minute

// Run publishes the document and waits until the target answers with it.
func (v *publishVerb) Run(e *env) error {
	if err := v.check(); err != nil {
		return err
	}
	document, rules, err := e.load(v.File)
	if err != nil {
		return err
	}
	to, err := v.open(e)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := v.suits(to, document); err != nil {
		return err
	}
	p := &publishing{
		verb: v, env: e, to: to, document: document, rules: rules,
		result: publicationResult{Target: to.Name},
	}
	err = p.run()
	if e.options.JSON && (err == nil || errors.Is(err, errFound)) {
		err = errors.Join(report.Indented(e.stdout, &p.result), err)
	}
	return err
}

// check reports mistakes on the command line.
func (v *publishVerb) check() error {
	switch {
	case v.Revision != nil && (*v.Revision < 1 || *v.Revision > maxRevision):
		return fmt.Errorf("--revision takes a number from 1 to %d, not %d", maxRevision, *v.Revision)
	case v.Spread < 0 || v.Spread > maxSpread:
		return fmt.Errorf("--spread takes a time from 0 to %v, not %v", maxSpread, v.Spread)
	case v.Timeout <= 0:
		return fmt.Errorf("--timeout takes a time above 0, not %v", v.Timeout)
	case input.IsURL(v.File):
		return errors.New("a published ruleset cannot be published again: name the file that it is built from")
	case v.Key != "" && v.Unsigned:
		return errors.New("--key signs the document, and --unsigned is for one without a signature")
	case !input.IsURL(v.To) && (v.Live != "" || v.SignatureTo != ""):
		return errors.New("--live and --signature-to are for URLs of http or https")
	}
	return nil
}

func (v *publishVerb) open(e *env) (*target.Target, error) {
	ctx, cancel := context.WithTimeout(e.ctx, v.Timeout)
	defer cancel()
	o := target.Options{
		Headers: e.options.Header, LiveURL: v.Live, Signature: v.SignatureTo, Transport: e.transport,
	}
	if v.File != "-" {
		o.Name = servedName(v.File)
	}
	return target.Open(ctx, v.To, o)
}

// suits reports options that the target or the document's format does not have.
func (v *publishVerb) suits(to *target.Target, document *input.Document) error {
	switch {
	case v.Spread > 0 && !to.Signals:
		return fmt.Errorf("--spread is for nats, redis and postgres: %s has no hints", to.Name)
	case (v.Author != "" || v.Message != "") && !to.Keeps:
		return errors.New("--author and --message are for postgres, which keeps a history")
	case document.Format == becket.Native:
		return nil
	case v.Raise || v.Revision != nil:
		return fmt.Errorf("--raise and --revision are for native documents: those of %s have no revision",
			document.Format.Name())
	case to.NeedsRevision:
		return fmt.Errorf("NATS takes only native documents: those of %s have no revision", document.Format.Name())
	}
	return nil
}

// publishing is one run of the verb.
type publishing struct {
	verb     *publishVerb
	env      *env
	to       *target.Target
	document *input.Document // as it was read
	rules    becket.Rules

	live    *becket.Document // nil if no document is live
	present *compare.Version // nil if no document is live, or clients refuse it
	next    publication
	result  publicationResult
}

func (p *publishing) run() error {
	if err := p.readLive(); err != nil {
		return err
	}
	if err := p.build(); err != nil {
		return err
	}
	if err := p.judge(); err != nil {
		return err
	}
	if p.live != nil && bytes.Equal(p.live.Body, p.next.body) {
		return p.again()
	}
	if err := p.isAbove(); err != nil {
		return err
	}
	if err := p.sign(); err != nil {
		return err
	}
	if p.verb.DryRun {
		return p.show()
	}
	if err := p.put(); err != nil {
		return err
	}
	return p.await()
}

// readLive reads the document that is live.
func (p *publishing) readLive() error {
	ctx, cancel := context.WithTimeout(p.env.ctx, p.verb.Timeout)
	defer cancel()
	live, err := p.to.Live(ctx)
	switch {
	case errors.Is(err, target.ErrNothing):
		return nil
	case err != nil:
		return p.failed(ctx, "the live document of "+p.to.Name+" cannot be read", err)
	}
	p.live = &live
	document, rules, err := publishedDocument(p.to.Name, live.Body, p.env.options.Format)
	if refused, is := errors.AsType[*report.RefusedError](err); is {
		p.env.printFindings(placed(p.document, []delivery.Finding{delivery.RefusedNow(p.to.Name, refused)}))
		return nil
	}
	if err != nil {
		return err
	}
	p.result.Revision.Before = rules.Info().Revision
	present, err := definedVersion(document, rules)
	p.present = &present
	return err
}

// publishedDocument decodes a document as clients find it.
func publishedDocument(name string, body []byte, format string) (*input.Document, becket.Rules, error) {
	document, err := input.ParsePublished(name, body, input.Options{Format: format})
	if err != nil {
		return nil, nil, err
	}
	rules, err := document.Decode()
	return document, rules, err
}

// failed explains an error of the target. Errors without an answer name the time limit.
func (p *publishing) failed(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil && p.env.ctx.Err() == nil {
		return fmt.Errorf("%s: there was no answer within %v: %w", what, p.verb.Timeout, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// judge refuses a document with errors: in itself, or as the one that follows the live one.
func (p *publishing) judge() error {
	quiet, err := newSilence(nil, &p.env.config.Check)
	if err != nil {
		return err
	}
	now := p.env.at(p.verb.At)
	findings, err := p.env.findings(p.document, p.rules, now)
	if err != nil {
		return err
	}
	next := p.next.version
	if p.present == nil {
		findings = append(findings, placed(p.document, delivery.Lone(next.Delivery()))...)
	} else {
		same := compare.SameContent(*p.present, next)
		judged := delivery.Judge(p.present.Delivery(), next.Delivery(), same, now)
		findings = append(findings, placed(p.document, judged)...)
	}
	findings = slices.DeleteFunc(findings, quiet.silences)
	p.env.printFindings(findings)
	if report.Count(findings).Failed(p.env.config.Check.Strict) {
		return p.refuse("the document has errors")
	}
	return nil
}

// isAbove refuses a native document whose revision is not above the live one, or that has none.
func (p *publishing) isAbove() error {
	before, after := p.result.Revision.Before, p.result.Revision.After
	switch {
	case p.document.Format != becket.Native || after > before:
		return nil
	case after == 0:
		return p.refuse("the document has no revision; --raise or --revision sets one")
	default:
		return p.refuse("the revision %d is not above %d, which is live; --raise sets one that is", after, before)
	}
}

// refuse says why nothing is published.
func (p *publishing) refuse(format string, values ...any) error {
	p.result.Reason = fmt.Sprintf(format, values...)
	p.env.tell("nothing is published: %s", p.result.Reason)
	return errFound
}

// put publishes the document.
func (p *publishing) put() error {
	ctx, cancel := context.WithTimeout(p.env.ctx, p.verb.Timeout)
	defer cancel()
	err := p.env.writing(func() error {
		return p.to.Put(ctx, &target.Publication{
			Body: p.next.body, Signature: p.next.signature, Format: p.document.Format, Spread: p.verb.Spread,
			Author: p.verb.Author, Message: p.verb.Message, Live: p.live,
		})
	})
	switch {
	case errors.Is(err, target.ErrOvertaken):
		return p.refuse("%s", report.Plain(err))
	case errors.Is(err, target.ErrNoHint):
		p.env.complain(err)
	case err != nil:
		return p.failed(ctx, "the publication to "+p.to.Name+" failed, and the document may be live all the same", err)
	}
	p.result.Published = true
	return nil
}
