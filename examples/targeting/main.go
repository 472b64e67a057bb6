// Command targeting shows rules by country, age, segment, app version and time, with each subject's
// answer and its reason. Start it with
//
//	go run ./examples/targeting
//
// The program has its own clock, so that you see the maintenance window open.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/testdata/rulesets"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "targeting:", err)
		os.Exit(1)
	}
}

// people are the subjects of the decisions. Some of their attributes are unknown.
var people = []becket.Subject{
	becket.NewSubject("anna", becket.String("country", "DE"), becket.Int("age", 34), becket.String("app", "2.9.4")),
	becket.NewSubject("ben", becket.String("country", "FR"), becket.Int("age", 29), becket.String("app", "3.1.2")),
	becket.NewSubject("carla", becket.String("country", "AT"), becket.Int("age", 30), becket.String("app", "v3.3")),
	becket.NewSubject("dora", becket.Int("age", 16), becket.String("app", "3.2.0-beta.1")),
	becket.NewSubject("finn", becket.String("email", "finn@EXAMPLE.com"), becket.String("app", "nightly")),
	becket.NewSubject("gina", becket.String("country", "CH"), becket.String("email", "gina@example.com")),
}

// clock is a clock that the program sets.
type clock struct{ at atomic.Pointer[time.Time] }

func (c *clock) set(at time.Time) { c.at.Store(&at) }
func (c *clock) now() time.Time   { return *c.at.Load() }

// berlin is the time zone in which the maintenance window was planned. Rules compare instants, not
// zones.
var berlin = time.FixedZone("CET", 60*60)

func run(ctx context.Context, out io.Writer) error {
	var hand clock
	hand.set(time.Date(2026, time.December, 5, 20, 0, 0, 0, berlin))
	client, err := becket.New(becket.Bytes(rulesets.Targeting), becket.WithClock(hand.now))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if err := client.Wait(ctx); err != nil {
		return err
	}
	section(out, "Country: an imprint in DE, AT and CH")
	table(out, client, "country", becket.View.BoolDetail, "imprint", false)
	section(out, "Age: 30 and over, 18 to 29, and everybody else")
	table(out, client, "age", becket.View.StringDetail, "music", "Piano")
	section(out, "Segment: friends and family, by key or by email, but not gina")
	table(out, client, "email", becket.View.BoolDetail, "preview", false)
	section(out, "App version: >=2.8.0 <3.1.0 || >=3.2.0")
	table(out, client, "app", becket.View.BoolDetail, "offline-maps", false)
	maintenance(out, client, &hand)
	return nil
}

// maintenance lets the clock run through the window, and explains one decision within it.
func maintenance(out io.Writer, client *becket.Client, hand *clock) {
	section(out, "Time: maintenance on 6 December from 01:00 until 03:00, not for friends")
	const row = "  %-10s%-9s%-8s%-17s%s\n"
	fmt.Fprintf(out, row, "TIME", "SUBJECT", "orders", "REASON", "RULE")
	anna, dora, gina := people[0], people[3], people[5]
	for _, at := range []string{"00:59:59", "01:00:00", "02:59:59", "03:00:00"} {
		hand.set(at6December(at))
		for _, subject := range []becket.Subject{anna, dora} {
			d := client.For(subject).StringDetail("orders", "closed")
			fmt.Fprintf(out, row, at, subject.Key(), d.Value, d.Reason, why(d.Rule, ""))
		}
	}
	hand.set(at6December("02:00:00"))
	fmt.Fprintf(out, "\nExplained: orders for gina at 02:00\n\n%s", client.Explain("orders", gina))
}

func at6December(clock string) time.Time {
	at, err := time.ParseInLocation(time.DateTime, "2026-12-06 "+clock, berlin)
	if err != nil {
		panic(err) // the texts above are constant
	}
	return at
}
