package compare

import (
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/imply"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

// pair is a rule before and after.
type pair struct{ before, after *native.Rule }

// rules compares the rules. Two rules are the same rule if they have the same name. Rules without a
// name are the same if they are written alike, or else if they have the same index.
func (e *editor) rules() {
	pairs, removed, added := pairsOf(e.before.Rules, e.after.Rules)
	for _, r := range removed {
		e.say(e.isFeature(&r.Serve), r.Name, "rule %q is removed (it served %s to %s)", r.Name,
			describe.Serve(&r.Serve), describeRule(r))
	}
	for _, r := range added {
		e.say(e.robs(r, e.after.Rules[r.Index+1:]), r.Name, "rule %q is added as number %d: %s to %s", r.Name,
			r.Index+1, describe.Serve(&r.Serve), describeRule(r))
	}
	e.moves(pairs)
	for _, p := range pairs {
		e.rule(p)
	}
}

func pairsOf(before, after []native.Rule) (pairs []pair, removed, added []*native.Rule) {
	found, taken := make([]bool, len(before)), make([]bool, len(after))
	for pass := range 3 {
		for i := range before {
			for j := 0; j < len(after) && !found[i]; j++ {
				if !taken[j] && alike(pass, &after[j], &before[i]) {
					found[i], taken[j] = true, true
					pairs = append(pairs, pair{&before[i], &after[j]})
				}
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return a.before.Index - b.before.Index })
	for i := range before {
		if !found[i] {
			removed = append(removed, &before[i])
		}
	}
	for j := range after {
		if !taken[j] {
			added = append(added, &after[j])
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
		return unnamed && a.Written.Equal(b.Written)
	default:
		return unnamed && a.Index == b.Index
	}
}

func describeRule(r *native.Rule) string {
	text := describe.Condition(r.If)
	switch {
	case r.HasPercent:
		text = describe.Share(r) + " of " + text
	case r.HasRamp:
		text = "a ramp of " + text
	}
	if r.HasEvery {
		text += ", only " + describe.Every(&r.Every)
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
				takes = takes || e.robs(p.after, e.after.Rules[q.after.Index:q.after.Index+1])
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
	return slices.ContainsFunc(ruleset.Served(s), func(variant string) bool { return variant != Baseline(e.before) })
}

// robs reports whether a rule takes subjects from other rules that served them a different feature.
func (e *editor) robs(r *native.Rule, others []native.Rule) bool {
	given := ruleset.Served(&r.Serve)
	lost := func(s *native.Serve) bool {
		return slices.ContainsFunc(ruleset.Served(s), func(variant string) bool {
			return variant != Baseline(e.before) && (len(given) != 1 || given[0] != variant)
		})
	}
	for i := range others {
		if lost(&others[i].Serve) {
			return true
		}
	}
	return lost(&e.after.Default)
}

// reach describes how an edit changes the set of subjects that a rule applies to.
type reach struct{ narrower, wider bool }

// takes reports whether an edit of a rule's reach can take a feature away: from subjects that the
// rule no longer applies to, or from subjects that it takes from the rules below it.
func (e *editor) takes(p pair, r reach) bool {
	return r.narrower && e.isFeature(&p.before.Serve) || r.wider && e.robs(p.after, e.after.Rules[p.after.Index+1:])
}

func (e *editor) rule(p pair) {
	name := p.after.Name
	what := `rule "` + name + `"`
	say := func(r reach, format string, arguments ...any) {
		e.say(e.takes(p, r), name, what+": "+format, arguments...)
	}
	if !ruleset.SameCondition(p.before.If, p.after.If) {
		r := reach{narrower: !implies(p.before.If, p.after.If), wider: !implies(p.after.If, p.before.If)}
		say(r, "the condition changes from %s to %s%s", describe.Condition(p.before.If),
			describe.Condition(p.after.If), r.words())
	}
	e.share(p, say)
	if a, b := describe.Layer(p.before), describe.Layer(p.after); a != b {
		say(layerReach(p.before, p.after), "the layer changes from %s to %s", a, b)
	}
	e.window(p, say)
	e.recurrence(p, say)
	e.serve(name, what+": what it serves", &p.before.Serve, &p.after.Serve)
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
	before, after := describe.Share(p.before), describe.Share(p.after)
	switch {
	case p.before.HasPercent && p.after.HasPercent && before != after:
		falls, verb := p.after.Percent < p.before.Percent, "rises"
		if falls {
			verb = "falls"
		}
		say(reach{falls, !falls}, "the percentage %s from %s to %s", verb, before, after)
	case before != after:
		say(reach{narrower: takesShare(p.after), wider: takesShare(p.before)}, "its share changes from %s to %s",
			before, after)
	}
	if !ruleset.Rolls(p.before) || !ruleset.Rolls(p.after) {
		return
	}
	if p.before.Salt != p.after.Salt && !p.before.HasLayer {
		say(reach{true, true}, "the salt changes from %q to %q: other subjects are in", p.before.Salt, p.after.Salt)
	}
	switch a, b := sources(p.before.By), sources(p.after.By); {
	case slices.Equal(a, b):
	case startsWith(b, a):
		say(reach{wider: true}, "it also hashes %s, for subjects without %s", describe.Attributes(b[len(a):]),
			describe.Attributes(p.before.By))
	case startsWith(a, b):
		say(reach{narrower: true}, "it no longer hashes %s, for subjects without %s",
			describe.Attributes(a[len(b):]), describe.Attributes(p.after.By))
	default:
		say(reach{true, true}, "it hashes %s and not %s: other subjects are in", describe.Attributes(p.after.By),
			describe.Attributes(p.before.By))
	}
}

// sources returns the names of the hashed attributes, with the targeting key under its name.
func sources(by []string) []string {
	if by == nil {
		return []string{"key"}
	}
	return by
}

func startsWith(all, part []string) bool {
	return len(all) >= len(part) && slices.Equal(all[:len(part)], part)
}

func takesShare(r *native.Rule) bool { return r.HasPercent || r.HasRamp }

func (e *editor) window(p pair, say sayer) {
	a, b := p.before, p.after
	if a.HasFrom != b.HasFrom || a.From != b.From {
		later := b.HasFrom && (!a.HasFrom || a.From.Before(b.From))
		say(reach{narrower: later, wider: !later}, "from changes from %s to %s", written(a.Written, "from"),
			written(b.Written, "from"))
	}
	if a.HasUntil != b.HasUntil || a.Until != b.Until {
		earlier := b.HasUntil && (!a.HasUntil || b.Until.Before(a.Until))
		say(reach{narrower: earlier, wider: !earlier}, "until changes from %s to %s", written(a.Written, "until"),
			written(b.Written, "until"))
	}
}

// recurrence compares recurring windows.
func (e *editor) recurrence(p pair, say sayer) {
	a, b := describe.Every(&p.before.Every), describe.Every(&p.after.Every)
	r := reach{narrower: !ruleset.EveryCovers(p.after, p.before), wider: !ruleset.EveryCovers(p.before, p.after)}
	switch {
	case ruleset.SameEvery(p.before, p.after):
	case !p.before.HasEvery:
		say(r, "it applies only at recurring times: %s", b)
	case !p.after.HasEvery:
		say(r, "it no longer applies only at recurring times: %s", a)
	default:
		say(r, "every changes from %s to %s%s", a, b, r.words())
	}
}

func layerReach(before, after *native.Rule) reach {
	a, b := before.Layer, after.Layer
	switch {
	case !before.HasLayer:
		return reach{narrower: true}
	case !after.HasLayer:
		return reach{wider: true}
	case a.Name != b.Name:
		return reach{true, true}
	}
	return reach{narrower: b.From > a.From || b.To < a.To, wider: b.From < a.From || b.To > a.To}
}

func implies(a, b *native.Condition) bool { return imply.Implies(imply.Of(a), imply.Of(b)) }
