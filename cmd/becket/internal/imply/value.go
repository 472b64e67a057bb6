package imply

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// value is a scalar operand.
type value struct {
	kind    valueKind
	text    string // case-folded if case is ignored; numbers and booleans as written
	number  float64
	isExact bool // a 64-bit float holds the number exactly, so comparisons are exact
	folds   bool
	prefix  netip.Prefix // the operand of "cidr"; the zero Prefix if it cannot be compared
}

type valueKind uint8

const (
	aText valueKind = iota
	aNumber
	aBoolean
)

func newValue(n *native.Node, folds bool) value {
	v := value{text: n.Text}
	switch n.Kind {
	case '"':
		if v.folds = folds; folds {
			v.text = fold(v.text)
		}
	case '0':
		v.kind = aNumber
		v.number, v.isExact = exact(n.Text)
	default:
		v.kind = aBoolean
	}
	return v
}

// exact reads a number and reports whether a 64-bit float holds it exactly.
func exact(text string) (float64, bool) {
	const most = 1 << 53
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f > -most && f < most
}

// id is equal for two values if they are equal. A text that ignores case has the id of its folded
// spelling.
type id struct {
	kind   valueKind
	text   string
	number float64
}

func (v *value) id() id {
	if v.kind == aNumber && v.isExact {
		return id{kind: aNumber, number: v.number}
	}
	return id{kind: v.kind, text: v.text}
}

// prefixOf reads a prefix. It does not read IPv4 prefixes that are written as IPv6.
func prefixOf(text string) netip.Prefix {
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}
	}
	return p
}

// inside reports whether another prefix contains every address of this one.
func (v *value) inside(other *value) bool {
	a, b := v.prefix, other.prefix
	return a.IsValid() && b.IsValid() && b.Bits() <= a.Bits() && b.Contains(a.Addr())
}

// fold maps each letter to the smallest letter that differs from it only by case, as regular
// expressions do.
func fold(s string) string {
	return strings.Map(func(c rune) rune {
		smallest := c
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			smallest = min(smallest, f)
		}
		return smallest
	}, s)
}
