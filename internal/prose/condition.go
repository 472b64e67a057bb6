package prose

import (
	"fmt"
	"strings"

	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// Clause is a part of a condition: a statement about a subject. If it has parts, its text says how
// many of them must be true.
type Clause struct {
	Text  string   `json:"text"`
	Parts []Clause `json:"parts,omitempty"`
}

const (
	longestInline = 160 // bytes of a condition that is written inside of a sentence
	mostInline    = 3   // parts of such a condition
	mostClauses   = 500 // clauses of one condition that is written as a list
)

// isEverybody reports whether a condition is true for everybody.
func isEverybody(c *native.Condition) bool {
	return c == nil || c.Form == native.All && c.Parts == nil
}

// isNobody reports whether a condition is true for nobody.
func isNobody(c *native.Condition) bool {
	return c != nil && (c.Form == native.Any && c.Parts == nil || c.Form == native.Not && isEverybody(c.Parts))
}

// who returns the subjects for which a condition is true, such as "subjects whose country is DE".
// If the condition is too long for that, it returns its parts, and the words that introduce them.
func who(c *native.Condition) (subjects string, parts []Clause) {
	text, ok := relative(c, false)
	if ok && len(text) <= longestInline {
		if !isCombination(c) {
			text = strings.TrimPrefix(text, "that are ")
		}
		return "subjects " + text, nil
	}
	left := mostClauses
	clause := clauseOf(c, &left)
	if clause.Parts == nil {
		return "subjects for which this is true", []Clause{clause}
	}
	return "subjects for which " + strings.TrimSuffix(clause.Text, ":"), clause.Parts
}

// relative returns a condition as relative clauses: "whose country is DE and that are in the
// segment staff". It returns false if these would be hard to read. not(a or b) is written as not a
// and not b, which is the same for true, false and unknown.
func relative(c *native.Condition, negated bool) (text string, ok bool) {
	switch c.Form {
	case native.Not:
		return relative(c.Parts, !negated)
	case native.OnAttribute:
		if negated && c.Count > 1 {
			return "", false
		}
		return "whose " + attribute(c, negated), true
	case native.InSegment, native.InFlag:
		return reference(c.Reference, negated, "that are", "for which"), true
	default:
		return several(c, negated)
	}
}

// several joins the relative clauses of all or any. Inside of them, only single statements are easy
// to read.
func several(c *native.Condition, negated bool) (text string, ok bool) {
	word := "and"
	if (c.Form == native.Any) != negated {
		word = "or"
	}
	var clauses []string
	for part := range c.EachPart() {
		if isCombination(part) && c.Count > 1 || len(clauses) == mostInline {
			return "", false
		}
		clause, ok := relative(part, negated)
		if !ok {
			return "", false
		}
		clauses = append(clauses, clause)
	}
	return list(clauses, word), len(clauses) > 0
}

// isCombination reports whether a condition, or the condition below "not", has several parts.
func isCombination(c *native.Condition) bool {
	for c.Form == native.Not {
		c = c.Parts
	}
	return c.Form == native.All || c.Form == native.Any
}

// attribute returns an attribute with its tests, such as "age is at least 18 and is below 30".
func attribute(c *native.Condition, negated bool) string {
	var tests []string
	for t := range c.EachTest() {
		tests = append(tests, predicate(t, negated))
	}
	return Name(c.Attribute) + " " + list(tests, "and")
}

// reference returns a statement about a segment or a flag. The two texts are its beginnings for
// segments and flags.
func reference(r *native.Reference, negated bool, are, which string) string {
	not := ""
	if negated {
		not = "not "
	}
	if !r.ToFlag {
		return fmt.Sprintf("%s %sin the segment %s", are, not, Name(r.Key))
	}
	verb := "serves"
	if negated {
		verb = "does not serve"
	}
	return fmt.Sprintf("%s the flag %s %s %s", which, Name(r.Key), verb, variants(r.Variants))
}

// variants returns the variants of which a requirement needs one.
func variants(all []string) string {
	if len(all) == 0 {
		return "a variant of an empty list, which it never does"
	}
	return shortList(names(all[:min(len(all), longestList)]), len(all), "or", "variant")
}

// heads introduce the parts of conditions, for a condition that must be true and for one that must
// be false.
var heads = map[native.Form][2]string{
	native.All: {"all of these are true:", "at least one of these is false:"},
	native.Any: {"at least one of these is true:", "all of these are false:"},
}

// clauseOf returns a condition as a statement with parts. left is the number of clauses that may
// still be written.
func clauseOf(c *native.Condition, left *int) Clause {
	negated := false
	for c.Form == native.Not {
		c, negated = c.Parts, !negated
	}
	*left--
	switch {
	case c.Form == native.OnAttribute && negated && c.Count > 1:
		return Clause{Text: "it is false that the " + attribute(c, false)}
	case c.Form == native.OnAttribute:
		return Clause{Text: "the " + attribute(c, negated)}
	case c.Reference != nil:
		return Clause{Text: strings.TrimSpace(reference(c.Reference, negated, "the subject is", ""))}
	case c.Parts == nil && isEverybody(c) != negated:
		return Clause{Text: "nothing is asked, so this is always true"}
	case c.Parts == nil:
		return Clause{Text: "nothing is asked, so this is never true"}
	case c.Count == 1 && !negated:
		return clauseOf(c.Parts, left)
	}
	clause := Clause{Text: heads[c.Form][0]}
	if negated {
		clause.Text = heads[c.Form][1]
	}
	shown := 0
	for part := range c.EachPart() {
		if *left <= 0 {
			more := fmt.Sprintf("… and %s more", wording.Thousands(int(c.Count)-shown))
			clause.Parts = append(clause.Parts, Clause{Text: more})
			break
		}
		clause.Parts = append(clause.Parts, clauseOf(part, left))
		shown++
	}
	return clause
}

// usesNot reports whether a condition or one of its parts has the form "not".
func usesNot(c *native.Condition) bool {
	if c == nil {
		return false
	}
	if c.Form == native.Not {
		return true
	}
	for part := range c.EachPart() {
		if usesNot(part) {
			return true
		}
	}
	return false
}
