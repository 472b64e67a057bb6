// Command push measures how fast a publication reaches the last of many clients by each way of
// push, beside a limit of the machine in the same run, and how many requests push saves. It writes
// the results to a page, and exits with 1 if a mark is missed:
//
//	cd benchmarks && go run ./push -out PUSH.md
//
// The measurements of the engines are programs of their own modules, which this one starts one
// after the other. They need nats-server, redis-server and PostgreSQL.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/becketflags/becket/benchmarks/report"
)

func main() {
	out := flag.String("out", "PUSH.md", "the page to write")
	publications := flag.Int("publications", 20, "publications for each figure")
	scale := flag.Float64("scale", 1, "multiplies the numbers of clients; below 1, it is only a trial")
	flag.Parse()
	missed, err := run(context.Background(), *out, sizes{*publications, *scale})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if missed > 0 {
		fmt.Fprintf(os.Stderr, "%d marks are missed\n", missed)
		os.Exit(1)
	}
}

// sizes says how much is measured.
type sizes struct {
	publications int
	scale        float64
}

// of returns a number of clients.
func (s sizes) of(clients int) int { return max(1, int(float64(clients)*s.scale)) }

// run measures everything, prints each row as soon as it is measured, and writes the page. It
// returns how many marks are missed.
func run(ctx context.Context, out string, s sizes) (missed int, err error) {
	var rows []row
	for _, measure := range []func(context.Context, sizes) ([]row, error){limit, streams, kv, pubsub, listen, origin} {
		more, err := measure(ctx, s)
		if err != nil {
			return 0, err
		}
		for _, r := range more {
			fmt.Println(r)
			if !r.met() {
				missed++
			}
		}
		rows = append(rows, more...)
	}
	return missed, os.WriteFile(out, []byte(page(report.ThisMachine(), rows, s)), 0o644)
}
