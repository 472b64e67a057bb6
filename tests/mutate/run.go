package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

type verdict string

const (
	noticed  verdict = "noticed"
	timedOut verdict = "timed out" // counts as noticed too
	survived verdict = "SURVIVED"
	invalid  verdict = "does not build"
)

// stage is one run of tests. A mutant that survives a stage goes to the next one.
type stage struct {
	folder   string
	packages []string
	skip     string // a pattern of tests that a later stage runs
	// the time that the tests may take with a mutant
	limit func() (time.Duration, error)
}

// time limit of the quick tests, and the least limit of the other tests
const longest = 5 * time.Minute

func (s stage) limited(limit func() (time.Duration, error)) stage {
	s.limit = limit
	return s
}

// measured returns the stage with a time limit. The limit depends on the time of a run without a
// mutant, which must pass. This run begins when the first mutant needs it.
func (s stage) measured(ctx context.Context, out io.Writer) stage {
	return s.limited(sync.OnceValues(func() (time.Duration, error) {
		const most = 4 * longest
		begin := time.Now()
		result, test, err := s.run(ctx, "", most)
		if err == nil && result != survived {
			err = fmt.Errorf("the tests %s in %s fail without a change (%s)", s.packages, s.folder, test)
		}
		took := time.Since(begin)
		_, _ = fmt.Fprintf(out, "%s in %s: %s without a change\n", s.packages, s.folder, took.Round(time.Second))
		return max(longest, 4*took), err
	}))
}

// judge tries one mutant. The go command reads the changed file in place of the real one
// (-overlay). So no file of the repository changes, and commands that tests start see the change
// too. The second result names a test that failed.
func judge(ctx context.Context, m mutant, stages []stage) (verdict, string, error) {
	folder, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return "", "", err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	overlay, err := writeOverlay(folder, m)
	if err != nil {
		return "", "", err
	}
	for _, s := range stages {
		limit, err := s.limit()
		if err != nil {
			return "", "", err
		}
		if result, test, err := s.run(ctx, overlay, limit); result != survived || err != nil {
			return result, test, err
		}
	}
	return survived, "", nil
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// run runs the tests of one stage with the overlay.
func (s stage) run(ctx context.Context, overlay string, limit time.Duration) (verdict, string, error) {
	limited, cancel := context.WithTimeout(ctx, limit+time.Minute)
	defer cancel()
	output, err := command(limited, s.folder, overlay, s.arguments(limit, "-failfast")...).CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	case err == nil:
		return survived, "", nil
	case bytes.Contains(output, []byte("[build failed]")):
		return invalid, "", nil
	case limited.Err() != nil || bytes.Contains(output, []byte("panic: test timed out")):
		return timedOut, "", nil
	}
	name := ""
	if found := failedTest.FindSubmatch(output); found != nil {
		name = string(found[1])
	}
	return noticed, name, failedToStart(err)
}

// arguments returns the arguments of go test. The extra arguments precede the packages.
func (s stage) arguments(limit time.Duration, extra ...string) []string {
	arguments := []string{"test", "-short", "-count=1", "-vet=off", "-timeout", limit.String()}
	if s.skip != "" {
		arguments = append(arguments, "-skip", s.skip)
	}
	return slices.Concat(arguments, extra, s.packages)
}

// slow returns a pattern that matches the stage's tests that take longer than a second. It returns
// an error if a test fails.
func (s stage) slow(ctx context.Context) (string, error) {
	output, err := command(ctx, s.folder, "", s.arguments(longest, "-json")...).Output()
	var names, failed []string
	for line := range bytes.Lines(output) {
		var event struct {
			Action, Test string
			Elapsed      float64
		}
		switch {
		case json.Unmarshal(line, &event) != nil || event.Test == "" || strings.Contains(event.Test, "/"):
		case event.Action == "fail":
			failed = append(failed, event.Test)
		case event.Action == "pass" && event.Elapsed > 1:
			names = append(names, event.Test)
		}
	}
	if err != nil {
		return "", fmt.Errorf("the tests of %s fail without a change: %w: %s", s.folder, err, failed)
	}
	if len(names) == 0 {
		return "", nil
	}
	return "^(" + strings.Join(names, "|") + ")$", nil
}

// failedToStart returns nil if the error is only the command's exit status, and otherwise the
// error.
func failedToStart(err error) error {
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		return nil
	}
	return err
}

func command(ctx context.Context, folder, overlay string, arguments ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "go", arguments...)
	c.Dir = folder
	c.Env = append(os.Environ(), "GOWORK=off")
	if overlay != "" {
		c.Env = append(c.Env, `GOFLAGS="-overlay=`+overlay+`"`)
	}
	c.WaitDelay = 10 * time.Second // child processes of a test may keep the output open
	return c
}

// writeOverlay writes the changed file and the list that the go command reads.
func writeOverlay(folder string, m mutant) (string, error) {
	source, err := os.ReadFile(m.File)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(folder, "mutant.go")
	if err := os.WriteFile(changed, m.apply(source), 0o600); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{m.File: changed}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}
