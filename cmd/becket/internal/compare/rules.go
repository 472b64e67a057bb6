package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/cmd/becket/internal/imply"
	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// pair is a rule before and after.
type pair struct{ before, after *native.Rule }

// rules compares the rules. Two rules are the same rule if they have the same name. Rules without a
// name are the same if they are written alike, or else if they have the same index.
func (e *editor) rules() {
	pairs, removed, added := match(e.before.Rules, e.after.Rules)
	for _, r := range removed {
		e.say(e.isFeature(r.Serve), r.Name, "rule %q is removed (it served %s to %s)", r.Name, r.Serve.Describe(), describeRule(r))
	}
	for _, r := range added {
		e.say(e.robs(r, e.after.Rules[r.Index+1:]), r.Name, "rule %q is added as number %d: %s to %s", r.Name, r.Index+1, r.Serve.Describe(), describeRule(r))
	}
	e.moves(pairs)
	for _, p := range pairs {
		e.rule(p)
	}
}

func match(before, after []*native.Rule) (pairs []pair, removed, added []*native.Rule) {
	taken := make([]bool, len(after))
	for pass := range 3 {
		for _, b := range before {
			if slices.ContainsFunc(pairs, func(p pair) bool { return p.before == b }) {
				continue
			}
			i := slices.IndexFunc(after, func(a *native.Rule) bool { return !taken[a.Index] && alike(pass, a, b) })
			if i >= 0 {
				taken[i] = true
				pairs = append(pairs, pair{b, after[i]})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return a.before.Index - b.before.Index })
	for _, b := range before {
		if !slices.ContainsFunc(pairs, func(p pair) bool { return p.before == b }) {
			removed = append(removed, b)
		}
	}
	for i, a := range after {
		if !taken[i] {
			added = append(added, a)
		}
	}
	return pairs, removed, added
}

// alike reports whether two rules are the same rule: in the first pass by name, in the second by
// content, in the third by index.
func alike(pass int, a, b *native.Rule) bool {
	unnamed := strings.HasPrefix(a.Name, "[") && strings.HasPrefix(b.Name, "[")
	switch pass {
	case 0:
		return a.Name == b.Name && !unnamed
	case 1:
		return unnamed && same(a.Node, b.Node)
	default:
		return unnamed && a.Index == b.Index
	}
}

func describeRule(r *native.Rule) string {
	text := r.If.Describe()
	switch {
	case r.Percent != nil:
		text = native.Number(*r.Percent) + " % of " + text
	case r.Ramp != nil:
		text = "a ramp of " + text
	}
	return text
}

// moves adds an edit for each rule that changed places. A rule that now stands before another one
// takes subjects from it.
func (e *editor) moves(pairs []pair) {
	for i, p := range pairs {
		var over []string // rules that p now stands before, but did not before
		takes := false
		for _, q := range pairs[:i] {
			if q.after.Index > p.after.Index {
				over = append(over, quoted(q.after.Name))
				takes = takes || e.robs(p.after, []*native.Rule{q.after})
			}
		}
		if len(over) > 0 {
			e.say(takes, p.after.Name, "rule %q moved up, before %s", p.after.Name, strings.Join(over, ", "))
		}
	}
}

func quoted(name string) string { return `"` + name + `"` }

// isFeature reports whether s serves a variant other than the baseline.
func (e *editor) isFeature(s *native.Serve) bool {
	return slices.ContainsFunc(s.Served(), func(variant string) bool { return variant != Baseline(e.before) })
}

// robs reports whether a rule takes subjects from other rules that served them a different feature.
func (e *editor) robs(r *native.Rule, others []*native.Rule) bool {
	given := r.Serve.Served()
	lost := func(s *native.Serve) bool {
		return slices.ContainsFunc(s.Served(), func(variant string) bool {
			return variant != Baseline(e.before) && (len(given) != 1 || given[0] != variant)
		})
	}
	for _, other := range others {
		if lost(other.Serve) {
			return true
		}
	}
	return lost(e.after.Default)
}

// reach describes how an edit changes the set of subjects that a rule applies to.
type reach struct{ narrower, wider bool }

// takes reports whether an edit of a rule's reach can take a feature away: from subjects that the
// rule no longer applies to, or from subjects that it takes from the rules below it.
func (e *editor) takes(p pair, r reach) bool {
	return r.narrower && e.isFeature(p.before.Serve) || r.wider && e.robs(p.after, e.after.Rules[p.after.Index+1:])
}

func (e *editor) rule(p pair) {
	name := p.after.Name
	what := `rule "` + name + `"`
	say := func(r reach, format string, arguments ...any) {
		e.say(e.takes(p, r), name, what+": "+format, arguments...)
	}
	if !sameCondition(p.before.If, p.after.If) {
		r := reach{narrower: !implies(p.before.If, p.after.If), wider: !implies(p.after.If, p.before.If)}
		say(r, "the condition changes from %s to %s%s", p.before.If.Describe(), p.after.If.Describe(), r.words())
	}
	e.share(p, say)
	if a, b := p.before.Layer.Describe(), p.after.Layer.Describe(); a != b {
		say(layerReach(p.before.Layer, p.after.Layer), "the layer changes from %s to %s", a, b)
	}
	e.window(p, say)
	e.recurrence(p, say)
	e.serve(name, what+": what it serves", p.before.Serve, p.after.Serve)
}

func (r reach) words() string {
	switch r {
	case reach{narrower: true}:
		return " (narrower)"
	case reach{wider: true}:
		return " (wider)"
	default:
		return ""
	}
}

type sayer = func(r reach, format string, arguments ...any)

// share compares percentage, ramp, salt and the hashed attribute.
func (e *editor) share(p pair, say sayer) {
	before, after := percentText(p.before), percentText(p.after)
	switch {
	case p.before.Percent != nil && p.after.Percent != nil && before != after:
		falls := *p.after.Percent < *p.before.Percent
		say(reach{falls, !falls}, "the percentage %s from %s to %s", map[bool]string{true: "falls", false: "rises"}[falls], before, after)
	case before != after:
		say(reach{narrower: after != allText, wider: before != allText}, "its share changes from %s to %s", before, after)
	}
	if !p.before.Rolls() || !p.after.Rolls() {
		return
	}
	if p.before.Salt != p.after.Salt && p.before.Layer == nil {
		say(reach{true, true}, "the salt changes from %q to %q: other subjects are in", p.before.Salt, p.after.Salt)
	}
	if p.before.By != p.after.By {
		say(reach{true, true}, "it hashes %s and not %s: other subjects are in", hashed(p.after.By), hashed(p.before.By))
	}
}

const allText = "everybody"

func percentText(r *native.Rule) string {
	switch {
	case r.Percent != nil:
		return native.Number(*r.Percent) + " %"
	case r.Ramp != nil:
		return "a ramp of " + r.Ramp.Describe()
	default:
		return allText
	}
}

func (e *editor) window(p pair, say sayer) {
	if a, b := p.before.From, p.after.From; !a.Equal(b) {
		say(reach{narrower: b.After(a), wider: a.After(b)}, "from changes from %s to %s", instantText(a), instantText(b))
	}
	if a, b := p.before.Until, p.after.Until; !a.Equal(b) {
		earlier := !b.IsZero() && (a.IsZero() || b.Before(a))
		say(reach{narrower: earlier, wider: !earlier}, "until changes from %s to %s", instantText(a), instantText(b))
	}
}

// recurrence compares recurring windows. It does not compare how times of day overlap.
func (e *editor) recurrence(p pair, say sayer) {
	a, b := p.before.Every, p.after.Every
	switch {
	case a == nil && b == nil || a != nil && b != nil && same(a, b):
	case a == nil:
		say(reach{narrower: true}, "it applies only within %s", b.Raw)
	case b == nil:
		say(reach{wider: true}, "it no longer applies only within %s", a.Raw)
	default:
		say(reach{true, true}, "every changes from %s to %s", a.Raw, b.Raw)
	}
}

func instantText(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	return t.Format(time.RFC3339)
}

func layerReach(before, after *native.Layer) reach {
	switch {
	case before == nil:
		return reach{narrower: true}
	case after == nil:
		return reach{wider: true}
	case before.Name != after.Name:
		return reach{true, true}
	}
	return reach{
		narrower: after.From > before.From || after.To < before.To,
		wider:    after.From < before.From || after.To > before.To,
	}
}

func implies(a, b *native.Condition) bool { return imply.Implies(imply.Of(a), imply.Of(b)) }

func sameCondition(a, b *native.Condition) bool {
	if a == nil || b == nil {
		return a == b
	}
	return same(a.Node, b.Node)
}
