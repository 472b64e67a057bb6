package prose

import (
	"fmt"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/native"
)

// State is the present state of a flag in a few words.
type State struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"` // such as "20 % where country is DE"
}

// Kind is a class of states.
type Kind string

// The kinds of states.
const (
	On         Kind = "on"         // everybody gets one variant, which is not the off variant
	Off        Kind = "off"        // everybody gets the off variant, or the flag is switched off
	Share      Kind = "share"      // a percentage, or a range of a layer, of some subjects
	Ramp       Kind = "ramp"       // a share that will change
	Experiment Kind = "experiment" // a split
	Scheduled  Kind = "scheduled"  // one rule that has not begun
	Rules      Kind = "rules"      // rules that need more than a few words
	Invalid    Kind = "invalid"    // the definition could not be read
	Enabled    Kind = "enabled"    // of a format whose rules are not put into words
)

// Kinds lists the kinds of states.
var Kinds = []Kind{On, Off, Share, Ramp, Experiment, Scheduled, Rules, Invalid, Enabled}

// StateOf returns the state of a flag at a time. It looks at the flag alone: a flag that another
// flag keeps off is not off.
func StateOf(f *native.Flag, now time.Time) State {
	if !f.Enabled {
		return State{Off, "off"}
	}
	s := stateOf(f, now)
	if len(f.Requires) > 0 && s.Kind != Off {
		var keys []string
		for _, r := range f.Requires[:min(len(f.Requires), longestList)] {
			keys = append(keys, Name(r.Key))
		}
		s.Text += ", requires " + shortList(keys, len(f.Requires), "and", "flag")
	}
	return s
}

func stateOf(f *native.Flag, now time.Time) State {
	rules := effective(f, now)
	switch {
	case len(rules) == 0:
		return served(f, &f.Default)
	case len(rules) > 1:
		return State{Rules, fmt.Sprintf("rules: %d, else %s", len(rules), shortServe(&f.Default))}
	}
	r := rules[0]
	if always(r) {
		return served(f, &r.Serve)
	}
	return ofRule(f, r, now)
}

// effective returns the rules that can still apply: none that are over, none for nobody, and none
// below a rule that applies to everybody.
func effective(f *native.Flag, now time.Time) (rules []*native.Rule) {
	for i := range f.Rules {
		r := &f.Rules[i]
		if phaseOf(r, now) == over || r.HasPercent && r.Percent == 0 || isNobody(r.If) ||
			r.HasLayer && r.Layer.From == r.Layer.To {
			continue
		}
		rules = append(rules, r)
		if always(r) {
			break
		}
	}
	return rules
}

// always reports whether a rule applies to everybody at all times.
func always(r *native.Rule) bool {
	return isEverybody(r.If) && !rolls(r) && !r.HasFrom && !r.HasUntil && !r.HasEvery && !r.Serve.IsSplit
}

// rolls reports whether a hash decides which subjects the rule applies to.
func rolls(r *native.Rule) bool { return r.HasPercent || r.HasRamp || r.HasLayer }

// served returns the state of a flag that serves the same to everybody.
func served(f *native.Flag, s *native.Serve) State {
	switch {
	case s.IsSplit:
		return State{Experiment, "experiment " + shortServe(s)}
	case s.Name == f.OffName():
		return State{Off, Name(s.Name) + " for everybody"}
	default:
		return State{On, Name(s.Name) + " for everybody"}
	}
}

// ofRule returns the state of a flag with one rule, which does not apply to everybody at all times.
func ofRule(f *native.Flag, r *native.Rule, now time.Time) State {
	s := amount(r, now)
	switch variant := Name(r.Serve.Name); {
	case r.Serve.IsSplit && s.Kind == On:
		s = served(f, &r.Serve)
	case r.Serve.IsSplit && s.Kind == Rules:
		s = State{Experiment, served(f, &r.Serve).Text + s.Text}
	case r.Serve.IsSplit:
		s = State{Experiment, served(f, &r.Serve).Text + ", " + s.Text}
	case s.Kind == On:
		s = served(f, &r.Serve)
	case s.Kind == Rules:
		s.Text = variant + s.Text
	case !f.Implied || r.Serve.Name == f.OffName():
		s.Text += " get " + variant
	}
	s.Text += elseServe(f, r)
	return scheduled(s, r, now)
}

// amount returns the subjects that a rule applies to.
func amount(r *native.Rule, now time.Time) State {
	switch {
	case r.HasRamp && nextStep(&r.Ramp, now) != nil:
		return State{Ramp, "ramp: " + rampNow(&r.Ramp, now) + audience(r)}
	case r.HasRamp:
		return State{Share, rounded(shareAt(&r.Ramp, now)) + audienceOfAll(r)}
	case r.HasPercent:
		return State{Share, percent(r.Percent) + audienceOfAll(r)}
	case r.HasLayer:
		return State{Share, percent(width(&r.Layer)) + audienceOfAll(r)}
	case isEverybody(r.If):
		return State{On, ""}
	default:
		return State{Rules, audience(r)}
	}
}

// elseServe returns the default of a flag that has a rule, unless that is the implied one.
func elseServe(f *native.Flag, r *native.Rule) string {
	same := !f.Default.IsSplit && !r.Serve.IsSplit && f.Default.Name == r.Serve.Name
	if same || f.Implied && !f.Default.IsSplit && f.Default.Name == f.OffName() {
		return ""
	}
	return ", else " + shortServe(&f.Default)
}

// scheduled adds the time at which the rule begins or ends.
func scheduled(s State, r *native.Rule, now time.Time) State {
	if phaseOf(r, now) == before {
		s.Kind = Scheduled
		s.Text = "from " + shortInstant(r.From, r.Written.Field("from")) + ": " + s.Text
	}
	if r.HasUntil {
		s.Text += ", until " + shortInstant(r.Until, r.Written.Field("until"))
	}
	if r.HasEvery {
		s.Text += ", " + Every(&r.Every)
	}
	return s
}

// rampNow returns the share of a ramp at a time and the next step.
func rampNow(r *native.Ramp, now time.Time) string {
	next := nextStep(r, now)
	at := shortInstant(next.At, next.Written.Field("at"))
	last := &r.Steps[len(r.Steps)-1]
	switch {
	case r.Linear && next == &r.Steps[0] && next != last:
		return fmt.Sprintf(
			"%s now, %s to %s from %s to %s",
			rounded(0),
			percent(next.Percent),
			percent(last.Percent),
			at,
			shortInstant(last.At, last.Written.Field("at")),
		)
	case r.Linear && next != &r.Steps[0]:
		return fmt.Sprintf("%s now, changing to %s by %s", rounded(shareAt(r, now)), percent(next.Percent), at)
	}
	return fmt.Sprintf("%s now and %s from %s", rounded(shareAt(r, now)), percent(next.Percent), at)
}

const longestAudience = 60 // bytes of a condition in a state

// audience returns the condition and the layer of a rule in a few words, or "".
func audience(r *native.Rule) string {
	text := ""
	if r.HasLayer {
		text = " in the layer " + Name(r.Layer.Name)
	}
	if isEverybody(r.If) {
		return text
	}
	condition, ok := relative(r.If, false)
	switch {
	case ok && len(condition) <= longestAudience:
		condition = strings.TrimPrefix(condition, "that are ")
		if rest, found := strings.CutPrefix(condition, "whose "); found {
			return text + " where " + rest
		}
		return text + " " + condition
	case r.Written.Field("name").IsThere():
		return text + " by the rule " + Name(r.Name)
	default:
		return text + " with a condition"
	}
}

// audienceOfAll is like audience, but names all subjects if there is no condition.
func audienceOfAll(r *native.Rule) string {
	if text := audience(r); text != "" {
		return text
	}
	return " of all"
}

// shortServe returns a variant, or the arms of a split with their shares: "red/blue 50/50".
func shortServe(s *native.Serve) string {
	if !s.IsSplit {
		return Name(s.Name)
	}
	if len(s.Arms) > longestList {
		return fmt.Sprintf("with %d variants", len(s.Arms))
	}
	var arms, shares []string
	for i, share := range sharesOf(s) {
		arms = append(arms, Name(s.Arms[i].Name))
		shares = append(shares, strings.TrimSuffix(rounded(share), " %"))
	}
	return strings.Join(arms, "/") + " " + strings.Join(shares, "/")
}
