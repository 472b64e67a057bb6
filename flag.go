package becket

import (
	"slices"
	"time"
)

// flag is a compiled flag. It is immutable once its ruleset is published.
type flag struct {
	key       string
	err       *EvaluationError // set: the definition could not be read, and nothing below counts
	kind      Kind
	enabled   bool
	kept      error // set: the definition is an earlier document's, because of this error in the present one's
	track     tracking
	fixed     *Variant // what the flag serves to everybody at all times; nil where that depends
	off       *Variant // nil: the caller's default
	requires  []*link
	rules     []rule
	otherwise serve // "default" in the document
	maxAge    time.Duration
	variants  []Variant // sorted by name
	about     *about    // nil: the document says nothing for people
	linked
	definition, behaviour uint64
}

// rule is a compiled rule.
type rule struct {
	name      string
	condition *condition // nil: always
	gate      *gate      // nil: for all subjects at all times
	serve     serve
}

// serve is what a rule or a default gives: one of the two.
type serve struct {
	variant *Variant
	split   *split
}

// tracking says which evaluations give an exposure.
type tracking uint8

const (
	trackSplits tracking = iota
	trackAll
	trackNone
)

// about is what a flag says to people.
type about struct {
	description, owner string
	tags               []string
	created, expires   time.Time
	permanent          bool
	metadata           map[string]any
}

// The variants of a flag that names none.
var (
	impliedVariants = []Variant{{Name: "off", Value: BoolValue(false)}, {Name: "on", Value: BoolValue(true)}}
	impliedOff      = &impliedVariants[0]
)

// variant returns the variant of that name, or nil.
func (f *flag) variant(name string) *Variant {
	for i := range f.variants {
		if f.variants[i].Name == name {
			return &f.variants[i]
		}
	}
	return nil
}

// fix finds out whether the flag serves the same to everybody at all times.
func (f *flag) fix() {
	if f.enabled && f.maxAge == 0 && len(f.requires) == 0 && len(f.rules) == 0 {
		f.fixed = f.otherwise.variant
	} else if !f.enabled {
		f.fixed = f.off
	}
}

// info describes the flag.
func (f *flag) info() FlagInfo {
	info := FlagInfo{Key: f.key, Kind: f.kind, Enabled: f.enabled, Kept: f.kept != nil, Err: f.kept, Definition: f.definition, Behaviour: f.behaviour}
	if f.err != nil {
		info.Err = f.err
		return info
	}
	for i := range f.variants {
		info.Variants = append(info.Variants, f.variants[i].Name)
	}
	if a := f.about; a != nil {
		info.Description, info.Owner, info.Tags, info.Metadata = a.description, a.owner, slices.Clone(a.tags), a.metadata
		info.Created, info.Expires, info.Permanent = a.created, a.expires, a.permanent
	}
	return info
}

// converts reports whether the flag's value may be read as another type: an integer as a float, nothing else.
func (f *flag) converts(want Kind) bool {
	return want == KindAny || want == KindFloat && f.kind == KindInt
}
