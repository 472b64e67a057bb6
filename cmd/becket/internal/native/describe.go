package native

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const maxOperand = 60 // bytes of an operand that are shown

// Describe returns a condition in words; for nil it returns "everybody".
func (c *Condition) Describe() string {
	if c == nil {
		return "everybody"
	}
	return c.describe(false)
}

// describe puts a condition with several parts into parentheses if it is inside of another
// condition.
func (c *Condition) describe(inside bool) string {
	switch c.Form {
	case InSegment:
		return "segment " + c.Key
	case InFlag:
		return fmt.Sprintf("flag %s in %s", c.Key, strings.Join(c.Variants, ", "))
	case Test:
		text := c.Attribute + " " + c.Operator + " " + operand(c.Operand)
		if c.Fold {
			text += " ignoring case"
		}
		return text
	case Negated:
		return "not " + c.Parts[0].describe(true)
	}
	if len(c.Parts) == 0 {
		return map[Form]string{All: "everybody", Any: "nobody"}[c.Form]
	}
	parts := make([]string, len(c.Parts))
	for i, part := range c.Parts {
		parts[i] = part.describe(true)
	}
	text := strings.Join(parts, map[Form]string{All: " and ", Any: " or "}[c.Form])
	if inside && len(parts) > 1 {
		return "(" + text + ")"
	}
	return text
}

func operand(n *Node) string {
	var b bytes.Buffer
	if json.Compact(&b, n.Raw) != nil || b.Len() > maxOperand && len(n.Elements) == 0 {
		return Shorten(string(n.Raw))
	}
	if b.Len() <= maxOperand {
		return b.String()
	}
	first := make([]string, 0, 3)
	for _, element := range n.Elements[:min(3, len(n.Elements))] {
		first = append(first, Shorten(string(element.Raw)))
	}
	return fmt.Sprintf("[%s, … %d in all]", strings.Join(first, ","), len(n.Elements))
}

// Shorten cuts a text that is too long for a message.
func Shorten(text string) string {
	if len(text) <= maxOperand {
		return text
	}
	return strings.ToValidUTF8(text[:maxOperand], "") + "…"
}

// Describe returns in words what s serves; for nil it returns "the caller's default".
func (s *Serve) Describe() string {
	if s == nil {
		return "the caller's default"
	}
	if s.Arms == nil {
		return s.Variant
	}
	parts := make([]string, len(s.Arms))
	for i, arm := range s.Arms {
		parts[i] = arm.Variant + " " + Number(arm.Weight)
	}
	return "a split of " + strings.Join(parts, ", ")
}

// Describe returns a ramp in words; for nil it returns "none".
func (r *Ramp) Describe() string {
	if r == nil {
		return "none"
	}
	parts := make([]string, len(r.Steps))
	for i, step := range r.Steps {
		parts[i] = fmt.Sprintf("%s %% at %s", Number(step.Percent), step.At.Format(time.RFC3339))
	}
	text := strings.Join(parts, ", ")
	if r.Linear {
		text += " (linear)"
	}
	return text
}

// Describe returns a layer in words; for nil it returns "none".
func (l *Layer) Describe() string {
	if l == nil {
		return "none"
	}
	return fmt.Sprintf("%s %s to %s", l.Name, Number(l.From), Number(l.To))
}

// Number writes a number as a document does.
func Number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
