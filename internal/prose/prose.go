// Package prose puts the definitions of native documents into sentences, for people who do not read
// JSON.
package prose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// Document holds the valid definitions of a document.
type Document struct {
	Flags    []*native.Flag
	Segments []*native.Segment
}

// Flag is a flag in words. All texts are sentences for one line, and hold no control characters.
type Flag struct {
	Key        string    `json:"flag"`
	Summary    string    `json:"summary,omitempty"` // the flag's description
	State      State     `json:"state"`
	About      []string  `json:"about"` // its type, owner, dates and so on
	Variants   []Variant `json:"variants"`
	Before     []string  `json:"before"` // checks that come before the rules
	Rules      []Rule    `json:"rules"`
	Default    string    `json:"default"`
	Layers     []string  `json:"layers"`
	Segments   []Segment `json:"segments"`   // the segments that the flag asks for
	Dependents []string  `json:"dependents"` // the flags and segments that ask for the flag
	Notes      []string  `json:"notes"`
}

// Variant is a variant in words.
type Variant struct {
	Name  string `json:"name"`
	Value string `json:"value"` // JSON, without its end if it is long
	IsOff bool   `json:"off,omitempty"`
}

// Segment is a segment in words.
type Segment struct {
	Key     string   `json:"segment"`
	Summary string   `json:"summary,omitempty"` // the segment's description
	Text    string   `json:"text"`
	Parts   []Clause `json:"parts,omitempty"`
}

// Flag puts a flag into words as at a time.
func (d *Document) Flag(f *native.Flag, now time.Time) Flag {
	x := Flag{
		Key: f.Key, Summary: Line(f.About.Description), State: StateOf(f, now), About: about(f, now),
		Variants: variantsOf(f), Before: beforeRules(f), Rules: []Rule{}, Default: defaultOf(f),
		Layers: d.layers(f), Segments: []Segment{}, Dependents: d.dependents(f),
	}
	for i := range f.Rules {
		x.Rules = append(x.Rules, ruleOf(&f.Rules[i], f.Key, now))
	}
	used := d.segments(f)
	for _, s := range used {
		x.Segments = append(x.Segments, segmentOf(s))
	}
	x.Notes = notes(f, used)
	return x
}

const longestValue = 200 // bytes of a variant's value that are shown

// variantsOf lists the variants in the order of the document.
func variantsOf(f *native.Flag) (all []Variant) {
	sorted := slices.SortedStableFunc(slices.Values(f.Variants), func(a, b native.Variant) int { return a.At - b.At })
	for i := range sorted {
		v := &sorted[i]
		all = append(all, Variant{
			Name: v.Name, Value: match.Shorten(Line(string(v.Written.Compact())), longestValue),
			IsOff: v.Name == f.OffName(),
		})
	}
	return all
}

// about returns sentences about the fields for people, the type and the exposures.
func about(f *native.Flag, now time.Time) []string {
	kind := "a "
	if f.Kind == native.Int || f.Kind == native.Object {
		kind = "an "
	}
	first := "It is " + kind + f.Kind.String() + " flag"
	if f.About.Owner != "" {
		first += " of " + Line(f.About.Owner)
	}
	if len(f.About.Tags) > 0 {
		shown := names(f.About.Tags[:min(len(f.About.Tags), longestList)])
		first += ", tagged " + shortList(shown, len(f.About.Tags), "and", "tag")
	}
	sentences := []string{first + "."}
	if text := dates(&f.About, now); text != "" {
		sentences = append(sentences, text)
	}
	if len(f.About.Metadata) > 0 {
		sentences = append(sentences, "Its metadata are "+metadata(f.About.Metadata)+".")
	}
	return append(sentences, exposures[f.Track])
}

var exposures = map[native.Track]string{
	native.TrackSplits: "Evaluations in which a share, a layer or a split of a rule decides count as exposures.",
	native.TrackAll:    "All of its evaluations count as exposures.",
	native.TrackNone:   "None of its evaluations count as exposures.",
}

// dates returns the dates of a flag's life in one sentence, or "".
func dates(a *native.About, now time.Time) string {
	var parts []string
	if !a.Created.IsZero() {
		parts = append(parts, "was created on "+a.Created.Format(time.DateOnly))
	}
	switch {
	case a.Expires.IsZero():
	case HasExpired(a.Expires, now):
		parts = append(parts, "expired on "+a.Expires.Format(time.DateOnly))
	default:
		parts = append(parts, "expires on "+a.Expires.Format(time.DateOnly))
	}
	if a.Permanent {
		parts = append(parts, "is permanent")
	}
	if parts == nil {
		return ""
	}
	return "It " + list(parts, "and") + "."
}

// HasExpired reports whether the last day on which a flag is needed is over. The zero time is no
// date.
func HasExpired(expires, now time.Time) bool {
	return !expires.IsZero() && !now.Before(expires.AddDate(0, 0, 1))
}

func metadata(all map[string]any) string {
	keys := make([]string, 0, len(all))
	for key := range all {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var shown []string
	for _, key := range keys[:min(len(keys), longestList)] {
		shown = append(shown, Name(key)+" "+match.Shorten(Line(fmt.Sprint(all[key])), longestText))
	}
	return shortList(shown, len(keys), "and", "field")
}

// off returns the answer to everybody while the flag is off.
func off(f *native.Flag) string {
	if f.OffName() == "" {
		return "the default in the code"
	}
	return Name(f.OffName())
}

// beforeRules returns the checks that come before the rules: the kill switch, the age and the
// requirements.
func beforeRules(f *native.Flag) []string {
	sentences := []string{"The flag is on. If it is switched off, everybody gets " + off(f) + "."}
	if !f.Enabled {
		sentences[0] = "The flag is switched off: everybody gets " + off(f) + ". While it is on, this holds:"
	}
	if f.MaxAge > 0 {
		sentences = append(sentences, fmt.Sprintf(
			"If the source has not confirmed the ruleset for more than %s, everybody gets %s.",
			duration(f.MaxAge),
			off(f),
		))
	}
	for _, r := range f.Requires {
		sentences = append(sentences, fmt.Sprintf(
			"It requires that the flag %s serves %s. Subjects for which it does not get %s.",
			Name(r.Key), variants(r.Variants), off(f)))
	}
	return sentences
}

// defaultOf returns the answer to subjects to which no rule applies.
func defaultOf(f *native.Flag) string {
	everybody := "Everybody else gets "
	if len(f.Rules) == 0 {
		everybody = "Everybody gets "
	}
	text := everybody + serve(&f.Default, f.Key) + "."
	for i := range f.Rules {
		if always(&f.Rules[i]) {
			return "Nobody is left for the default: " + serve(&f.Default, f.Key) + "."
		}
	}
	if f.Default.IsSplit {
		text += " Subjects without a key get the default in the code."
	}
	return text
}

// notes explains what the words of the rules mean.
func notes(f *native.Flag, used []*native.Segment) []string {
	all := []string{}
	hashes, negates, asks := false, false, len(used) > 0
	for i := range f.Rules {
		r := &f.Rules[i]
		hashes = hashes || rolls(r) || r.Serve.IsSplit
		negates = negates || usesNot(r.If)
		asks = asks || !isEverybody(r.If)
	}
	for _, s := range used {
		negates = negates || usesNot(s.If)
	}
	if len(f.Rules) > 1 {
		all = append(all, "The first rule that applies decides.")
	}
	if asks {
		all = append(all, "A statement about an attribute that is missing, or that has another type, is neither true "+
			"nor false, and then a rule does not apply.")
	}
	if negates {
		all = append(
			all,
			"Then its opposite is not true either: a subject is not in a segment only if that is certain.",
		)
	}
	if hashes {
		all = append(all, "A rule with a share or a split does not apply to subjects without the key that it draws by.")
	}
	return all
}

// Unknown returns the words for a flag of a format whose rules are not put into words.
func Unknown(isEnabled bool, variants int) State {
	switch {
	case !isEnabled:
		return State{Off, "off"}
	case variants == 1:
		return State{Enabled, "enabled, 1 variant"}
	default:
		return State{Enabled, fmt.Sprintf("enabled, %d variants", variants)}
	}
}

// Problem returns the state of a flag that could not be read.
func Problem(message string) State {
	return State{Invalid, strings.TrimSpace("invalid: " + Line(message))}
}
