package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/simulate"
	"github.com/becketflags/becket/internal/native"
)

// Loss is a feature that subjects lose, and the edit that takes it.
type Loss struct {
	Variant string `json:"variant"` // the variant before
	Rule    string `json:"rule"`    // the rule that served it, or the reason
	To      string `json:"to"`      // the variant now
	Now     string `json:"now"`     // the rule that serves it, or the reason
	Because string `json:"because"`
	Part
}

// Losses finds the subjects that lose a feature, with the group of which they are the largest
// share; the largest share first. A feature is any
// variant except off or, without an off variant, except the default. after is nil for a removed
// flag. elsewhere names the changes outside of the flag, in segments and flags that it depends on.
func (t Transitions) Losses(before, after *native.Flag, edits []Edit, elsewhere []string, g *groups) (losses []Loss) {
	sums := map[Loss][]int{}
	for transition, n := range t {
		from, to := transition.From, transition.To
		if from.Variant == "" || from.Variant == Baseline(before) || from.Variant == to.Variant {
			continue
		}
		loss := Loss{
			Variant: from.Variant, Rule: simulate.ByRule(from), To: simulate.ByVariant(to), Now: simulate.ByRule(to),
			Because: because(before, after, edits, elsewhere, from, to),
		}
		if sums[loss] == nil {
			sums[loss] = make([]int, len(g.sizes))
		}
		sums[loss][transition.Group] += n
	}
	for loss, counts := range sums {
		loss.Part = g.largest(counts)
		losses = append(losses, loss)
	}
	slices.SortFunc(losses, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.Variant, b.Variant),
			strings.Compare(a.Now, b.Now), strings.Compare(a.To, b.To))
	})
	return losses
}

// because names the edits that changed an answer: those of the rule that served the old answer, or,
// if the rule of the new answer now stands before it, those of that rule.
func because(before, after *native.Flag, edits []Edit, elsewhere []string, from, to simulate.Outcome) string {
	switch {
	case after == nil:
		return "the flag is removed"
	case to.Reason == becket.ReasonDisabled:
		return "the flag is switched off"
	case to.Reason == becket.ReasonPrerequisiteFailed:
		return orElsewhere(texts(edits, func(e Edit) bool { return strings.HasPrefix(e.Text, "it now requires") }),
			elsewhere)
	case to.Reason == becket.ReasonStale:
		return orElsewhere(texts(edits, func(e Edit) bool { return strings.HasPrefix(e.Text, "max_age") }), elsewhere)
	}
	// the old rule's present name; "" without such a rule
	now := nameAfter(before, after, from.Rule)
	if to.Rule != "" && to.Rule != now && (from.Rule == "" || now == "" || index(after, to.Rule) < index(after, now)) {
		if found := texts(edits, func(e Edit) bool { return e.Rule == to.Rule }); found != "" {
			return found
		}
	}
	rule := from.Rule
	if now != "" {
		rule = now
	}
	return orElsewhere(texts(edits, func(e Edit) bool { return e.Rule == rule && (rule != "" || e.Takes) }), elsewhere)
}

// nameAfter returns a rule's name after the edits.
func nameAfter(before, after *native.Flag, rule string) string {
	pairs, _, _ := pairsOf(before.Rules, after.Rules)
	for _, p := range pairs {
		if p.before.Name == rule {
			return p.after.Name
		}
	}
	return ""
}

func index(f *native.Flag, rule string) int {
	return slices.IndexFunc(f.Rules, func(r native.Rule) bool { return r.Name == rule })
}

// texts joins the chosen edits. If any of them takes a feature away, it joins only those.
func texts(edits []Edit, chosen func(Edit) bool) string {
	var takes, all []string
	for _, e := range edits {
		if !chosen(e) {
			continue
		}
		all = append(all, e.Text)
		if e.Takes {
			takes = append(takes, e.Text)
		}
	}
	if len(takes) > 0 {
		all = takes
	}
	return strings.Join(all, "; ")
}

func orElsewhere(text string, elsewhere []string) string {
	if text != "" {
		return text
	}
	if len(elsewhere) > 0 {
		return fmt.Sprintf("a flag or segment that it depends on changes: %s", strings.Join(elsewhere, ", "))
	}
	return "its edits together"
}
