package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/chart"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/simulate"
	"github.com/becketflags/becket/internal/native"
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
	Variants   []simulate.Share `json:"variants"`
	Rules      []simulate.Share `json:"rules"`
	Ratios     []simulate.Ratio `json:"ratios"`
}

// Run prints the shares. A ratio that chance does not explain sets the exit code 1.
func (v *simulateVerb) Run(e *env) error {
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	info, ok := rules.Flag(v.Flag)
	if !ok {
		return fmt.Errorf("%s has no flag %q", document.Name, v.Flag)
	}
	if info.Err != nil && !info.Kept {
		return &report.RefusedError{
			Findings: slices.DeleteFunc(document.Problems(rules),
				func(f report.Finding) bool { return f.Flag != v.Flag }),
		}
	}
	people, err := v.population(e)
	if err != nil {
		return err
	}
	progress, done := e.progressBar(people.Size)
	counts, err := simulate.Run(e.ctx, rules, v.Flag, people, v.moment(e), progress)
	done()
	if err != nil {
		return err
	}
	s := simulation{Flag: v.Flag, Population: people.Name, Subjects: people.Size}
	flag, err := nativeFlag(document, rules, v.Flag)
	if err != nil {
		return err
	}
	s.Variants = counts.Shares(simulate.ByVariant, info.Variants)
	s.Rules = counts.Shares(simulate.ByRule, ruleNames(flag))
	if flag != nil {
		s.Ratios, err = simulate.Ratios(e.ctx, flag, document.Body, counts, document.Format, people, v.moment(e))
		if err != nil {
			return err
		}
	}
	return s.write(e)
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
	for _, part := range []struct {
		title  string
		shares []simulate.Share
	}{{"Variants", s.Variants}, {"Rules", s.Rules}} {
		fmt.Fprintf(w, "\n%s\n", part.title)
		if err := chart.Write(w, rows(part.shares), style.good); err != nil {
			return err
		}
	}
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
		fmt.Fprintf(w, "    asked %s; got %s of %s\n", r.Asked, r.Got, thousands(r.Of))
	}
	return nil
}

// rows writes shares as bars, with their 95 % confidence intervals.
func rows(shares []simulate.Share) []chart.Row {
	rows := make([]chart.Row, len(shares))
	for i, s := range shares {
		rows[i] = chart.Row{
			Label: s.Name,
			Share: s.Share,
			Text:  fmt.Sprintf("%6.2f %%  (%6.2f–%6.2f)  %9s", 100*s.Share, 100*s.Low, 100*s.High, thousands(s.Count)),
		}
	}
	return rows
}
