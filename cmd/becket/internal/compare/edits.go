// Package compare describes the differences between two rulesets: in words, and by their effect on
// the subjects of a population.
package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
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
	e.serve("", "the default", &before.Default, &after.Default)
	e.people()
	return e.edits
}

func (e *editor) flag() {
	before, after := e.before, e.after
	if before.Enabled != after.Enabled {
		e.say(!after.Enabled, "", "the flag is switched %s", map[bool]string{true: "on", false: "off"}[after.Enabled])
	}
	if a, b := before.Written.Field("type").Text(), after.Written.Field("type").Text(); a != b && a != "" && b != "" {
		e.say(true, "", "the type changes from %s to %s", a, b)
	}
	if a, b := before.OffName(), after.OffName(); a != b {
		e.say(false, "", "off changes from %s to %s", orDefault(a), orDefault(b))
	}
	if before.MaxAge != after.MaxAge {
		sooner := after.MaxAge > 0 && (before.MaxAge == 0 || after.MaxAge < before.MaxAge)
		e.say(sooner, "", "max_age changes from %s to %s", written(before.Written, "max_age"),
			written(after.Written, "max_age"))
	}
	if before.Track != after.Track {
		e.say(false, "", "track changes from %s to %s", before.Track, after.Track)
	}
}

// written returns the text of a field as it is written, or "none".
func written(object native.Written, field string) string {
	return or(object.Field(field).Text(), "none")
}

func (e *editor) variants() {
	before, after := ruleset.Variants(e.before), ruleset.Variants(e.after)
	for i := range before {
		v := &before[i]
		switch now := named(after, v.Name); {
		case now == nil:
			e.say(false, "", "the variant %s is removed", v.Name)
		case !v.Written.Equal(now.Written):
			e.say(false, "", "the value of %s changes from %s to %s", v.Name, describe.Written(v.Written),
				describe.Written(now.Written))
		}
	}
	for i := range after {
		if name := after[i].Name; named(before, name) == nil {
			e.say(false, "", "the variant %s is added", name)
		}
	}
}

// named returns the variant of that name, or nil.
func named(variants []native.Variant, name string) *native.Variant {
	i := slices.IndexFunc(variants, func(v native.Variant) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &variants[i]
}

func (e *editor) requirements() {
	before, after := without(e.before.Requires, e.after.Requires), without(e.after.Requires, e.before.Requires)
	for _, old := range before {
		now := only(after, old.Key)
		if now == nil || only(before, old.Key) == nil {
			e.say(false, "", "it no longer requires %s", describe.Reference(old))
			continue
		}
		fewer := slices.ContainsFunc(old.Variants, func(v string) bool { return !slices.Contains(now.Variants, v) })
		e.say(fewer, "", "it requires %s, and before %s", describe.Reference(now), describe.Reference(old))
	}
	for _, now := range after {
		if only(after, now.Key) == nil || only(before, now.Key) == nil {
			e.say(true, "", "it now requires %s", describe.Reference(now))
		}
	}
}

// without returns the requirements that others do not hold.
func without(all, others []*native.Reference) (rest []*native.Reference) {
	for _, r := range all {
		same := func(other *native.Reference) bool { return describe.Reference(other) == describe.Reference(r) }
		if !slices.ContainsFunc(others, same) {
			rest = append(rest, r)
		}
	}
	return rest
}

// only returns the requirement on a flag, or nil if there is none or more than one.
func only(all []*native.Reference, key string) (one *native.Reference) {
	for _, r := range all {
		switch {
		case r.Key != key:
		case one != nil:
			return nil
		default:
			one = r
		}
	}
	return one
}

// people adds the changes of fields that are for people and tools only.
func (e *editor) people() {
	for _, field := range native.PeopleFields {
		before, after := e.before.Written.Field(field), e.after.Written.Field(field)
		switch {
		case before.Equal(after):
		case !before.IsThere():
			e.say(false, "", "%s is now %s", field, describe.Written(after))
		case !after.IsThere():
			e.say(false, "", "%s is removed", field)
		default:
			e.say(false, "", "%s changes from %s to %s", field, describe.Written(before), describe.Written(after))
		}
	}
}

// serve compares the variants or splits that a rule or the default serves.
func (e *editor) serve(rule, what string, before, after *native.Serve) {
	if a, b := describe.Serve(before), describe.Serve(after); a != b {
		e.say(e.losesArms(before, after), rule, "%s changes from %s to %s", what, a, b)
	}
	if !before.IsSplit || !after.IsSplit {
		return
	}
	if before.Salt != after.Salt {
		e.say(true, rule, "the salt of the split of %s changes from %q to %q: every subject is drawn again", what,
			before.Salt, after.Salt)
	}
	switch a, b := sources(before.By), sources(after.By); {
	case slices.Equal(a, b):
	case startsWith(b, a):
		e.say(rule != "", rule, "the split of %s also hashes %s, for subjects without %s", what,
			describe.Attributes(b[len(a):]), describe.Attributes(before.By))
	case startsWith(a, b):
		e.say(true, rule, "the split of %s no longer hashes %s, for subjects without %s", what,
			describe.Attributes(a[len(b):]), describe.Attributes(after.By))
	default:
		e.say(true, rule, "the split of %s hashes %s and not %s: every subject is drawn again", what,
			describe.Attributes(after.By), describe.Attributes(before.By))
	}
}

// losesArms reports whether a variant that counts as a feature has a smaller share than before.
func (e *editor) losesArms(before, after *native.Serve) bool {
	now := shares(after)
	for variant, share := range shares(before) {
		if now[variant] < share && variant != Baseline(e.before) {
			return true
		}
	}
	return false
}

// shares returns each variant's part of 1.
func shares(s *native.Serve) map[string]float64 {
	if !s.IsSplit {
		return map[string]float64{s.Name: 1}
	}
	parts, sum := map[string]float64{}, 0.0
	for i := range s.Arms {
		sum += s.Arms[i].Weight
	}
	for i := range s.Arms {
		parts[s.Arms[i].Name] = s.Arms[i].Weight / sum
	}
	return parts
}

// Baseline returns the variant that does not count as a feature: the off variant, or else the
// variant of the default. Every other variant counts as a feature.
func Baseline(f *native.Flag) string {
	if f.Off == native.None && !f.Default.IsSplit {
		return f.Default.Name
	}
	return f.OffName()
}

// Segments returns the edits that lead from one definition of a segment to another.
func Segments(before, after *native.Segment) (edits []Edit) {
	e := editor{}
	added, removed := difference(&before.Include, &after.Include)
	if added+removed > 0 {
		e.say(removed > 0, "", "included keys: %s", plusMinus(added, removed))
	}
	added, removed = difference(&before.Exclude, &after.Exclude)
	if added+removed > 0 {
		e.say(added > 0, "", "excluded keys: %s", plusMinus(added, removed))
	}
	if !ruleset.SameCondition(before.If, after.If) {
		widens := before.If == nil || after.If != nil && implies(before.If, after.If)
		e.say(!widens, "", "the condition changes from %s to %s", describeIf(before.If), describeIf(after.If))
	}
	if !before.Written.Field("description").Equal(after.Written.Field("description")) {
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
	return describe.Condition(c)
}

// difference counts the keys that only one of two lists has.
func difference(before, after *match.Texts) (added, removed int) {
	for _, key := range after.Sorted() {
		if !before.Has(key) {
			added++
		}
	}
	for _, key := range before.Sorted() {
		if !after.Has(key) {
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

func orDefault(variant string) string { return or(variant, "the caller's default") }

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
