package main

import (
	"fmt"
	"io"
	"time"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/limit"
	"github.com/becketflags/becket/benchmarks/measure"
	"github.com/becketflags/becket/benchmarks/native"
	"github.com/becketflags/becket/benchmarks/report"
	"github.com/becketflags/becket/benchmarks/scene"
	"github.com/becketflags/becket/benchmarks/startup"
)

// A smoke run is short, because it runs with every change, on machines that do other work. It takes
// the fastest of many turns, each shorter than a time slice, and for each mark the best of several
// tries.
const (
	smokeTries  = 5
	smokeRounds = 40
	smokeTarget = time.Millisecond
	startRounds = 5
)

func runSmoke(c config, stdout io.Writer) error {
	failed := 0
	judge := func(v report.Verdict) {
		verdict := "ok"
		if !v.Tolerable() {
			verdict = "TOO SLOW"
			failed++
		}
		fmt.Fprintf(stdout, "%-4s %-42s %6.2f, may be %5.2f  %s\n", v.Workload, v.What, v.Got, v.Bound(), verdict)
	}
	for _, w := range scene.Workloads {
		if !c.wants(w.ID) || w.ListSize > 100_000 {
			continue
		}
		verdicts, err := smoke(w)
		if err != nil {
			return err
		}
		for _, v := range verdicts {
			judge(v)
		}
	}
	if c.wants("W9") {
		v, err := smokeStart()
		if err != nil {
			return err
		}
		judge(v)
	}
	if failed > 0 {
		return fmt.Errorf("%d of the ratios are more than %.1f times over their mark", failed, report.Tolerance)
	}
	return nil
}

// smoke returns the best verdict of several tries for each mark.
func smoke(w scene.Workload) ([]report.Verdict, error) {
	contenders := append([]contender.Contender{native.Contenders()[0]}, limit.Contenders()...)
	var best []report.Verdict
	for range smokeTries {
		table, err := compare(w, contenders, measure.Options{Rounds: smokeRounds, Target: smokeTarget})
		if err != nil {
			return nil, err
		}
		verdicts := table.Fastest().Verdicts()
		if best == nil {
			best = verdicts
		}
		tolerable := true
		for i := range best {
			best[i].Got = min(best[i].Got, verdicts[i].Got)
			tolerable = tolerable && best[i].Tolerable()
		}
		if tolerable {
			break
		}
	}
	return best, nil
}

func smokeStart() (report.Verdict, error) {
	best := report.Verdict{Workload: "W9", What: "1,000 flags, against encoding/json", Mark: report.MarkStart}
	for try := range smokeTries {
		start, err := startup.MeasureStart(1_000, startRounds)
		if err != nil {
			return best, err
		}
		if try == 0 || start.Ratio() < best.Got {
			best.Got = start.Ratio()
		}
		if best.Tolerable() {
			break
		}
	}
	return best, nil
}
