// Package describe puts definitions of native documents into words.
package describe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

const maxOperand = 60 // bytes of an operand that are shown

// Condition returns a condition in words; for nil it returns "everybody".
func Condition(c *native.Condition) string {
	if c == nil {
		return everybody
	}
	return condition(c, false)
}

const everybody = "everybody"

// condition puts a condition with several parts into parentheses if it is inside of another
// condition.
func condition(c *native.Condition, inside bool) string {
	var parts []string
	switch c.Form {
	case native.InSegment, native.InFlag:
		return Reference(c.Reference)
	case native.Not:
		return "not " + condition(c.Parts, true)
	case native.OnAttribute:
		for t := range c.EachTest() {
			parts = append(parts, TestOf(c.Attribute, t))
		}
	default:
		for part := range c.EachPart() {
			parts = append(parts, condition(part, true))
		}
	}
	separator, none := " and ", everybody
	if c.Form == native.Any {
		separator, none = " or ", "nobody"
	}
	text := strings.Join(parts, separator)
	switch {
	case len(parts) == 0:
		return none
	case inside && len(parts) > 1:
		return "(" + text + ")"
	default:
		return text
	}
}

// TestOf returns a test of an attribute in words, such as "age gte 30".
func TestOf(attribute string, t *native.Test) string { return attribute + " " + Test(t) }

// Test returns an operator and its operand in words.
func Test(t *native.Test) string {
	text := t.Word + " " + operand(t.Written)
	if t.Fold {
		text += " ignoring case"
	}
	return text
}

func operand(w native.Written) string {
	if compact := w.Compact(); len(compact) <= maxOperand {
		return string(compact)
	}
	var first []string
	count := 0
	for element := range w.Elements() {
		if count++; count <= 3 {
			first = append(first, Written(element))
		}
	}
	if count == 0 {
		return Written(w)
	}
	return fmt.Sprintf("[%s, … %d in all]", strings.Join(first, ","), count)
}

// Written returns a value as it is written, a long one without its end.
func Written(w native.Written) string { return match.Shorten(string(w.Raw), maxOperand) }

// Reference returns a segment, or a flag with the variants that satisfy, in words.
func Reference(r *native.Reference) string {
	if !r.ToFlag {
		return "segment " + r.Key
	}
	return fmt.Sprintf("flag %s in %s", r.Key, strings.Join(r.Variants, ", "))
}

// Serve returns the variant or the split that a rule or a default serves, in words.
func Serve(s *native.Serve) string {
	if !s.IsSplit {
		return s.Name
	}
	parts := make([]string, len(s.Arms))
	for i := range s.Arms {
		parts[i] = s.Arms[i].Name + " " + Number(s.Arms[i].Weight)
	}
	return "a split of " + strings.Join(parts, ", ")
}

// Share returns in words the share of the subjects that a rule's percentage or ramp lets through.
func Share(r *native.Rule) string {
	switch {
	case r.HasPercent:
		return Number(r.Percent) + " %"
	case r.HasRamp:
		return "a ramp of " + ramp(&r.Ramp)
	default:
		return everybody
	}
}

func ramp(r *native.Ramp) string {
	parts := make([]string, len(r.Steps))
	for i := range r.Steps {
		step := &r.Steps[i]
		parts[i] = fmt.Sprintf("%s %% at %s", Number(step.Percent), step.Written.Field("at").Text())
	}
	text := strings.Join(parts, ", ")
	if r.Linear {
		text += " (linear)"
	}
	return text
}

// Layer returns a rule's range of a layer, or "none".
func Layer(r *native.Rule) string {
	if !r.HasLayer {
		return "none"
	}
	return fmt.Sprintf("%s %s to %s", r.Layer.Name, Number(r.Layer.From), Number(r.Layer.To))
}

// Every returns the recurring times at which a rule applies.
func Every(e *native.Every) string {
	var days []string
	for day, word := range match.DayWords {
		if e.Days>>day&1 == 1 {
			days = append(days, word)
		}
	}
	when := strings.Join(days, ", ")
	if len(days) == len(match.DayWords) {
		when = "every day"
	}
	if e.From == 0 && e.Until == match.MinutesPerDay {
		return fmt.Sprintf("%s all day in %s", when, e.Zone)
	}
	return fmt.Sprintf("%s %s–%s in %s", when, match.ClockText(e.From), match.ClockText(e.Until), e.Zone)
}

const (
	targetingKey = "key" // the name by which documents ask for the targeting key
	theKey       = "the key"
)

// Attributes returns the names of the attributes that are hashed.
func Attributes(by []string) string {
	names := slices.Clone(by)
	for i, name := range names {
		if name == targetingKey {
			names[i] = theKey
		}
	}
	if by == nil {
		return theKey
	}
	return strings.Join(names, " or ")
}

// Number writes a number as a document does.
func Number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
