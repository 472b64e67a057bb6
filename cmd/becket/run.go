package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/alecthomas/kong"

	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// The command's exit codes.
const (
	exitGood    = 0
	exitFinding = 1 // a bad document, a finding, an impact above the limit
	exitUsage   = 2 // wrong use, or the input cannot be read

	exitInterrupted = 130 // by a signal, as shells count it
)

// errFound ends a verb that has already printed its findings. The exit code is 1, and nothing else
// is printed.
var errFound = errors.New("something was found")

// env is the environment of a verb. Tests give it buffers and a fixed clock.
type env struct {
	ctx      context.Context //nolint:containedctx // one run of the command, which the signal ends
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
	coloured bool // stdout is a terminal
	progress bool // stderr is a terminal
	width    int  // columns of the terminal that stdout is, or 0
	now      func() time.Time

	// password asks at the terminal without echo. It is nil without a terminal.
	password func(ctx context.Context, prompt string) (string, error)

	// ask asks a question at the terminal and returns the line that the user types. It is nil
	// without a terminal.
	ask func(ctx context.Context, question string) (string, error)

	// transport sends the requests of becket live. It is nil for the library's own.
	transport http.RoundTripper

	options *globals
	config  config
	files   chan struct{} // holds an element while the command writes files
}

// run runs the command and returns its exit code.
func run(e *env, args []string) int {
	e.files = make(chan struct{}, 1)
	exit := exitCode(-1)
	var commands cli
	parser, err := newParser(e, &commands)
	if err != nil {
		panic(err) // a struct tag of a verb is wrong
	}
	var verb *kong.Context
	if exit.catch(func() { verb, err = parser.Parse(args) }) {
		return int(exit)
	}
	if err != nil {
		e.options = optionsOf(args)
		return e.usage(err)
	}
	e.options = &commands.globals
	return e.finish(e.interruptible(func() error {
		if e.config, err = readConfig(e.ctx, commands.Config); err != nil {
			return err
		}
		return verb.Run(e)
	}))
}

// newParser returns the command line's parser. Where kong would end the process, it panics with an
// exitCode instead.
func newParser(e *env, commands *cli) (*kong.Kong, error) {
	return kong.New(commands,
		kong.Name("becket"),
		kong.Description("Check, explain and foresee rulesets of feature flags. "+
			"Exit codes: 0 good, 1 a finding, 2 used wrongly, 130 interrupted."),
		kong.Writers(e.stdout, e.stderr),
		kong.Exit(func(code int) { panic(exitCode(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{"version": versionText(), "formats": input.Formats(), "states": states()},
	)
}

// exitCode is the code that kong exits with after --help or --version.
type exitCode int

// catch runs f and reports whether kong wanted to exit.
func (c *exitCode) catch(f func()) (exited bool) {
	defer func() {
		if code, ok := recover().(exitCode); ok {
			*c, exited = code, true
		}
	}()
	f()
	return false
}

// finish prints the error that ended a verb and returns the exit code.
func (e *env) finish(err error) int {
	switch bad, isBad := errors.AsType[*report.RefusedError](err); {
	case err == nil:
		return exitGood
	case errors.Is(err, errFound):
		return exitFinding
	case e.ctx.Err() != nil:
		return exitInterrupted
	case isBad:
		e.printFindings(bad.Findings)
		return exitFinding
	default:
		return e.usage(err)
	}
}
