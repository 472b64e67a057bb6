package main

import (
	"runtime"
	"slices"
	"time"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/limit"
	"github.com/becketflags/becket/benchmarks/measure"
	"github.com/becketflags/becket/benchmarks/native"
	"github.com/becketflags/becket/benchmarks/peer"
	"github.com/becketflags/becket/benchmarks/report"
	"github.com/becketflags/becket/benchmarks/scene"
	"github.com/becketflags/becket/benchmarks/startup"
)

// measureAround measures W7 to W9, which are not plain evaluations.
func measureAround(c config, results *report.Results) error {
	if c.wants("W7") {
		if err := measureProviders(c, results); err != nil {
			return err
		}
	}
	if c.wants("W8") {
		if err := measureScaling(c, results); err != nil {
			return err
		}
	}
	if c.wants("W9") {
		return measureStartup(c, results)
	}
	return nil
}

// workload returns the workload with that ID.
func workload(id string) scene.Workload {
	i := slices.IndexFunc(scene.Workloads, func(w scene.Workload) bool { return w.ID == id })
	return scene.Workloads[i]
}

// measureProviders runs W2 through OpenFeature's client, with its own provider and with becket's.
func measureProviders(c config, results *report.Results) error {
	w := workload("W2")
	w.ID, w.Title = "W7", w.Title+", through OpenFeature"
	table, err := compare(w, append(native.Providers(), peer.InMemory(), peer.InMemoryWithMetadata()), c.options())
	if err != nil {
		return err
	}
	results.Providers = &table
	return nil
}

// measureScaling runs W2 on several processors at once.
func measureScaling(c config, results *report.Results) error {
	w := workload("W2")
	processors := []int{1, 2}
	if n := runtime.GOMAXPROCS(0); n > 2 {
		processors = append(processors, n)
	}
	entries, err := prepare(w, append(append(native.Contenders()[:1], limit.Contenders()...), peer.All()...))
	defer func() {
		for _, e := range entries {
			e.runner.Shut()
		}
	}()
	if err != nil {
		return err
	}
	results.Scaling = report.Scaling{Processors: processors}
	for _, e := range entries {
		task := measure.Task{Name: e.Name, Run: e.runner.Beforehand, Cycle: scene.Rotation}
		rates := measure.Parallel(task, processors, c.options())
		results.Scaling.Rows = append(results.Scaling.Rows, report.ScalingRow{
			Name: e.Name, Ours: e.Role == contender.Ours, Rates: rates,
		})
	}
	return nil
}

// refreshPhase and refreshPhases set how long evaluations are measured, without and during
// refreshes.
const (
	refreshPhase  = 500 * time.Millisecond
	refreshPhases = 6
)

func measureStartup(c config, results *report.Results) error {
	for _, n := range []int{1_000, 10_000} {
		start, err := startup.MeasureStart(n, c.rounds)
		if err != nil {
			return err
		}
		unchanged, err := startup.Unchanged(n)
		if err != nil {
			return err
		}
		quiet, busy, err := startup.MeasureRefreshes(n, refreshPhase, refreshPhases)
		if err != nil {
			return err
		}
		results.Starts = append(results.Starts, report.Start{
			Start: start, Unchanged: unchanged, Quiet: quiet, Busy: busy,
		})
	}
	return nil
}
