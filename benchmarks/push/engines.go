package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// The marks.
const (
	maxWatchers = 200.0  // milliseconds until the last of 1,000 watchers of NATS has the hint
	maxStreams  = 1000.0 // milliseconds to the last of 5,000 streams
	maxMemory   = 64.0   // kilobytes of the server for each stream
)

// The forms of the measurements' output.
const (
	streamsLines = `median (\S+) of \d+ publications, worst (\S+) [^\n]*\n.* streams: (\S+) kB`
	clientsLine  = `the last client (\S+) \(median of \d+, (\S+ to \S+)\)`
)

// bench runs the measurement of another module and returns its output. An exit code alone is no
// error, because the program also reports a missed mark by it.
func bench(ctx context.Context, module string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"run", "./bench"}, arguments...)...)
	command.Dir = "../" + module
	command.Env = append(os.Environ(), "GOWORK=off")
	var output, failure bytes.Buffer
	command.Stdout, command.Stderr = &output, &failure
	if err := command.Run(); err != nil && output.Len() == 0 {
		return "", fmt.Errorf("bench: %s: %w: %s", module, err, failure.String())
	}
	return output.String(), nil
}

// find returns the groups of a pattern in the output of a measurement.
func find(output, pattern string) ([]string, error) {
	groups := regexp.MustCompile(pattern).FindStringSubmatch(output)
	if groups == nil {
		return nil, fmt.Errorf("bench: the output has another form: %q", output)
	}
	return groups[1:], nil
}

// timed returns a row of times of publications.
func timed(name, median, note string, mark float64) (row, error) {
	took, err := time.ParseDuration(median)
	return row{name: name, value: inMilliseconds(took), unit: "ms", note: note, mark: mark}, err
}

// streams measures streams of server-sent events of one publish.Handler.
func streams(ctx context.Context, s sizes) ([]row, error) {
	output, err := bench(ctx, "publish",
		"-streams", strconv.Itoa(s.of(5000)), "-publications", strconv.Itoa(s.publications))
	if err != nil {
		return nil, err
	}
	got, err := find(output, streamsLines)
	if err != nil {
		return nil, err
	}
	latency, err := timed(fmt.Sprintf("the last of %d streams of `publish.Handler` has the hint", s.of(5000)),
		got[0], "worst "+got[1], maxStreams)
	if err != nil {
		return nil, err
	}
	memory, err := strconv.ParseFloat(got[2], 64)
	return []row{latency, {
		name: "memory of the server for each stream", value: memory, unit: "kB",
		note: "resident memory of the process", mark: maxMemory,
	}}, err
}

// kv measures watches of a NATS key-value bucket with a replica on each of three servers: first the
// watches alone, and then whole clients, which also fetch.
func kv(ctx context.Context, s sizes) (rows []row, err error) {
	n := s.of(1000)
	for _, r := range []row{
		{name: fmt.Sprintf("the last of %d watches of NATS KV on three servers has the hint", n), mark: maxWatchers},
		{name: fmt.Sprintf("the last of %d clients of NATS KV on three servers uses the ruleset", n)},
	} {
		output, err := bench(ctx, "nats", "-n", strconv.Itoa(n), "-nodes", "3",
			"-publications", strconv.Itoa(s.publications), fmt.Sprintf("-watch=%t", r.mark > 0))
		if err != nil {
			return nil, err
		}
		var got struct {
			Median float64 `json:"median_ms"`
			Least  float64 `json:"least_ms"`
			Most   float64 `json:"most_ms"`
			Bytes  int     `json:"bytes"`
		}
		if err := json.Unmarshal([]byte(output), &got); err != nil {
			return nil, fmt.Errorf("bench: nats: %w", err)
		}
		r.value, r.unit = got.Median, "ms"
		r.note = fmt.Sprintf("%.0f to %.0f ms; %d bytes", got.Least, got.Most, got.Bytes)
		rows = append(rows, r)
	}
	return rows, nil
}

// pubsub measures subscriptions of Redis.
func pubsub(ctx context.Context, s sizes) ([]row, error) {
	return clients(ctx, s, "redis", "the last of %d clients of Redis uses the ruleset")
}

// listen measures LISTEN of PostgreSQL.
func listen(ctx context.Context, s sizes) ([]row, error) {
	return clients(ctx, s, "postgres", "the last of %d clients of PostgreSQL uses the ruleset")
}

// clients measures 500 clients of an engine.
func clients(ctx context.Context, s sizes, module, name string) ([]row, error) {
	n := s.of(500)
	output, err := bench(ctx, module, "-n", strconv.Itoa(n), "-publications", strconv.Itoa(s.publications))
	if err != nil {
		return nil, err
	}
	got, err := find(output, clientsLine)
	if err != nil {
		return nil, err
	}
	r, err := timed(fmt.Sprintf(name, n), got[0], got[1], 0)
	return []row{r}, err
}
