// Command mutate makes small changes to the root package, one at a time, and shows the changes that
// no test notices. It negates conditions, replaces operators, drops statements, adds one to
// numbers, and makes functions return at once.
//
//	go run ./mutate -n 100 -seed 1     # a sample of a hundred mutants that build
//	go run ./mutate -n 0               # all mutants, which takes days
//	go run ./mutate -files rollout.go  # mutants of some files
//
// The quick tests of the package try each mutant first. If it survives, all tests of the module try
// it, and then the tests of tests/. A mutant is noticed if a test fails or does not end in time.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

type options struct {
	root    string
	files   string
	size    int
	seed    uint64
	workers int
	list    bool
	out     io.Writer
}

func main() {
	o := options{out: os.Stdout}
	flag.StringVar(&o.root, "root", "..", "the folder of the package to change")
	flag.StringVar(&o.files, "files", "*.go", "the names of the files to change, as a pattern")
	flag.IntVar(&o.size, "n", 100, "how many mutants to try; 0 tries all")
	flag.Uint64Var(&o.seed, "seed", 1, "the seed that selects them")
	flag.IntVar(&o.workers, "workers", 1, "how many to try at a time")
	flag.BoolVar(&o.list, "list", false, "list the mutants and try none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	mutants, err := sample(root, o.files, o.seed)
	if err != nil {
		return err
	}
	if o.list {
		for _, m := range mutants {
			_, _ = fmt.Fprintln(o.out, m)
		}
		return nil
	}
	stages, err := stagesOf(ctx, root, o.out)
	if err != nil {
		return err
	}
	return (&trial{stages: stages, root: root, size: o.size, out: o.out}).try(ctx, mutants, max(1, o.workers))
}

// sample returns all mutants of the package in an order that depends on the seed.
func sample(root, pattern string, seed uint64) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		mutants, err := mutantsOf(file, source)
		if err != nil {
			return nil, err
		}
		all = append(all, mutants...)
	}
	all, err = withoutEquivalent(root, all)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(seed, seed))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

// stagesOf runs the tests of the package once, to find the slow tests.
func stagesOf(ctx context.Context, root string, out io.Writer) ([]stage, error) {
	quick := stage{folder: root, packages: []string{"."}}
	slow, err := quick.slow(ctx)
	if err != nil {
		return nil, err
	}
	quick.skip = slow
	return []stage{
		quick.limited(func() (time.Duration, error) { return longest, nil }),
		stage{folder: root, packages: []string{"./..."}}.measured(ctx, out),
		stage{
			folder: filepath.Join(root, "tests"), packages: []string{"./faults", "./schema", "./zero"},
		}.measured(ctx, out),
	}, nil
}

// trial tries mutants until the wanted number of them has been built.
type trial struct {
	stages []stage
	root   string
	size   int
	out    io.Writer

	mu     sync.Mutex
	counts map[verdict]int
	left   []mutant
	failed error
}

func (t *trial) try(ctx context.Context, mutants []mutant, workers int) error {
	t.counts = map[verdict]int{}
	t.left = mutants
	var group sync.WaitGroup
	for range workers {
		group.Go(func() { t.work(ctx) })
	}
	group.Wait()
	found := t.counts[noticed] + t.counts[timedOut]
	if tried := found + t.counts[survived]; tried > 0 {
		_, _ = fmt.Fprintf(t.out, "%d of %d mutants noticed, %.1f %% (%d of them timed out); %d more did not build\n",
			found, tried, 100*float64(found)/float64(tried), t.counts[timedOut], t.counts[invalid])
	}
	return t.failed
}

func (t *trial) work(ctx context.Context) {
	for {
		m, more := t.next()
		if !more {
			return
		}
		result, test, err := judge(ctx, m, t.stages)
		t.record(m, result, test, err)
	}
}

// next returns a mutant, as long as fewer than the wanted number have been built.
func (t *trial) next() (mutant, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	built := t.counts[noticed] + t.counts[timedOut] + t.counts[survived]
	if t.failed != nil || len(t.left) == 0 || t.size > 0 && built >= t.size {
		return mutant{}, false
	}
	m := t.left[0]
	t.left = t.left[1:]
	return m, true
}

func (t *trial) record(m mutant, result verdict, test string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.failed = err
		return
	}
	t.counts[result]++
	if result == invalid {
		return
	}
	if name, err := filepath.Rel(t.root, m.File); err == nil {
		m.File = name
	}
	_, _ = fmt.Fprintf(t.out, "%-9s %s  %s\n", result, m, test)
}
