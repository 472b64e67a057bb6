package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/becketflags/becket/internal/figuretest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const commandPage = "docs/command.md"

// Each row quotes a page and holds the behaviour. The numbers are written out, so that a change of
// the code or of the page alone fails.
func TestTheFiguresOfThePagesAboutTheCommandHold(t *testing.T) {
	for _, row := range []struct {
		page, words string
		holds       func(t *testing.T)
	}{
		{commandPage, "A request has ten seconds to arrive", func(t *testing.T) {
			for _, request := range []string{"half of a header", "half of a body"} {
				synctest.Test(t, func(t *testing.T) {
					assert.Equal(t, 10*time.Second, timeOfHalfARequest(t, halfRequests[request]), request)
				})
			}
		}},
		{commandPage, "by default, only this machine can reach the server", func(t *testing.T) {
			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:8080")
			if err == nil { // otherwise another program has the address
				defer listener.Close()
			}
			code, _, stderr := command(t, nil, "serve", rulesFile("flags.json"))
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, stderr, "127.0.0.1:8080")
		}},
		{commandPage, "that the expansion makes longer than four times its size plus a mebibyte", func(t *testing.T) {
			for share, code := range map[float64]int{0.98: exitGood, 1.02: exitFinding} {
				const text = 500
				aliases := int(share * (1<<20 + 4*(text+70)) / (text + 3 - share*4*3))
				source := `{"schema": 1, "flags": {}, "x-text": &a "` + strings.Repeat("x", text) + `", "x-list": [` +
					strings.TrimSuffix(strings.Repeat("*a,", aliases), ",") + "]}\n"
				file := filepath.Join(t.TempDir(), "flags.yaml")
				require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
				got, _, stderr := command(t, nil, "build", file, "--compact")
				assert.Equal(t, code, got, "%v: %.200s", share, stderr)
			}
		}},
		{commandPage, "in the middle of a billion subjects", func(t *testing.T) {
			_, _, stderr := command(t, nil, "simulate", "banner", "-r", rulesFile("flags.json"),
				"--subjects", "1000000001")
			assert.Contains(t, stderr, "from 1 to 1,000,000,000")
		}},
		{commandPage, "130 if it was interrupted", func(t *testing.T) {
			code, _, _ := command(t, func(e *env) {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				e.ctx = ctx
			}, "simulate", "banner", "-r", rulesFile("flags.json"), "--subjects", "1000000000")
			assert.Equal(t, 130, code)
		}},
		{
			commandPage, "Each share has a 95 % confidence interval (Wilson's)",
			figuretest.By("cmd/becket", "TestTranscripts"),
		},
		{
			commandPage, "the server answers with status 503 until the file holds a ruleset",
			figuretest.By("cmd/becket", "TestTheServerWaitsForAFileThatIsEmpty"),
		},
		{
			commandPage, "a probability below 0.001 is a finding",
			figuretest.By("cmd/becket/internal/simulate", "TestARatioIsAFindingBelowOneInAThousand"),
		},
		{
			"docs/findings.md", "at most 100 findings per flag and 10,000 per document",
			figuretest.By("cmd/becket/internal/lint", "TestAFlagHasAtMostAHundredFindings"),
		},
	} {
		t.Run(row.words, func(t *testing.T) {
			figuretest.Says(t, row.page, row.words)
			row.holds(t)
		})
	}
}

// timeOfHalfARequest returns how long the server keeps a connection on which a part of a request
// arrives.
func timeOfHalfARequest(t *testing.T, request string) time.Duration {
	t.Helper()
	documents := newDocuments(t, []byte("{}"), nil)
	ctx, cancel := context.WithCancel(t.Context())
	e := &env{ctx: ctx, options: &globals{}, stdout: io.Discard, stderr: io.Discard, now: time.Now}
	d := development{e: e, server: documents, settled: true, rules: t.TempDir()}
	d.seen = d.look()
	listener := &pipes{make(chan net.Conn), make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- d.serve(listener, time.Hour) }()
	mine, theirs := net.Pipe()
	defer mine.Close()
	listener.accepted <- theirs
	began := time.Now()
	_, err := fmt.Fprint(mine, request)
	require.NoError(t, err)
	_, err = io.ReadAll(mine)
	require.NoError(t, err)
	took := time.Since(began)
	cancel()
	require.NoError(t, <-ended)
	return took.Truncate(time.Second)
}
