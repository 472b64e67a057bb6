package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/limit"
	"github.com/becketflags/becket/benchmarks/measure"
	"github.com/becketflags/becket/benchmarks/native"
	"github.com/becketflags/becket/benchmarks/peer"
	"github.com/becketflags/becket/benchmarks/report"
	"github.com/becketflags/becket/benchmarks/scene"
)

func compareAll(c config, results *report.Results, progress io.Writer) error {
	for _, w := range scene.Workloads {
		if !c.wants(w.ID) {
			continue
		}
		fmt.Fprintf(progress, "measuring %s: %s\n", w.ID, w.Title)
		everybody := append(append(native.Contenders(), limit.Contenders()...), peer.All()...)
		table, err := compare(w, everybody, c.options())
		if err != nil {
			return err
		}
		results.Tables = append(results.Tables, table)
	}
	return nil
}

// entry is a contender with its runner for one workload.
type entry struct {
	contender.Contender
	runner *contender.Runner
}

// compare prepares all contenders, checks their answers and then measures them in turn.
func compare(w scene.Workload, contenders []contender.Contender, o measure.Options) (report.Table, error) {
	entries, err := prepare(w, contenders)
	defer func() {
		for _, e := range entries {
			e.runner.Shut()
		}
	}()
	if err != nil {
		return report.Table{}, err
	}
	var tasks []measure.Task
	for _, e := range entries {
		tasks = append(tasks, tasksOf(w, e)...)
	}
	figures, err := measure.Compare(tasks, o)
	if err != nil {
		return report.Table{}, err
	}
	return tableOf(w, entries, figures), nil
}

func prepare(w scene.Workload, contenders []contender.Contender) ([]entry, error) {
	users := scene.Users()
	var entries []entry
	for _, c := range contenders {
		runner, err := c.Prepare(w, users)
		if errors.Is(err, contender.ErrUnsupported) {
			continue
		}
		if err != nil {
			return entries, fmt.Errorf("%s: %w", c.Name, err)
		}
		entries = append(entries, entry{c, runner})
		if err := contender.Verify(w, runner, users); err != nil {
			return entries, fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return entries, agree(w, entries)
}

// agree compares becket's hashing with the limit's, which implements the specification
// independently of becket.
func agree(w scene.Workload, entries []entry) error {
	var ours, byHand *contender.Runner
	for _, e := range entries {
		switch e.Role {
		case contender.Ours:
			ours = e.runner
		case contender.Limit:
			byHand = e.runner
		}
	}
	if ours == nil || byHand == nil {
		return nil
	}
	return contender.Agree(w, ours, byHand)
}

// tasksOf returns the entry's loops. The loop with subjects built beforehand is first.
func tasksOf(w scene.Workload, e entry) []measure.Task {
	var tasks []measure.Task
	if beforehand(w, e) {
		tasks = append(tasks, measure.Task{
			Name: e.Name + ", beforehand", Run: e.runner.Beforehand, Cycle: scene.Rotation,
		})
	}
	if e.runner.InCall != nil {
		tasks = append(tasks, measure.Task{Name: e.Name + ", in the call", Run: e.runner.InCall, Cycle: scene.Rotation})
	}
	return tasks
}

func beforehand(w scene.Workload, e entry) bool {
	return e.runner.Beforehand != nil && !w.OnlyInCall
}

// tableOf assigns the figures to the entries, in the order of tasksOf.
func tableOf(w scene.Workload, entries []entry, figures []measure.Figures) report.Table {
	table := report.Table{Workload: w}
	for _, e := range entries {
		row := report.Row{Name: e.Name, Role: e.Role}
		if beforehand(w, e) {
			row.Beforehand, figures = &figures[0], figures[1:]
		}
		if e.runner.InCall != nil {
			row.InCall, figures = &figures[0], figures[1:]
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}
