package draw

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/becketflags/becket"
)

// question holds what a flag of another format asks about.
type question struct {
	attributes map[string]*candidates
	hashed     map[string]bool // attributes that a share hashes
	flags      []string        // flags that it asks
	unread     []string        // conditions that cannot be read
}

func newQuestion() *question {
	return &question{attributes: map[string]*candidates{}, hashed: map[string]bool{}}
}

// attribute returns the candidates of an attribute.
func (q *question) attribute(name string) *candidates {
	c, ok := q.attributes[name]
	if !ok {
		c = newCandidates(name)
		q.attributes[name] = c
	}
	return c
}

func (q *question) cannotRead(text string) {
	if !slices.Contains(q.unread, text) {
		q.unread = append(q.unread, text)
	}
}

// readers read the conditions of a document by the name of its format.
var readers = map[string]func(document map[string]any) map[string]*question{
	"configcat-v6": readConfigCat,
	"flagd":        readFlagd,
}

// ofForeign returns kinds of subjects for a flag of another format. It knows the operands of the
// conditions but not how they are joined, so it tries combinations of values, and puts those
// together that get the same answers.
func (d *drawing) ofForeign() *Kinds {
	if d.foreign == nil {
		for i := range d.versions {
			d.foreign = append(d.foreign, questionsOf(&d.versions[i]))
		}
	}
	for i := range d.versions {
		d.ask(i, d.key, map[string]bool{})
	}
	for _, a := range d.attributes {
		d.closeForeign(a)
	}
	d.combine()
	return d.kinds(d.behaviour())
}

func questionsOf(v *Version) map[string]*question {
	read := readers[v.Format]
	var document map[string]any
	if read == nil || v.Native != nil || json.Unmarshal(v.Body, &document) != nil {
		return nil
	}
	return read(document)
}

// ask adds the attributes that a flag asks about, and those of the flags that it asks.
func (d *drawing) ask(version int, key string, seen map[string]bool) {
	if _, there := d.versions[version].Rules.Flag(key); !there || seen[key] {
		return
	}
	seen[key] = true
	q := d.foreign[version][key]
	if q == nil {
		d.note("the conditions of %s: they cannot be read", key)
		return
	}
	for _, text := range q.unread {
		d.note("%s", text)
	}
	for _, name := range slices.Sorted(maps.Keys(q.attributes)) {
		a := d.attribute(name)
		a.questions = append(a.questions, q.attributes[name])
	}
	for _, name := range slices.Sorted(maps.Keys(q.hashed)) {
		if name != targetingKey {
			d.attribute(name).isBy = true
		}
	}
	for _, other := range q.flags {
		d.ask(version, other, seen)
	}
}

// mostForeign is the number of combinations of values of a flag of another format.
const mostForeign = 4000

// closeForeign makes each value of an attribute a class.
func (d *drawing) closeForeign(a *attribute) {
	all := newCandidates(a.name)
	for _, c := range a.questions {
		for _, v := range c.values {
			all.add(v)
		}
		all.numbers, all.instants = append(all.numbers, c.numbers...), append(all.instants, c.instants...)
		all.samples = append(all.samples, c.samples...)
		for i := range c.parts {
			all.parts[i] = append(all.parts[i], c.parts[i]...)
		}
	}
	all.known = true
	values := all.finish()
	if len(values) > mostForeign/2 {
		d.note("attribute %s: it has %d values", a.name, len(values))
		values = values[len(values)-mostForeign/2:]
	}
	for _, v := range values {
		if !a.isBy || !v.isAlike || v.isRange {
			a.classes = append(a.classes, class{members: []value{v}})
		}
	}
	d.close(a)
}

// combine draws all combinations of values, or as many as there is room for.
func (d *drawing) combine() {
	c := d.chooser()
	c.add(c.pick(c.ordinary()))
	if n, few := c.combinations(mostForeign); few && n <= c.most {
		c.all(make([]int, len(d.attributes)), 0)
		c.close()
		return
	}
	d.note("some combinations of the values of %d attributes: there are too many", len(d.attributes))
	for i, a := range d.attributes {
		for class := range a.classes {
			if !a.isDescribed && a.single.has(class) {
				vector := c.pick(c.ordinary())
				vector[i] = class
				c.add(vector)
			}
		}
	}
	for len(c.vectors) < min(c.most, mostForeign) && c.excess < mostForeign {
		if before := len(c.vectors); before == c.addRandom() {
			c.excess++
		}
	}
	c.excess = 0
}

// addRandom adds a random combination and returns the number of combinations.
func (c *chooser) addRandom() int {
	c.add(c.pick(c.ordinary()))
	return len(c.vectors)
}

// behaviour returns a function that writes the answers to subjects with the values of a
// combination and different keys.
func (d *drawing) behaviour() func(vector []int) string {
	const keys = 32
	at := becket.MomentAt(d.options.At, 0)
	return func(vector []int) string {
		var b strings.Builder
		kinds := &Kinds{Narrow: map[string]bool{}}
		p := d.profile(vector, 0, kinds)
		for i := range keys {
			key := p.KeyStart + "made-" + strconv.Itoa(i) + p.KeyEnd
			if len(p.Keys) > 0 {
				key = p.Keys[0]
			}
			attributes := slices.Clone(p.Attributes)
			for j := range p.Varied {
				attributes = append(attributes, p.Varied[j].At(uint64(i)))
			}
			s := becket.NewSubject(key, attributes...)
			for v := range d.versions {
				r := d.versions[v].Rules.Evaluate(d.key, becket.KindAny, &s, at)
				if r.Variant != nil {
					b.WriteString(r.Variant.Name)
				}
				b.WriteString("\x00" + r.Rule + "\x00" + string(r.Reason) + "\x00")
			}
		}
		return b.String()
	}
}
