// Package compare describes the differences between two rulesets: in words, and by their effect on
// the subjects of a population.
package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// Edit is one difference between two definitions of a flag or segment.
type Edit struct {
	Text  string `json:"text"`
	Takes bool   `json:"takes_away,omitempty"` // the edit can take a feature away from a subject
	Rule  string `json:"rule,omitempty"`       // the rule that the edit belongs to
}

// editor collects the edits of one flag.
type editor struct {
	before, after *native.Flag
	edits         []Edit
}

func (e *editor) say(takes bool, rule, format string, arguments ...any) {
	e.edits = append(e.edits, Edit{Text: fmt.Sprintf(format, arguments...), Takes: takes, Rule: rule})
}

// Flags returns the edits that lead from one definition of a flag to another.
func Flags(before, after *native.Flag) []Edit {
	e := editor{before: before, after: after}
	e.flag()
	e.variants()
	e.requirements()
	e.rules()
	e.serve("", "the default", before.Default, after.Default)
	e.people()
	return e.edits
}

func (e *editor) flag() {
	before, after := e.before, e.after
	if before.Enabled != after.Enabled {
		e.say(!after.Enabled, "", "the flag is switched %s", map[bool]string{true: "on", false: "off"}[after.Enabled])
	}
	if a, b := text(before.Node.Member("type")), text(after.Node.Member("type")); a != b && a != "" && b != "" {
		e.say(true, "", "the type changes from %s to %s", a, b)
	}
	if before.Off != after.Off {
		e.say(false, "", "off changes from %s to %s", orDefault(before.Off), orDefault(after.Off))
	}
	if before.MaxAge != after.MaxAge {
		e.say(stricter(before.MaxAge, after.MaxAge), "", "max_age changes from %s to %s", orNone(before.MaxAge), orNone(after.MaxAge))
	}
	if a, b := text(before.Node.Member("track")), text(after.Node.Member("track")); a != b {
		e.say(false, "", "track changes from %s to %s", orSplits(a), orSplits(b))
	}
}

// stricter reports whether a flag falls back to off sooner than before.
func stricter(before, after string) bool {
	a, errBefore := time.ParseDuration(before)
	b, errAfter := time.ParseDuration(after)
	return errAfter == nil && (errBefore != nil || b < a)
}

func (e *editor) variants() {
	values := func(f *native.Flag) map[string]*native.Node {
		m := map[string]*native.Node{}
		for _, v := range f.Variants {
			m[v.Name] = v.Value
		}
		return m
	}
	before, after := values(e.before), values(e.after)
	for _, v := range e.before.Variants {
		value, there := after[v.Name]
		switch {
		case !there:
			e.say(false, "", "the variant %s is removed", v.Name)
		case !sameValue(v, native.Member{Name: v.Name, Value: value}):
			e.say(false, "", "the value of %s changes from %s to %s", v.Name, valueText(v), valueText(native.Member{Name: v.Name, Value: value}))
		}
	}
	for _, v := range e.after.Variants {
		if _, there := before[v.Name]; !there {
			e.say(false, "", "the variant %s is added", v.Name)
		}
	}
}

// sameValue compares the values of two variants. Implied variants have no written value.
func sameValue(a, b native.Member) bool {
	if a.Value == nil || b.Value == nil {
		return valueText(a) == valueText(b)
	}
	return same(a.Value, b.Value)
}

// valueText writes a variant's value. Implied variants have no written value.
func valueText(v native.Member) string {
	if v.Value == nil {
		return map[string]string{"on": "true", "off": "false"}[v.Name]
	}
	return native.Shorten(string(v.Value.Raw))
}

func (e *editor) requirements() {
	describe := func(f *native.Flag) map[string]bool {
		m := map[string]bool{}
		for _, c := range f.Requires {
			m[c.Describe()] = true
		}
		return m
	}
	before, after := describe(e.before), describe(e.after)
	for _, c := range e.before.Requires {
		if text := c.Describe(); !after[text] {
			e.say(false, "", "it no longer requires %s", text)
		}
	}
	for _, c := range e.after.Requires {
		if text := c.Describe(); !before[text] {
			e.say(true, "", "it now requires %s", text)
		}
	}
}

// people adds the changes of fields that are for people and tools only.
func (e *editor) people() {
	for _, field := range []string{"description", "owner", "tags", "created", "expires", "permanent", "metadata"} {
		before, after := e.before.Node.Member(field), e.after.Node.Member(field)
		switch {
		case same(before, after):
		case before == nil:
			e.say(false, "", "%s is now %s", field, native.Shorten(string(after.Raw)))
		case after == nil:
			e.say(false, "", "%s is removed", field)
		default:
			e.say(false, "", "%s changes from %s to %s", field, native.Shorten(string(before.Raw)), native.Shorten(string(after.Raw)))
		}
	}
}

// serve compares the variants or splits that a rule or the default serves.
func (e *editor) serve(rule, what string, before, after *native.Serve) {
	if before.Describe() != after.Describe() {
		e.say(e.losesArms(before, after), rule, "%s changes from %s to %s", what, before.Describe(), after.Describe())
	}
	if before == nil || after == nil || before.Arms == nil || after.Arms == nil {
		return
	}
	if before.Salt != after.Salt {
		e.say(true, rule, "the salt of the split of %s changes from %q to %q: every subject is drawn again", what, before.Salt, after.Salt)
	}
	if before.By != after.By {
		e.say(true, rule, "the split of %s hashes %s and not %s: every subject is drawn again", what, hashed(after.By), hashed(before.By))
	}
}

// losesArms reports whether a variant that counts as a feature has a smaller share than before.
func (e *editor) losesArms(before, after *native.Serve) bool {
	shares := func(s *native.Serve) map[string]float64 {
		m, sum := map[string]float64{}, 0.0
		if s == nil {
			return m
		}
		if s.Arms == nil {
			m[s.Variant] = 1
			return m
		}
		for _, arm := range s.Arms {
			sum += arm.Weight
		}
		for _, arm := range s.Arms {
			m[arm.Variant] = arm.Weight / sum
		}
		return m
	}
	now := shares(after)
	for variant, share := range shares(before) {
		if now[variant] < share && variant != Baseline(e.before) {
			return true
		}
	}
	return false
}

// Baseline returns the variant that does not count as a feature: the off variant, or else the
// variant of the default. Every other variant counts as a feature.
func Baseline(f *native.Flag) string {
	if f.Off == "" && f.Default != nil && f.Default.Arms == nil {
		return f.Default.Variant
	}
	return f.Off
}

// Segments returns the edits that lead from one definition of a segment to another.
func Segments(before, after *native.Segment) (edits []Edit) {
	e := editor{}
	added, removed := difference(before.Include, after.Include)
	if added+removed > 0 {
		e.say(removed > 0, "", "included keys: %s", plusMinus(added, removed))
	}
	added, removed = difference(before.Exclude, after.Exclude)
	if added+removed > 0 {
		e.say(added > 0, "", "excluded keys: %s", plusMinus(added, removed))
	}
	if a, b := describeIf(before.If), describeIf(after.If); !sameCondition(before.If, after.If) {
		widens := before.If == nil || after.If != nil && implies(before.If, after.If)
		e.say(!widens, "", "the condition changes from %s to %s", a, b)
	}
	if !same(before.Node.Member("description"), after.Node.Member("description")) {
		e.say(false, "", descriptionChanges)
	}
	return e.edits
}

const descriptionChanges = "the description changes"

// describeIf writes a segment's condition. Without a condition, a segment holds only its listed
// keys.
func describeIf(c *native.Condition) string {
	if c == nil {
		return "none"
	}
	return c.Describe()
}

func difference(before, after []string) (added, removed int) {
	was := map[string]bool{}
	for _, key := range before {
		was[key] = true
	}
	is := map[string]bool{}
	for _, key := range after {
		if is[key] = true; !was[key] {
			added++
		}
	}
	for key := range was {
		if !is[key] {
			removed++
		}
	}
	return added, removed
}

func plusMinus(added, removed int) string {
	var parts []string
	if added > 0 {
		parts = append(parts, fmt.Sprintf("%d added", added))
	}
	if removed > 0 {
		parts = append(parts, fmt.Sprintf("%d removed", removed))
	}
	return strings.Join(parts, ", ")
}

// same reports whether two values are written alike except for white space.
func same(a, b *native.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return bytes.Equal(compact(a), compact(b))
}

func compact(n *native.Node) []byte {
	var b bytes.Buffer
	if json.Compact(&b, n.Raw) != nil {
		return n.Raw
	}
	return b.Bytes()
}

func text(n *native.Node) string { return n.String() }

func orDefault(variant string) string { return or(variant, "the caller's default") }
func orNone(text string) string       { return or(text, "none") }
func orSplits(text string) string     { return or(text, "splits") }
func hashed(by string) string         { return or(by, "the key") }

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
