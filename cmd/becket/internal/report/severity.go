package report

import (
	"fmt"
	"slices"
	"strings"
)

// Severity says how much a finding weighs.
type Severity int

// The severities, the heaviest first. The zero value is Error, so that a finding to which nobody
// gave a severity is not overlooked.
const (
	// Error is a finding that makes a client refuse the document or a part of it, or serve
	// something else than the document's author means.
	Error Severity = iota
	// Warning is a finding that a person should look at. The answers are as they are written.
	Warning
	// Note is a remark about which nothing needs to be done.
	Note
)

var severities = []string{Error: "error", Warning: "warning", Note: "note"}

// String returns "error", "warning" or "note".
func (s Severity) String() string {
	if s < 0 || int(s) >= len(severities) {
		return fmt.Sprintf("severity %d", int(s))
	}
	return severities[s]
}

// gitHub returns the name of the severity in commands of a GitHub workflow.
func (s Severity) gitHub() string {
	if s == Note {
		return "notice"
	}
	return s.String()
}

// MarshalText returns the same as String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name of a severity.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severities {
		if name == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q", text)
}

// Tally holds the numbers of findings by severity.
type Tally [3]int

// Count counts findings by their severities.
func Count(findings []Finding) (t Tally) {
	for i := range findings {
		if s := findings[i].Severity; s >= 0 && int(s) < len(t) {
			t[s]++
		}
	}
	return t
}

// Failed reports whether the findings make a verb fail: errors always do, warnings only if strict
// is set, and notes never.
func (t Tally) Failed(strict bool) bool { return t[Error] > 0 || strict && t[Warning] > 0 }

// String writes the numbers in words, such as "2 errors, 1 warning", or "nothing found".
func (t Tally) String() string {
	var parts []string
	for i, n := range t {
		switch s := Severity(i); {
		case n == 1:
			parts = append(parts, "1 "+s.String())
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, s))
		}
	}
	if len(parts) == 0 {
		return "nothing found"
	}
	return strings.Join(parts, ", ")
}

// Kind is a finding that exists, by its name.
type Kind struct {
	Name, Meaning string
	Severity      Severity
	Lighter       bool // in some circumstances, the finding is a warning instead of an error
}

// Kinds lists findings that exist.
type Kinds []Kind

// Known reports whether a finding with that name exists.
func (k Kinds) Known(name string) bool {
	return slices.ContainsFunc(k, func(kind Kind) bool { return kind.Name == name })
}

// Severity returns the severity of the finding with that name. An unknown finding is an error.
func (k Kinds) Severity(name string) Severity {
	for i := range k {
		if k[i].Name == name {
			return k[i].Severity
		}
	}
	return Error
}

// Names returns the names, separated by commas.
func (k Kinds) Names() string {
	names := make([]string, len(k))
	for i := range k {
		names[i] = k[i].Name
	}
	return strings.Join(names, ", ")
}
