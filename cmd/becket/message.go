package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// tell writes a message to stderr: a line, or with --json an object with the member "message".
func (e *env) tell(format string, values ...any) {
	e.note("message", fmt.Sprintf(format, values...))
}

// complain writes an error to stderr: a line, or with --json an object with the member "error".
func (e *env) complain(err error) { e.note("error", report.Plain(err)) }

func (e *env) note(kind, text string) {
	if e.options.JSON {
		writeLine(e.stderr, map[string]string{kind: text})
		return
	}
	fmt.Fprintf(e.stderr, "becket: %s\n", text)
}

// writeLine writes a value as JSON on one line.
func writeLine(w io.Writer, value any) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
}

// usage writes an error of use and returns its exit code.
func (e *env) usage(err error) int {
	e.complain(err)
	return exitUsage
}

// printFindings writes findings to stderr in the form that the user asked for.
func (e *env) printFindings(findings []report.Finding) {
	switch {
	case len(findings) == 0:
	case e.options.JSON:
		_ = report.JSON(e.stderr, findings)
	case e.options.GitHub:
		_ = report.GitHub(e.stderr, findings)
	default:
		_ = report.Text(e.stderr, findings)
	}
}

// optionsOf returns the options of a command line that cannot be parsed, as far as they decide how
// its error is written.
func optionsOf(args []string) *globals {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return &globals{JSON: slices.Contains(args, "--json")}
}
