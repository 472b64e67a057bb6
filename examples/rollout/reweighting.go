package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/becketflags/becket"
)

var button = becket.StringFlag{Key: "button", Default: "Buy now"}

// evenly holds the new weights of the A/B/C test.
var evenly = weights{40, 30, 30}

// reweighting draws each user's variant before and after the weights change.
func reweighting(ctx context.Context, out io.Writer, p *publisher) error {
	fmt.Fprintf(out, "\nBUTTON: an A/B/C test, %v, then %v\n\n", usual, evenly)
	ruler(out)
	before, err := drawn(ctx, p, usual)
	if err != nil {
		return err
	}
	after, err := drawn(ctx, p, evenly)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  %-10v%s\n", usual, strings.Join(before[:shown], ""))
	fmt.Fprintf(out, "  %-10v%s\n", evenly, strings.Join(after[:shown], ""))
	fmt.Fprintf(out, "%12s%s\n", "", marks(before[:shown], after[:shown]))
	fmt.Fprint(out, "\n  Each column is a user:  the variant's name, and ^ below who moves\n")
	fmt.Fprintf(out, "\n  Of %d users        A         B         C\n", counted)
	for _, row := range []struct {
		weights  weights
		variants []string
	}{{usual, before}, {evenly, after}} {
		fmt.Fprintf(out, "  %14v", row.weights)
		for _, name := range names {
			fmt.Fprintf(out, "%8.2f %%", share(count(row.variants, name)))
		}
		fmt.Fprintln(out)
	}
	return nil
}

// moves changes weights in several ways and counts the users that move.
func moves(ctx context.Context, out io.Writer, p *publisher) error {
	fmt.Fprintf(out, "\nWHO MOVES when weights change, in percent of %d users\n\n", counted)
	fmt.Fprint(out, "  change                    fewest possible   becket   cumulative ranges\n")
	for _, change := range []struct{ before, after weights }{
		{usual, evenly},
		{weights{90, 5, 5}, weights{80, 10, 10}},
		{weights{50, 50, 0}, weights{40, 40, 20}},
		{weights{60, 20, 20}, weights{0, 20, 20}},
		{weights{50, 30, 20}, weights{20, 30, 50}},
		{weights{10, 80, 10}, weights{13, 80, 7}},
	} {
		before, err := drawn(ctx, p, change.before)
		if err != nil {
			return err
		}
		after, err := drawn(ctx, p, change.after)
		if err != nil {
			return err
		}
		moved := strings.Count(marks(before, after), "^")
		fmt.Fprintf(out, "  %-10v to %-10v   %15.1f   %6.1f   %17.1f\n", change.before, change.after,
			fewest(change.before, change.after), share(moved), ranges(change.before, change.after))
	}
	fmt.Fprint(out, `
  The becket column is counted, the others are calculated. A variant that is
  new takes only what it gets, and of one that is gone only its own users move.
  Other usual changes stay close to the fewest possible. The last line is the
  worst kind: small variants that trade a little beside a large one, which can
  move up to twice the fewest.
`)
	return nil
}

// drawn publishes weights and returns each user's variant.
func drawn(ctx context.Context, p *publisher, w weights) ([]string, error) {
	const everybody = 100
	if err := p.publish(ctx, everybody, w); err != nil {
		return nil, err
	}
	return askAll(p, counted, func(v becket.View) string { return button.Detail(v).Variant }), nil
}

func count(variants []string, name string) (n int) {
	for _, v := range variants {
		if v == name {
			n++
		}
	}
	return n
}
