package prose

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/native"
)

// Rule is a rule in words.
type Rule struct {
	Name string `json:"name,omitempty"` // "" if the document does not name it
	// sentences; they end with a colon if parts follow
	Text  string   `json:"text"`
	Parts []Clause `json:"parts,omitempty"`
}

// ruleOf puts a rule into words as at a time. salt is the salt of a rule that names none.
func ruleOf(r *native.Rule, salt string, now time.Time) Rule {
	text, parts := sentence(r, salt, now)
	if at := when(r); at != "" {
		text = at + ", " + text
	}
	rule := Rule{Parts: parts}
	if r.Written.Field("name").IsThere() {
		rule.Name = r.Name
	} else {
		text = upper(text)
	}
	sentences := []string{text + "."}
	if parts != nil {
		sentences = nil
	}
	if r.HasRamp {
		sentences = append(sentences, upper(ramp(&r.Ramp))+".")
	}
	if r.HasLayer && (r.HasPercent || r.HasRamp) {
		sentences = append(sentences, fmt.Sprintf("Of these, only subjects take part whose place in %s: %s.",
			places(&r.Layer), percent(width(&r.Layer))))
	}
	switch phaseOf(r, now) {
	case before:
		sentences = append(sentences, "That has not begun yet.")
	case over:
		sentences = append(sentences, "That is over.")
	case during:
	}
	if parts != nil {
		sentences = append(sentences, text+":")
	}
	rule.Text = strings.Join(sentences, " ")
	return rule
}

// sentence returns the subjects to which a rule applies and the variant that they get.
func sentence(r *native.Rule, salt string, now time.Time) (text string, parts []Clause) {
	gets := serve(&r.Serve, salt)
	share := shareOf(r, salt, now)
	switch {
	case isNobody(r.If):
		return "nobody gets " + gets + ", because the condition is never true", nil
	case isEverybody(r.If) && share == "":
		return "everybody gets " + gets, nil
	case isEverybody(r.If):
		return "of all subjects, " + share + " get " + gets, nil
	}
	subjects, parts := who(r.If)
	switch {
	case share == "" && parts != nil:
		return fmt.Sprintf("%s get %s", subjects, gets), parts
	case share == "":
		return subjects + " get " + gets, nil
	default:
		return fmt.Sprintf("of the %s, %s get %s", subjects, share, gets), parts
	}
}

// shareOf returns the share of the subjects that a hash selects, and its source: "30 % by their
// key". It returns "" if no hash decides.
func shareOf(r *native.Rule, salt string, now time.Time) string {
	source := by(r.By)
	if (r.HasPercent || r.HasRamp) && r.Salt != salt {
		source += " with the salt " + quoted(r.Salt)
	}
	nobody := func(share float64) string {
		if share == 0 {
			return " (nobody)"
		}
		return ""
	}
	switch {
	case r.HasPercent:
		return percent(r.Percent) + nobody(r.Percent) + " " + source
	case r.HasRamp:
		share := shareAt(&r.Ramp, now)
		return rounded(share) + " now" + nobody(share) + " " + source
	case r.HasLayer:
		share := width(&r.Layer)
		return fmt.Sprintf("%s%s %s (the place in %s)", percent(share), nobody(share), source, places(&r.Layer))
	default:
		return ""
	}
}

// width returns the share of all subjects that a range of a layer admits.
func width(l *native.Layer) float64 {
	// rounded, because 12.1 - 2.0 has more digits than its operands
	return math.Round((l.To-l.From)*1e9) / 1e9
}

// places returns a layer and the range of its places.
func places(l *native.Layer) string {
	return fmt.Sprintf("the layer %s is from %s to below %s", Name(l.Name), Number(l.From), Number(l.To))
}

const longestSplit = 20 // arms of a split that are shown

// serve returns the variant that subjects get, or the variants of a split with their shares.
func serve(s *native.Serve, salt string) string {
	if !s.IsSplit {
		return Name(s.Name)
	}
	shares := sharesOf(s)
	var arms []string
	for i := range s.Arms[:min(len(s.Arms), longestSplit)] {
		arms = append(arms, fmt.Sprintf("%s (%s)", Name(s.Arms[i].Name), rounded(shares[i])))
	}
	text := shortList(arms, len(s.Arms), "or", "variant") + ", drawn " + by(s.By)
	if s.Salt != salt {
		text += " with the salt " + quoted(s.Salt)
	}
	return text
}

// sharesOf returns the percentages of a split's arms.
func sharesOf(s *native.Serve) []float64 {
	largest, sum := 0.0, 0.0
	for i := range s.Arms {
		largest = max(largest, s.Arms[i].Weight)
	}
	shares := make([]float64, len(s.Arms))
	for i := range s.Arms {
		shares[i] = s.Arms[i].Weight / largest // the sum of huge weights could overflow
		sum += shares[i]
	}
	for i := range shares {
		shares[i] = shares[i] / sum * 100
	}
	return shares
}
