package draw

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/population"
)

// kinds makes a profile of each combination, and puts those of the same path into one group.
func (d *drawing) kinds(path func(vector []int) string) *Kinds {
	k := &Kinds{Undrawn: d.undrawn, Narrow: map[string]bool{}}
	for _, a := range d.attributes {
		k.IsMade = k.IsMade || !a.isDescribed && a.name != targetingKey
	}
	groups := map[string]int{}
	var members [][]int // of each group, as indexes of vectors
	for i, vector := range d.vectors {
		id, listed := path(vector), d.isListed(vector)
		if listed {
			id += " listed"
		}
		g, ok := groups[id]
		if !ok {
			g = len(k.Groups)
			groups[id] = g
			k.Groups, members = append(k.Groups, Group{IsListed: listed}), append(members, nil)
		}
		members[g] = append(members[g], i)
		k.GroupOf = append(k.GroupOf, g)
		k.Profiles = append(k.Profiles, d.profile(vector, i, k))
	}
	for g := range k.Groups {
		k.Groups[g].Of = d.label(members[g])
		if k.Groups[g].IsListed {
			k.Groups[g].Keys = d.keysOf(members[g])
		}
	}
	return k
}

func (d *drawing) isListed(vector []int) bool {
	i, ok := d.index[targetingKey]
	return ok && !d.attributes[i].isDescribed && d.attributes[i].classes[vector[i]].members[0].isListed
}

// keysOf returns the number of listed keys of combinations.
func (d *drawing) keysOf(members []int) (n int) {
	key := d.index[targetingKey]
	for _, class := range d.classesOf(key, members) {
		n += len(d.attributes[key].classes[class].members)
	}
	return n
}

// path names the rules whose conditions are met, up to a rule that certainly applies, and the
// hashed attributes that are missing.
func (d *drawing) path(vector []int) string {
	var b strings.Builder
	for i := range d.chains {
		for j := range d.chains[i].rules {
			r := &d.chains[i].rules[j]
			switch r.node.holds(vector, d.attributes) {
			case open:
				b.WriteByte('?')
				fallthrough
			case yes:
				b.WriteString(strconv.Itoa(j))
				b.WriteByte(' ')
			}
			if r.isCertain && r.node.holds(vector, d.attributes) == yes {
				break
			}
		}
		b.WriteByte('/')
	}
	for i, a := range d.attributes {
		if a.isBy && !a.isDescribed && a.classes[vector[i]].isMissing() {
			b.WriteString(" no " + strconv.Itoa(i))
		}
	}
	return b.String()
}

// profile returns the profile of a combination. number selects among the members of classes.
func (d *drawing) profile(vector []int, number int, k *Kinds) (p population.Profile) {
	for i, a := range d.attributes {
		if a.isDescribed {
			continue
		}
		c := &a.classes[vector[i]]
		first := &c.members[0]
		switch {
		case a.name == targetingKey && first.isListed:
			for j := range c.members {
				p.Keys = append(p.Keys, c.members[j].text)
			}
		case a.name == targetingKey:
			p.KeyStart, p.KeyEnd = first.start, first.end
		case first.isMissing:
		case a.isBy && !first.isList:
			column, distinct := c.varied(a.name)
			p.Varied = append(p.Varied, column)
			k.Narrow[a.name] = k.Narrow[a.name] || !distinct
		default:
			if m := &c.members[number%len(c.members)]; !m.isMissing {
				p.Attributes = append(p.Attributes, m.attribute)
			}
		}
	}
	return p
}

// label names the attributes that distinguish some combinations from all others. If no attributes
// alone do, it names the rules.
func (d *drawing) label(members []int) string {
	if len(members) == len(d.vectors) {
		return ""
	}
	var parts []string
	inside := make([]bool, len(d.vectors))
	for j, vector := range d.vectors {
		inside[j] = d.isListed(vector) == d.isListed(d.vectors[members[0]])
	}
	for i, a := range d.attributes {
		if a.isDescribed {
			continue
		}
		own, all := d.classesOf(i, members), d.classesOf(i, nil)
		if len(own) == len(all) || a.name == targetingKey && !d.isTold(a, own, all) {
			continue
		}
		for j, vector := range d.vectors {
			inside[j] = inside[j] && slices.Contains(own, vector[i])
		}
		parts = append(parts, classesText(a, own, all))
	}
	exact := 0
	for _, in := range inside {
		if in {
			exact++
		}
	}
	const longest = 160
	switch text := strings.Join(parts, " and "); {
	case exact == len(members) && text == "":
		return "whose keys are not listed"
	case exact == len(members) && len(text) <= longest:
		return "with " + text
	}
	return d.rulesText(d.vectors[members[0]])
}

// isTold reports whether a label tells the targeting keys: listed keys, or some of several kinds of
// others.
func (d *drawing) isTold(a *attribute, own, all []int) bool {
	listed := func(class int) bool { return a.classes[class].members[0].isListed }
	others := slices.DeleteFunc(slices.Clone(all), listed)
	return slices.ContainsFunc(own, listed) || len(own) < len(others)
}

// classesOf returns the classes of an attribute that some combinations have; nil stands for all.
func (d *drawing) classesOf(attribute int, members []int) (classes []int) {
	seen := map[int]bool{}
	add := func(vector []int) {
		if class := vector[attribute]; !seen[class] {
			seen[class] = true
			classes = append(classes, class)
		}
	}
	if members == nil {
		for _, vector := range d.vectors {
			add(vector)
		}
	}
	for _, i := range members {
		add(d.vectors[i])
	}
	slices.Sort(classes)
	return classes
}

// classesText names some of an attribute's classes, or else all others.
func classesText(a *attribute, own, all []int) string {
	others := slices.DeleteFunc(slices.Clone(all), func(class int) bool { return slices.Contains(own, class) })
	switch text := classLabels(a, own); {
	case classLabels(a, others) == "none":
		return "some " + a.name
	case text == "none":
		return "no " + a.name
	case text == "another":
		return "another " + a.name
	case len(own) <= len(all)/2 && !hasOther(a, own):
		return a.name + " " + text
	default:
		return a.name + " other than " + classLabels(a, others)
	}
}

// hasOther reports whether one of the classes is that of all values that no condition names.
func hasOther(a *attribute, classes []int) bool {
	return slices.ContainsFunc(classes, func(class int) bool { return a.classes[class].label() == "another" })
}

// classLabels joins the labels of classes; "none" comes last.
func classLabels(a *attribute, classes []int) string {
	var labels []string
	none := false
	for _, class := range classes {
		label := a.classes[class].label()
		if label == "none" {
			none = true
		} else if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	if none {
		labels = append(labels, "none")
	}
	return strings.Join(labels, " or ")
}

// rulesText names the rules of the flag whose conditions a combination meets.
func (d *drawing) rulesText(vector []int) string {
	met := make([]string, len(d.versions))
	for i := range d.chains {
		c := &d.chains[i]
		if c.flag != d.key {
			continue
		}
		var names []string
		for j := range c.rules {
			if t := c.rules[j].node.holds(vector, d.attributes); t == yes && c.rules[j].If != nil {
				names = append(names, c.rules[j].Name)
			}
		}
		const most = 5
		if more := len(names) - most; more > 0 {
			names = append(names[:most], fmt.Sprintf("%d more", more))
		}
		met[c.version] = strings.Join(names, ", ")
	}
	for i := range met {
		if met[i] == "" {
			met[i] = "no rule"
		} else {
			met[i] = "rule " + met[i]
		}
	}
	if len(met) == 1 || met[0] == met[1] {
		return "who meet the condition of " + met[0]
	}
	return "who meet the condition of " + met[0] + " before and of " + met[1] + " after"
}
