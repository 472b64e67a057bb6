package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/table"
	"github.com/becketflags/becket/internal/prose"
)

// describeVerb puts a flag into sentences.
type describeVerb struct {
	Flag string `arg:"" help:"The flag's key."`
	rulesFlag
	At *instant `help:"Describe the flag as at this time (RFC 3339, or a date in UTC). By default, now." placeholder:"INSTANT"`
}

// portrait is a flag in words, with the findings of check about it.
type portrait struct {
	prose.Flag
	Findings []report.Finding `json:"findings"`
}

// Run prints the sentences. Findings do not change the exit code, but an invalid flag does.
func (v *describeVerb) Run(e *env) error {
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	info, ok := rules.Flag(v.Flag)
	if !ok {
		return errNoFlag(document.Name, v.Flag, rules)
	}
	if info.Err != nil {
		e.tell(
			"the flag %q is invalid: clients keep its last valid definition, or serve the default in the code",
			v.Flag,
		)
		return &report.RefusedError{Findings: report.OfFlag(document.Problems(rules), v.Flag)}
	}
	d, err := v.describe(e, document, rules, &info)
	if err != nil {
		return err
	}
	if e.options.JSON {
		return report.Indented(e.stdout, d)
	}
	p := page{w: e.stdout, style: e.style(), width: mostColumns}
	if e.width > 0 {
		p.width = min(e.width, mostColumns)
	}
	p.write(d)
	return p.err
}

// describe returns the flag in words.
func (v *describeVerb) describe(e *env, document *input.Document, rules becket.Rules, info *becket.FlagInfo) (
	*portrait, error,
) {
	now := e.at(v.At)
	if document.Format != becket.Native {
		return &portrait{Flag: foreign(document, rules, info), Findings: []report.Finding{}}, nil
	}
	native, err := document.Native(rules)
	if err != nil {
		return nil, err
	}
	all := prose.Document{Flags: native.Flags, Segments: native.Segments}
	d := &portrait{Flag: all.Flag(native.Flag(v.Flag), now), Findings: []report.Finding{}}
	findings, err := lintFindings(document, rules, now, e.config.Attributes)
	for _, f := range findings {
		if f.Flag == v.Flag {
			d.Findings = append(d.Findings, f)
		}
	}
	report.Sort(d.Findings)
	return d, err
}

// foreign returns what the library knows about a flag of another vendor's format.
func foreign(document *input.Document, rules becket.Rules, info *becket.FlagInfo) prose.Flag {
	f := prose.Flag{
		Key:        info.Key,
		Summary:    prose.Line(info.Description),
		State:      prose.Unknown(info.Enabled, len(info.Variants)),
		Variants:   []prose.Variant{},
		About:      []string{fmt.Sprintf("It is a flag of type %s.", info.Kind)},
		Before:     []string{},
		Rules:      []prose.Rule{},
		Layers:     []string{},
		Segments:   []prose.Segment{},
		Dependents: []string{},
		Notes: []string{fmt.Sprintf("Rules of the format %s are not put into words; becket explain shows decisions.",
			document.Format.Name())},
	}
	if info.Owner != "" {
		f.About = append(f.About, "Its owner is "+prose.Line(info.Owner)+".")
	}
	if len(info.Tags) > 0 {
		f.About = append(f.About, "Its tags are "+prose.Line(strings.Join(info.Tags, ", "))+".")
	}
	if lister, ok := rules.(becket.VariantLister); ok {
		for _, variant := range lister.Variants(info.Key) {
			value := (&answer{Value: variant.Value.Any()}).valueText()
			f.Variants = append(f.Variants, prose.Variant{Name: variant.Name, Value: prose.Line(value)})
		}
	}
	return f
}

// mostColumns is the width of sentences if the terminal is not narrower.
const mostColumns = 100

// page writes a flag in words and keeps the first error.
type page struct {
	w     io.Writer
	style style
	width int
	err   error
}

func (p *page) write(d *portrait) {
	title := prose.Name(d.Key)
	p.line("%s", p.style.bold(title))
	p.sentence("", d.Summary)
	p.sentence("Now: ", d.State.Text)
	p.sentence("", strings.Join(d.About, " "))
	p.variants(d.Variants)
	if d.Default != "" {
		p.decision(d)
	}
	if len(d.Segments) > 0 {
		p.title("Segments")
	}
	for i := range d.Segments {
		s := &d.Segments[i]
		text := s.Text
		if s.Summary != "" {
			text = strings.TrimSuffix(s.Summary, ".") + ". " + text
		}
		p.sentence("  "+prose.Name(s.Key)+": ", text)
		p.clauses(s.Parts, "    ")
	}
	p.part("Layers", d.Layers)
	if d.Default != "" && len(d.Dependents) == 0 {
		d.Dependents = []string{"No flag and no segment asks for it."}
	}
	p.part("Dependents", d.Dependents)
	p.part("Notes", d.Notes)
	if len(d.Findings) > 0 && p.err == nil {
		p.title("Findings")
		p.err = report.Text(p.w, d.Findings)
	}
}

// decision writes how the flag decides, in the order of an evaluation.
func (p *page) decision(d *portrait) {
	p.title("Decision")
	for _, text := range d.Before {
		p.sentence("  ", text)
	}
	for i := range d.Rules {
		r := &d.Rules[i]
		first := "  " + strconv.Itoa(i+1) + ". "
		text := r.Text
		if r.Name != "" {
			text = prose.Line(r.Name) + ": " + text
		}
		p.sentence(first, text)
		p.clauses(r.Parts, "     ")
	}
	p.sentence("  ", d.Default)
}

func (p *page) variants(all []prose.Variant) {
	if len(all) == 0 || p.err != nil {
		return
	}
	p.title("Variants")
	rows := make([][]string, len(all))
	for i, v := range all {
		rows[i] = []string{"  " + prose.Name(v.Name), v.Value}
		if v.IsOff {
			rows[i] = append(rows[i], "while the flag is off")
		}
	}
	if p.err == nil {
		p.err = table.Write(p.w, rows, p.width)
	}
}

// part writes sentences below a title, if there are any.
func (p *page) part(title string, sentences []string) {
	if len(sentences) == 0 {
		return
	}
	p.title(title)
	for _, text := range sentences {
		p.sentence("  ", text)
	}
}

// clauses writes the parts of a condition as a list in lists.
func (p *page) clauses(parts []prose.Clause, indent string) {
	for i := range parts {
		p.sentence(indent+"- ", parts[i].Text)
		p.clauses(parts[i].Parts, indent+"  ")
	}
}

func (p *page) title(text string) { p.line("\n%s", p.style.bold(text)) }

func (p *page) line(format string, arguments ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", arguments...)
	}
}

// sentence writes a sentence below others, or nothing if it is empty.
func (p *page) sentence(first, text string) {
	if p.err == nil && text != "" {
		p.err = table.Paragraph(p.w, first, text, p.width)
	}
}
