package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/population"
)

// populationFlags describe the subjects that a verb evaluates a ruleset for.
type populationFlags struct {
	Population string   `short:"p" placeholder:"FILE" help:"Subjects from a CSV or NDJSON file, or from - for standard input: the column or member \"key\" and attributes."`
	Subjects   int      `default:"100000" placeholder:"N" help:"The number of subjects to generate if there is no file. By default, 100,000."`
	Attr       []string `sep:"none" placeholder:"NAME=SPREAD" help:"An attribute of generated subjects: DE:30,FR:20,US:50 (values with weights), 18..80 (evenly between), 0s..90d (that long ago), normal(40,12). Repeatable."`
	Seed       uint64   `default:"1" placeholder:"N" help:"The seed of generated subjects; the same seed gives the same subjects. By default, 1."`
	At         *instant `placeholder:"INSTANT" help:"Evaluate as at this time (RFC 3339, or a date in UTC). By default, now."`
}

// population reads the subjects from a file or makes them.
func (f *populationFlags) population(e *env) (*population.Population, error) {
	if f.Population == "" {
		return f.made(e)
	}
	if len(f.Attr) > 0 {
		return nil, errors.New("--attr is for generated subjects; subjects from a file have their own attributes")
	}
	source, err := input.Bytes(e.ctx, f.Population, input.Options{Headers: e.options.Header, Stdin: e.stdin})
	if err != nil {
		return nil, err
	}
	name := filepath.ToSlash(f.Population)
	if name == "-" {
		name = "stdin"
	}
	subjects, err := population.Parse(name, source)
	if err != nil {
		return nil, err
	}
	if len(subjects) == 0 {
		return nil, fmt.Errorf("%s holds no subjects", name)
	}
	return population.Of(count(len(subjects), "subject")+" of "+name, subjects), nil
}

func (f *populationFlags) made(e *env) (*population.Population, error) {
	const most = 1_000_000_000
	if f.Subjects < 1 || f.Subjects > most {
		return nil, fmt.Errorf("--subjects takes a number from 1 to %s", thousands(most))
	}
	columns := make([]population.Column, len(f.Attr))
	for i, text := range f.Attr {
		var err error
		if columns[i], err = population.ParseColumn(text, e.at(f.At)); err != nil {
			return nil, err
		}
	}
	name := fmt.Sprintf("%s made with seed %d", count(f.Subjects, "subject"), f.Seed)
	return population.Made(name, f.Subjects, f.Seed, columns), nil
}

// moment returns the time of the decisions.
func (f *populationFlags) moment(e *env) *becket.Moment { return becket.MomentAt(e.at(f.At), 0) }

// progressBar returns a function that receives the progress of long work and a function to call at
// its end. Both do nothing if stderr is not a terminal, holds JSON, or the work is short.
func (e *env) progressBar(work int) (progress func(int), done func()) {
	const long = 500_000
	if !e.progress || e.options.JSON || work < long {
		return nil, func() {}
	}
	bar := progressbar.NewOptions(work,
		progressbar.OptionSetWriter(e.stderr), progressbar.OptionSetWidth(40), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
	)
	return func(n int) { _ = bar.Add(n) }, func() { _ = bar.Finish() }
}
