// Command benchmarks compares becket with its peers and with a handwritten program, the limit, in
// one process and one run. README.md explains its output.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/becketflags/becket/benchmarks/measure"
	"github.com/becketflags/becket/benchmarks/report"
)

//go:generate go run . -readme ../README.md -performance ../docs/performance.md

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

type config struct {
	out    string
	only   map[string]bool
	rounds int
	target time.Duration
}

// wants reports whether the run measures a workload.
func (c config) wants(id string) bool { return len(c.only) == 0 || c.only[id] }

func (c config) options() measure.Options {
	return measure.Options{Rounds: c.rounds, Target: c.target}
}

func run(args []string, stdout io.Writer) error {
	var c config
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.StringVar(&c.out, "out", "", "write the results to this file, too")
	only := flags.String("only", "", "measure only these workloads, such as W1,W9")
	flags.IntVar(&c.rounds, "rounds", 21, "the number of rounds; at least 7 for published results")
	flags.DurationVar(&c.target, "target", 25*time.Millisecond, "how long one turn is, roughly")
	smoke := flags.Bool("smoke", false,
		"measure becket and the limit for a few seconds and fail if a ratio is far over its mark")
	readme := flags.String("readme", "", "do not measure; write the ratios of the results into this document")
	performance := flags.String("performance", "",
		"do not measure; write the figures of start-ups and refreshes of the results into this document")
	from := flags.String("from", "RESULTS.md", "the results that -readme and -performance read")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c.only = map[string]bool{}
	for id := range strings.SplitSeq(*only, ",") {
		if id != "" {
			c.only[id] = true
		}
	}
	switch {
	case *readme != "" || *performance != "":
		return writePages(*from, *readme, *performance)
	case *smoke:
		return runSmoke(c, stdout)
	}
	return runAll(c, stdout)
}

// writePages writes figures of the results into the pages that are named.
func writePages(results, readme, performance string) error {
	if readme != "" {
		if err := report.CopyRatios(results, readme); err != nil {
			return err
		}
	}
	if performance == "" {
		return nil
	}
	return report.CopyStarts(results, performance)
}

func runAll(c config, stdout io.Writer) error {
	results := report.Results{Machine: report.ThisMachine(), Rounds: c.rounds, Target: c.target}
	if err := compareAll(c, &results, stdout); err != nil {
		return err
	}
	if err := measureAround(c, &results); err != nil {
		return err
	}
	text := results.Markdown()
	if c.out == "" {
		_, err := io.WriteString(stdout, text)
		return err
	}
	if err := os.WriteFile(c.out, []byte(text), 0o644); err != nil {
		return err
	}
	_, err := io.WriteString(stdout, text)
	return err
}
