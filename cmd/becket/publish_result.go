package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/wording"
)

// publicationResult is the result of a publication, in the form of --json.
type publicationResult struct {
	Target    string    `json:"target"`
	Published bool      `json:"published"` // the document was written
	Live      bool      `json:"live"`      // the target answers with it
	Revision  revisions `json:"revision"`
	Bytes     int       `json:"bytes"`
	SignedBy  string    `json:"signed_by,omitempty"`
	// why nothing was published, or why it is not live
	Reason string `json:"reason,omitempty"`
	// the difference, with --dry-run and a live document
	Impact *compare.Report `json:"impact,omitempty"`
}

// print writes a line to stdout, unless stdout holds JSON.
func (p *publishing) print(format string, values ...any) error {
	if p.env.options.JSON {
		return nil
	}
	_, err := fmt.Fprintf(p.env.stdout, format+"\n", values...)
	return err
}

// step says which document follows which.
func (p *publishing) step() string {
	r := &p.result
	text := wording.Count(r.Bytes, "byte")
	if p.document.Format == becket.Native {
		text = fmt.Sprintf("revision %d, %s", r.Revision.After, text)
		if r.Revision.Before > 0 {
			text = fmt.Sprintf("revision %d → %s", r.Revision.Before, text[len("revision "):])
		}
	}
	if r.SignedBy != "" {
		text += ", signed by the key " + r.SignedBy
	}
	if p.live == nil {
		text += ", the first document there"
	}
	return text
}

// show prints the difference to the live document and publishes nothing.
func (p *publishing) show() error {
	if p.present != nil {
		people, err := p.verb.population(p.env)
		if err != nil {
			return err
		}
		progress, done := p.env.progressBar(people.Size, longRun)
		r, err := compare.Compare(p.env.ctx, *p.present, p.next.version, people, p.verb.moment(p.env), progress)
		done()
		if err != nil {
			return err
		}
		p.result.Impact = r
		if !p.env.options.JSON {
			if err := writeDiff(p.env.stdout, p.env.style(), r); err != nil {
				return err
			}
			fmt.Fprintln(p.env.stdout)
		}
	}
	return p.print("%s would be published to %s: %s", p.document.Name, p.to.Name, p.step())
}

// errOtherDocument reports that the target does not answer with the new document yet.
var errOtherDocument = errors.New("another document")

// Pauses between the questions whether the target answers with the new document.
const (
	firstLook = 50 * time.Millisecond
	lastLook  = 2 * time.Second
)

// await waits until the target answers with the new document, or a newer one.
func (p *publishing) await() error {
	ctx, cancel := context.WithTimeout(p.env.ctx, p.verb.Timeout)
	defer cancel()
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = firstLook, lastLook
	var seen string
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		text, arrived := p.look(ctx)
		if arrived {
			return struct{}{}, nil
		}
		if ctx.Err() == nil || seen == "" {
			seen = text
		}
		return struct{}{}, errOtherDocument
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0))
	switch {
	case p.env.ctx.Err() != nil:
		return p.env.ctx.Err()
	case err != nil:
		p.result.Reason = fmt.Sprintf("it is published, but after %v %s", p.verb.Timeout, seen)
		p.env.tell("%s", p.result.Reason)
		return errFound
	}
	p.result.Live = true
	return p.print("%s is live at %s: %s", p.document.Name, p.to.Name, p.step())
}

// look reads the live document. It reports whether that is the new one or a newer one, and what it
// is otherwise.
func (p *publishing) look(ctx context.Context) (text string, arrived bool) {
	live, err := p.to.Live(ctx)
	if err != nil {
		return fmt.Sprintf("%s does not answer with a document: %s", p.to.Name, report.Plain(err)), false
	}
	if bytes.Equal(live.Body, p.next.body) {
		if p.next.signature == nil || bytes.Equal(live.Signature, p.next.signature) {
			return "", true
		}
		return p.to.Name + " answers with the document and another signature", false
	}
	_, rules, err := publishedDocument(p.to.Name, live.Body, p.env.options.Format)
	if err != nil {
		return p.to.Name + " answers with a document that clients refuse", false
	}
	revision := rules.Info().Revision
	if revision > p.result.Revision.After {
		p.env.tell("the revision %d, which is newer, is live already", revision)
		return "", true
	}
	if revision == 0 {
		return p.to.Name + " still answers with another document", false
	}
	return fmt.Sprintf("%s still answers with the revision %d", p.to.Name, revision), false
}
