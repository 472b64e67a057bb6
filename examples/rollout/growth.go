package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/becketflags/becket"
)

const (
	shown   = 64     // users in the plots
	counted = 20_000 // users in the tables
)

var newSearch = becket.BoolFlag{Key: "new-search"}

// stage is the result of one published share.
type stage struct{ percent, in, came, left int }

// growth publishes one share after the other, and draws the users that are in.
func growth(ctx context.Context, out io.Writer, p *publisher) error {
	fmt.Fprint(out, "NEW SEARCH: 5, 20, 50, then 100 percent\n\n")
	ruler(out)
	var stages []stage
	before := make([]bool, counted)
	for _, percent := range []int{5, 20, 50, 100} {
		if err := p.publish(ctx, percent, usual); err != nil {
			return err
		}
		now := askAll(p, counted, newSearch.On)
		fmt.Fprintf(out, "  %3d %%     %s\n", percent, plot(before[:shown], now[:shown]))
		stages = append(stages, compare(percent, before, now))
		before = now
	}
	fmt.Fprintf(out, "\n  Each column is a user:  # was in and stays   + comes in   . is not in\n")
	fmt.Fprintf(out, "\n  Of %d users    are in   came in   dropped out\n", counted)
	for _, s := range stages {
		fmt.Fprintf(out, "  %10d %%   %8.2f %%   %7d   %11d\n", s.percent, share(s.in), s.came, s.left)
	}
	return nil
}

func compare(percent int, before, now []bool) stage {
	s := stage{percent: percent}
	for i := range now {
		switch {
		case now[i] && !before[i]:
			s.came++
		case before[i] && !now[i]:
			s.left++
		}
		if now[i] {
			s.in++
		}
	}
	return s
}

// plot draws each user as a letter. A user that drops out would be an x.
func plot(before, now []bool) string {
	var b strings.Builder
	for i := range now {
		switch {
		case now[i] && before[i]:
			b.WriteByte('#')
		case now[i]:
			b.WriteByte('+')
		case before[i]:
			b.WriteByte('x')
		default:
			b.WriteByte('.')
		}
	}
	return b.String()
}

// ruler writes the numbers of the users above their columns.
func ruler(out io.Writer) {
	last := fmt.Sprintf("user-%d", shown)
	fmt.Fprintf(out, "%12s%-*s%s\n", "", shown-len(last), "user-1", last)
}

// share returns a number of users in percent.
func share(users int) float64 { return 100 * float64(users) / counted }
