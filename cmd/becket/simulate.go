package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/chart"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/draw"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/simulate"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// simulateVerb predicts how a flag divides a population.
type simulateVerb struct {
	Flag string `arg:"" help:"The flag's key."`
	rulesFlag
	populationFlags
}

// simulation is the result of a simulation.
type simulation struct {
	Flag       string           `json:"flag"`
	Population string           `json:"population"`
	Subjects   int              `json:"subjects"`
	SharesOf   string           `json:"shares_of"` // see compare.Report
	Variants   []simulate.Share `json:"variants"`
	Rules      []simulate.Share `json:"rules"`
	Ratios     []simulate.Ratio `json:"ratios"`
	Groups     []simulatedGroup `json:"groups,omitempty"` // of made subjects
	// conditions for which no subjects could be made
	NotDrawn []string `json:"not_drawn,omitempty"`
}

// simulatedGroup is a group of made subjects for which the same rules may apply.
type simulatedGroup struct {
	Of       string           `json:"of"`
	Subjects int              `json:"subjects"`
	Variants []simulate.Share `json:"variants"`
}

// Run prints the shares. A ratio that chance does not explain sets the exit code 1.
func (v *simulateVerb) Run(e *env) error {
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	info, ok := rules.Flag(v.Flag)
	if !ok {
		return errNoFlag(document.Name, v.Flag, rules)
	}
	if info.Err != nil && !info.Kept {
		return &report.RefusedError{Findings: report.OfFlag(document.Problems(rules), v.Flag)}
	}
	people, err := v.population(e)
	if err != nil {
		return err
	}
	s := simulation{Flag: v.Flag, Population: people.Name, Subjects: people.Size, SharesOf: compare.OfPopulation}
	flag, err := nativeFlag(document, rules, v.Flag)
	if err != nil {
		return err
	}
	var kinds *draw.Kinds
	if people.IsMade() {
		if kinds, err = v.kinds(e, document, rules, people); err != nil {
			return err
		}
		s.SharesOf, s.NotDrawn = compare.SharesOf(people, kinds), kinds.Undrawn
		people = people.WithProfiles(kinds.Profiles)
	}
	counts, err := v.run(e, &s, rules, people, kinds, info.Variants)
	if err != nil {
		return err
	}
	s.Variants = counts.Shares(simulate.ByVariant, info.Variants)
	s.Rules = counts.Shares(simulate.ByRule, ruleNames(flag))
	if flag != nil {
		s.Ratios, err = simulate.Ratios(e.ctx, flag, document.Body, counts, document.Format, people, v.moment(e), kinds)
		if err != nil {
			return err
		}
	}
	return s.write(e)
}

// kinds returns the kinds of subjects that the flag distinguishes.
func (v *simulateVerb) kinds(e *env, document *input.Document, rules becket.Rules,
	people *population.Population) (*draw.Kinds, error) {
	version := draw.Version{Rules: rules, Format: document.Format.Name(), Body: document.Body}
	if document.Format == becket.Native {
		var err error
		if version.Native, err = document.Native(rules); err != nil {
			return nil, err
		}
	}
	return draw.New([]draw.Version{version}, draw.Options{
		Size: people.Size, Seed: people.Seed(), At: e.at(v.At), Described: people.Describes,
	}).Flag(v.Flag), nil
}

// run evaluates the flag for all subjects and adds the groups to the simulation.
func (v *simulateVerb) run(e *env, s *simulation, rules becket.Rules, people *population.Population,
	kinds *draw.Kinds, variants []string) (simulate.Counts, error) {
	var groupOf []int
	if kinds != nil {
		groupOf = kinds.GroupOf
	}
	progress, done := e.progressBar(people.Size, longRun)
	counts, err := simulate.RunGroups(e.ctx, rules, v.Flag, people, groupOf, v.moment(e), progress)
	done()
	if err != nil {
		return nil, err
	}
	if kinds != nil && len(counts) > 1 {
		for i := range counts {
			g := simulatedGroup{Of: kinds.Groups[i].Of, Variants: counts[i].Shares(simulate.ByVariant, variants)}
			for _, n := range counts[i] {
				g.Subjects += n
			}
			s.Groups = append(s.Groups, g)
		}
	}
	return simulate.Sum(counts), nil
}

// nativeFlag returns the flag's definition. It returns nil for other formats and for an invalid
// flag.
func nativeFlag(document *input.Document, rules becket.Rules, key string) (*native.Flag, error) {
	if document.Format != becket.Native {
		return nil, nil
	}
	all, err := document.Native(rules)
	if err != nil {
		return nil, err
	}
	return all.Flag(key), nil
}

func ruleNames(flag *native.Flag) (names []string) {
	if flag == nil {
		return nil
	}
	for i := range flag.Rules {
		names = append(names, flag.Rules[i].Name)
	}
	return append(names, "(default)")
}

func (s *simulation) write(e *env) error {
	var err error
	if e.options.JSON {
		err = report.Indented(e.stdout, s)
	} else {
		err = s.writeText(e.stdout, e.style())
	}
	if err == nil && slices.ContainsFunc(s.Ratios, func(r simulate.Ratio) bool { return r.Off }) {
		return errFound
	}
	return err
}

func (s *simulation) writeText(w io.Writer, style style) error {
	fmt.Fprintf(w, "%s over %s\n", style.bold(s.Flag), s.Population)
	if s.SharesOf == compare.OfMade {
		fmt.Fprintln(w, ofMade)
	}
	if len(s.NotDrawn) > 0 {
		fmt.Fprintln(w, style.bad("No subjects could be made for "+notDrawnText(s.NotDrawn)))
	}
	for _, part := range []struct {
		title  string
		shares []simulate.Share
	}{{"Variants", s.Variants}, {"Rules", s.Rules}} {
		fmt.Fprintf(w, "\n%s\n", part.title)
		if err := chart.Write(w, rows(part.shares), style.good); err != nil {
			return err
		}
	}
	s.writeGroups(w)
	if len(s.Ratios) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nSample ratios")
	for _, r := range s.Ratios {
		verdict := style.good("as asked")
		if r.Off {
			verdict = style.bad("NOT as asked")
		}
		fmt.Fprintf(w, "  %s %s: %s, p = %.3f\n", r.Kind, r.Where, verdict, r.P)
		fmt.Fprintf(w, "    asked %s; got %s of %s\n", r.Asked, r.Got, wording.Thousands(r.Of))
	}
	return nil
}

// writeGroups writes the shares of the variants in each group of made subjects.
func (s *simulation) writeGroups(w io.Writer) {
	const most = 12
	if len(s.Groups) == 0 {
		return
	}
	fmt.Fprintln(w, "\nOf those")
	for i := range s.Groups {
		if i == most {
			fmt.Fprintf(w, "  … and %s more\n", wording.Count(len(s.Groups)-i, "group"))
			break
		}
		var shares []string
		for _, v := range s.Groups[i].Variants {
			if v.Count > 0 {
				shares = append(shares, v.Name+" "+percentText(v.Share))
			}
		}
		fmt.Fprintf(w, "  %s: %s\n", s.Groups[i].Of, strings.Join(shares, ", "))
	}
}

// rows writes shares as bars, with their 95 % confidence intervals.
func rows(shares []simulate.Share) []chart.Row {
	rows := make([]chart.Row, len(shares))
	for i, s := range shares {
		rows[i] = chart.Row{
			Label: s.Name,
			Share: s.Share,
			Text: fmt.Sprintf("%6.2f %%  (%6.2f–%6.2f)  %9s",
				100*s.Share, 100*s.Low, 100*s.High, wording.Thousands(s.Count)),
		}
	}
	return rows
}
