// Command becket checks, describes, explains, simulates and compares rulesets of feature flags, and
// generates code from them. docs/command.md describes it.
package main

//go:generate go test -run TestThePageOfTheCommandShowsRealOutput -update .

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/becketflags/becket/cmd/becket/internal/await"
)

// version is set by the release with -X main.version. A build by go install leaves it empty and
// uses the build information.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(&env{
		ctx:      ctx,
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		coloured: term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == "",
		progress: term.IsTerminal(int(os.Stderr.Fd())),
		width:    terminalWidth(),
		now:      time.Now,
		password: terminalPassword(),
		ask:      terminalAnswer(),
	}, os.Args[1:])
	os.Exit(code)
}

// terminalPassword returns a function that asks for a password without echo. It returns nil if
// stdin is not a terminal.
func terminalPassword() func(ctx context.Context, prompt string) (string, error) {
	terminal := int(os.Stdin.Fd())
	if !term.IsTerminal(terminal) {
		return nil
	}
	return func(ctx context.Context, prompt string) (string, error) {
		state, err := term.GetState(terminal)
		if err != nil {
			return "", err
		}
		fmt.Fprint(os.Stderr, prompt)
		defer fmt.Fprintln(os.Stderr)
		password, err := await.Result(ctx, func() ([]byte, error) { return term.ReadPassword(terminal) })
		if ctx.Err() != nil {
			// ReadPassword still waits, and its terminal has no echo
			_ = term.Restore(terminal, state)
		}
		return string(password), err
	}
}

// terminalAnswer returns a function that asks a question and reads a line. It returns nil if stdin
// is not a terminal.
func terminalAnswer() func(ctx context.Context, question string) (string, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return nil
	}
	return func(ctx context.Context, question string) (string, error) {
		fmt.Fprint(os.Stderr, question)
		answer, err := await.Result(ctx, func() (string, error) {
			line, err := bufio.NewReader(os.Stdin).ReadString('\n')
			if errors.Is(err, io.EOF) {
				err = nil // Ctrl-D answers nothing
			}
			return line, err
		})
		if ctx.Err() != nil {
			fmt.Fprintln(os.Stderr)
		}
		return answer, err
	}
}

// terminalWidth returns the number of columns of stdout, or 0 if it is not a terminal.
func terminalWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// versionText returns the release's version, or else the version in the build information.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
