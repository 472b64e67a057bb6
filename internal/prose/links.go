package prose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// segments returns the segments that the rules of a flag ask for, also through other segments, each
// once and in the order of the first question.
func (d *Document) segments(f *native.Flag) (used []*native.Segment) {
	byKey := map[string]*native.Segment{}
	for _, s := range d.Segments {
		byKey[s.Key] = s
	}
	var visit func(c *native.Condition)
	visit = func(c *native.Condition) {
		for r := range c.EachReference() {
			s := byKey[r.Key]
			if r.ToFlag || s == nil || slices.Contains(used, s) {
				continue
			}
			used = append(used, s)
			visit(s.If)
		}
	}
	for i := range f.Rules {
		visit(f.Rules[i].If)
	}
	return used
}

// segmentOf puts a segment into words.
func segmentOf(s *native.Segment) Segment {
	x := Segment{Key: s.Key, Summary: Line(s.Written.Field("description").Text())}
	var sentences []string
	if s.Exclude.Len() > 0 {
		sentences = append(sentences, "Never in it: "+keys(&s.Exclude)+".")
	}
	if s.Include.Len() > 0 {
		sentences = append(sentences, "Always in it: "+keys(&s.Include)+".")
	}
	switch {
	case s.If == nil && s.Include.Len() == 0:
		sentences = []string{"Nobody is in it."}
	case s.If == nil:
		sentences = append(sentences, "Nobody else is in it.")
	case isEverybody(s.If):
		sentences = append(sentences, "Everybody else is in it.")
	case isNobody(s.If):
		sentences = append(sentences, "Nobody else is in it, because the condition is never true.")
	default:
		text, parts := who(s.If)
		x.Parts = parts
		end := "."
		if parts != nil {
			end = ":"
		}
		sentences = append(sentences, "In it are "+text+end)
	}
	x.Text = strings.Join(sentences, " ")
	return x
}

// keys returns a list of targeting keys.
func keys(t *match.Texts) string {
	if t.Len() == 1 {
		return "the key " + Name(t.Sorted()[0])
	}
	all := t.Sorted()
	return "the keys " + shortList(names(all[:min(len(all), longestList)]), len(all), "and", "key")
}

const mostDependents = 50 // dependents that are listed

// dependents returns sentences about the flags and segments that ask for a flag, directly or
// through segments.
func (d *Document) dependents(f *native.Flag) []string {
	all := []string{}
	asking := d.askingSegments(f.Key)
	for _, other := range d.Flags {
		for _, r := range other.Requires {
			if r.Key == f.Key {
				all = append(all, fmt.Sprintf("The flag %s requires that it serves %s.",
					Name(other.Key), variants(r.Variants)))
			}
		}
		for i := range other.Rules {
			all = append(all, asked(f.Key, other, &other.Rules[i], asking)...)
		}
	}
	for _, s := range d.Segments {
		if asking[s.Key] {
			all = append(all, fmt.Sprintf("The segment %s asks for it.", Name(s.Key)))
		}
	}
	if len(all) > mostDependents {
		more := len(all) - mostDependents
		all = append(all[:mostDependents], wording.Thousands(more)+" more rules, flags and segments ask for it.")
	}
	return all
}

// asked returns sentences about the questions of a rule for a flag.
func asked(key string, f *native.Flag, r *native.Rule, asking map[string]bool) (sentences []string) {
	rule := fmt.Sprintf("Rule %d", r.Index+1)
	if r.Written.Field("name").IsThere() {
		rule = "The rule " + Name(r.Name)
	}
	for ref := range r.If.EachReference() {
		text := ""
		switch {
		case ref.ToFlag && ref.Key == key:
			text = fmt.Sprintf(
				"%s of the flag %s asks whether it serves %s.",
				rule,
				Name(f.Key),
				variants(ref.Variants),
			)
		case !ref.ToFlag && asking[ref.Key]:
			text = fmt.Sprintf(
				"%s of the flag %s asks for it through the segment %s.",
				rule,
				Name(f.Key),
				Name(ref.Key),
			)
		}
		if text != "" && !slices.Contains(sentences, text) {
			sentences = append(sentences, text)
		}
	}
	return sentences
}

// askingSegments returns the keys of the segments that ask for a flag, directly or through other
// segments.
func (d *Document) askingSegments(key string) map[string]bool {
	users := map[string][]string{} // the segments that use a segment
	var next []string              // segments whose users are still to be found
	for _, s := range d.Segments {
		for r := range s.If.EachReference() {
			switch {
			case !r.ToFlag:
				users[r.Key] = append(users[r.Key], s.Key)
			case r.Key == key:
				next = append(next, s.Key)
			}
		}
	}
	asking := map[string]bool{}
	for len(next) > 0 {
		segment := next[len(next)-1]
		next = next[:len(next)-1]
		if !asking[segment] {
			asking[segment] = true
			next = append(next, users[segment]...)
		}
	}
	return asking
}

// layers returns a sentence about each layer of a flag: the ranges of all flags, and the rest.
func (d *Document) layers(f *native.Flag) []string {
	all := []string{}
	var seen []string
	for i := range f.Rules {
		r := &f.Rules[i]
		if !r.HasLayer || slices.Contains(seen, r.Layer.Name) {
			continue
		}
		seen = append(seen, r.Layer.Name)
		all = append(all, d.layer(r.Layer.Name))
	}
	return all
}

// layer returns the ranges of a layer in a sentence.
func (d *Document) layer(name string) string {
	type part struct {
		flag     string
		from, to float64
	}
	var parts []part
	for _, f := range d.Flags {
		for i := range f.Rules {
			if l := &f.Rules[i].Layer; f.Rules[i].HasLayer && l.Name == name {
				parts = append(parts, part{f.Key, l.From, l.To})
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.from, b.from), strings.Compare(a.flag, b.flag))
	})
	var shown []string
	free, end := 0.0, 0.0
	for i, p := range parts {
		if i < longestList {
			shown = append(shown, fmt.Sprintf("the flag %s has the places from %s to below %s",
				Name(p.flag), Number(p.from), Number(p.to)))
		}
		free += max(0, p.from-end)
		end = max(end, p.to)
	}
	free += 100 - end
	text := fmt.Sprintf("In the layer %s, %s", Name(name), shortList(shown, len(parts), "and", "range"))
	if free = width(&native.Layer{To: free}); free > 0 {
		text += "; no flag uses the other " + percent(free) + ", which are a holdout"
	}
	return text + "."
}
