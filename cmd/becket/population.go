package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/internal/wording"
)

// populationFlags describe the subjects that a verb evaluates a ruleset for. What they leave out is
// taken from the configuration.
type populationFlags struct {
	Population string   `short:"p" placeholder:"FILE" help:"Subjects from a CSV or NDJSON file, or from - for standard input: the column or member \"key\" and attributes. Also exposures. By default, \"file\" of the configuration, or made subjects."`
	Subjects   *int     `placeholder:"N" help:"The number of subjects to make if there is no file. By default, 100,000."`
	Attr       []string `sep:"none" placeholder:"NAME=SPREAD" help:"An attribute of made subjects: DE:30,FR:20,US:50 (values with weights), 18..80 (evenly between), 0s..90d (that long ago), normal(40,12). By default, values around those that the ruleset's conditions name. Repeatable."`
	Seed       *uint64  `placeholder:"N" help:"The seed of made subjects; the same seed gives the same subjects. By default, 1."`
	At         *instant `placeholder:"INSTANT" help:"Evaluate as at this time (RFC 3339, or a date in UTC). By default, now."`
}

// population reads the subjects from a file or makes them. A file of the configuration counts if
// the command line asks for no made subjects.
func (f *populationFlags) population(e *env) (*population.Population, error) {
	name := f.Population
	asksForMade := len(f.Attr) > 0 || f.Subjects != nil || f.Seed != nil
	switch {
	case name != "" && len(f.Attr) > 0:
		return nil, errors.New("--attr is for made subjects; subjects from a file have their own attributes")
	case name == "" && !asksForMade:
		name = e.config.Population.File
	}
	if name == "" {
		return f.made(e)
	}
	o := input.Options{Headers: e.options.Header, Stdin: e.stdin, MaxBytes: population.MaxBytes}
	source, err := input.Bytes(e.ctx, name, o)
	if err != nil {
		return nil, err
	}
	file := population.File{Name: filepath.ToSlash(name)}
	if name == "-" {
		file.Name = "stdin"
	}
	const long = 16 << 20
	progress, done := e.progressBar(len(source), long)
	people, err := file.Read(e.ctx, source, progress)
	done()
	if err != nil {
		return nil, err
	}
	for _, note := range people.Notes {
		e.tell("%s: %s", file.Name, note)
	}
	return people, nil
}

func (f *populationFlags) made(e *env) (*population.Population, error) {
	const most, usual = 1_000_000_000, 100_000
	size, seed := usual, uint64(1)
	for _, n := range []*int{e.config.Population.Subjects, f.Subjects} {
		if n != nil {
			size = *n
		}
	}
	for _, n := range []*uint64{e.config.Population.Seed, f.Seed} {
		if n != nil {
			seed = *n
		}
	}
	if size < 1 || size > most {
		return nil, fmt.Errorf("--subjects takes a number from 1 to %s", wording.Thousands(most))
	}
	columns, err := f.columns(e)
	if err != nil {
		return nil, err
	}
	return population.Made(size, seed, columns), nil
}

// columns returns the described attributes. The command line stands before the configuration.
func (f *populationFlags) columns(e *env) (columns []population.Column, err error) {
	spreads := slices.Clone(f.Attr)
	configured := e.config.Population.Attributes
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		spreads = append(spreads, name+"="+configured[name])
	}
	named := map[string]bool{}
	for i, text := range spreads {
		c, err := population.ParseColumn(text, e.at(f.At))
		if err != nil {
			return nil, err
		}
		if i < len(f.Attr) || !named[c.Name()] {
			columns = append(columns, c)
		}
		named[c.Name()] = true
	}
	return columns, nil
}

// moment returns the time of the decisions.
func (f *populationFlags) moment(e *env) *becket.Moment { return becket.MomentAt(e.at(f.At), 0) }

// progressBar returns a function that receives the progress of long work and a function to call at
// its end. Both do nothing if stderr is not a terminal, holds JSON, or the work is shorter.
func (e *env) progressBar(work, long int) (progress func(int), done func()) {
	if !e.progress || e.options.JSON || work < long {
		return nil, func() {}
	}
	bar := progressbar.NewOptions(work,
		progressbar.OptionSetWriter(e.stderr), progressbar.OptionSetWidth(40), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
	)
	return func(n int) { _ = bar.Add(n) }, func() { _ = bar.Finish() }
}

// longRun is the number of subjects from which on an evaluation shows its progress.
const longRun = 500_000
