package native

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Ruleset is a native document as it is written, without invalid flags and segments.
type Ruleset struct {
	Root     *Node
	Flags    []*Flag // in the order of the document
	Segments []*Segment

	flags    map[string]*Flag
	segments map[string]*Segment
}

// Flag is a flag as it is written.
type Flag struct {
	Key         string
	Path        string
	At          int
	Node        *Node
	Enabled     bool
	Implied     bool // whether the flag has the implied variants
	Variants    []Member
	Off         string // "" for the caller's default
	Requires    []*Condition
	Rules       []*Rule
	Default     *Serve // nil if the document has no default and none is implied
	MaxAge      string
	Description string
	Owner       string
	Expires     time.Time
	Permanent   bool
	Silence     []string // the findings that the flag itself silences
}

// Rule is a rule as it is written.
type Rule struct {
	Index   int
	Path    string
	Node    *Node
	Name    string // as details show it
	If      *Condition
	From    time.Time // the zero time if absent
	Until   time.Time
	Every   *Node // the recurring window; nil if absent
	Layer   *Layer
	Percent *float64
	Ramp    *Ramp
	By      string // several names are joined by " or ", in their order
	Salt    string // the salt in use
	Serve   *Serve
}

// Layer is a rule's range of a layer.
type Layer struct {
	Node     *Node
	Name     string
	From, To float64
}

// Ramp is a share that changes with time.
type Ramp struct {
	Node   *Node
	Steps  []Step
	Linear bool
}

// Step is one step of a ramp.
type Step struct {
	At      time.Time
	Percent float64
}

// Serve is the result of a rule or a default: a variant, or the arms of a split.
type Serve struct {
	Node     *Node
	Variant  string
	Arms     []Arm
	By, Salt string // the attribute and the salt in use
}

// Arm is one variant of a split.
type Arm struct {
	Variant string
	Weight  float64
}

// Segment is a segment as it is written.
type Segment struct {
	Key              string
	At               int
	Node             *Node
	If               *Condition
	Include, Exclude []string
}

// Read reads a document. bad reports whether a flag or segment is invalid.
func Read(body []byte, bad func(section, key string) bool) (*Ruleset, error) {
	root, err := parse(body)
	if err != nil {
		return nil, err
	}
	r := &Ruleset{Root: root, flags: map[string]*Flag{}, segments: map[string]*Segment{}}
	for _, m := range membersOf(root.Member("segments")) {
		if !bad("segments", m.Name) {
			s := segment(m)
			r.Segments, r.segments[s.Key] = append(r.Segments, s), s
		}
	}
	for _, m := range membersOf(root.Member("flags")) {
		if !bad("flags", m.Name) {
			f := flag(m)
			r.Flags, r.flags[f.Key] = append(r.Flags, f), f
		}
	}
	return r, nil
}

// Flag returns the flag of that key, or nil.
func (r *Ruleset) Flag(key string) *Flag { return r.flags[key] }

// Segment returns the segment of that key, or nil.
func (r *Ruleset) Segment(key string) *Segment { return r.segments[key] }

func membersOf(n *Node) []Member {
	if n == nil {
		return nil
	}
	return n.Members
}

func segment(m Member) *Segment {
	return &Segment{
		Key: m.Name, At: m.At, Node: m.Value, If: condition(m.Value.Member("if")),
		Include: m.Value.Member("include").Texts(), Exclude: m.Value.Member("exclude").Texts(),
	}
}

func flag(m Member) *Flag {
	n := m.Value
	f := &Flag{
		Key: m.Name, Path: "flags" + PathStep(m.Name), At: m.At, Node: n,
		Enabled: !isFalse(n.Member("enabled")), Implied: n.Member("variants") == nil,
		Variants: membersOf(n.Member("variants")), Off: n.Member("off").String(),
		MaxAge: n.Member("max_age").String(), Description: n.Member("description").String(), Owner: n.Member("owner").String(),
		Permanent: isTrue(n.Member("permanent")), Silence: n.Member("x-silence").Texts(),
	}
	f.Expires, _ = time.Parse(time.DateOnly, n.Member("expires").String())
	f.Default = serve(n.Member("default"), f.Key)
	if f.Implied {
		f.Variants = []Member{{Name: "off"}, {Name: "on"}}
		if f.Off == "" {
			f.Off = "off"
		}
		if f.Default == nil {
			f.Default = &Serve{Variant: "off"}
		}
	}
	for _, element := range elementsOf(n.Member("requires")) {
		f.Requires = append(f.Requires, condition(element))
	}
	for i, element := range elementsOf(n.Member("rules")) {
		f.Rules = append(f.Rules, rule(f, i, element))
	}
	return f
}

func rule(f *Flag, i int, n *Node) *Rule {
	r := &Rule{
		Index: i, Path: fmt.Sprintf("%s.rules[%d]", f.Path, i), Node: n, Name: n.Member("name").String(),
		If: condition(n.Member("if")), From: instant(n.Member("from")), Until: instant(n.Member("until")),
		Every: n.Member("every"), By: hashedBy(n), Salt: f.Key, Serve: serve(n.Member("serve"), f.Key),
	}
	if r.Name == "" {
		r.Name = "[" + strconv.Itoa(i) + "]"
	}
	if salt := n.Member("salt"); salt != nil {
		r.Salt = salt.String()
	}
	if percent := n.Member("percent"); percent != nil {
		p := number(percent)
		r.Percent = &p
	}
	if l := n.Member("layer"); l != nil {
		r.Layer = &Layer{Node: l, Name: l.Member("name").String(), From: number(l.Member("from")), To: number(l.Member("to"))}
	}
	if p := n.Member("ramp"); p != nil {
		r.Ramp = &Ramp{Node: p, Linear: isTrue(p.Member("linear"))}
		for _, step := range elementsOf(p.Member("steps")) {
			r.Ramp.Steps = append(r.Ramp.Steps, Step{instant(step.Member("at")), number(step.Member("percent"))})
		}
	}
	return r
}

func serve(n *Node, salt string) *Serve {
	if n == nil {
		return nil
	}
	s := &Serve{Node: n, Variant: n.String(), By: hashedBy(n), Salt: salt}
	if own := n.Member("salt"); own != nil {
		s.Salt = own.String()
	}
	for _, m := range membersOf(n.Member("split")) {
		s.Arms = append(s.Arms, Arm{m.Name, number(m.Value)})
	}
	return s
}

func hashedBy(n *Node) string { return strings.Join(n.Member("by").Texts(), " or ") }

// Named returns the variants that s names, including arms with a weight of 0.
func (s *Serve) Named() (names []string) {
	switch {
	case s == nil:
		return nil
	case s.Arms == nil:
		return []string{s.Variant}
	}
	for _, arm := range s.Arms {
		names = append(names, arm.Variant)
	}
	return names
}

// Served returns the variants that s can give.
func (s *Serve) Served() (names []string) {
	if s == nil || s.Arms == nil {
		return s.Named()
	}
	for _, arm := range s.Arms {
		if arm.Weight > 0 {
			names = append(names, arm.Variant)
		}
	}
	return names
}

// Rolls reports whether a hash decides which subjects the rule applies to.
func (r *Rule) Rolls() bool { return r.Percent != nil || r.Ramp != nil || r.Layer != nil }

// Always reports whether the rule applies to everybody at all times.
func (r *Rule) Always() bool {
	return r.If == nil && !r.Rolls() && r.From.IsZero() && r.Until.IsZero() && r.Every == nil
}

func elementsOf(n *Node) []*Node {
	if n == nil {
		return nil
	}
	return n.Elements
}

func number(n *Node) float64 {
	if n == nil {
		return 0
	}
	f, _ := strconv.ParseFloat(n.Text, 64)
	return f
}

func instant(n *Node) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, n.String())
	return t
}

func isTrue(n *Node) bool  { return n != nil && n.Kind == 't' }
func isFalse(n *Node) bool { return n != nil && n.Kind == 'f' }

// PathStep writes a key as a step of a path, as the library does: quoted unless it is an
// identifier.
func PathStep(key string) string {
	plain := key != "" && strings.IndexFunc(key, func(c rune) bool {
		return c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) < 0
	if plain {
		return "." + key
	}
	return "[" + strconv.Quote(key) + "]"
}
