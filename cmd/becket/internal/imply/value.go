package imply

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// value is an operand: a scalar.
type value struct {
	kind    valueKind
	text    string // folded where case is ignored; of a number or boolean as written
	number  float64
	isExact bool // the number is exact in 64 bits of floating point, so that comparing it is
	folds   bool
	prefix  netip.Prefix // of "cidr": the zero Prefix for one that is not compared
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

// exact reads a number, and reports whether nothing is lost by it.
func exact(text string) (float64, bool) {
	const most = 1 << 53
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f > -most && f < most
}

// id is equal for two values of which each equals the other. A text that ignores case has the one of its folded spelling.
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

// prefixOf reads a prefix. Prefixes of v4 addresses written as v6 are left alone.
func prefixOf(text string) netip.Prefix {
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}
	}
	return p
}

// inside reports whether every address of a prefix is in another one.
func (v *value) inside(other *value) bool {
	a, b := v.prefix, other.prefix
	return a.IsValid() && b.IsValid() && b.Bits() <= a.Bits() && b.Contains(a.Addr())
}

// fold maps each letter to the smallest of those that differ from it by case alone, as regular expressions fold.
func fold(s string) string {
	return strings.Map(func(c rune) rune {
		smallest := c
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			smallest = min(smallest, f)
		}
		return smallest
	}, s)
}
