// Command growth measures how the cost of a check grows with the ruleset, and writes the tables of
// docs/performance.md.
//
//	cd benchmarks && go run ./growth -page ../docs/performance.md
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/benchmarks/report"
)

type object = map[string]any

func main() {
	testing.Init()
	_ = flag.Set("test.benchtime", "50ms")
	page := flag.String("page", "", "the page for the tables; without it they are printed")
	flag.Parse()
	machine := report.ThisMachine() // before the tables change the page
	tables, err := measure()
	tables = fmt.Sprintf("Measured at commit %s, on %s:\n\n%s",
		machine.Commit, machine.Date.Format(time.DateOnly), tables)
	if err == nil && *page != "" {
		err = write(*page, tables)
	} else if err == nil {
		fmt.Print(tables)
	}
	if err != nil {
		slog.Error("growth", "error", err)
		os.Exit(1)
	}
}

// series is one table: the name of the size that grows, and a check for each size.
type series struct {
	title string
	sizes []int
	flags func(size int) object // the document's flags; the check asks for "f"
}

var all = []series{
	{"flags in the ruleset", []int{10, 1_000, 10_000, 100_000}, func(n int) object {
		flags := object{"f": object{"rules": []object{rule("country", "DE")}}}
		for i := range n {
			flags[fmt.Sprintf("flag-%d", i)] = object{}
		}
		return flags
	}},
	{"rules before the one that applies", []int{0, 1, 10, 100}, func(n int) object {
		var rules []object
		for i := range n {
			rules = append(rules, rule("country", fmt.Sprintf("X%d", i)))
		}
		return object{"f": object{"rules": append(rules, rule("country", "DE"))}}
	}},
	{"conditions of a rule, all true", []int{1, 5, 20, 50}, func(n int) object {
		var parts []object
		for range n {
			parts = append(parts, object{"attribute": "age", "gte": 18})
		}
		return object{"f": object{"rules": []object{{"if": object{"all": parts}, "serve": "on"}}}}
	}},
	{"texts in a list", []int{1, 10, 100, 10_000, 1_000_000}, func(n int) object {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("C%d", i)
		}
		list[n-1] = "DE"
		return object{"f": object{"rules": []object{{"if": object{"attribute": "country", "in": list}, "serve": "on"}}}}
	}},
	{"variants of a split", []int{1, 2, 3, 5, 10}, func(n int) object {
		variants, weights := object{}, object{}
		for i := range n {
			name := fmt.Sprintf("v%d", i)
			variants[name], weights[name] = true, i+1
		}
		return object{"f": object{"variants": variants, "default": object{"split": weights}}}
	}},
}

func rule(attribute, value string) object {
	return object{"if": object{"attribute": attribute, "in": []string{value}}, "serve": "on"}
}

// measure returns all tables as Markdown.
func measure() (string, error) {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "| %s | ns | x the first |\n|--:|--:|--:|\n", s.title)
		first := 0.0
		for _, size := range s.sizes {
			ns, err := check(s.flags(size), 1)
			if err != nil {
				return "", fmt.Errorf("%s: %d: %w", s.title, size, err)
			}
			if first == 0 {
				first = ns
			}
			fmt.Fprintf(&b, "| %d | %.0f | %.1f |\n", size, ns, ns/first)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "| processors | ns per check, all together | x the first |\n|--:|--:|--:|\n")
	first := 0.0
	for processors := 1; processors <= runtime.NumCPU(); processors *= 2 {
		ns, err := check(all[1].flags(0), processors)
		if err != nil {
			return "", err
		}
		if first == 0 {
			first = ns
		}
		fmt.Fprintf(&b, "| %d | %.0f | %.2f |\n", processors, ns, ns/first)
	}
	return b.String(), nil
}

// check returns the nanoseconds of a check whose answer is true, as the best of several runs.
func check(flags object, processors int) (float64, error) {
	document, err := json.Marshal(object{"schema": 1, "flags": flags})
	if err != nil {
		return 0, err
	}
	client, err := becket.New(becket.Bytes(document), becket.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return 0, err
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := client.Wait(ctx); err != nil {
		return 0, err
	}
	subject := becket.NewSubject("user-42",
		becket.String("country", "DE"), becket.Int("age", 31), becket.String("plan", "pro"),
		becket.String("version", "2.9.4"), becket.Bool("beta", true))
	if d := client.For(subject).BoolDetail("f", false); !d.Value {
		return 0, fmt.Errorf("the check is not true: %+v", d)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	best := 0.0
	for range 5 {
		r := testing.Benchmark(func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					client.For(subject).Enabled("f")
				}
			})
		})
		if ns := float64(r.T.Nanoseconds()) / float64(r.N); best == 0 || ns < best {
			best = ns
		}
	}
	return best, nil
}

// write puts the tables between the page's markers.
func write(page, tables string) error {
	content, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(content), "<!-- growth:begin -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- growth:end -->")
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the tables", page)
	}
	text := before + "<!-- growth:begin -->\n" + tables + "<!-- growth:end -->" + after
	return os.WriteFile(page, []byte(text), 0o644)
}
