package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/wording"
)

// changeFlags are the flags of the verbs that change a ruleset.
type changeFlags struct {
	Yes          bool   `short:"y" help:"Write without asking."`
	DryRun       bool   `short:"n" help:"Show the change and write nothing."`
	KeepRevision bool   `          help:"Leave the revision as it is, for example because a pipeline sets it."`
	Live         string `          help:"The published ruleset: the new revision is also above its revision."  placeholder:"URL"`
	populationFlags
}

// proposal is a change with its effects, in the form of --json.
type proposal struct {
	Files    []fileDiff      `json:"files"`
	Revision revisions       `json:"revision"`
	Warnings []string        `json:"warnings,omitempty"`
	Impact   *compare.Report `json:"impact"`
	Written  bool            `json:"written"`
}

// fileDiff is the change of one file.
type fileDiff struct {
	File string `json:"file"`
	Diff string `json:"diff"` // as diff -u writes it
	new  []byte
}

// revisions are those before and after a change; 0 for none.
type revisions struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// propose raises the revision, shows the change and its effects, asks, and writes.
func (f *changeFlags) propose(e *env, d *draft, same string) error {
	if !d.changed() {
		return e.nothingToDo(d, same)
	}
	if !f.KeepRevision {
		published, err := e.publishedRevision(f.Live)
		if err != nil {
			return err
		}
		if err := d.raiseRevision(published); err != nil {
			return err
		}
	}
	after, err := d.result(e)
	if err != nil {
		return err
	}
	return f.present(e, d, d.editable, after)
}

// present shows the difference between two rulesets, asks, and writes the draft's files.
func (f *changeFlags) present(e *env, d *draft, before, after *editable) error {
	if err := f.refuseNewMistakes(e, d, before, after); err != nil {
		return err
	}
	people, err := f.population(e)
	if err != nil {
		return err
	}
	progress, done := e.progressBar(people.Size, longRun)
	r, err := compare.Compare(e.ctx, before.version(), after.version(), people, f.moment(e), progress)
	done()
	if err != nil {
		return err
	}
	p := &proposal{
		Warnings: d.warnings, Impact: r,
		Revision: revisions{before.rules.Info().Revision, after.rules.Info().Revision},
	}
	for _, file := range d.edited {
		text := diff.Diff(file.name, file.old, file.name, file.new)
		_, text, _ = bytes.Cut(text, []byte("\n")) // the line before ---
		p.Files = append(p.Files, fileDiff{file.name, string(text), file.new})
	}
	return f.settle(e, d, p)
}

// refuseNewMistakes returns the mistakes that only the result has. Others do not stop a kill
// switch.
func (f *changeFlags) refuseNewMistakes(e *env, d *draft, before, after *editable) error {
	old, now := before.bad, after.bad
	if !d.published {
		var err error
		if old, err = before.mistakes(e, e.at(f.At)); err != nil {
			return err
		}
		if now, err = after.mistakes(e, e.at(f.At)); err != nil {
			return err
		}
	}
	if added := beyond(now, old); len(added) > 0 {
		e.tell("nothing is written: the result would have new mistakes")
		return &report.RefusedError{Findings: added}
	}
	if n := len(now); n > 0 {
		d.warn("the document has %s elsewhere, which becket check shows", wording.Count(n, "mistake"))
	}
	return nil
}

// nothingToDo says that a change would change nothing. A document from standard input is written as
// it is.
func (e *env) nothingToDo(d *draft, same string) error {
	if d.name == "-" {
		e.tell("%s: nothing changes", same)
		_, err := e.stdout.Write(d.document.Source)
		return err
	}
	if e.options.JSON {
		return report.Indented(e.stdout, proposal{
			Files: []fileDiff{}, Revision: revisions{d.rules.Info().Revision, d.rules.Info().Revision},
		})
	}
	_, err := fmt.Fprintf(e.stdout, "%s: nothing changes\n", same)
	return err
}

// settle shows a proposal and writes it, if it may.
func (f *changeFlags) settle(e *env, d *draft, p *proposal) error {
	if d.name == "-" {
		if err := e.show(e.stderr, p); err != nil || f.DryRun {
			return err
		}
		_, err := e.stdout.Write(p.Files[0].new)
		return err
	}
	if !e.options.JSON {
		if err := e.show(e.stdout, p); err != nil {
			return err
		}
	}
	refusal := f.write(e, d, p)
	if e.options.JSON {
		refusal = errors.Join(report.Indented(e.stdout, p), refusal)
	} else if p.Written {
		fmt.Fprintf(e.stdout, "wrote %s\n", p.names())
	}
	return refusal
}

// names lists the files of a proposal.
func (p *proposal) names() string {
	names := make([]string, len(p.Files))
	for i := range p.Files {
		names[i] = p.Files[i].File
	}
	return strings.Join(names, " and ")
}

// write writes the files if the user agrees.
func (f *changeFlags) write(e *env, d *draft, p *proposal) error {
	switch {
	case f.DryRun:
		return nil
	case f.Yes:
	case e.ask == nil:
		return fmt.Errorf("nothing is written: there is no terminal to ask at; --yes writes without asking, " +
			"and --dry-run only shows the change")
	default:
		answer, err := e.ask(e.ctx, fmt.Sprintf("write %s? [y/N] ", p.names()))
		if err != nil {
			return err
		}
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
			e.tell("nothing is written")
			return nil
		}
	}
	err := e.replaceFiles(d.edited)
	p.Written = err == nil
	return err
}

// show writes a proposal for people, or as JSON.
func (e *env) show(w io.Writer, p *proposal) error {
	if e.options.JSON {
		return report.Indented(w, p)
	}
	s := e.style()
	for _, file := range p.Files {
		writeUnified(w, s, file.Diff)
	}
	fmt.Fprintln(w)
	writeDelivery(w, s, p.Impact)
	writeImpacts(w, s, p.Impact)
	for _, warning := range p.Warnings {
		fmt.Fprintln(w, s.bad("note: ")+warning)
	}
	return nil
}

// writeUnified writes a difference with coloured lines.
func writeUnified(w io.Writer, s style, diff string) {
	for line := range strings.Lines(diff) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "+"):
			line = s.good(line)
		case strings.HasPrefix(line, "-"):
			line = s.bad(line)
		case strings.HasPrefix(line, "@@"):
			line = s.faint(line)
		}
		fmt.Fprintln(w, line)
	}
}

// writeImpacts writes one line about each flag whose answers may change.
func writeImpacts(w io.Writer, s style, r *compare.Report) {
	for i := range r.Flags {
		d := &r.Flags[i]
		switch {
		case d.Kind == compare.Added:
			fmt.Fprintf(w, "%s is new\n", s.bold(d.Key))
		case d.Impact == nil || d.Impact.Nobody():
			fmt.Fprintf(w, "%s: nobody gets another answer\n", s.bold(d.Key))
		case d.Impact.Count == 0:
			fmt.Fprintf(w, "%s: %s another answer\n", s.bold(d.Key), s.bold(listedText(d.Impact.Listed)))
		default:
			fmt.Fprintf(w, "%s: %s get another answer: %s\n", s.bold(d.Key), s.bold(shareText(&d.Impact.Part, r)),
				strings.Join(movesOf(d.Impact, r), ", "))
		}
		if later := d.Worst(); later != nil {
			fmt.Fprintf(w, "%s: %s\n", s.bold(d.Key), laterText(later, r))
		}
		if len(d.NotDrawn) > 0 {
			fmt.Fprintf(w, "%s: no subjects could be made for %s\n", s.bold(d.Key), notDrawnText(d.NotDrawn))
		}
	}
	if len(r.Flags) > 0 {
		fmt.Fprintf(w, "%s\n", s.faint("over "+r.Population))
		if r.SharesOf == compare.OfMade {
			fmt.Fprintln(w, s.faint(ofMade))
		}
	}
}
