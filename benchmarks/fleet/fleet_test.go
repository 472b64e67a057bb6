package fleet

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/becketflags/becket"
)

var update = flag.Bool("update", false, "write the plot and the table into docs/")

var day = Timeline{
	Clients:  10_000,
	Interval: 30 * time.Second,
	Down:     7 * time.Minute,
	Up:       17 * time.Minute,
	End:      24 * time.Minute,
}

// document has the size of a ruleset of fifty flags.
func document() []byte {
	var flags []string
	for i := range 50 {
		flags = append(flags, fmt.Sprintf(`"feature-%02d": {"description": "What feature %d is for", "owner": "team-%d",
			"rules": [{"name": "germany", "if": {"attribute": "country", "in": ["DE", "AT"]}, "percent": %d,
				"serve": "on"}]}`, i, i, i%7, i))
	}
	return []byte(`{"schema": 1, "revision": 1, "flags": {` + strings.Join(flags, ",\n") + `}}`)
}

// simulate runs the fleet through the timeline and returns the server's counts.
func simulate(t *testing.T, timeline Timeline, document []byte) *Server {
	t.Helper()
	server := NewServer(timeline, document)
	clients := make([]*becket.Client, timeline.Clients)
	for i := range clients {
		source := becket.HTTP("https://flags.example.com/production.json",
			becket.WithHTTPClient(&http.Client{Transport: server}))
		client, err := becket.New(source, becket.WithPollInterval(timeline.Interval),
			becket.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		clients[i] = client
	}
	time.Sleep(timeline.End)
	for _, client := range clients {
		if s := client.Status(); s.Tier != becket.TierNetwork || s.Failures > 0 {
			t.Fatalf("a client has not recovered: %+v", s)
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return server
}

func TestAFleetAsksEvenlyAndRecoversGently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		document := document()
		server := simulate(t, day, document)

		windows := []struct {
			name     string
			from, to time.Duration
			atMost   float64 // peak to mean; 0 means no limit
		}{
			{"the first minute", 0, time.Minute, 0},
			{"steady", 2 * time.Minute, day.Down, 1.3},
			{"without the server", day.Down + time.Minute, day.Up, 0},
			{"the minute after it is back", day.Up, day.Up + time.Minute, 2.0},
			{"steady again", day.Up + 2*time.Minute, day.End, 1.3},
		}
		table := "| | requests per second, mean | in the busiest second | peak to mean |\n|---|--:|--:|--:|\n"
		for _, row := range windows {
			w := server.Between(row.from, row.to)
			table += fmt.Sprintf("| %s | %.0f | %d | %.2f |\n", row.name, w.Mean, w.Peak, w.PeakToMean())
			if row.atMost > 0 && w.PeakToMean() > row.atMost {
				t.Errorf("%s: peak to mean is %.2f, more than %.1f", row.name, w.PeakToMean(), row.atMost)
			}
		}
		t.Log("\n" + table)

		whole := server.Between(0, day.End)
		if whole.Total.Full != day.Clients {
			t.Errorf("the document was sent %d times to %d clients: ETags are not used", whole.Total.Full, day.Clients)
		}
		if *update {
			write(t, server, table, len(document))
		}
	})
}

// write puts the plot and the table into the page for operators.
func write(t *testing.T, server *Server, table string, size int) {
	t.Helper()
	steady := server.Between(2*time.Minute, day.Down)
	perHour := float64(steady.Total.Requests) / (day.Down - 2*time.Minute).Hours()
	bytesPerHour := float64(steady.Total.Bytes) / (day.Down - 2*time.Minute).Hours()
	text := fmt.Sprintf(`%d clients start together, poll every %v, lose the server for ten minutes and get it back; `+
		`simulated on virtual time with
real clients (`+"`cd benchmarks && go test ./fleet -update`"+` writes this part anew):

![requests per second](fleet.svg)

%s
A steady hour costs %.2f million requests and %.0f MB for the whole fleet, headers of both sides included: `+
		`%.0f requests and %.0f kB a client.
All but the first request of each client were answered by 304; `+
		`without ETags the %d bytes of this ruleset would come every time, `+
		`%.1f GB an hour.
`, day.Clients, day.Interval, table, perHour/1e6, bytesPerHour/1e6, perHour/float64(day.Clients),
		bytesPerHour/1e3/float64(day.Clients),
		size, (bytesPerHour+perHour*float64(size))/1e9)
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), "<!-- fleet:begin -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- fleet:end -->")
	if !ok || !ok2 {
		t.Fatal("docs/operations.md has no place for the table")
	}
	page = []byte(before + "<!-- fleet:begin -->\n" + text + "<!-- fleet:end -->" + after)
	for path, content := range map[string][]byte{
		"../../docs/operations.md": page, "../../docs/fleet.svg": []byte(server.Plot()),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
