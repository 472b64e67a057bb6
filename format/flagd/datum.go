package flagd

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/becketflags/becket"
)

// kind is one of JSON's types.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindText
	kindList
	kindObject
)

// datum is a JSON value during an evaluation. Lists and objects belong to the rules or were made
// for the evaluation. They never refer to the subject, because its texts may be on a caller's stack
// and move with it.
type datum struct {
	kind   kind
	number float64 // 1 and 0 for the booleans
	text   string
	more   *compound // the content of lists and objects
}

// compound is a list or an object. An object of the document has pairs; an object that an
// evaluation made has members.
type compound struct {
	list    []datum
	pairs   []pair // in the order of their names
	members map[string]datum
}

type pair struct {
	name  string
	value datum
}

// size returns the number of an object's members.
func (c *compound) size() int { return len(c.pairs) + len(c.members) }

// member returns the member with the given name, or null.
func (c *compound) member(name string) datum {
	if c.members != nil {
		return c.members[name]
	}
	byName := func(p pair, name string) int { return strings.Compare(p.name, name) }
	i, found := slices.BinarySearchFunc(c.pairs, name, byName)
	if !found {
		return datum{}
	}
	return c.pairs[i].value
}

// each visits an object's members in the order of their names.
func (c *compound) each(visit func(name string, value *datum)) {
	for i := range c.pairs {
		visit(c.pairs[i].name, &c.pairs[i].value)
	}
	for _, name := range slices.Sorted(maps.Keys(c.members)) {
		member := c.members[name]
		visit(name, &member)
	}
}

func boolean(b bool) datum {
	if b {
		return datum{kind: kindBool, number: 1}
	}
	return datum{kind: kindBool}
}

func number(f float64) datum           { return datum{kind: kindNumber, number: f} }
func text(s string) datum              { return datum{kind: kindText, text: s} }
func list(d []datum) datum             { return datum{kind: kindList, more: &compound{list: d}} }
func object(m map[string]datum) datum  { return datum{kind: kindObject, more: &compound{members: m}} }
func (d *datum) elements() []datum     { return d.more.list }
func (d *datum) isPrimitive() bool     { return d.kind >= kindBool && d.kind <= kindText }
func (d *datum) member(n string) datum { return d.more.member(n) }

// any returns the Go value that encoding/json would decode.
func (d datum) any() any {
	switch d.kind {
	case kindBool:
		return d.number != 0
	case kindNumber:
		return d.number
	case kindText:
		return d.text
	case kindList:
		elements := make([]any, len(d.more.list))
		for i := range elements {
			elements[i] = d.more.list[i].any()
		}
		return elements
	case kindObject:
		members := make(map[string]any, d.more.size())
		d.more.each(func(name string, member *datum) { members[name] = member.any() })
		return members
	default:
		return nil
	}
}

// scalarOf converts an attribute that is neither a list nor an object. A text is not copied.
// Instants are written as JSON would.
func scalarOf(v becket.Value) datum {
	switch v.Kind() {
	case becket.KindBool:
		return boolean(v.Bool())
	case becket.KindString:
		return text(validText(v.Text()))
	case becket.KindInt, becket.KindFloat:
		return number(v.Float())
	case becket.KindTime:
		return text(v.Time().Format("2006-01-02T15:04:05.999999999Z07:00"))
	default:
		return datum{}
	}
}

// validText replaces each byte that is not UTF-8, as encoding/json does when flagd passes the
// context to its evaluator.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// own returns d without a reference to the subject, so that d may go to the heap.
func own(d datum) datum {
	switch d.kind {
	case kindText:
		return text(strings.Clone(d.text))
	case kindList, kindObject:
		return datum{kind: d.kind, more: d.more}
	default:
		return datum{kind: d.kind, number: d.number}
	}
}

// truthy reports whether JsonLogic counts the value as true. flagd counts an empty object as false.
func (d *datum) truthy() bool {
	switch d.kind {
	case kindBool, kindNumber:
		return d.number != 0
	case kindText:
		return d.text != ""
	case kindList:
		return len(d.more.list) > 0
	case kindObject:
		return d.more.size() > 0
	default:
		return false
	}
}

// comparable returns the number that a comparison uses, or NaN if the value is not a number.
func (d *datum) comparable() float64 {
	switch d.kind {
	case kindNull:
		return 0
	case kindBool, kindNumber:
		return d.number
	case kindText:
		if strings.TrimSpace(d.text) == "" {
			return 0
		}
		if f, ok := parseNumber(d.text); ok {
			return f
		}
		return math.NaN()
	default:
		return math.NaN()
	}
}

// arithmetic returns the number that an arithmetic operator uses. Only numbers and texts are
// accepted; a text that is not a number counts as 0.
func (d *datum) arithmetic() (float64, bool) {
	switch d.kind {
	case kindNumber:
		return d.number, true
	case kindText:
		return textNumber(d.text), true
	default:
		return 0, false
	}
}

// textNumber reads a text for arithmetic. An overflowing number is infinite.
func textNumber(s string) float64 {
	if !startsNumber(s) {
		return 0
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// parseNumber reads a number as strconv does, but does not accept a number that overflows.
func parseNumber(s string) (float64, bool) {
	if !startsNumber(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// startsNumber reports whether a text can be a number. It avoids the errors of strconv, which take
// allocations.
func startsNumber(s string) bool {
	if s == "" {
		return false
	}
	c := s[0]
	if c == '+' || c == '-' {
		if len(s) == 1 {
			return false
		}
		c, s = s[1], s[1:]
	}
	switch {
	case c-'0' <= 9 || c == '.':
		return true
	case c|0x20 == 'i':
		return strings.EqualFold(s, "inf") || strings.EqualFold(s, "infinity")
	default:
		return strings.EqualFold(s, "nan")
	}
}

// written returns the text that cat and substr use. Booleans, lists and objects have no text.
func (d *datum) written() (string, bool) {
	switch d.kind {
	case kindNull:
		return "", true
	case kindText:
		return d.text, true
	case kindNumber:
		return strconv.FormatFloat(d.number, 'f', -1, 64), true
	default:
		return "", false
	}
}

// integer truncates a number toward zero. A number outside int64 becomes the smallest int64, as in
// flagd on amd64.
func integer(f float64) int64 {
	if f > -(1<<63) && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}

// integralText appends a whole number of ordinary size to b in JSON's notation.
func integralText(b []byte, f float64) ([]byte, bool) {
	const most = 1 << 53
	if f != math.Trunc(f) || f <= -most || f >= most || f == 0 && math.Signbit(f) {
		return b, false
	}
	return strconv.AppendInt(b, int64(f), 10), true
}
