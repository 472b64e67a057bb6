// Package draw finds the kinds of subjects that the conditions of a flag distinguish. From the
// operands in the documents it takes values in and outside of each list, on both sides of each
// bound and around each text, and solves the condition of each rule for values that meet it. So
// each rule that can apply gets subjects, also a rule with several conditions.
package draw

import (
	"fmt"
	"slices"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/population"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// Version is a ruleset whose conditions are asked.
type Version struct {
	Rules  becket.Rules
	Format string           // the name of its format
	Native *ruleset.Ruleset // nil if it is of another format
	Body   []byte           // the document; it is read if Native is nil
}

// Options are the wishes for the kinds of subjects.
type Options struct {
	Size      int    // the number of subjects that will be made
	Seed      uint64 // the same seed gives the same kinds
	At        time.Time
	Described func(attribute string) bool // whether the user describes the attribute
}

// Kinds are the kinds of subjects that a flag distinguishes.
type Kinds struct {
	Profiles []population.Profile
	Groups   []Group
	GroupOf  []int    // the index of each profile's group
	Undrawn  []string // conditions for which no subjects could be made
	IsMade   bool     // the flag asks for attributes that the user does not describe
	// hashed attributes that have only a few values, so that shares say nothing about the hash
	Narrow map[string]bool
}

// Group is a set of subjects for which the same rules may apply, before and after.
type Group struct {
	Of string // such as "with country DE"; "" for all subjects
	// the subjects are those whose targeting keys the documents list
	IsListed bool
	Keys     int // the number of these keys; each may have several subjects with other attributes
}

// Drawer draws kinds of subjects for the flags of one or two versions. It is not safe for
// concurrent use.
type Drawer struct {
	versions []Version
	options  Options
	steps    int // steps that are left for all flags together
	keys     map[*match.Texts][]string
	ofSets   map[string][]class // classes of targeting keys by the lists that hold them
	foreign  []map[string]*question
}

// mostStepsOfAll bounds the work for all flags together to some seconds.
const mostStepsOfAll = 60_000_000

// New returns a Drawer.
func New(versions []Version, options Options) *Drawer {
	if options.Described == nil {
		options.Described = func(string) bool { return false }
	}
	return &Drawer{versions, options, mostStepsOfAll, map[*match.Texts][]string{}, map[string][]class{}, nil}
}

// mostOfFlag bounds the steps for one flag.
const mostOfFlag = 20_000_000

// Flag returns the kinds of subjects for a flag. A version that lacks the flag asks nothing.
func (d *Drawer) Flag(key string) *Kinds {
	g := &drawing{Drawer: d, key: key, index: map[string]int{}, left: min(mostOfFlag, d.steps)}
	before := g.left
	defer func() { d.steps -= before - max(g.left, 0) }()
	if slices.ContainsFunc(d.versions, func(v Version) bool { return v.Native == nil }) {
		return g.ofForeign()
	}
	for i := range d.versions {
		b := &builder{d: g, version: i, segments: map[string]*node{}, flags: map[string]*node{}}
		g.chain(b, key, map[string]bool{})
	}
	g.classify()
	g.choose()
	return g.kinds(g.path)
}

// drawing is the work for one flag.
type drawing struct {
	*Drawer
	key        string
	left       int
	attributes []*attribute
	index      map[string]int // of attributes by name
	chains     []chain
	vectors    [][]int // for each profile the index of the class of each attribute
	seen       map[string]bool
	undrawn    []string
}

// chain holds the rules of one flag in one version.
type chain struct {
	version int
	flag    string
	rules   []rule
}

// rule is a rule with its condition.
type rule struct {
	*native.Rule
	node      *node
	isCertain bool // it applies whenever its condition is met
}

// chain adds the rules of a flag, and of the flags that it asks.
func (d *drawing) chain(b *builder, key string, seen map[string]bool) {
	f := d.versions[b.version].Native.Flag(key)
	if f == nil || seen[key] {
		return
	}
	seen[key] = true
	c := chain{version: b.version, flag: key}
	d.hashes(f.Default.By)
	for i := range f.Rules {
		r := &f.Rules[i]
		d.hashes(r.By)
		d.hashes(r.Serve.By)
		certain := !ruleset.Rolls(r) && !r.HasFrom && !r.HasUntil && !r.HasEvery && !r.Serve.IsSplit
		c.rules = append(c.rules, rule{r, b.condition(r.If), certain})
	}
	d.chains = append(d.chains, c)
	for ref := range ruleset.OfFlag(f) {
		d.follow(b, ref, seen)
	}
}

func (d *drawing) follow(b *builder, ref *native.Reference, seen map[string]bool) {
	if ref.ToFlag {
		d.chain(b, ref.Key, seen)
		return
	}
	s := d.versions[b.version].Native.Segment(ref.Key)
	if name := "segment " + ref.Key; s != nil && !seen[name] {
		seen[name] = true
		for ref := range ruleset.OfSegment(s) {
			d.follow(b, ref, seen)
		}
	}
}

// hashes notes the attributes that a share or a split hashes.
func (d *drawing) hashes(by []string) {
	for _, name := range by {
		if name != targetingKey {
			d.attribute(name).isBy = true
		}
	}
}

func (d *drawing) attribute(name string) *attribute { return d.attributes[d.place(name)] }

// place returns the index of an attribute.
func (d *drawing) place(name string) int {
	i, ok := d.index[name]
	if !ok {
		i = len(d.attributes)
		d.index[name] = i
		d.attributes = append(d.attributes, &attribute{
			name: name, byID: map[string]int{}, isDescribed: d.options.Described(name),
		})
	}
	return i
}

// testNode returns the node of a test. Tests that are written alike are one.
func (d *drawing) testNode(name string, t *native.Test) *node {
	i := d.place(name)
	a, id := d.attributes[i], testID(t)
	test, ok := a.byID[id]
	if !ok {
		test = len(a.tests)
		a.byID[id] = test
		a.tests = append(a.tests, t)
	}
	return &node{form: ofTest, attribute: i, test: test}
}

// setNode returns the node of a list of targeting keys. Its test has a negative number until the
// tests of the targeting key are known.
func (d *drawing) setNode(set *match.Texts) *node {
	i := d.place(targetingKey)
	a := d.attributes[i]
	a.sets = append(a.sets, set)
	n := &node{form: ofTest, attribute: i}
	a.setNodes = append(a.setNodes, n)
	return n
}

// note names something for which no subjects could be made.
func (d *drawing) note(format string, arguments ...any) {
	if text := fmt.Sprintf(format, arguments...); !slices.Contains(d.undrawn, text) {
		d.undrawn = append(d.undrawn, text)
	}
}
