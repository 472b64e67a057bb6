package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

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
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context.Command() == "" {
		if word, is := strings.CutPrefix(parse.Error(), "unexpected argument "); is {
			if !strings.HasSuffix(word, "?") { // a suggestion is enough
				word += "; becket --help lists the verbs"
			}
			err = fmt.Errorf("there is no verb %s", word)
		}
	}
	e.complain(err)
	return exitUsage
}

// printFindings writes findings to stderr in the form that the user asked for. It is for verbs
// whose stdout holds something else than findings.
func (e *env) printFindings(findings []report.Finding) {
	if len(findings) > 0 {
		_ = e.writeFindings(e.stderr, findings)
	}
}

// writeFindings writes findings in the form that the user asked for.
func (e *env) writeFindings(w io.Writer, findings []report.Finding) error {
	report.Sort(findings)
	switch {
	case e.options.JSON:
		return report.JSON(w, findings)
	case e.options.GitHub:
		return report.GitHub(w, findings)
	default:
		return report.Text(w, findings)
	}
}

// reportFindings writes the findings of a verb whose result they are to stdout, and as text a last
// line with their numbers: of which document, and in how many flags. It returns errFound if there
// are errors, or if there are warnings and strict is set.
func (e *env) reportFindings(findings []report.Finding, strict bool, name, in string) error {
	if err := e.writeFindings(e.stdout, findings); err != nil {
		return err
	}
	tally := report.Count(findings)
	if !e.options.JSON && !e.options.GitHub {
		if name != "" {
			name += ": "
		}
		fmt.Fprintf(e.stdout, "%s%s%s\n", name, tally, in)
	}
	if tally.Failed(strict) {
		return errFound
	}
	return nil
}

// reportRefused writes the findings of a document that is refused as a whole, or of code that does
// not compile. The last line names the file if there is only one.
func (e *env) reportRefused(refused *report.RefusedError) error {
	name := ""
	for i := range refused.Findings {
		if i > 0 && refused.Findings[i].File != name {
			name = ""
			break
		}
		name = refused.Findings[i].File
	}
	return e.reportFindings(refused.Findings, false, name, "")
}

// optionsOf returns the options of a command line that cannot be parsed, as far as they decide how
// its error is written.
func optionsOf(args []string) *globals {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	o := &globals{}
	for _, arg := range args {
		switch arg {
		case "--json", "--json=true", "--json=1", "--json=yes":
			o.JSON = true
		case "--json=false", "--json=0", "--json=no":
			o.JSON = false
		}
	}
	return o
}
