package becket

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/becketflags/becket/internal/wording"
)

// Explanation describes a decision: its value, and the steps that led to it. String prints it with
// indentation, and MarshalJSON writes it as JSON.
type Explanation struct {
	Flag     string `json:"flag"`
	Key      string `json:"key"`             // the subject's targeting key
	Value    any    `json:"value,omitempty"` // nil for the caller's default
	Variant  string `json:"variant,omitempty"`
	Rule     string `json:"rule,omitempty"`
	Reason   Reason `json:"reason"`
	Missing  string `json:"missing,omitempty"`
	Revision int64  `json:"revision"`
	Tier     Tier   `json:"tier"`
	Err      error  `json:"-"` // written to JSON as a text named "error"
	Steps    []Step `json:"steps,omitempty"`
}

// Step is one step of a decision.
type Step struct {
	// the kind: "flag", "requirement", "rule", "condition", "segment", "window", "layer",
	// "percent", "ramp", "split", "draw" or "override"; other formats may have other kinds
	What string `json:"what"`
	// the ruleset's text for the step: a rule's name, or an operator with its operand
	Text    string `json:"text,omitempty"`
	Outcome string `json:"outcome"` // "true", "false", "unknown", or a text such as "serves blue"
	// the subject's value, a missing attribute, or a bucket and its threshold
	Note  string `json:"note,omitempty"`
	Steps []Step `json:"steps,omitempty"`
}

// MarshalJSON writes the explanation with the error as text.
func (x Explanation) MarshalJSON() ([]byte, error) {
	type plain Explanation
	failure := ""
	if x.Err != nil {
		failure = x.Err.Error()
	}
	return json.Marshal(struct {
		plain
		Error string `json:"error,omitempty"`
	}{plain(x), failure})
}

// String returns the value on the first line and the steps, indented, on the lines below.
func (x Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s for %q: ", x.Flag, x.Key)
	switch {
	case x.Err != nil:
		fmt.Fprintf(&b, "the caller's default, %s: %s", x.Reason, wording.Unprefixed(x.Err))
	case x.Variant == "" && x.Value == nil:
		fmt.Fprintf(&b, "the caller's default, %s", x.Reason)
	default:
		fmt.Fprintf(&b, "%s = %v, %s", x.Variant, x.Value, x.Reason)
	}
	if x.Rule != "" {
		fmt.Fprintf(&b, " by rule %q", x.Rule)
	}
	fmt.Fprintf(&b, " (revision %d, from %s)\n", x.Revision, x.Tier)
	printSteps(&b, x.Steps, 1)
	return b.String()
}

func printSteps(b *strings.Builder, steps []Step, depth int) {
	for i := range steps {
		s := &steps[i]
		b.WriteString(strings.Repeat("  ", depth))
		b.WriteString(s.What)
		if s.Text != "" {
			b.WriteString(" " + s.Text)
		}
		b.WriteString(": " + s.Outcome)
		if s.Note != "" {
			b.WriteString(" (" + s.Note + ")")
		}
		b.WriteByte('\n')
		printSteps(b, s.Steps, depth+1)
	}
}
