// Package report writes findings about a document: for people and editors, for programs, and for
// GitHub workflows.
package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/wording"
)

// Finding is a problem of a document and its place.
type Finding struct {
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`   // from 1; 0 if the place is unknown
	Column   int      `json:"column,omitempty"` // in bytes, from 1
	// "invalid", or the name of a finding in docs/findings.md
	Name    string `json:"name"`
	Path    string `json:"path,omitempty"`  // the path in the document, such as flags.a.rules[2]
	Flag    string `json:"flag,omitempty"`  // the key of the flag that it is about
	Owner   string `json:"owner,omitempty"` // the flag's owner
	Message string `json:"message"`
}

// Invalid is the name of findings that the library refuses. They cannot be silenced.
const Invalid = "invalid"

// RefusedError reports a document that the library refuses.
type RefusedError struct{ Findings []Finding }

// Error returns the first finding.
func (r *RefusedError) Error() string {
	if len(r.Findings) == 0 {
		return "the document is refused"
	}
	return r.Findings[0].String()
}

// String returns file:line:column, severity, path, message and name.
func (f Finding) String() string {
	return f.where() + ": " + f.Severity.String() + ": " + f.text()
}

func (f Finding) where() string {
	if f.Line == 0 {
		return f.File
	}
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}

func (f Finding) text() string {
	text := f.Message
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	if f.Owner != "" {
		text += " (owner: " + f.Owner + ")"
	}
	if f.Name != "" {
		text += " [" + f.Name + "]"
	}
	return text
}

// OfFlag returns the findings about one flag.
func OfFlag(findings []Finding, key string) (own []Finding) {
	for _, f := range findings {
		if f.Flag == key {
			own = append(own, f)
		}
	}
	return own
}

// Sort orders findings by place.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column,
			strings.Compare(a.Name, b.Name))
	})
}

// Text writes one finding per line, as compilers do.
func Text(w io.Writer, findings []Finding) error {
	for _, f := range findings {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}

// JSON writes findings as one JSON array.
func JSON(w io.Writer, findings []Finding) error {
	if findings == nil {
		findings = []Finding{}
	}
	return Indented(w, findings)
}

// Indented writes a value as indented JSON for people.
func Indented(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

var (
	escapeMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// GitHub writes findings as commands of a GitHub workflow, which shows them next to their lines.
func GitHub(w io.Writer, findings []Finding) error {
	for _, f := range findings {
		place := "file=" + escapeProperty.Replace(f.File)
		if f.Line > 0 {
			place += fmt.Sprintf(",line=%d,col=%d", f.Line, f.Column)
		}
		_, err := fmt.Fprintf(w, "::%s %s,title=%s::%s\n",
			f.Severity.gitHub(), place, escapeProperty.Replace("becket "+f.Name), escapeMessage.Replace(f.text()))
		if err != nil {
			return err
		}
	}
	return nil
}

// Plain returns an error's text on one line, without the library's prefix.
func Plain(err error) string {
	return strings.ReplaceAll(wording.Unprefixed(err), "\n"+wording.Prefix, "; ")
}
