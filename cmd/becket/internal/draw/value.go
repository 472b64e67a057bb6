package draw

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/population"
)

// value is a value of an attribute that subjects may get.
type value struct {
	attribute becket.Attribute // unused if the value is missing
	text      string           // for people, such as DE
	isMissing bool
	isList    bool // a list of several elements
	isOther   bool // it stands for everything that no condition names
	isAlike   bool // no condition names it, but it lies beside an operand
	isListed  bool // a targeting key that a document names
	isNumber  bool
	// Every text that begins with start and ends with end serves as well. A value of the targeting
	// key has no attribute but these.
	isFree     bool
	start, end string
	// every integer from low to high serves as well
	isRange   bool
	low, high int64
}

// freeMiddle is the text between start and end of a free value when it is judged.
const freeMiddle = "made-0"

func (v *value) freeText() string { return v.start + freeMiddle + v.end }

// class is a set of values of one attribute that all conditions treat alike.
type class struct {
	members []value
	truth   []truth // of each test of the attribute
}

// mostMembers is the number of members that a class keeps. More of them change no answer, except of
// a rule that hashes the attribute.
const mostMembers = 2000

// ordinary reports whether random subjects may have a value of the class.
func (c *class) ordinary() bool { return !c.members[0].isList && !c.members[0].isListed }

// isMissing reports whether a subject without the attribute is of the class.
func (c *class) isMissing() bool {
	return slices.ContainsFunc(c.members, func(v value) bool { return v.isMissing })
}

// label names the values of the class for people. Values beside an operand are shown only if there
// are no others.
func (c *class) label() string {
	switch {
	case c.isMissing():
		return "none"
	case c.members[0].isOther:
		return "another"
	}
	const most = 3
	var texts []string
	named := 0
	for i := range c.members {
		m := &c.members[i]
		if m.isAlike || m.isOther || m.isList != c.members[0].isList {
			continue
		}
		if named++; named <= most {
			texts = append(texts, m.text)
		}
	}
	switch {
	case named == 0:
		return c.members[0].text + " or the like"
	case named > most:
		return fmt.Sprintf("%s or one of %d more", strings.Join(texts, ", "), named-most)
	case c.members[0].isAlike || c.hasNumbers():
		return strings.Join(texts, " or ") + " or the like"
	default:
		return strings.Join(texts, " or ")
	}
}

// hasNumbers reports whether the class holds numbers beside an operand.
func (c *class) hasNumbers() bool {
	return slices.ContainsFunc(c.members, func(v value) bool { return v.isAlike && v.isNumber })
}

// varied returns a column that draws different values of the class, and whether nearly every
// subject gets one of its own.
func (c *class) varied(attribute string) (column population.Column, distinct bool) {
	var scalars []becket.Attribute
	for i := range c.members {
		m := &c.members[i]
		switch {
		case m.isFree:
			return population.Texts(attribute, m.start, m.end), true
		case m.isRange && m.high-m.low >= leastDistinct:
			return population.Integers(attribute, m.low, m.high), true
		case !m.isMissing:
			scalars = append(scalars, m.attribute)
		}
	}
	return population.OneOf(attribute, scalars), len(scalars) >= leastDistinct
}

// leastDistinct is the number of values of a hashed attribute from which on a share of subjects
// says something about the hash.
const leastDistinct = 1000
