package draw

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// classify finds the values of each attribute and puts those together that no test distinguishes.
func (d *drawing) classify() {
	for _, a := range d.attributes {
		for i, n := range a.setNodes {
			n.test = len(a.tests) + i
		}
	}
	j, err := newJudge(d.attributes, becket.MomentAt(d.options.At, 0))
	if err != nil {
		d.note("%s", err)
		j = nil
	}
	for i, a := range d.attributes {
		if a.isDescribed {
			continue
		}
		id := setsID(a)
		if id != "" && d.ofSets[id] != nil {
			a.classes = d.ofSets[id]
		} else if j != nil {
			d.judged(j, i)
		}
		if id != "" {
			d.ofSets[id] = a.classes
		}
		d.close(a)
	}
}

// setsID identifies the lists of an attribute on which there are no tests but lists of targeting
// keys, and is "" for others. Many flags ask for the same large segments.
func setsID(a *attribute) string {
	if len(a.sets) == 0 || len(a.tests) > 0 {
		return ""
	}
	var id strings.Builder
	for _, set := range a.sets {
		fmt.Fprintf(&id, "%p ", set)
	}
	return id.String()
}

// judged finds the classes of an attribute by trying its values.
func (d *drawing) judged(j *judge, i int) {
	a := d.attributes[i]
	keys := make([]string, len(a.tests))
	for test := range keys {
		keys[test] = flagOf(i, test)
	}
	c := classifier{attribute: a, byTruth: map[string]int{}}
	try := func(v *value) {
		s := subjectOf(a.name, v)
		results := j.of(keys, &s)
		for _, set := range a.sets {
			results = append(results, truthOf(set.Has(s.Key())))
		}
		c.add(v, results)
	}
	for _, v := range d.affordable(a, d.values(a)) {
		try(&v)
	}
	for _, v := range lists(a.name, a.classes) {
		try(&v)
	}
}

// values returns the candidates of an attribute.
func (d *drawing) values(a *attribute) []value {
	c := newCandidates(a.name)
	if d.left <= 0 {
		return c.finish()
	}
	for _, t := range a.tests {
		c.test(t, d.options.At)
	}
	for _, set := range a.sets {
		for _, key := range d.sorted(set) {
			c.text(key, false)
		}
	}
	values := c.finish()
	if a.isBy {
		values = slices.DeleteFunc(values, func(v value) bool { return v.isAlike && !v.isRange })
	}
	return values
}

// sorted returns the keys of a set. Sets are large and belong to several flags.
func (d *drawing) sorted(set *match.Texts) []string {
	keys, ok := d.keys[set]
	if !ok {
		keys = set.Sorted()
		d.keys[set] = keys
	}
	return keys
}

// affordable leaves out values that would take too many steps. The last ones, which no document
// names, stay.
func (d *drawing) affordable(a *attribute, values []value) []value {
	each := len(a.sets) + 1
	for _, t := range a.tests {
		each += 1 + len(t.Texts)/4 // texts are searched for one after another
	}
	const unnamed = 4
	most := max(d.left/2/each, unnamed)
	if len(values) > most || d.left <= 0 {
		d.note("attribute %s: only %d of its %d values could be tried", a.name, most, len(values))
		values = slices.Concat(values[:max(most-unnamed, 0)], values[max(len(values)-unnamed, 0):])
	}
	d.left -= each * len(values)
	return values
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// classifier collects the classes of an attribute.
type classifier struct {
	*attribute
	byTruth map[string]int
}

func (c *classifier) add(v *value, results []truth) {
	id := make([]byte, len(results), len(results)+1)
	for i, r := range results {
		id[i] = byte(r)
	}
	switch {
	case v.isListed:
		id = append(id, 'k') // a listed key is nobody but itself
	case c.isBy && v.isMissing:
		id = append(id, 'm') // nothing can be hashed
	}
	i, ok := c.byTruth[string(id)]
	if !ok {
		i = len(c.classes)
		c.byTruth[string(id)] = i
		c.classes = append(c.classes, class{truth: results})
	}
	if to := &c.classes[i]; v.isList && ok && to.ordinary() || len(to.members) < mostMembers {
		to.members = append(to.members, *v)
	}
}

// lists returns lists of the first texts and numbers of two classes, and of all classes. Only a
// list meets some conditions, such as two that want different texts.
func lists(name string, classes []class) (values []value) {
	const most = 8
	if name == targetingKey {
		return nil
	}
	var elements []any
	var texts []string
	for i := range classes {
		first := &classes[i].members[0]
		if len(elements) == most || first.isMissing || first.isOther || first.isFree {
			continue
		}
		s := becket.NewSubject("", first.attribute)
		v, _ := s.Attribute(name)
		elements = append(elements, v.Any())
		texts = append(texts, first.text)
	}
	if len(elements) < 2 {
		return nil
	}
	for i := range elements {
		for j := range i {
			pair := becket.Any(name, []any{elements[j], elements[i]})
			s := becket.NewSubject("", pair)
			v, _ := s.Attribute(name)
			values = append(values, value{attribute: pair, text: v.String(), isList: true})
		}
	}
	all := "[" + strings.Join(texts, ", ") + "]"
	return append(values, value{attribute: becket.Any(name, elements), text: all, isList: true})
}

// close names the tests that no value meets, and marks the classes of random subjects.
func (d *drawing) close(a *attribute) {
	if len(a.classes) == 0 {
		a.classes = []class{{
			members: []value{{isMissing: true}}, truth: slices.Repeat([]truth{unknown}, len(a.tests)+len(a.sets)),
		}}
	}
	a.ordinary, a.single = newBitset(len(a.classes)), newBitset(len(a.classes))
	for i := range a.classes {
		if a.classes[i].ordinary() {
			a.ordinary.add(i)
		}
		if !a.classes[i].members[0].isList {
			a.single.add(i)
		}
	}
	for i, t := range a.tests {
		met := slices.ContainsFunc(a.classes, func(c class) bool { return c.truth[i] == yes })
		if !met && !isEmpty(t) {
			a.isUnmet = true
			d.note("%s %s", a.name, describe.Test(t))
		}
	}
}

// isEmpty reports whether the operand is an empty list, which nothing meets.
func isEmpty(t *native.Test) bool {
	switch t.Operator {
	case native.In:
		return len(t.List.Values) == 0
	case native.Contains, native.StartsWith, native.EndsWith:
		return len(t.Texts) == 0
	case native.CIDR:
		return len(t.Prefixes) == 0
	default:
		return false
	}
}
